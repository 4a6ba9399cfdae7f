// Asks now and then whether something new has come, and says so in a badge; what is read stays where it is.
// Nothing is asked while the page is hidden. Nothing new: less and less often. Not our page any more: never again.

const FIRST = 3; // seconds
const SHORTEST = 15;
const LONGEST = 120;

const badge = document.querySelector("[data-live]");
const title = document.title;
const address = badge && new URL(badge.dataset.live, location.href);
let wait = SHORTEST;
let etag = "";
let timer = 0;

function later(seconds) {
  clearTimeout(timer);
  if (!document.hidden) timer = setTimeout(ask, seconds * 1000);
}

async function ask() {
  try {
    const headers = etag ? { "If-None-Match": etag } : {};
    const answer = await fetch(address, { headers, redirect: "manual", cache: "no-store" });
    if (answer.status === 304) {
      wait = Math.min(wait * 1.5, LONGEST);
    } else if (answer.ok) {
      etag = answer.headers.get("ETag") ?? "";
      show(await answer.json());
      wait = SHORTEST;
    } else if (answer.status < 500 && answer.status !== 429) {
      return; // signed out, or no longer a member
    } else {
      wait = Math.min(wait * 2, LONGEST);
    }
  } catch {
    wait = Math.min(wait * 2, LONGEST); // no network
  }
  later(wait);
}

function show({ text, seen }) {
  address.searchParams.set("seen", seen);
  const link = badge.querySelector("a");
  link.hidden = !text;
  link.querySelector("span").textContent = text ? `${text} · show` : "";
  document.title = text ? `• ${title}` : title;
}

if (badge) {
  document.addEventListener("visibilitychange", () => later(1));
  later(FIRST);
}
