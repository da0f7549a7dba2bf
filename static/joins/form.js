// The form of a code of groups: which stand behind it, in which order.

document.addEventListener("alpine:init", () =>
  Alpine.data("groupCodeForm", () => {
    const data = JSON.parse(document.getElementById("group-code-data").textContent);
    return {
      groups: data.groups,
      picks: data.picks,
      opens: false,
      init() {
        this.opens = this.$root.querySelector("[name=opens_new]").defaultChecked;
      },
      up(place) {
        this.groups.splice(place - 1, 0, ...this.groups.splice(place, 1));
      },
    };
  }),
);
