// The builder of score rules: something that happens, or conditions that hold.

document.addEventListener("alpine:init", () => Alpine.data("scoreRule", scoreRule));

function scoreRule() {
  const data = JSON.parse(document.getElementById("builder-data").textContent);
  const parts = builder();
  const begin = parts.init;
  let form;
  return {
    ...parts,
    ...scenery(data, data.told.scene || data.scenes[0].name),
    is: data.told.scene ? "event" : "conditions",

    init() {
      form = this.$root;
      this.show(data.told.narrowed ?? {});
      begin.call(this);
    },
    turn(is) {
      this.is = is;
      this.changed();
    },

    // -- what is asked, and kept
    told(tree) {
      if (this.is === "conditions") return { scene: "", narrowed: {}, rule: tree };
      return { scene: this.scene, narrowed: this.narrowed(), rule: null };
    },
    question(tree) {
      const told = this.told(tree);
      if (this.is === "conditions") return tree ? told : null;
      return this.lacks(told.narrowed) ? null : told;
    },
    save(event) {
      const { tree, unfinished } = treeOf(this.rows, data.words);
      if (this.is === "conditions" && (!tree || unfinished.length)) {
        event.preventDefault();
        this.focus(unfinished[0] ?? this.rows[0].id);
        return;
      }
      form.elements.told.value = JSON.stringify(this.told(tree));
    },
  };
}
