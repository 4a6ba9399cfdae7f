// A key presses what carries it in data-key: a button is clicked, a link followed, a menu opened, a field focused.
// Two keys in a row, as in data-key="g i", must follow each other within a second.

const isTyping = (element) => element.closest("input:not([type=checkbox]), textarea, select, [contenteditable]");
const isShown = (element) => element.checkVisibility?.() ?? element.offsetParent !== null;

let first = "";
let firstAt = 0;

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return;
  if (isTyping(event.target)) {
    if (event.key === "Escape") event.target.blur();
    return;
  }
  const sequence = first && performance.now() - firstAt < 1000 ? `${first} ${event.key}` : event.key;
  first = "";
  const key = CSS.escape(sequence);
  const found = [...document.querySelectorAll(`[data-key="${key}"]`)].find(isShown);
  if (found) {
    event.preventDefault();
    press(found);
  } else if (event.key.length === 1 && document.querySelector(`[data-key^="${CSS.escape(event.key)} "]`)) {
    first = event.key;
    firstAt = performance.now();
  }
});

function press(element) {
  if (element.matches("input, textarea")) {
    element.focus();
    element.select?.();
    return;
  }
  if (element.dataset.backTo) {
    location.href = element.dataset.backTo;
    return;
  }
  element.click();
  if (element.matches("summary")) element.parentElement.querySelector(".list :is(a, button)")?.focus();
}
