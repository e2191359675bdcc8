// « Écouter »: the main facts of the page, read by the browser's own voice, each in the language it is written in.
// The button shows only where the browser has a voice for the page.
(() => {
  const button = document.querySelector("[data-listen]");
  if (!button || !("speechSynthesis" in window)) return;
  const synthesis = window.speechSynthesis;
  const spoken = (language) => synthesis.getVoices().find((voice) => voice.lang.toLowerCase().startsWith(language));
  const show = () => { button.hidden = !spoken(document.documentElement.lang); };
  const rest = () => { button.textContent = button.dataset.listen; };
  show();
  synthesis.addEventListener?.("voiceschanged", show);
  addEventListener("pagehide", () => synthesis.cancel());
  button.addEventListener("click", () => {
    const reading = synthesis.speaking;
    synthesis.cancel();
    rest();
    if (reading) return;
    const parts = [...document.querySelectorAll("h1, .firm-free, .firm-facts dt, .firm-facts dd")];
    parts.forEach((part, index) => {
      const utterance = new SpeechSynthesisUtterance(part.textContent.replace(/\s+/g, " ").trim());
      utterance.lang = part.closest("[lang]").lang;
      utterance.voice = spoken(utterance.lang) || null;
      if (index === parts.length - 1) utterance.onend = rest;
      synthesis.speak(utterance);
    });
    button.textContent = button.dataset.stop;
  });
})();
