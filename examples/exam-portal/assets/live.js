// Keeps the figures of /admin/security fresh. The server draws them; what has changed is taken over
// node by node, so that the focus stays where it is and bars move. No text becomes markup here: the
// browser reads the answer as a document, whose scripts do not run.
"use strict";
(() => {
  // A page that nobody looks after keeps no session alive.
  const ALONE = 15 * 60 * 1000;
  const LATER = 30 * 1000;
  const live = document.getElementById("live");
  const button = document.getElementById("pause");
  const state = document.getElementById("state");
  let timer = 0;
  let request = null;
  let touched = performance.now();

  const every = () => Number(live.dataset.every);
  const say = (text) => {
    if (state.textContent !== text) state.textContent = text;
  };

  const take = (now, next) => {
    if (now.isEqualNode(next)) return;
    // A button that unlocks somebody does not come to unlock another under the hand that presses it.
    if (now.id === "locks" && now.matches(":hover, :focus-within")) return;
    const alike = now.nodeName === next.nodeName && now.childNodes.length === next.childNodes.length;
    if (!alike) {
      // What somebody is about to press is not taken away.
      if (!now.contains(document.activeElement)) now.replaceWith(document.importNode(next, true));
      return;
    }
    if (now.nodeType !== Node.ELEMENT_NODE) {
      now.nodeValue = next.nodeValue;
      return;
    }
    for (const { name } of [...now.attributes]) {
      if (!next.hasAttribute(name)) now.removeAttribute(name);
    }
    for (const { name, value } of next.attributes) {
      if (now.getAttribute(name) !== value) now.setAttribute(name, value);
    }
    const fresh = [...next.childNodes];
    [...now.childNodes].forEach((child, place) => take(child, fresh[place]));
  };

  const heard = () => {
    const page = request.status === 200 ? request.response : null;
    const wait = Number(request.getResponseHeader("retry-after")) * 1000 || LATER;
    const refused = request.status === 0 || request.status === 429 || request.status >= 500;
    request = null;
    const fresh = page && page.getElementById("live");
    if (fresh) {
      const mine = every();
      [...live.children].forEach((child, place) => take(child, fresh.children[place]));
      say("Renewed every " + mine / 1000 + " seconds.");
      timer = setTimeout(ask, mine);
    } else if (refused) {
      say("The portal does not answer; these figures are old.");
      timer = setTimeout(ask, wait);
    } else {
      stop("You are signed out: load the page again.");
    }
  };

  const ask = () => {
    if (performance.now() - touched > ALONE) {
      stop("Paused: nobody was here for a quarter of an hour.");
    } else if (document.hidden) {
      timer = setTimeout(ask, every());
    } else {
      request = new XMLHttpRequest();
      request.responseType = "document";
      request.timeout = LATER;
      request.onloadend = heard;
      request.open("GET", "/admin/security/live");
      request.send();
    }
  };

  const stop = (why) => {
    clearTimeout(timer);
    if (request) request.onloadend = null;
    request = null;
    button.textContent = "Go on";
    say(why);
  };

  const go = () => {
    button.textContent = "Pause";
    ask();
  };

  for (const kind of ["pointerdown", "keydown", "wheel"]) {
    addEventListener(kind, () => { touched = performance.now(); }, { passive: true });
  }
  button.addEventListener("click", () => (button.textContent === "Pause" ? stop("Paused.") : go()));
  button.hidden = false;
  say("Renewed every " + every() / 1000 + " seconds.");
  timer = setTimeout(ask, every());
})();
