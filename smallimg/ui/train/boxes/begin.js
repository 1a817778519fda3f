// What happens when the sheet is opened and its buttons and keys are pressed.
const root = find(".si-pictures");
const begin = async (id, at = "") => {
  problem("");
  undos.length = 0;
  larges.clear();
  seen.disconnect();
  wanted.clear();
  finding.stop = true;
  Object.assign(sheet, { id, name: "", built: true, classes: [], pictures: [], parts: [], unread: [], shown: [], changed: false });
  part("split").value = "";
  root.hidden = false;
  tiles.replaceChildren();
  const answer = await ask_now("open_sheet", { set: id });
  if (!answer) { remember(""); count(); return; }
  if (id !== sheet.id) return;
  Object.assign(sheet, { name: answer.name, built: answer.built, classes: answer.classes, pictures: answer.pictures, unread: answer.unread });
  sheet.parts = [...new Set(sheet.pictures.map((one) => one.part))].filter(Boolean);
  remember(id);
  list_choices(part("by"), [[BACKGROUND, "the removed background"], ...answer.by.map(({ id: value, name }) => [value, name])]);
  if (answer.own && answer.by.some(({ id: value }) => value === answer.own) && answer.pictures.some((one) => one.new)) part("by").value = answer.own;
  sheet.pictures.forEach(make_tile);
  list_classes();
  lay_out();
  const picture = at && sheet.pictures.find((one) => one.at === at);
  if (!picture) return;
  if (!sheet.shown.includes(picture)) { part("show").value = "all"; lay_out(); }
  open_editor(picture);
};
const close = () => {
  root.hidden = true;
  remember("");
  finding.stop = true;
  const { id } = sheet;
  if (sheet.changed && id) line.then(() => {
    document.querySelector("#by-class .si-build")?.dispatchEvent(new CustomEvent("changed", { bubbles: true, detail: id }));
    trigger("changed", { value: id });
  });
};

const buttons = {
  close,
  find: find_boxes,
  stop: () => { finding.stop = true; },
  accept: async () => { problem(""); for (const picture of to_accept()) if (!await agree(picture)) break; },
  undo: async () => { rest(); problem(""); const last = undos.pop(); count(); await last?.act(); count(); },
  shut: () => dialog.close(),
  previous: () => step(-1),
  next: () => step(1),
  right,
  add: () => {
    rest();
    const [width, height] = open.picture.size, before = state_of(open.picture);
    if (open.mending) mend(false);
    add_box([width / 4, height / 4, 3 * width / 4, 3 * height / 4]);
    stage.querySelector(".si-chosen").focus({ preventScroll: true });
    changed("box added", before);
  },
  delete: () => {
    if (open.chosen < 0) return;
    rest();
    const before = state_of(open.picture);
    open.picture.boxes.splice(open.chosen, 1);
    open.picture.names.splice(open.chosen, 1);
    changed("box deleted", before);
  },
  again: async () => {
    rest();
    problem("");
    const { picture } = open, before = state_of(picture);
    saving(true);
    const found = await propose([picture], BACKGROUND, true);
    saving(false);
    if (!found) return;
    sheet.changed = true;
    open.chosen = 0;
    show_again(picture);
    undoable("box found", () => put_back(picture, before));
  },
  mend: () => { rest(); mend(!open.mending); },
  leave: take_out,
};
element.addEventListener("click", (event) => {
  const button = event.target.closest("[data-do]");
  if (button && !button.disabled) buttons[button.dataset.do]();
});
dialog.addEventListener("close", () => { rest(); mend(false); open.picture?.tile.querySelector("button").focus(); count(); });
for (const name of ["show", "split"]) part(name).addEventListener("change", lay_out);
part("add").querySelector("input").addEventListener("change", ({ target }) => {
  add_new([...target.files]);
  target.value = "";
});

const STEPS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
const keys = {
  n: () => step(1), p: () => step(-1), b: buttons.add, m: buttons.mend, Delete: buttons.delete, Backspace: buttons.delete,
  k: () => { tools.querySelector("[value=keep]").checked = true; }, r: () => { tools.querySelector("[value=remove]").checked = true; },
};
// What has been deleted or chosen leaves the focus to nobody: keys are heard wherever it is, while the editor is open.
document.addEventListener("keydown", (event) => {
  if (!element.isConnected || !dialog.open) return;
  const typing = event.target.matches("input[type=text]");
  if (typing && event.key !== "Enter") return;
  if (event.ctrlKey || event.metaKey) {
    if (event.key.toLowerCase() === "z") { event.preventDefault(); buttons.undo(); }
    return;
  }
  if (event.target.matches("select, [type=range]")) return;
  if (event.altKey) return;
  const key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
  if (key === "Enter") {
    if (event.target.matches("button, [type=radio]")) return;  // what has the focus is pressed
    event.preventDefault();
    if (event.target === new_name) new_name.blur(); else right();
  } else if (STEPS[key] && !event.target.matches("[type=radio]")) {
    event.preventDefault();
    const by = Math.max(1, Math.round(Math.max(...open.picture.size) / 400)), [x, y] = STEPS[key];
    if (open.chosen >= 0) nudge_by(by * x, by * y, event.shiftKey); else if (x) step(x);
  } else if (/^[1-9]$/.test(key)) { if (sheet.classes[key - 1]) say_class(sheet.classes[key - 1]); }
  else if (keys[key]) { event.preventDefault(); keys[key](); }
});

// Its value says which set is opened, when that was asked, and which picture of it; a reload finds it open again.
const wish = () => {
  const [id, when, ...at] = (props.value ?? "").split(" ");
  return { id: id === "-" ? "" : id, when: Number(when), at: at.join(" ") };
};
watch("value", () => {
  const { id, when, at } = wish();
  if (when) begin(id, at).then(() => root.scrollIntoView({ behavior: "smooth", block: "start" }));
});
// Another script of the page opens a picture of a set: detail is { set, picture }.
element.addEventListener("open-picture", ({ detail }) => begin(detail.set, detail.picture));
if (wish().when && Date.now() - wish().when < 10_000) begin(wish().id, wish().at); else if (remembered()) begin(remembered());
