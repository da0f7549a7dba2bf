// The form of an assignment rule: its conditions beside its people and hours.

document.addEventListener("alpine:init", () => Alpine.data("assignmentRule", assignmentRule));

function assignmentRule() {
  const told = JSON.parse(document.getElementById("rule-data").textContent);
  const words = JSON.parse(document.getElementById("builder-data").textContent).words;
  const conditions = builder();
  const people = channelForm();
  let form;
  return {
    ...people,
    ...conditions,
    strategy: told.strategy,
    keeps: told.keeps,
    by_skill: told.by_skill,
    pool: told.pool,
    simulating: false,
    simulated: "",

    init() {
      form = this.$root;
      conditions.init.call(this);
      if (!this.rows.some((row) => row.field)) this.rows = this.rows.slice(0, 1);
      people.init.call(this);
    },
    changed(event) {
      conditions.changed.call(this, event);
      people.changed.call(this);
    },
    // Asked by the people's part of the form: everything that the rule says.
    plan() {
      const { tree } = treeOf(this.rows, words);
      this.rotation = this.strategy === "weighted" ? "weighted" : "in_turn";
      const plan = people.plan.call(this);
      return {
        rule: tree, plan, strategy: this.strategy, keeps: this.keeps,
        by_skill: this.by_skill, pool: this.pool,
      };
    },
    ask(contact) {
      return contact ? conditions.ask.call(this, contact) : people.ask.call(this);
    },
    async simulate() {
      this.simulating = true;
      const response = await this.send(told.simulate, this.plan()).catch(() => null);
      this.simulating = false;
      if (response?.ok) form.querySelector("[data-simulated]").innerHTML = await response.text();
    },
    save(event) {
      const { unfinished } = treeOf(this.rows, words);
      if (unfinished.length) {
        event.preventDefault();
        this.focus(unfinished[0]);
        return;
      }
      form.elements.told.value = JSON.stringify(this.plan());
    },
  };
}
