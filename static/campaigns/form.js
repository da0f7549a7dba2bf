// The form of a campaign: prizes to add and remove, and how a phone shows them.

document.addEventListener("alpine:init", () => Alpine.data("campaignForm", campaignForm));

function campaignForm() {
  const data = JSON.parse(document.getElementById("campaign-data").textContent);
  const empty = {
    pk: null, name: "", kind: "manual", needed: "", initial: "", per_person: 1,
    points: "", text: "", value: "", weight: "", codes: "",
  };
  let next = 0;
  let form;
  const keyed = (row) => ({ key: ++next, ...empty, ...row });
  return {
    prizes: data.prizes.map(keyed),
    problems: data.problems,
    fixed: data.fixed,
    kinds: data.kinds,
    tiers: data.tiers,
    drawn: data.drawn,
    door: data.door,
    people: data.people,
    joined_tags: data.joined_tags,
    won_tags: data.won_tags,
    picks: data.picks,
    name: "",
    rules: "",
    credited: "",

    init() {
      form = this.$root;
      this.name = form.elements.name.value;
      this.rules = form.elements.rules.value;
      this.credited = form.elements.credited?.value ?? "";
    },
    addPrize() {
      const last = this.prizes.at(-1);
      const needed = this.tiers && last ? Number(last.needed) * 2 || "" : "";
      this.prizes.push(keyed({ needed }));
    },
    addTo(list, item) {
      if (list.some((row) => row.id === item.id)) return;
      list.push({ id: item.id, text: item.text });
    },
    drop(list, row) {
      list.splice(list.indexOf(row), 1);
    },
    chances() {
      const sum = this.prizes.reduce((all, row) => all + (Number(row.weight) || 0), 0);
      return `${sum.toLocaleString()} / ${data.of.toLocaleString()}`;
    },
    why(place) {
      const of = `prizes.${place}.`;
      const found = Object.entries(this.problems).filter(([field]) => field.startsWith(of));
      return found.map(([, words]) => words).join(" ");
    },
    said(row) {
      const kind = this.kinds[row.kind] ?? "";
      const needed = this.tiers && Number(row.needed) ? `${row.needed} ★` : "";
      return [needed, kind, row.initial ? `× ${row.initial}` : ""].filter(Boolean).join(" · ");
    },
    save() {
      form.elements.prizes.value = JSON.stringify(this.prizes);
    },
  };
}
