// A page that saves as it is typed must not race with itself: « Envoyer » waits for the saves still on their way,
// which bring back the version that the page then holds. Without htmx nothing is saved meanwhile, and nothing waits.
// What was typed in the last second, before its save, leaves with the page that is reloaded or closed.
(() => {
  let pending = 0;
  let unsaved = null;
  document.addEventListener("input", ({ target }) => { unsaved = target.closest("[hx-post]"); });
  document.addEventListener("htmx:beforeRequest", ({ detail }) => {
    pending += 1;
    if (detail.elt === unsaved) unsaved = null;
  });
  // While a save is on its way the version is not known: a second one would be refused, or begin the same need twice.
  addEventListener("pagehide", () => {
    if (!unsaved || pending > 0) return;
    const body = new FormData(unsaved.closest("form"));
    const more = JSON.parse(unsaved.getAttribute("hx-vals") || "{}");
    for (const [name, value] of Object.entries(more)) body.set(name, value);
    fetch(unsaved.getAttribute("hx-post"), { method: "POST", body, keepalive: true, headers: { "HX-Request": "true" } });
    unsaved = null;
  });
  // Typed while a save is on its way: the browser asks before it leaves, and by then the save has come back.
  addEventListener("beforeunload", (event) => { if (unsaved && pending > 0) event.preventDefault(); });
  document.addEventListener("htmx:afterRequest", () => { pending -= 1; });
  for (const failure of ["htmx:responseError", "htmx:sendError"]) {
    document.addEventListener(failure, () => {
      const mark = document.getElementById("saved");
      if (mark) mark.textContent = mark.dataset.failed;
    });
  }
  // A whole page instead of a few words: another one came, to sign in for instance. It never takes the form's place.
  document.addEventListener("htmx:beforeSwap", ({ detail }) => {
    if (detail.target.id !== "saved" || !/<html/i.test(detail.xhr.responseText)) return;
    detail.shouldSwap = false;
    detail.target.textContent = detail.target.dataset.elsewhere;
  });
  document.addEventListener("submit", (event) => {
    if (pending <= 0) {
      unsaved = null;
      return;
    }
    event.preventDefault();
    const { target: form, submitter } = event;
    const timer = setInterval(() => {
      if (pending > 0) return;
      clearInterval(timer);
      form.requestSubmit(submitter);
    }, 40);
  });
})();
