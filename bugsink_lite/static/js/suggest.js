// The search box offers keys and values while one types: an ARIA combobox with a list. Without this file it is a plain
// field. Arrows move, Enter or Tab take, Esc closes; Enter with nothing chosen searches.

const WAIT = 120; // milliseconds after the last key

const form = document.querySelector("form[data-suggest]");
const input = form?.querySelector("input[name=query]");

if (input) {
  const list = document.createElement("ul");
  list.id = "suggestions";
  list.className = "suggestions";
  list.hidden = true;
  list.setAttribute("role", "listbox");
  list.setAttribute("aria-label", "Suggestions");
  form.append(list);
  const set = (name, value) => input.setAttribute(name, value);
  set("role", "combobox");
  set("aria-autocomplete", "list");
  set("aria-controls", list.id);
  set("aria-expanded", "false");

  let timer = 0;
  let asked = 0;
  let at = -1;
  let place = [0, 0];

  // The term at the cursor: from the last blank outside of quotes.
  const term = () => {
    const end = input.selectionEnd;
    let start = 0;
    let quoted = false;
    for (let i = 0; i < end; i += 1) {
      const sign = input.value[i];
      if (sign === '"' && input.value[i - 1] !== "\\") quoted = !quoted;
      else if (!quoted && (sign === " " || sign === "(")) start = i + 1;
    }
    return [start, end];
  };

  const close = () => {
    list.hidden = true;
    at = -1;
    set("aria-expanded", "false");
    input.removeAttribute("aria-activedescendant");
  };

  const choose = (index) => {
    const items = [...list.children];
    at = index < -1 ? items.length - 1 : index >= items.length ? -1 : index;
    for (const [i, item] of items.entries()) item.setAttribute("aria-selected", String(i === at));
    if (at < 0) input.removeAttribute("aria-activedescendant");
    else {
      set("aria-activedescendant", items[at].id);
      items[at].scrollIntoView({ block: "nearest" });
    }
  };

  const take = (index) => {
    const text = list.children[index].dataset.text;
    const whole = text.endsWith(":") ? text : `${text} `;
    input.setRangeText(whole, place[0], place[1], "end");
    input.focus();
    close();
    if (text.endsWith(":")) ask();
  };

  const show = (items) => {
    list.replaceChildren(
      ...items.map(({ text, help }, index) => {
        const item = document.createElement("li");
        item.id = `suggestion-${index}`;
        item.dataset.text = text;
        item.setAttribute("role", "option");
        item.setAttribute("aria-selected", "false");
        item.append(text);
        if (help) {
          const more = document.createElement("span");
          more.className = "faint";
          more.textContent = help;
          item.append(more);
        }
        return item;
      }),
    );
    at = -1;
    list.hidden = items.length === 0;
    set("aria-expanded", String(items.length > 0));
    input.removeAttribute("aria-activedescendant");
  };

  async function ask() {
    const number = (asked += 1);
    place = term();
    const typed = input.value.slice(...place);
    const url = new URL(form.dataset.suggest, location.origin);
    url.searchParams.set("term", typed);
    if (form.dataset.project) url.searchParams.set("project", form.dataset.project);
    try {
      const answer = await fetch(url, { headers: { Accept: "application/json" } });
      if (!answer.ok || number !== asked || document.activeElement !== input) return;
      const { items } = await answer.json();
      show(items.filter(({ text }) => text !== typed));
    } catch {
      close();
    }
  }

  const soon = () => {
    clearTimeout(timer);
    timer = setTimeout(ask, WAIT);
  };

  input.addEventListener("input", soon);
  input.addEventListener("keydown", (event) => {
    if (event.isComposing || event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key === "ArrowDown" && list.hidden) soon();
    else if (list.hidden) return;
    else if (event.key === "ArrowDown") choose(at + 1);
    else if (event.key === "ArrowUp") choose(at - 1);
    else if ((event.key === "Enter" || event.key === "Tab") && at >= 0) take(at);
    else if (event.key === "Escape") close();
    else return;
    event.preventDefault();
    event.stopPropagation();
  });
  input.addEventListener("blur", () => {
    clearTimeout(timer);
    close();
  });
  // Before the field loses the focus.
  list.addEventListener("mousedown", (event) => {
    event.preventDefault();
    const item = event.target.closest("[role=option]");
    if (item) take([...list.children].indexOf(item));
  });
}
