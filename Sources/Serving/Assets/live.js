// Puts the pieces that the server sends into the page: its only script. Without it the page is the
// same, and is loaded again to be renewed.
"use strict";
(() => {
  const live = document.querySelector("[data-events]");
  if (!live) return;
  const notice = document.getElementById("live-notice");
  const say = (text) => {
    notice.hidden = text === "";
    notice.firstElementChild.textContent = text;
  };
  const source = new EventSource(live.dataset.events);
  source.addEventListener("open", () => say(""));
  source.addEventListener("error", () => {
    say("The server does not answer: this is what was last known.");
  });
  const waiting = new Map();
  const put = (name) => {
    const place = document.getElementById(name);
    if (!place || !waiting.has(name)) return;
    // What is being pressed is not pulled away.
    if (place.matches(":active")) {
      setTimeout(put, 100, name);
      return;
    }
    // A log that is read stays where it is; one at its end follows.
    const log = place.querySelector(".log");
    const top = log && log.scrollTop + log.clientHeight < log.scrollHeight - 4 ? log.scrollTop : null;
    // A button with the focus keeps it.
    const isFocused = place.contains(document.activeElement);
    place.innerHTML = waiting.get(name);
    waiting.delete(name);
    const renewed = place.querySelector(".log");
    if (renewed) renewed.scrollTop = top === null ? renewed.scrollHeight : top;
    if (isFocused) place.querySelector("button, [tabindex], a")?.focus();
  };
  source.addEventListener("piece", (event) => {
    const piece = JSON.parse(event.data);
    waiting.set(piece.name, piece.html);
    put(piece.name);
  });
  source.addEventListener("renew", () => {
    source.close();
    const focused = document.activeElement;
    if (focused && focused.matches("input, textarea")) {
      say("It has changed: load the page again to see it.");
    } else {
      location.reload();
    }
  });
})();
