// What is typed in an answer stays on this telephone until the city has it. A sending that meets no network waits, and leaves by
// itself when the network is back. It may arrive twice: the city makes one answer of it (`Visit.sending`).
(() => {
  const PREFIX = "sourcier-reponse-";
  const DAY = 86_400_000;
  const KEPT = 7 * DAY;
  const STILL_MEANT = DAY / 2; // older, it asks for a tap again
  const QUIET = 30_000; // without a byte gone or come, the network is dead
  const AGAIN = 15_000;
  const NEVER = ["csrfmiddlewaretoken"];
  let off = false;
  let busy = false;
  let waiting = 0;

  const theForm = () => document.querySelector("form[data-keep]");
  const place = (form) => PREFIX + form.dataset.keep;

  // --- the telephone's memory: words in one drawer, photographs in another -------------------------------------------------

  const pages = (mode, act) => new Promise((done) => {
    const opening = indexedDB.open("sourcier", 1);
    opening.onupgradeneeded = () => opening.result.createObjectStore("pages");
    opening.onerror = () => done();
    opening.onsuccess = () => {
      const request = act(opening.result.transaction("pages", mode).objectStore("pages"));
      request.onsuccess = () => done(request.result);
      request.onerror = () => done();
    };
  }).catch(() => undefined);

  const read = (key) => {
    try {
      return JSON.parse(localStorage.getItem(key));
    } catch {
      return null;
    }
  };

  const save = (form, asked = false) => {
    if (off) return;
    const fields = [...new FormData(form)].filter(([name, value]) => typeof value === "string" && !NEVER.includes(name));
    try {
      localStorage.setItem(place(form), JSON.stringify({ at: Date.now(), asked, fields }));
      form.querySelector("[data-kept-here]").hidden = false;
    } catch {
      // A browser that keeps nothing: the page still does, as long as it stays open.
    }
  };

  const forget = (key) => {
    try {
      localStorage.removeItem(key);
    } catch {
      return;
    }
    pages("readwrite", (drawer) => drawer.delete(key));
  };

  const forgetOld = () => {
    try {
      for (const key of Object.keys(localStorage)) {
        if (key.startsWith(PREFIX) && !(Date.now() - read(key)?.at < KEPT)) forget(key);
      }
    } catch {
      // No memory, nothing old.
    }
  };

  // --- what the page says ---------------------------------------------------------------------------------------------------

  const say = (state) => {
    const banner = document.querySelector("[data-kept]");
    banner.hidden = !state;
    for (const part of banner.querySelectorAll("[data-state]")) part.hidden = !part.dataset.state.split(" ").includes(state);
  };

  const fill = (form, fields) => {
    for (const field of form.elements) {
      if (!field.name || ["file", "submit", "button"].includes(field.type) || NEVER.includes(field.name)) continue;
      const values = fields.filter(([name]) => name === field.name).map(([, value]) => value);
      if (["radio", "checkbox"].includes(field.type)) field.checked = values.includes(field.value);
      else if (values.length) field.value = values[0];
      const fold = field.closest("details");
      if (fold && values[0] && field.type !== "radio") fold.open = true;
    }
  };

  const begin = async () => {
    const form = theForm();
    if (!form) return;
    for (const each of form.querySelectorAll("[data-script]")) each.hidden = each.dataset.script === "without";
    const kept = read(place(form));
    if (!kept || !("fresh" in form.dataset)) return;
    fill(form, kept.fields);
    form.querySelector("[data-kept-here]").hidden = false;
    const files = form.elements.photo && await pages("readonly", (drawer) => drawer.get(place(form)));
    if (files?.length) {
      form.elements.photo.closest("details").open = true;
      form.dispatchEvent(new CustomEvent("pages:kept", { bubbles: true, detail: files }));
      await form.preparing;
    }
    say("found");
    if (kept.asked && Date.now() - kept.at < STILL_MEANT) send(form);
  };

  // --- the sending ----------------------------------------------------------------------------------------------------------

  const wait = (form, state) => {
    save(form, true);
    say(state);
    waiting = setTimeout(again, AGAIN);
  };

  const again = () => {
    const form = theForm();
    if (form && waiting) send(form);
  };

  const turnTo = (answered, address) => {
    document.body.replaceWith(document.adoptNode(answered.body));
    document.title = answered.title;
    const there = address === location.href;
    history[there ? "replaceState" : "pushState"](null, "", address);
    scrollTo(0, 0);
    document.querySelector("main").focus();
    begin();
  };

  const settle = (form, request) => {
    const { status, response, responseURL } = request;
    if (status >= 500 || !response?.querySelector("main h1")) return wait(form, "silent");
    const left = status < 300 && new URL(responseURL).pathname !== new URL(form.action).pathname;
    if (left) forget(place(form));
    else {
      save(form);
      if (status === 400) pages("readwrite", (drawer) => drawer.delete(place(form))); // the city has them, in the draft
    }
    return turnTo(response, left ? responseURL : location.href);
  };

  const send = (form) => {
    if (busy) return;
    busy = true;
    clearTimeout(waiting);
    waiting = 0;
    say("sending");
    const bar = document.querySelector("[data-kept] progress");
    const request = new XMLHttpRequest();
    let quiet = 0;
    const listen = () => {
      clearTimeout(quiet);
      quiet = setTimeout(() => request.abort(), QUIET);
    };
    request.open("POST", form.action);
    request.responseType = "document";
    request.upload.onprogress = ({ loaded, total }) => { bar.value = loaded / total; listen(); };
    request.onprogress = listen;
    request.onloadend = () => {
      clearTimeout(quiet);
      busy = false;
      if (request.status) settle(form, request);
      else wait(form, "waiting");
    };
    request.send(new FormData(form));
    listen();
  };

  document.addEventListener("submit", async (event) => {
    const { target: form, submitter } = event;
    if (form !== theForm() || ["add", "remove"].includes(submitter?.name)) return;
    event.preventDefault();
    await form.preparing;
    save(form, true);
    send(form);
  });
  document.addEventListener("input", ({ target }) => {
    const form = theForm();
    if (!form?.contains(target)) return;
    if (waiting) {
      clearTimeout(waiting);
      waiting = 0;
      say("found");
    }
    save(form);
    if (target.name === "photo" && !off) pages("readwrite", (drawer) => drawer.put([...target.files], place(form)));
  });
  document.addEventListener("click", ({ target }) => {
    const form = theForm();
    if (!form || !target.closest("[data-forget]")) return;
    off = true;
    forget(place(form));
    form.querySelector("[data-kept-here]").hidden = true;
    say("forgotten");
  });
  addEventListener("online", again);
  addEventListener("popstate", () => location.reload());
  forgetOld();
  begin();
})();
