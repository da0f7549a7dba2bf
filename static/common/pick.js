// A box in which one row of a list is found by typing and taken, by mouse or by keys.
//
//   address     where rows are asked for by what is typed, or
//   choices     a list that we have: [[id, text], …]
//   chosen()    those that are not offered again
//   take(item)  what becomes of the one that is chosen
//   back()      what Backspace does in an empty box

document.addEventListener("alpine:init", () => {
  const WAIT = 250; // milliseconds without a key before we ask
  Alpine.data("pickBox", ({ address, choices = [], chosen = () => [], take, back }) => {
    let timer;
    let asked = 0;
    return {
      term: "",
      open: false,
      items: [],
      here: 0,
      later(event) {
        clearTimeout(timer);
        if (!event.isComposing) timer = setTimeout(() => this.look(), WAIT);
      },
      async look() {
        const number = ++asked;
        const items = address ? await this.found() : this.fitting();
        if (number !== asked) return;
        const taken = new Set(chosen().map((each) => String(each.id)));
        this.items = items.filter((item) => !taken.has(String(item.id)));
        this.here = 0;
        this.open = true;
      },
      async found() {
        const query = new URLSearchParams({ term: this.term });
        const response = await fetch(`${address}?${query}`).catch(() => null);
        return response?.ok ? (await response.json()).results : [];
      },
      fitting() {
        const term = this.term.trim().toLowerCase();
        return choices
          .filter(([, text]) => text.toLowerCase().includes(term))
          .map(([id, text]) => ({ id, text, more: "" }));
      },
      choose(item) {
        this.term = "";
        this.close();
        take(item);
      },
      close() {
        asked += 1;
        this.open = false;
      },
      keys(event) {
        if (event.isComposing || event.altKey) return;
        const by = { ArrowDown: 1, ArrowUp: -1 }[event.key];
        if (by && this.items.length) {
          this.here = (this.here + by + this.items.length) % this.items.length;
        } else if (event.key === "Enter") {
          if (this.open && this.items[this.here]) this.choose(this.items[this.here]);
        } else if (event.key === "Escape" && this.open) {
          this.close();
        } else {
          if (event.key === "Backspace" && !this.term) back?.();
          return;
        }
        event.preventDefault();
        event.stopPropagation();
      },
    };
  });
});
