// The page of skills: each with those who have it, chosen by name.

document.addEventListener("alpine:init", () => Alpine.data("skillsForm", skillsForm));

function skillsForm() {
  const data = JSON.parse(document.getElementById("skills-data").textContent);
  return {
    skills: data.skills.map((skill) => ({ ...skill, changed: false })),
    picks: data.picks,
    begin(item) {
      if (this.skills.some((skill) => skill.id === item.id)) return;
      this.skills.push({ id: item.id, text: item.text, people: [], changed: false });
    },
    add(skill, item) {
      if (skill.people.some((row) => row.id === item.id)) return;
      skill.people.push({ id: item.id, text: item.text });
      skill.changed = true;
    },
    drop(skill, row) {
      skill.people.splice(skill.people.indexOf(row), 1);
      skill.changed = true;
    },
    save(skill, form) {
      form.elements.people.value = JSON.stringify(skill.people.map((row) => row.id));
    },
  };
}
