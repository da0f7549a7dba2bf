// The form of a welcome: messages to write, and the phone that shows them meanwhile.

const PAUSE = 300; // milliseconds without a change before we ask

document.addEventListener("alpine:init", () => {
  Alpine.data("welcomeForm", welcomeForm);
  Alpine.data("whoForm", whoForm);
});

function whoForm() {
  const data = JSON.parse(document.getElementById("who-data").textContent);
  return {
    employee: data.employee,
    door: data.door,
    picks: { people: data.people, door: data.doors[0] },
  };
}

function welcomeForm() {
  const data = JSON.parse(document.getElementById("welcome-data").textContent);
  let timer;
  let asked = 0;
  let next = 0;
  let form;
  let last = null; // where a placeholder is put in
  const list = (rows) => (Array.isArray(rows) ? rows : []);
  const attached = (row) => ({
    key: ++next,
    kind: row.kind,
    media: row.media ?? null,
    file: data.files[row.media]?.name ?? "",
    title: row.title ?? "",
    description: row.description ?? "",
    url: row.url ?? "",
    picture: row.picture ?? "",
    appid: row.appid ?? "",
    page: row.page ?? "",
    busy: false,
    error: "",
  });
  const message = (row) => ({
    text: row.text ?? "",
    attachments: list(row.attachments).map(attached),
  });
  const part = (row) => ({
    key: ++next,
    kind: row.kind ?? (row.first ? "dates" : "hours"),
    days: list(row.days),
    first: row.first ?? "",
    last: row.last ?? "",
    from: row.from ?? "",
    until: row.until ?? "",
    ...message(row),
  });
  const plain = (row) => ({
    text: row.text,
    attachments: row.attachments.map(({ kind, media, title, description, url, picture, appid, page }) => ({
      kind, media, title, description, url, picture, appid, page,
    })),
  });
  return {
    told: { ...message(data.told), times: list(data.told.times).map(part) },
    employees: data.employees,
    departments: data.departments,
    problems: data.problems,
    picks: data.picks,
    titles: data.titles,
    icons: {
      image: "image", video: "movie", file: "description",
      link: "link", miniprogram: "widgets",
    },
    accepts: { image: ".png,.jpg,.jpeg", miniprogram: ".png,.jpg,.jpeg", video: ".mp4", file: "" },
    known: false,
    said: "",

    init() {
      form = this.$root;
      if (this.told.text || this.told.attachments.length) this.ask(false);
    },
    addTo(rows, item) {
      if (!rows.some((row) => row.id === item.id)) rows.push({ id: item.id, text: item.text });
      delete this.problems.people;
    },
    drop(rows, row) {
      rows.splice(rows.indexOf(row), 1);
      this.changed();
    },
    up(rows, number) {
      rows.splice(number - 1, 0, rows.splice(number, 1)[0]);
      this.changed();
    },
    flip(days, day) {
      const at = days.indexOf(day);
      if (at < 0) days.push(day);
      else days.splice(at, 1);
      this.changed();
    },
    attach(rows, kind) {
      rows.push(attached({ kind }));
      this.changed();
    },
    addTimes(kind) {
      const days = kind === "dates" ? [] : [1, 2, 3, 4, 5];
      const hours = kind === "dates" ? {} : { from: "18:00", until: "09:00" };
      this.told.times.push(part({ kind, days, ...hours }));
    },
    writes(row, field) {
      last = { row, field };
    },
    put(name) {
      const field = last?.field ?? form.querySelector("textarea");
      const row = last?.row ?? this.told;
      const at = field.selectionStart ?? row.text.length;
      const word = `{${name}}`;
      row.text = row.text.slice(0, at) + word + row.text.slice(field.selectionEnd ?? at);
      this.$nextTick(() => {
        field.focus();
        field.setSelectionRange(at + word.length, at + word.length);
      });
      this.changed();
    },
    async bring(one, field) {
      const file = field.files[0];
      if (!file) return;
      one.busy = true;
      one.error = "";
      const sent = new FormData();
      sent.append("kind", one.kind === "miniprogram" ? "image" : one.kind);
      sent.append("file", file);
      const response = await this.post(data.media, sent);
      one.busy = false;
      const told = await response?.json().catch(() => null);
      if (response?.ok && told) {
        one.media = told.id;
        one.file = told.name;
      } else {
        one.error = told?.error ?? this.titles.failed;
        field.value = "";
      }
      this.changed();
    },
    content() {
      return {
        ...plain(this.told),
        times: this.told.times.map((row) => ({
          kind: row.kind, days: [...row.days].sort(), first: row.first || null,
          last: row.last || null, from: row.from, until: row.until, ...plain(row),
        })),
      };
    },
    post(address, body) {
      const json = typeof body === "string" ? { "Content-Type": "application/json" } : {};
      const headers = { "X-CSRFToken": form.elements.csrfmiddlewaretoken.value, ...json };
      return fetch(address, { method: "POST", headers, body }).catch(() => null);
    },
    changed() {
      clearTimeout(timer);
      timer = setTimeout(() => this.ask(), PAUSE);
    },
    async ask(tells = true) {
      const number = ++asked;
      const address = this.known ? `${data.preview}?known=1` : data.preview;
      const response = await this.post(address, JSON.stringify(this.content()));
      if (number !== asked || !response?.ok) return;
      const told = await response.json();
      if (tells) this.problems = told.problems;
      if (told.phones) form.querySelector("[data-phones]").innerHTML = told.phones;
    },
    async tryOut() {
      this.said = "…";
      const response = await this.post(data.try_out, JSON.stringify(this.content()));
      const told = await response?.json().catch(() => null);
      if (told?.problems) this.problems = told.problems;
      this.said = told?.said ?? this.titles.failed;
    },
    save() {
      const ids = (rows) => rows.map((row) => row.id);
      form.elements.told.value = JSON.stringify({
        ...this.content(),
        employees: ids(this.employees),
        departments: ids(this.departments),
      });
    },
  };
}
