// The builder of rules: rows to change, and the count that answers while one types.

const WAIT = 250; // milliseconds without a change before we ask

document.addEventListener("alpine:init", () => {
  Alpine.data("builder", builder);
});

function builder() {
  const data = JSON.parse(document.getElementById("builder-data").textContent);
  const groups = [...new Set(data.words.map((word) => word.group))].map((title) => ({
    title,
    words: data.words.filter((word) => word.group === title),
  }));
  let timer;
  let asked = 0;
  let form; // a picker has a root of its own
  return {
    rows: rowsOf(data.rule, data.words, data.names),
    groups,
    isMoney,
    found: null,
    refused: "",
    asking: false,
    wrongs: {},
    drag: null, // the row that is held, over which it is, and whether below its middle
    asOf: "",

    init() {
      form = this.$root;
      this.asOf = form.querySelector("[data-as-of]").dataset.asOf;
      if (this.rows.length === 1) this.rows.push(newLeaf(1));
      this.count();
    },

    // -- words of a row
    suggests(of) {
      return of.suggests ? `words-${of.name}` : false;
    },
    word(row) {
      return data.words.find((word) => word.name === row.field);
    },
    shape(row) {
      return this.word(row)?.ops.find((op) => op.name === row.op)?.shape;
    },
    spare(row) {
      return (this.word(row)?.options ?? []).filter((option) => !(option.name in row.options));
    },
    choose(row) {
      Object.assign(row, emptySlot(), { op: this.word(row)?.ops[0].name ?? "", options: {} });
      this.reshape(row);
    },
    reshape(row) {
      if (this.shape(row) === "yes_no" && !row.value) row.value = "yes";
      this.changed();
    },
    narrow(row, select) {
      if (select.value) row.options[select.value] = emptySlot();
      select.value = "";
      this.changed();
    },
    pick(slot, item) {
      slot.picked.push({ id: item.id, text: item.text });
      this.changed();
    },
    unpickLast(slot) {
      if (slot.picked.pop()) this.changed();
    },
    unpick(slot, pick) {
      slot.picked = slot.picked.filter((each) => each.id !== pick.id);
      this.changed();
    },

    // -- rows come, go and move
    addLeaf(at) {
      this.put(endOf(this.rows, at), newLeaf(this.rows[at].depth + 1));
    },
    addGroup(at) {
      const depth = this.rows[at].depth + 1;
      this.put(endOf(this.rows, at), newGroup("any", depth), newLeaf(depth + 1));
    },
    put(at, ...rows) {
      this.rows.splice(at, 0, ...rows);
      this.focus(rows.at(-1).id);
      this.changed();
    },
    remove(at) {
      if (!at) return;
      this.rows.splice(at, endOf(this.rows, at) - at);
      this.focus(this.rows[Math.min(at, this.rows.length - 1)].id);
      this.changed();
    },
    focus(id) {
      this.$nextTick(() => {
        form.querySelector(`[data-row="${id}"] select`)?.focus();
      });
    },
    move(at, by) {
      const mine = this.rows.slice(at, endOf(this.rows, at));
      const depth = mine[0].depth;
      const last = at + mine.length;
      if (by > 0) {
        if (last >= this.rows.length || this.rows[last].depth < depth) return;
        const after = endOf(this.rows, last) - mine.length;
        this.rows.splice(at, mine.length);
        this.rows.splice(after, 0, ...mine);
      } else {
        let before = at - 1;
        while (this.rows[before].depth > depth) before -= 1;
        if (this.rows[before].depth < depth) return;
        this.rows.splice(at, mine.length);
        this.rows.splice(before, 0, ...mine);
      }
      this.focus(mine[0].id);
      this.changed();
    },
    // Into the group before it, or into a new one; or out of its own.
    nest(at, by) {
      const end = endOf(this.rows, at);
      const mine = this.rows.slice(at, end);
      const depth = mine[0].depth;
      if (by > 0) {
        let before = at - 1;
        while (this.rows[before].depth > depth) before -= 1;
        const joins = this.rows[before].depth === depth && this.rows[before].is;
        if (!joins) this.rows.splice(at, 0, newGroup("any", depth));
      } else {
        if (depth < 2) return;
        let parent = at - 1;
        while (this.rows[parent].depth >= depth) parent -= 1;
        const after = endOf(this.rows, parent) - mine.length;
        this.rows.splice(at, mine.length);
        this.rows.splice(after, 0, ...mine);
      }
      for (const row of mine) this.rows.find((each) => each.id === row.id).depth += by;
      this.focus(mine[0].id);
      this.changed();
    },
    // With the mouse or a finger: between rows, or onto a group and so into it.
    grab(event, row) {
      event.target.setPointerCapture(event.pointerId);
      this.drag = { id: row.id, over: 0, below: false };
    },
    hover(event) {
      if (!this.drag) return;
      const under = document.elementFromPoint(event.clientX, event.clientY)?.closest("[data-row]");
      const box = under?.getBoundingClientRect();
      this.drag.over = Number(under?.dataset.row ?? 0);
      this.drag.below = !!box && event.clientY > box.top + box.height / 2;
    },
    letGo() {
      const { id, over, below } = this.drag ?? {};
      this.drag = null;
      const at = this.rows.findIndex((row) => row.id === id);
      const onto = this.rows.findIndex((row) => row.id === over);
      const end = at < 0 ? at : endOf(this.rows, at);
      if (at < 1 || onto < 0 || (onto >= at && onto < end)) return;
      const target = this.rows[onto];
      const into = target.is && (below || onto === 0);
      const mine = this.rows.splice(at, end - at);
      const before = this.rows.indexOf(target) + (below || into ? 1 : 0);
      const deeper = target.depth + (into ? 1 : 0) - mine[0].depth;
      for (const row of mine) row.depth += deeper;
      this.rows.splice(before, 0, ...mine);
      this.changed();
    },
    held(row) {
      const { id, over, below } = this.drag ?? {};
      return {
        "is-held": id === row.id,
        "is-above": over === row.id && !below && row.depth,
        "is-below": over === row.id && (below || !row.depth),
      };
    },
    keys(event) {
      const element = event.target.closest("[data-row]");
      if (!event.altKey || !element || event.isComposing) return;
      const at = this.rows.findIndex((row) => row.id === Number(element.dataset.row));
      let group = at;
      while (!this.rows[group].is || (group !== at && this.rows[group].depth >= this.rows[at].depth)) group -= 1;
      const deeds = {
        Enter: () => (event.shiftKey ? this.addGroup(group) : this.addLeaf(group)),
        ArrowUp: () => at && this.move(at, -1),
        ArrowDown: () => at && this.move(at, 1),
        ArrowRight: () => at && this.nest(at, 1),
        ArrowLeft: () => at && this.nest(at, -1),
        Backspace: () => this.remove(at),
      };
      if (!deeds[event.key]) return;
      event.preventDefault();
      deeds[event.key]();
    },

    // -- the count
    question(tree) {
      return tree;
    },
    changed(event) {
      if (event?.isComposing) return;
      clearTimeout(timer);
      timer = setTimeout(() => this.count(), WAIT);
    },
    async count() {
      const { tree, places } = treeOf(this.rows, data.words);
      const number = ++asked;
      const question = this.question(tree);
      this.wrongs = {};
      form.querySelector(".builder-why").replaceChildren();
      if (!question) {
        Object.assign(this, { found: null, refused: "", asking: false });
        return;
      }
      this.asking = true;
      const response = await this.send(data.preview, question).catch(() => null);
      const told = await response?.json().catch(() => null);
      if (number !== asked) return; // a later question is under way
      this.asking = false;
      if (response?.ok) {
        Object.assign(this, { found: told, refused: "" });
        return;
      }
      this.found = null;
      this.refused = told?.refused ?? "";
      for (const { place, why } of told?.wrongs ?? []) {
        const fits = Object.keys(places).filter((each) => place.startsWith(each));
        this.wrongs[places[fits.sort((a, b) => b.length - a.length)[0]]] = why;
      }
    },
    send(address, body) {
      return fetch(address, {
        method: "POST",
        redirect: "error",
        headers: {
          "Content-Type": "application/json",
          "X-CSRFToken": form.elements.csrfmiddlewaretoken.value,
        },
        body: JSON.stringify(body),
      });
    },
    async ask(contact) {
      const { tree } = treeOf(this.rows, data.words);
      const response = await this.send(data.why, { rule: tree, contact });
      if (!response.ok) return;
      form.querySelector(".builder-why").innerHTML = await response.text();
      form.querySelector(".builder-why").focus();
    },

    save(event) {
      const { tree, unfinished } = treeOf(this.rows, data.words);
      if (!tree || unfinished.length) {
        event.preventDefault();
        this.focus(unfinished[0] ?? this.rows[0].id);
        return;
      }
      form.elements.rule.value = JSON.stringify(tree);
    },
  };
}
