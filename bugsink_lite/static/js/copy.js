// Buttons that copy, and say so in their place.

for (const button of document.querySelectorAll("[data-copy], [data-copy-from], [data-copy-url]")) {
  button.hidden = !navigator.clipboard;
  button.addEventListener("click", () => copy(button));
}

async function copy(button) {
  let name = "check";
  try {
    await navigator.clipboard.writeText(await textOf(button.dataset));
  } catch {
    name = "warning";
  }
  const use = button.querySelector("use");
  if (use.dataset.was) return;
  use.dataset.was = use.getAttribute("href");
  use.setAttribute("href", use.dataset.was.replace(/#.*/, `#${name}`));
  const said = document.createElement("span");
  said.className = "visually-hidden";
  said.setAttribute("role", "status");
  said.textContent = name === "check" ? "Copied" : "The browser did not allow copying";
  button.after(said);
  setTimeout(() => {
    use.setAttribute("href", use.dataset.was);
    delete use.dataset.was;
    said.remove();
  }, 1500);
}

async function textOf({ copy, copyFrom, copyUrl }) {
  if (copy !== undefined) return copy;
  if (copyUrl !== undefined) {
    const answer = await fetch(copyUrl, { redirect: "error" });
    if (!answer.ok) throw new Error(answer.statusText);
    return answer.text();
  }
  const source = document.getElementById(copyFrom);
  return (source.content ?? source).textContent;
}
