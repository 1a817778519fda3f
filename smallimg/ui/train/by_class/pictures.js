// The set as the page knows it. Its changes are asked one after the other, so that a class is there before its first
// picture.
const MEMORY = "smallimg-set";
const set = { id: "", name: "", classes: [] };  // a class: { name, pictures, card }; a picture: { at, url, tile }
const undos = [];

// Each tab of the browser has its own set; one that is opened anew starts with the last.
const stores = () => { try { return [window.sessionStorage, window.localStorage]; } catch { return []; } };
const remember = (id) => {
  set.id = id;
  for (const store of stores()) { try { store.setItem(MEMORY, id); } catch { /* full: then it is forgotten */ } }
};
const remembered = () => {
  for (const store of stores()) { const id = store.getItem(MEMORY); if (id !== null) return id; }
  return "";
};

const undoable = (words, act) => { undos.push({ words, act }); count(); };

const tile = (picture, kind) => {
  const image = made("img", { src: picture.url, alt: `a picture of ${kind.name || "this class"}`, draggable: false });
  picture.url || image.removeAttribute("src");
  const open = made("button", { type: "button", className: "si-tile", title: "Open, move or delete it; with Ctrl or Shift, choose several" }, image);
  const gone = made("button", { type: "button", className: "si-tile-x", textContent: "×", tabIndex: -1 });
  gone.setAttribute("aria-label", "Delete this picture");
  picture.tile = made("li", { draggable: true }, open, gone);
  open.addEventListener("click", (event) => { if (!choose(event, picture)) look_at(picture); });
  picture.tile.addEventListener("dragstart", (event) => drag(event, picture));
  picture.tile.addEventListener("dragend", () => { dragged = []; });
  open.addEventListener("keydown", (event) => {
    if (event.key !== "Delete" && event.key !== "Backspace") return;
    event.preventDefault();
    const next = picture.tile.nextElementSibling ?? picture.tile.previousElementSibling;
    take_out(meant(picture));
    next?.querySelector("button").focus();
  });
  gone.addEventListener("click", () => take_out([picture]));
  return picture.tile;
};
const class_of = (picture) => set.classes.find((kind) => kind.pictures.includes(picture));
const lay = (picture, kind) => {
  kind.pictures.push(picture);
  const strip = kind.card.querySelector(".si-tiles-strip");
  strip.prepend(tile(picture, kind));  // the newest is seen
  count();
};
const lift = (picture) => {
  const kind = class_of(picture);
  kind?.pictures.splice(kind.pictures.indexOf(picture), 1);
  picture.tile.remove();
  let_go([picture]);
  count();
  return kind;
};

// Put a picture into a class: it is seen at once, and goes again where the server does not take it.
const add = async (kind, blob, name = "camera.jpg") => {
  const picture = { at: "", url: URL.createObjectURL(blob), tile: null };
  lay(picture, kind);
  if (!kind.name) call_if_nameless(kind);
  const answer = await ask("put_picture", () => kind.name && with_picture(blob, name, { set: set.id, class: kind.name }));
  if (!answer) return lift(picture);
  picture.at = answer.at;
  if (answer.small && picture.tile) {  // smaller, and there for what a browser cannot draw, such as HEIC
    picture.tile.querySelector("img").src = answer.small;
    URL.revokeObjectURL(picture.url);
    picture.url = answer.small;
  }
  return picture;
};
const add_files = async (kind, files) => {
  problem("");
  const all = await Promise.all([...files].map((file) => add(kind, file, file.name)));
  const added = all.filter((one) => one?.at);
  if (added.length > 1) undoable(`${added.length} pictures added`, () => bring_out(added));
};

const bring_out = async (pictures) => {
  const kinds = pictures.map(lift);
  const answer = await ask("move", () => ({ set: set.id, pictures: pictures.map(({ at }) => at), to: "" }));
  if (answer) pictures.forEach((picture, index) => { picture.at = answer.pictures[index]; });
  else pictures.forEach((picture, index) => lay(picture, kinds[index]));
  return answer && kinds;
};
const put = async (pictures, kind) => {
  const from = pictures.map(lift);
  pictures.forEach((picture) => lay(picture, kind));
  const answer = await ask("move", () => ({ set: set.id, pictures: pictures.map(({ at }) => at), to: kind.name }));
  if (answer) pictures.forEach((picture, index) => { picture.at = answer.pictures[index]; });
  else pictures.forEach((picture, index) => { lift(picture); if (from[index]) lay(picture, from[index]); });
  return Boolean(answer);
};
// Back to where each was; a class that is gone since has none of them.
const put_back = async (pictures, kinds) => {
  for (const kind of new Set(kinds)) await put(pictures.filter((_, index) => kinds[index] === kind), kind);
};
const counted = (pictures) => (pictures.length === 1 ? "picture" : `${pictures.length} pictures`);
const take_out = async (pictures) => {
  problem("");
  const kinds = await bring_out(pictures);
  if (kinds) undoable(`${counted(pictures)} deleted`, () => put_back(pictures, kinds));
};
const move_to = async (all, kind) => {
  problem("");
  const pictures = all.filter((one) => one.at && class_of(one) !== kind), from = pictures.map(class_of);
  if (!pictures.length) return;
  if (!kind.name) call_if_nameless(kind);
  if (await put(pictures, kind)) undoable(`${counted(pictures)} moved to ${kind.name}`, () => put_back(pictures, from));
};
