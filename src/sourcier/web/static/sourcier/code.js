// A typed code opens the page at its tenth sign, as the page says; without this script, by its button.
(() => {
  const field = document.getElementById("code");
  document.getElementById("dixieme").hidden = false;
  field.addEventListener("input", () => {
    if (field.value.replace(/[^0-9a-z]/gi, "").length === 10) field.form.requestSubmit();
  });
})();
