// Breadcrumbs of one category, of one level, with some words.

const section = document.querySelector("[data-trail]");
const level = section?.querySelector("select");
const words = section?.querySelector("input[type=search]");
let category = "";

section?.addEventListener("click", (event) => {
  const button = event.target.closest("button[data-category]");
  if (!button) return;
  category = button.dataset.category;
  for (const other of section.querySelectorAll("button[data-category]")) {
    other.setAttribute("aria-pressed", String(other === button));
  }
  choose();
});
level?.addEventListener("change", choose);
words?.addEventListener("input", choose);

function choose() {
  const text = words?.value.trim().toLowerCase() ?? "";
  let shown = 0;
  // The event itself, at the end, has no category and stays.
  for (const crumb of section.querySelectorAll("li[data-level]")) {
    const fits =
      (!category || crumb.dataset.category === category) &&
      (!level?.value || crumb.dataset.level === level.value) &&
      (!text || crumb.textContent.toLowerCase().includes(text));
    crumb.hidden = !fits;
    if (fits) shown += 1;
  }
  if (category || level?.value || text) section.querySelector(".earlier")?.setAttribute("open", "");
  section.querySelector("[data-nothing]").hidden = shown > 0;
}
