// The pages of a paper quote: each picture is made small enough for a slow network, shown, put in order, taken out; the field
// of the camera then holds them as they leave. What this browser cannot draw (HEIC, on some) leaves as it is.
(() => {
  const EDGE = 2000;
  const QUALITY = 0.8;
  const THUMBNAIL = 120;
  const MOST = 25_000_000; // of a file, of an answer: `vault.rules`
  const MOST_IN_ALL = 100_000_000;
  const pagesOf = new WeakMap();

  const drawn = (picture, edge) => {
    const scale = Math.min(1, edge / Math.max(picture.width, picture.height));
    const canvas = document.createElement("canvas");
    canvas.width = Math.max(1, Math.round(picture.width * scale));
    canvas.height = Math.max(1, Math.round(picture.height * scale));
    const pen = canvas.getContext("2d");
    pen.fillStyle = "#fff";
    pen.fillRect(0, 0, canvas.width, canvas.height);
    pen.drawImage(picture, 0, 0, canvas.width, canvas.height);
    return canvas;
  };

  // Drawn anew, a photograph stands upright and no longer tells where it was taken.
  const page = async (file, ready) => {
    let picture;
    try {
      picture = await createImageBitmap(file, { imageOrientation: "from-image" });
    } catch {
      return { file, name: file.name };
    }
    const canvas = drawn(picture, EDGE);
    picture.close();
    const small = ready ? file : await new Promise((done) => { canvas.toBlob(done, "image/jpeg", QUALITY); });
    return { file: small || file, name: file.name, thumbnail: drawn(canvas, THUMBNAIL) };
  };

  const extension = ({ file, name }) => (file.type === "image/jpeg" ? "jpg" : name.split(".").pop());

  const button = (words, number, act) => {
    const made = document.createElement("button");
    made.type = "button";
    made.className = "btn alt small";
    made.textContent = words;
    const which = document.createElement("span");
    which.className = "visually-hidden";
    which.textContent = ` ${number}`;
    made.append(which);
    made.addEventListener("click", act);
    return made;
  };

  const line = (form, each, index, number) => {
    const list = form.querySelector("[data-pages]");
    const pages = pagesOf.get(form);
    const item = document.createElement("li");
    const shown = document.createElement("span");
    if (each.thumbnail) {
      each.thumbnail.setAttribute("role", "img");
      each.thumbnail.setAttribute("aria-label", `${list.dataset.page} ${number}`);
      shown.append(each.thumbnail, " ");
    }
    shown.append(`${list.dataset.page} ${number}`);
    const change = (act) => () => {
      act();
      show(form);
      (list.children[Math.min(index, pages.length - 1)]?.querySelector("button") || form.elements.photo).focus();
    };
    const acts = document.createElement("span");
    acts.className = "page-acts";
    if (index) {
      acts.append(button(list.dataset.up, number, change(() => pages.splice(index - 1, 0, ...pages.splice(index, 1)))));
    }
    acts.append(button(list.dataset.remove, number, change(() => pages.splice(index, 1))));
    item.append(shown, acts);
    return item;
  };

  const show = (form) => {
    const list = form.querySelector("[data-pages]");
    const pages = pagesOf.get(form);
    const first = form.querySelectorAll("[name=remove]").length + 1; // after the documents already joined
    const held = new DataTransfer();
    const lines = pages.map((each, index) => {
      held.items.add(new File([each.file], `page-${first + index}.${extension(each)}`, { type: each.file.type }));
      return line(form, each, index, first + index);
    });
    list.replaceChildren(...lines);
    list.hidden = pages.length === 0;
    form.elements.photo.files = held.files;
    form.elements.photo.dispatchEvent(new Event("input", { bubbles: true }));
  };

  const weight = (form) => [...form.elements.documents.files].reduce((sum, file) => sum + file.size, 0)
    + pagesOf.get(form).reduce((sum, each) => sum + each.file.size, 0);

  const complain = (form, name, sentence) => {
    const place = form.querySelector("[data-heavy]");
    place.textContent = sentence ? `« ${name} » : ${sentence}` : "";
    place.hidden = !sentence;
    return Boolean(sentence);
  };

  const welcome = (form, file, name = file.name) => {
    const words = form.querySelector("[data-heavy]").dataset;
    const sentence = file.size > MOST ? words.heavy : weight(form) + file.size > MOST_IN_ALL ? words.allHeavy : "";
    return !(sentence && complain(form, name, sentence));
  };

  const add = async (form, files, ready) => {
    const pages = pagesOf.get(form) || [];
    pagesOf.set(form, pages);
    const status = form.querySelector("[data-preparing]");
    status.hidden = false;
    for (const file of files) {
      const made = await page(file, ready);
      if (welcome(form, made.file, file.name)) pages.push(made);
    }
    status.hidden = true;
    show(form);
  };

  const isPicture = (file) => file.type.startsWith("image/") || /\.hei[cf]$/i.test(file.name);

  const others = (form, files) => {
    const held = new DataTransfer();
    form.elements.documents.files = held.files; // weighed anew, one by one
    for (const file of files) {
      if (!welcome(form, file)) continue;
      held.items.add(file);
      form.elements.documents.files = held.files;
    }
  };

  const take = (field) => {
    const form = field.form;
    pagesOf.set(form, pagesOf.get(form) || []);
    const chosen = [...field.files];
    complain(form, "", "");
    if (field.name === "documents") others(form, chosen.filter((file) => !isPicture(file)));
    const pictures = field.name === "photo" ? chosen : chosen.filter(isPicture);
    const before = form.preparing || Promise.resolve();
    form.preparing = before.then(() => add(form, pictures, false));
  };

  document.addEventListener("change", ({ target }) => {
    if (target.form?.querySelector("[data-pages]") && ["photo", "documents"].includes(target.name)) take(target);
  });
  // The pages that this telephone kept when the page was closed.
  document.addEventListener("pages:kept", ({ target: form, detail }) => {
    form.preparing = add(form, detail, true);
  });
})();
