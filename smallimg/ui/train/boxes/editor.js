// What is said of the picture that is open, kept on the server after every change; and the way to the next one.
const OTHER = "\u0000other";
const class_choice = find(".si-editor-class select"), new_name = find(".si-editor-name");
const state_of = ({ boxes, names, class: label, sure, checked, by }) => structuredClone({ boxes, names, class: label, sure, checked, by });
let unsaved = 0;
const saving = (on) => {
  unsaved += on ? 1 : -1;
  find(".si-editor-saved").textContent = unsaved ? "Saving …" : "Saved";
};

const keep = async (picture) => {
  saving(true);
  // The class that the data itself gives is not said again, or it would be a change.
  const label = () => sheet.built || picture.renamed ? picture.class : null;
  const answer = await ask("save", () => ({ set: sheet.id, picture: picture.at, ...state_of(picture), class: label() }));
  saving(false);
  if (!answer) return false;
  sheet.changed = true;
  if (answer.picture !== picture.at) { picture.at = answer.picture; picture.new = picture.at.startsWith(".new/"); }
  if (answer.class) picture.class = answer.class;
  if (picture.class && !picture.new && !sheet.classes.includes(picture.class)) list_classes();
  return true;
};
const show_again = (picture) => {
  draw_tile(picture);
  if (picture === open.picture && dialog.open) {
    stage.querySelector("img").dataset.at = picture.at;
    open.chosen = Math.min(open.chosen, picture.boxes.length - 1);
    draw_boxes();
    show_facts();
  }
  count();
};
// Say of a picture what was said of it before.
const put_back = async (picture, before) => {
  Object.assign(picture, structuredClone(before));
  await keep(picture);
  show_again(picture);
};
// Something was changed by hand: that is sure, and kept; where it cannot be, it is as before.
const changed = async (words, before) => {
  const { picture } = open;
  Object.assign(picture, { sure: 1, by: "", checked: !picture.new || picture.checked });
  problem("");
  show_again(picture);
  if (await keep(picture)) undoable(words, () => put_back(picture, before));
  else Object.assign(picture, before);
  show_again(picture);
};

const show_class = () => {
  const { picture, chosen } = open, of_box = picture.boxes.length > 1 && chosen >= 0;
  find(".si-editor-class span").textContent = of_box ? `What box ${chosen + 1} shows` : "What it is";
  const now = (of_box ? picture.names[chosen] : null) ?? picture.class ?? "";
  const names = sheet.classes.includes(now) || !now ? sheet.classes : [now, ...sheet.classes];
  class_choice.replaceChildren(
    ...(now ? [] : [made("option", { value: "", textContent: "not said yet" })]),
    ...names.map((name) => made("option", { value: name, textContent: name })),
    made("option", { value: OTHER, textContent: "another name …" }),
  );
  class_choice.value = now;
  new_name.hidden = true;
  find("[data-do=delete]").disabled = chosen < 0;
};
const show_facts = () => {
  const { picture } = open;
  find(".si-editor h4").textContent = `${sheet.shown.indexOf(picture) + 1} of ${sheet.shown.length}${picture.part && ` · ${part_words(picture.part)}`}`;
  find(".si-editor-sure").textContent = picture.checked ? "Looked at."
    : picture.by === BACKGROUND ? `Found without its background, ${percent(picture.sure)} sure.`
    : picture.by ? `Said by ${picture.by}, ${percent(picture.sure)} sure.`
    : picture.boxes.length ? "As it came." : "No box yet: drag one over the picture.";
  find(".si-editor [data-do=right]").textContent = picture.checked ? "Next" : "Right – next";
  show_class();
};
const say_class = (name) => {
  const { picture, chosen } = open, before = state_of(picture);
  const wanted = name.trim();
  if (!wanted) return show_class();
  if (picture.boxes.length > 1 && chosen >= 0) picture.names[chosen] = wanted === picture.class ? null : wanted;
  else { Object.assign(picture, { class: wanted, renamed: true }); picture.names = picture.boxes.map(() => null); }
  changed("class changed", before);
};
class_choice.addEventListener("change", () => {
  new_name.hidden = class_choice.value !== OTHER;
  if (new_name.hidden) say_class(class_choice.value);
  else { new_name.value = ""; new_name.focus(); }
});
new_name.addEventListener("change", () => say_class(new_name.value));

// Large pictures, the next one asked for before it is wanted.
const larges = new Map();
const large = (picture) => {
  if (!larges.has(picture)) larges.set(picture, ask_now("look_at_picture", { set: sheet.id, picture: picture.at }));
  if (larges.size > 6) larges.delete(larges.keys().next().value);
  return larges.get(picture);
};
const open_editor = async (picture) => {
  rest();
  if (open.mending) mend(false);
  problem("");
  if (!picture?.size) { if (picture) problem("This picture does not open: take it out, or export it again."); return; }
  Object.assign(open, { picture, chosen: picture.boxes.length === 1 ? 0 : -1, drag: null });
  if (!dialog.open) { dialog.showModal(); find(".si-editor-saved").textContent = ""; }
  const image = stage.querySelector("img");
  image.src = picture.small ?? "";
  image.alt = name_of(picture);
  image.dataset.at = picture.at;
  fit_stage();
  draw_boxes();
  show_facts();
  const answer = await large(picture);
  if (answer && picture === open.picture) image.src = answer.large;
  else if (!answer) larges.delete(picture);
  const after = neighbour(1);
  if (after?.size) large(after);
};
const neighbour = (by) => sheet.shown[sheet.shown.indexOf(open.picture) + by];
const step = (by) => { const other = neighbour(by); if (other) open_editor(other); else if (by > 0) dialog.close(); };
const right = async () => {
  rest();
  const { picture } = open;
  if (picture.checked) return step(1);
  if (picture.new && !picture.class) { problem("Say what it is first: choose its class, or type a new one."); return; }
  if (await agree(picture)) step(1);
};
const agree = async (picture) => {
  const before = state_of(picture), from = picture.at;
  picture.checked = true;
  draw_tile(picture);
  if (!await keep(picture)) { picture.checked = false; show_again(picture); return false; }
  show_again(picture);
  undoable("agreed", async () => {
    if (from.startsWith(".new/")) await move_back(picture, ".new");
    await put_back(picture, before);
  });
  return true;
};
const move_back = async (picture, to) => {
  const answer = await ask("leave", () => ({ set: sheet.id, pictures: [picture.at], back: to }));
  if (answer) { [picture.at] = answer.pictures; picture.new = picture.at.startsWith(".new/"); }
  return answer;
};
const take_out = async () => {
  const { picture } = open, after = neighbour(1) ?? neighbour(-1), folder = picture.at.split("/")[0];
  problem("");
  const answer = await ask("leave", () => ({ set: sheet.id, pictures: [picture.at], back: "" }));
  if (!answer) return;
  [picture.at] = answer.pictures;
  sheet.changed = true;
  sheet.pictures.splice(sheet.pictures.indexOf(picture), 1);
  sheet.shown.splice(sheet.shown.indexOf(picture), 1);
  picture.tile.remove();
  undoable("picture taken out", async () => {
    if (!await move_back(picture, folder)) return;
    sheet.pictures.push(picture);
    lay_out();
  });
  if (after) open_editor(after); else dialog.close();
};
