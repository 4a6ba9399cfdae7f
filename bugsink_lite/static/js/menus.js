// Menus close on Esc and on a click outside; toasts can be dismissed; the way back from an issue is remembered.

for (const element of document.querySelectorAll("[data-dismiss], [data-needs-script]")) element.hidden = false;

const menus = () => document.querySelectorAll("details.menu[open]");

document.addEventListener("click", (event) => {
  for (const menu of menus()) if (!menu.contains(event.target)) menu.open = false;
  event.target.closest("[data-dismiss]")?.closest(".toast").remove();
});

document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  for (const menu of menus()) {
    menu.open = false;
    menu.querySelector("summary").focus();
  }
});

// Arrow keys walk through an open menu.
document.addEventListener("keydown", (event) => {
  const menu = event.target.closest?.("details.menu[open]");
  if (!menu || (event.key !== "ArrowDown" && event.key !== "ArrowUp")) return;
  const items = [...menu.querySelectorAll(".list :is(a, button)")];
  const at = items.indexOf(document.activeElement);
  const step = event.key === "ArrowDown" ? 1 : -1;
  items.at((at + step + items.length) % items.length)?.focus();
  event.preventDefault();
});

// The way back from an issue is the list as it was: the same filters, the same page.
const LIST = "list";
if (document.querySelector("main.list")) sessionStorage.setItem(LIST, location.pathname + location.search);
const back = document.querySelector("[data-back]");
const list = sessionStorage.getItem(LIST);
if (back && list) {
  const path = new URL(list, location.origin).pathname;
  if (path === new URL(back.href).pathname) back.href = list;
  else back.dataset.backTo = list;
}
