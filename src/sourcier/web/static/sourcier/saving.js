// A page that saves as it is typed must not race with itself: « Envoyer » waits for the saves still on their way,
// which bring back the version that the page then holds. Without htmx nothing is saved meanwhile, and nothing waits.
(() => {
  let pending = 0;
  document.addEventListener("htmx:beforeRequest", () => { pending += 1; });
  document.addEventListener("htmx:afterRequest", () => { pending -= 1; });
  for (const failure of ["htmx:responseError", "htmx:sendError"]) {
    document.addEventListener(failure, () => {
      const mark = document.getElementById("saved");
      if (mark) mark.textContent = mark.dataset.failed;
    });
  }
  document.addEventListener("submit", (event) => {
    if (pending <= 0) return;
    event.preventDefault();
    const { target: form, submitter } = event;
    const timer = setInterval(() => {
      if (pending > 0) return;
      clearInterval(timer);
      form.requestSubmit(submitter);
    }, 40);
  });
})();
