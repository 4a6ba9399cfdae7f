// Waits for a project's first event, then shows the issues. A new refusal reloads the page, which explains it.

const waiting = document.querySelector("[data-waiting]");
const EVERY = 3000; // milliseconds
const refused = (waiting?.dataset.refused ?? "").split(",").reduce((sum, part) => sum + Number(part), 0);

async function ask() {
  try {
    const answer = await fetch(waiting.dataset.waiting, { headers: { Accept: "application/json" } });
    if (answer.ok) {
      const state = await answer.json();
      if (state.events) {
        location.replace(waiting.dataset.then);
        return;
      }
      // A reader who selects or types is not interrupted.
      if (state.refused > refused && String(getSelection()) === "") {
        location.reload();
        return;
      }
    }
  } catch {
    // The server may be restarting; ask again.
  }
  setTimeout(ask, document.hidden ? EVERY * 5 : EVERY);
}

if (waiting) setTimeout(ask, EVERY);
