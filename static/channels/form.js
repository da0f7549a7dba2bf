// The form of a channel code: rows to change, and the grid that answers meanwhile.

const PAUSE = 300; // milliseconds without a change before we ask

document.addEventListener("alpine:init", () => Alpine.data("channelForm", channelForm));

function channelForm() {
  const data = JSON.parse(document.getElementById("channel-data").textContent);
  const draft = data.draft;
  let timer;
  let asked = 0;
  let next = 0;
  let form;
  const named = (numbers, names) =>
    (numbers ?? []).map((id) => ({ id, text: names[id] ?? `#${id}` }));
  const timed = (row) => ({
    key: ++next,
    days: row.days ?? [],
    first: row.first ?? "",
    last: row.last ?? "",
    is_closed: row.is_closed === true,
    from: row.from ?? "09:00",
    until: row.until ?? "18:00",
    people: row.people ?? [],
  });
  return {
    people: (draft.people ?? []).map((row) => ({
      key: ++next,
      employee: row.employee,
      text: data.people[row.employee] ?? `#${row.employee}`,
      weight: row.weight ?? 1,
      daily_cap: row.daily_cap ?? "",
      total_cap: row.total_cap ?? "",
      is_backup: row.is_backup === true,
      is_off: row.is_off === true,
    })),
    departments: named(draft.departments, data.departments),
    tags: named(draft.tags, data.tags),
    always: draft.always === true,
    slots: (draft.slots ?? []).map(timed),
    dates: (draft.dates ?? []).map(timed),
    rotation: draft.rotation ?? "in_turn",
    daily_cap: draft.daily_cap ?? "",
    total_cap: draft.total_cap ?? "",
    each_daily_cap: draft.each_daily_cap ?? "",
    verify: draft.verify ?? "skip",
    skip_from: draft.skip_from ?? "22:00",
    skip_until: draft.skip_until ?? "08:00",
    is_exclusive: draft.is_exclusive === true,
    remark: draft.remark ?? "",
    welcome: String(draft.welcome ?? ""),
    problems: data.problems,
    picks: data.picks,
    asking: false,

    init() {
      form = this.$root;
      this.ask();
    },
    addPerson(item) {
      if (this.people.some((row) => row.employee === item.id)) return;
      this.people.push({
        key: ++next, employee: item.id, text: item.text,
        weight: 1, daily_cap: "", total_cap: "", is_backup: false, is_off: false,
      });
      this.changed();
    },
    addTo(list, item) {
      if (!list.some((row) => row.id === item.id)) list.push({ id: item.id, text: item.text });
      this.changed();
    },
    drop(list, row) {
      list.splice(list.indexOf(row), 1);
      this.changed();
    },
    addSlot() {
      this.always = false;
      this.slots.push(timed({ days: [1, 2, 3, 4, 5] }));
      this.changed();
    },
    addDate() {
      this.dates.push(timed({}));
      this.changed();
    },
    flip(list, value) {
      const at = list.indexOf(value);
      if (at < 0) list.push(value);
      else list.splice(at, 1);
      this.changed();
    },
    plan() {
      const whole = (told) => {
        const text = String(told).trim();
        if (!text) return null;
        return /^\d{1,9}$/.test(text) ? Number(text) : text;
      };
      const ids = (list) => list.map((row) => row.id);
      return {
        people: this.people.map((row) => ({
          employee: row.employee,
          weight: whole(row.weight) ?? 1,
          daily_cap: whole(row.daily_cap),
          total_cap: whole(row.total_cap),
          is_backup: row.is_backup,
          is_off: row.is_off,
        })),
        departments: ids(this.departments),
        always: this.always,
        slots: this.slots.map((row) => ({
          days: [...row.days].sort(), from: row.from, until: row.until, people: row.people,
        })),
        dates: this.dates.map((row) => ({
          first: row.first, last: row.last || null, is_closed: row.is_closed,
          from: row.from, until: row.until, people: row.people,
        })),
        rotation: this.rotation,
        daily_cap: whole(this.daily_cap),
        total_cap: whole(this.total_cap),
        each_daily_cap: whole(this.each_daily_cap),
        verify: this.verify,
        skip_from: this.skip_from,
        skip_until: this.skip_until,
        is_exclusive: this.is_exclusive,
        tags: ids(this.tags),
        remark: this.remark,
        welcome: whole(this.welcome),
      };
    },
    changed() {
      clearTimeout(timer);
      timer = setTimeout(() => this.ask(), PAUSE);
    },
    async ask() {
      const number = ++asked;
      this.asking = true;
      const response = await fetch(data.check, {
        method: "POST",
        headers: {
          "Content-Type": "application/json",
          "X-CSRFToken": form.elements.csrfmiddlewaretoken.value,
        },
        body: JSON.stringify(this.plan()),
      }).catch(() => null);
      if (number !== asked) return;
      this.asking = false;
      if (!response?.ok) return;
      const told = await response.json();
      this.problems = told.problems;
      if (told.grid) form.querySelector("[data-grid]").innerHTML = told.grid;
    },
    save() {
      form.elements.draft.value = JSON.stringify(this.plan());
    },
  };
}
