// The builder of score rules: something that happens, or conditions that hold.

document.addEventListener("alpine:init", () => Alpine.data("scoreRule", scoreRule));

function scoreRule() {
  const data = JSON.parse(document.getElementById("builder-data").textContent);
  const parts = builder();
  const begin = parts.init;
  let form;
  return {
    ...parts,
    scenes: data.scenes,
    is: data.told.scene ? "event" : "conditions",
    scene: data.told.scene || data.scenes[0].name,
    slots: {},
    shown: [],

    init() {
      form = this.$root;
      this.show(data.told.narrowed ?? {});
      begin.call(this);
    },
    turn(is) {
      this.is = is;
      this.changed();
    },

    // -- what narrows the scene
    options() {
      return this.scenes.find((scene) => scene.name === this.scene).options;
    },
    show(told) {
      this.slots = {};
      for (const option of this.options()) {
        this.slots[option.name] = slotOf(told[option.name], option.shape, option, data.names);
      }
      this.shown = this.options().filter((option) => option.required || option.name in told).map((option) => option.name);
    },
    choose_scene() {
      this.show({});
      this.changed();
    },
    hidden() {
      return this.options().filter((option) => !this.shown.includes(option.name));
    },
    widen(select) {
      if (select.value) this.shown.push(select.value);
      select.value = "";
    },
    without(option) {
      this.shown = this.shown.filter((name) => name !== option.name);
      this.slots[option.name] = emptySlot();
      this.changed();
    },

    // -- what is asked, and kept
    told(tree) {
      if (this.is === "conditions") return { scene: "", narrowed: {}, rule: tree };
      const narrowed = {};
      for (const option of this.options()) {
        const value = valueOf(this.slots[option.name], option.shape, option);
        if (value !== undefined && value !== null) narrowed[option.name] = value;
      }
      return { scene: this.scene, narrowed, rule: null };
    },
    question(tree) {
      const told = this.told(tree);
      if (this.is === "conditions") return tree ? told : null;
      const missing = this.options().some((option) => option.required && !(option.name in told.narrowed));
      return missing ? null : told;
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
