// What may happen and what narrows it, for builders that ask for more than conditions.

function scenery(data, scene) {
  return {
    scenes: data.scenes,
    scene,
    slots: {},
    shown: [],

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
    narrowed() {
      const narrowed = {};
      for (const option of this.options()) {
        const value = valueOf(this.slots[option.name], option.shape, option);
        if (value !== undefined && value !== null) narrowed[option.name] = value;
      }
      return narrowed;
    },
    lacks(narrowed) {
      return this.options().some((option) => option.required && !(option.name in narrowed));
    },
  };
}
