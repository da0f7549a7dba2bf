// The form of a pool: members and tags, chosen by name.

document.addEventListener("alpine:init", () => Alpine.data("poolForm", poolForm));

function poolForm() {
  const data = JSON.parse(document.getElementById("pool-data").textContent);
  let form;
  return {
    people: data.people,
    departments: data.departments,
    tags: data.tags,
    picks: data.picks,
    init() {
      form = this.$root;
    },
    add(list, item) {
      if (!list.some((row) => row.id === item.id)) list.push({ id: item.id, text: item.text });
    },
    drop(list, row) {
      list.splice(list.indexOf(row), 1);
    },
    save() {
      const ids = (list) => JSON.stringify(list.map((row) => row.id));
      form.elements.people.value = ids(this.people);
      form.elements.departments.value = ids(this.departments);
      form.elements.spares_tags.value = ids(this.tags);
    },
  };
}
