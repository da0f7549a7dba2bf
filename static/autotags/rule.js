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
    scenes: data.scenes,
    scene: data.told.scene,
    slots: {},
    shown: [],
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
      const narrowed = {};
      for (const option of this.options()) {
        const value = valueOf(this.slots[option.name], option.shape, option);
        if (value !== undefined && value !== null) narrowed[option.name] = value;
      }
      const tags = this.tags.picked.map((pick) => pick.id);
      return { scene: this.scene, narrowed, rule: tree, tags };
    },
    question(tree) {
      const told = this.told(tree);
      const missing = this.options().some((option) => option.required && !(option.name in told.narrowed));
      return missing ? null : told;
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
