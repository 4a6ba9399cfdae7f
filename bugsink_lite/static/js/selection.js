// The issue list: j and k move, x ticks, Shift ticks a range, Enter opens; the bar counts what is ticked.
// e, m and a act on the row one stands on if nothing is ticked.

const form = document.querySelector("[data-selection]");

if (form) {
  const rows = [...form.querySelectorAll(".issue")];
  const boxes = rows.map((row) => row.querySelector("[name=issue]"));
  const all = form.querySelector("[data-all]");
  const count = form.querySelector("[data-count]");
  let at = -1;
  let lastTicked = -1;

  const refresh = () => {
    const ticked = boxes.filter((box) => box?.checked).length;
    if (count) count.textContent = ticked;
    if (all) {
      all.checked = ticked > 0 && ticked === boxes.length;
      all.indeterminate = ticked > 0 && ticked < boxes.length;
    }
  };

  const go = (index) => {
    if (index < 0 || index >= rows.length) return;
    rows[at]?.classList.remove("is-current");
    at = index;
    rows[at].classList.add("is-current");
    rows[at].querySelector(".name a").focus({ preventScroll: true });
    rows[at].scrollIntoView({ block: "nearest" });
  };

  const tick = (index, range) => {
    const box = boxes[index];
    if (!box) return;
    box.checked = !box.checked;
    if (range && lastTicked >= 0) fill(index, box.checked);
    lastTicked = index;
    refresh();
  };

  const fill = (index, value) => {
    const [from, to] = [Math.min(index, lastTicked), Math.max(index, lastTicked)];
    for (let i = from; i <= to; i += 1) boxes[i].checked = value;
  };

  form.addEventListener("click", (event) => {
    const index = boxes.indexOf(event.target);
    if (index < 0) return;
    if (event.shiftKey && lastTicked >= 0) fill(index, event.target.checked);
    lastTicked = index;
  });
  form.addEventListener("change", (event) => {
    if (event.target === all) for (const box of boxes) box.checked = all.checked;
    refresh();
  });
  form.addEventListener("reset", () => setTimeout(refresh));
  form.addEventListener("focusin", (event) => {
    const index = rows.indexOf(event.target.closest(".issue"));
    if (index < 0 || index === at) return;
    rows[at]?.classList.remove("is-current");
    at = index;
    rows[at].classList.add("is-current");
  });

  // Before keyboard.js hears of it: e, m and a need something ticked, or the bar is not there.
  document.addEventListener(
    "keydown",
    (event) => {
      if (event.ctrlKey || event.metaKey || event.altKey) return;
      if (event.target.closest("input:not([type=checkbox]), textarea, select, .menu[open]")) return;
      const key = event.key;
      if (key === "j" || key === "k") go(at < 0 ? 0 : at + (key === "j" ? 1 : -1));
      else if (key === "x" || key === "X") tick(at, event.shiftKey);
      else if (key === "Enter" && at >= 0 && event.target === document.body) rows[at].querySelector(".name a").click();
      else if (key === "Escape" && boxes.some((box) => box?.checked)) form.reset();
      else if ("ema".includes(key) && at >= 0 && !boxes.some((box) => box?.checked)) tick(at, false);
      else return;
      if ("jkxX".includes(key)) event.preventDefault();
    },
    true,
  );
  // A page that the browser restores keeps its ticks.
  addEventListener("pageshow", refresh);
  refresh();
}
