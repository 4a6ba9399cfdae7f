// Breadcrumbs of one category.

const section = document.querySelector("[data-trail]");

section?.addEventListener("click", (event) => {
  const button = event.target.closest("button[data-category]");
  if (!button) return;
  const wanted = button.dataset.category;
  for (const other of section.querySelectorAll("button[data-category]")) {
    other.setAttribute("aria-pressed", String(other === button));
  }
  for (const crumb of section.querySelectorAll("li[data-category]")) {
    crumb.hidden = Boolean(wanted && crumb.dataset.category && crumb.dataset.category !== wanted);
  }
  if (wanted) section.querySelector(".earlier")?.setAttribute("open", "");
});
