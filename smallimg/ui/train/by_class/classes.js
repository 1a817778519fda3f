// A card for each class: its name, the button that takes pictures, and the pictures.
const EVERY_MS = 200, GOOD = 12;
const EXAMPLES = ["cup", "ball", "keys"];
const list = find(".si-build-classes");

const fresh_name = (kind) => {
  const taken = set.classes.map((one) => one.name.toLowerCase());
  for (let number = set.classes.indexOf(kind) + 1; ; number++) if (!taken.includes(`class ${number}`)) return `Class ${number}`;
};

// How many classes are before it on the server, which knows only those that have a name.
const place_of = (kind) => set.classes.slice(0, set.classes.indexOf(kind)).filter((one) => one.name).length;
// Make a class on the server, or rename it; nothing where it is called so already.
const called = (kind, answer) => {
  const field = kind.card.querySelector(".si-class-name");
  kind.wanted = undefined;
  if (!answer) { if (document.activeElement !== field) field.value = kind.name; return; }
  if (answer.set) { remember(answer.set); set.name = find(".si-set-name").value = answer.called; }
  const old = kind.name;
  kind.name = field.value = answer.class;
  kind.pictures.forEach((picture) => { if (picture.at) picture.at = `${kind.name}/${picture.at.split("/").pop()}`; });
  if (old) undoable(`“${old}” renamed`, () => call(kind, old));
  count();
};
const call = (kind, name) => {
  const wanted = name.trim();
  if (!wanted) { kind.card.querySelector(".si-class-name").value = kind.name; return; }
  if (wanted === (kind.wanted ?? kind.name)) return;
  kind.wanted = wanted;
  ask("call_class", () => wanted === kind.name ? null : { set: set.id, old: kind.name, name: wanted, place: place_of(kind) }).then((answer) => called(kind, answer));
};
// Pictures that come before a name, or with one that cannot be, are kept all the same.
const call_if_nameless = (kind) => {
  const typed = kind.card.querySelector(".si-class-name").value;
  if (typed.trim()) call(kind, typed);
  ask("call_class", () => kind.name ? null : { set: set.id, old: "", name: fresh_name(kind), place: place_of(kind) }).then((answer) => { if (answer) called(kind, answer); });
};

const drop_class = async (kind) => {
  problem("");
  const place = set.classes.indexOf(kind), pictures = [...kind.pictures], name = kind.name;
  if (name) {
    const answer = await ask("drop_class", () => ({ set: set.id, class: kind.name }));
    if (!answer) return;
    const now = new Map(answer.pictures.map((at) => [at.split("/").pop(), at]));
    pictures.forEach((picture) => { picture.at = now.get(picture.at.split("/").pop()) ?? picture.at; });
  }
  set.classes.splice(place, 1);
  kind.card.remove();
  count();
  if (!name) return;
  undoable(`“${name}” deleted`, async () => {
    const again = add_class("", place);
    call(again, name);
    await line;
    if (again.name && pictures.length) await put(pictures, again);
  });
};

// Hold to take pictures: by mouse, finger, blank or Enter. A short press takes one.
const hold = (kind, button) => {
  let held = null;
  const stop = () => {
    if (!held) return;
    clearInterval(held.timer);
    const taken = held.taken;
    held = null;
    button.classList.remove("si-held");
    find(".si-shot").hidden = true;
    if (taken.length) Promise.all(taken).then((all) => {
      const added = all.filter((one) => one?.at);
      if (added.length) undoable(`${added.length} ${added.length === 1 ? "picture" : "pictures"} taken`, () => bring_out(added));
    });
  };
  const start = async () => {
    if (held) return;
    problem("");
    call(kind, kind.card.querySelector(".si-class-name").value);
    const mine = held = { taken: [], timer: 0 };
    button.classList.add("si-held");
    live_off();
    if (!await camera_on()) return stop();
    const shot = find(".si-shot");
    const take = async () => {
      const blob = await frame();
      if (!blob || (held !== mine && mine.taken.length)) return;
      mine.taken.push(add(kind, blob));
      shot.hidden = false;
      shot.textContent = `${kind.name || kind.card.querySelector(".si-class-name").value || "this class"}: ${kind.pictures.length}`;
    };
    await take();
    if (held === mine) mine.timer = setInterval(take, EVERY_MS);
  };
  button.addEventListener("pointerdown", (event) => {
    if (event.button) return;
    button.setPointerCapture(event.pointerId);
    start();
  });
  for (const end of ["pointerup", "pointercancel", "lostpointercapture", "blur"]) button.addEventListener(end, stop);
  // Who lets go above the question for the camera lets go unheard.
  document.addEventListener("pointermove", (event) => { if (event.pointerType === "mouse" && !event.buttons) stop(); });
  button.addEventListener("contextmenu", (event) => event.preventDefault());
  button.addEventListener("keydown", (event) => {
    if (event.key !== " " && event.key !== "Enter") return;
    event.preventDefault();
    if (!event.repeat) start();
  });
  button.addEventListener("keyup", (event) => { if (event.key === " " || event.key === "Enter") stop(); });
};

const add_class = (name = "", place = set.classes.length) => {
  const field = made("input", { type: "text", className: "si-class-name", maxLength: 40, value: name, autocomplete: "off", enterKeyHint: "done" });
  field.placeholder = `What is it? Such as “${EXAMPLES[place % EXAMPLES.length]}”`;
  field.setAttribute("aria-label", `Name of class ${place + 1}`);
  const remove = made("button", { type: "button", className: "si-plain si-small", textContent: "Delete" });
  const press = made("button", { type: "button", className: "si-main si-hold", textContent: "Hold to take pictures" });
  const picker = made("input", { type: "file", accept: "image/*,.heic,.heif", multiple: true });
  const pick = made("label", { className: "si-plain si-pick" }, "Add pictures", picker);
  const phone = made("button", { type: "button", className: "si-plain si-use-phone", textContent: "Use a phone" });
  const strip = made("ul", { className: "si-tiles-strip" });
  const card = made("li", { className: "si-class" },
    made("div", { className: "si-class-head" }, field, remove),
    made("p", { className: "si-facts si-class-count" }),
    made("div", { className: "si-class-buttons" }, press, pick, phone),
    strip);
  const kind = { name, pictures: [], card };
  set.classes.splice(place, 0, kind);
  list.insertBefore(card, list.children[place] ?? find(".si-more"));
  field.addEventListener("change", () => { problem(""); call(kind, field.value); });
  field.addEventListener("keydown", (event) => { if (event.key === "Enter") field.blur(); });
  remove.addEventListener("click", () => drop_class(kind));
  picker.addEventListener("change", () => { add_files(kind, picker.files); picker.value = ""; });
  phone.addEventListener("click", () => use_phone(kind));
  hold(kind, press);
  card.addEventListener("dragover", (event) => { event.preventDefault(); card.classList.add("si-over"); });
  card.addEventListener("dragleave", () => card.classList.remove("si-over"));
  card.addEventListener("drop", (event) => {
    event.preventDefault();
    card.classList.remove("si-over");
    if (dragged.length) move_to(dragged, kind);
    else add_files(kind, event.dataTransfer.files);
  });
  count();
  return kind;
};

const hint = () => {
  const begun = set.classes.filter((kind) => kind.pictures.length);
  if (!begun.length) return "Name a class, then hold its button while you turn the thing before the camera.";
  const ready = begun.filter((kind) => kind.pictures.length > 1);
  if (ready.length < 2) return "Two classes with two pictures each are the least; a dozen of each is a good start.";
  const few = ready.filter((kind) => kind.pictures.length < GOOD);
  if (few.length) return `This can be learned. More is better: ${few.map((kind) => `${kind.name || "one class"} has ${kind.pictures.length}`).join(", ")}.`;
  return "Ready to learn.";
};
const can_train = () => set.classes.filter((kind) => kind.pictures.length > 1).length > 1;

// All that depends on how many there are.
const count = () => {
  const all = set.classes.reduce((sum, kind) => sum + kind.pictures.length, 0);
  for (const [place, kind] of set.classes.entries()) {
    const number = kind.pictures.length;
    kind.card.querySelector(".si-class-count").textContent = number ? plural(number, "picture", "pictures") : "no pictures yet – hold the button, or drop some here";
    kind.card.querySelector(".si-class-name").setAttribute("aria-label", `Name of class ${place + 1}`);
  }
  find(".si-build-count").textContent = all ? `${plural(all, "picture", "pictures")} in ${plural(set.classes.filter((kind) => kind.pictures.length).length, "class", "classes")}, kept on this machine` : "";
  find("[data-do=train]").disabled = !can_train() || trial.alive;
  find("[data-do=check]").disabled = !can_train();
  find("[data-do=new]").hidden = !set.id;
  const undo = find("[data-do=undo]");
  undo.hidden = !undos.length;
  if (undos.length) undo.textContent = `Undo (${undos.at(-1).words})`;
  show_state();
  show_chosen();
};

// A picture large, with what can be done to it.
const dialog = find(".si-one");
const look_at = async (picture) => {
  const kind = class_of(picture);
  if (!kind) return dialog.close();
  const place = kind.pictures.indexOf(picture);
  const image = made("img", { src: picture.url, alt: `Picture ${place + 1} of ${kind.name}` });
  const step = (by) => kind.pictures[(place - by + kind.pictures.length) % kind.pictures.length];
  const button = (words, act, style = "si-plain") => {
    const one = made("button", { type: "button", className: style, textContent: words });
    one.addEventListener("click", act);
    return one;
  };
  const others = set.classes.filter((one) => one !== kind && one.name);
  const after = async (act) => {
    const next = kind.pictures.length > 1 ? step(1) : null;
    await act();
    if (!dialog.open) return;  // closed before the answer came
    if (next) look_at(next); else dialog.close();
  };
  dialog.replaceChildren(made("div", { className: "si-one-body" },
    made("header", {}, made("h4", { textContent: `${kind.name}, ${place + 1} of ${kind.pictures.length}` }), button("Close", () => dialog.close())),
    image,
    made("div", { className: "si-one-buttons" }, button("‹ Newer", () => look_at(step(-1))), button("Older ›", () => look_at(step(1))), button("Delete", () => after(() => take_out([picture])))),
    ...(others.length ? [made("p", { className: "si-facts", textContent: "It is rather a picture of:" })] : []),
    made("div", { className: "si-one-buttons" }, ...others.map((one) => button(one.name, () => after(() => move_to([picture], one))))),
  ));
  dialog.onkeydown = (event) => {
    if (event.key === "ArrowLeft") look_at(step(-1));
    if (event.key === "ArrowRight") look_at(step(1));
    if (event.key === "Delete") after(() => take_out([picture]));
  };
  if (!dialog.open) dialog.showModal();
  const answer = await ask("look", () => picture.at && { set: set.id, picture: picture.at });
  if (answer) image.src = answer.large;
};
dialog.addEventListener("click", (event) => { if (event.target === dialog) dialog.close(); });
