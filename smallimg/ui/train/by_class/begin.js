// What happens when the view is there, and when its buttons are pressed.
const CLASSES_AT_FIRST = 3;
const more = made("li", { className: "si-more" }, made("button", { type: "button", className: "si-plain", textContent: "+ Add a class" }));
list.append(more);
more.firstChild.addEventListener("click", () => add_class().card.querySelector("input").focus());

const clear = () => {
  set.classes.splice(0).forEach((kind) => kind.card.remove());
  let_go();
  undos.length = phone.last = 0;
  Object.assign(set, { id: "", name: "" });
  Object.assign(trial, { alive: false, ready: false, run: "", begun: 0, words: "" });
  find(".si-set-name").value = "";
  back_to_camera();
};
let newest;  // the begin that counts, where two were asked for at once
const begin = async (id) => {
  const mine = newest = {};
  clear();
  problem("");
  const answer = id ? await ask("open_classes", () => ({ set: id })) : null;
  if (mine !== newest) return;
  if (answer) {
    remember(answer.set);
    set.name = find(".si-set-name").value = answer.name;
    for (const { name, pictures } of answer.classes) {
      const kind = add_class(name), strip = kind.card.querySelector(".si-tiles-strip");
      kind.pictures = pictures.map(({ at, small }) => ({ at, url: small, tile: null }));
      strip.append(...kind.pictures.map((picture) => tile(picture, kind)).reverse());
    }
  } else if (id) remember("");
  while (set.classes.length < (answer ? 2 : CLASSES_AT_FIRST)) add_class();
  count();
  await look_at_training();
};

// Drawn objects, for who has no camera and no pictures: the first classes that have nothing are filled with them.
const SAMPLES = ["cup", "ball", "scissors"], OF_EACH = 12;
const fill_with_samples = async () => {
  problem("");
  find("[data-do=samples]").disabled = true;
  const added = [];
  for (const thing of SAMPLES) {
    const taken = set.classes.find((kind) => kind.name === thing);
    const kind = taken ?? set.classes.find((one) => !one.name && !one.pictures.length) ?? add_class();
    call(kind, thing);
    for (let number = 0; number < OF_EACH; number++) {
      const answer = await ask("draw_picture", () => kind.name && { set: set.id, class: kind.name, thing });
      if (!answer) break;
      const picture = { at: answer.at, url: answer.small, tile: null };
      lay(picture, kind);
      added.push(picture);
    }
  }
  find("[data-do=samples]").disabled = false;
  if (added.length) undoable(`${added.length} samples added`, () => bring_out(added));
};

const buttons = {
  camera: () => { problem(""); camera_on(); },
  "camera-off": camera_off,
  "phone-off": () => phone_dialog.close(),
  flip,
  several: () => { choosing = !choosing; if (!choosing) let_go(); show_chosen(); },
  "delete-chosen": () => take_out([...chosen_ones]),
  "let-go": () => { choosing = false; let_go(); },
  live: back_to_camera,
  samples: fill_with_samples,
  train,
  check: () => line.then(() => trigger("check", { value: set.id })),
  sheet: () => line.then(() => trigger("sheet", { value: set.id })),
  new: () => { remember(""); begin(""); },
  undo: async () => { problem(""); const last = undos.pop(); count(); await last?.act(); count(); },
};
element.addEventListener("click", (event) => {
  const button = event.target.closest("[data-do]");
  if (button && !button.disabled) buttons[button.dataset.do]();
});
find(".si-set-name").addEventListener("change", async ({ target }) => {
  const wanted = target.value.trim();
  if (!set.id || !wanted) { target.value = set.name; return; }
  const answer = await ask("call_set", () => ({ set: set.id, name: wanted }));
  target.value = set.name = answer?.name ?? set.name;
});
find("[data-part='try-picture'] input").addEventListener("change", ({ target }) => {
  if (target.files[0]) try_picture(target.files[0]);
  target.value = "";
});

// Each waits for its own answer; a view that has gone asks no more.
const again = async (act, every) => {
  while (element.isConnected) {
    await act();
    await new Promise((resolve) => setTimeout(resolve, every));
  }
  camera_off();
};
// “Continue” has chosen a set: its id, and when; a view that is built anew much later still has that.
const chosen_set = (within) => {
  const [id, when] = (props.value ?? "").split(" ");
  return id && Date.now() - Number(when) < within ? id : "";
};
watch("value", () => { if (chosen_set(Infinity)) begin(chosen_set(Infinity)); });
element.addEventListener("changed", ({ detail }) => { if (!set.id || detail === set.id) begin(detail); });  // by its sheet
element.addEventListener("began", () => { trial.begun = 0; trial.words = ""; look_at_training(); });
begin(chosen_set(60_000) || remembered()).then(() => { again(look_at_training, LOOK_EVERY_MS); again(try_live, TRY_EVERY_MS); again(look_for_news, NEWS_EVERY_MS); });
