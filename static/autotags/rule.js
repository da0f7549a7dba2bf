// The builder of tag rules: the scene, what narrows it and the tags, beside the conditions.

document.addEventListener("alpine:init", () => Alpine.data("tagRule", tagRule));

function tagRule() {
  const data = JSON.parse(document.getElementById("builder-data").textContent);
  const tagWord = data.tags;
  const parts = builder();
  const begin = parts.init;
  let form;
  return {
    ...parts,
    ...scenery(data, data.told.scene),
    tagWord,
    tags: slotOf(data.told.tags, "picks", tagWord, data.names),

    init() {
      form = this.$root;
      this.show(data.told.narrowed);
      begin.call(this);
      if (!data.rule) {
        this.rows = this.rows.slice(0, 1);
      }
    },

    // -- what is asked, and kept
    told(tree) {
      const tags = this.tags.picked.map((pick) => pick.id);
      return { scene: this.scene, narrowed: this.narrowed(), rule: tree, tags };
    },
    question(tree) {
      const told = this.told(tree);
      return this.lacks(told.narrowed) ? null : told;
    },
    save(event) {
      const { tree, unfinished } = treeOf(this.rows, data.words);
      if (unfinished.length) {
        event.preventDefault();
        this.focus(unfinished[0]);
        return;
      }
      form.elements.told.value = JSON.stringify(this.told(tree));
    },
  };
}
