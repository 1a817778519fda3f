// All pictures of a set as tiles with their boxes, the unclear ones first. A picture is what the server tells of it:
// { at, size, boxes, names, class, sure, checked, by, new, part, mask }, and its tile.
const SMALLS_AT_ONCE = 16, MOST_AHEAD = 600, BOXED_AT_ONCE = 8, SURE = 0.8, BACKGROUND = "background", MEMORY = "smallimg-sheet";
const sheet = { id: "", name: "", built: true, classes: [], pictures: [], parts: [], unread: [], shown: [], changed: false };
const undos = [];
const part = (name) => find(`[data-part=${name}]`);
const tiles = find(".si-pictures-tiles");

const remember = (id) => { try { id ? sessionStorage.setItem(MEMORY, id) : sessionStorage.removeItem(MEMORY); } catch { /* then it is forgotten */ } };
const remembered = () => { try { return sessionStorage.getItem(MEMORY) ?? ""; } catch { return ""; } };
const percent = (share) => `${Math.round(100 * share)} %`;
const is_open = (picture) => !picture.checked && Boolean(picture.new || picture.by);
const unclear_first = (one, other) => rank(one) - rank(other);
const rank = (picture) => is_open(picture) ? picture.sure : picture.boxes.length ? 3 : 2;

const share_of = ([x1, y1, x2, y2], [width, height]) => {
  const wide = (value) => `${100 * value / width}%`, high = (value) => `${100 * value / height}%`;
  return { left: wide(x1), top: high(y1), width: wide(x2 - x1), height: high(y2 - y1) };
};
const name_of = (picture) => picture.class ?? ([...new Set(picture.names.filter(Boolean))].join(", ") || "no class yet");

const draw_tile = (picture) => {
  const fit = picture.tile.querySelector(".si-fit"), note = picture.tile.querySelector(".si-tile-note");
  fit.querySelectorAll("i").forEach((one) => one.remove());
  for (const box of picture.size ? picture.boxes : []) {
    const line = made("i");
    Object.assign(line.style, share_of(box, picture.size));
    fit.append(line);
  }
  picture.tile.dataset.at = picture.at;
  picture.tile.querySelector(".si-tile-name").textContent = name_of(picture);
  const words = picture.checked ? "✓" : !picture.size ? "does not open" : !picture.boxes.length ? "no box" : picture.by ? percent(picture.sure) : "";
  note.textContent = words;
  picture.tile.classList.toggle("si-unseen", is_open(picture));
  picture.tile.classList.toggle("si-checked", picture.checked);
  picture.tile.querySelector("button").setAttribute("aria-label", `${name_of(picture)}, ${plural(picture.boxes.length, "box", "boxes")}${picture.checked ? ", looked at" : picture.by ? `, ${percent(picture.sure)} sure` : ""}`);
};
const make_tile = (picture) => {
  const [width, height] = picture.size ?? [1, 1];
  const image = made("img", { alt: "", draggable: false, decoding: "async" });
  const fit = made("span", { className: `si-fit ${width > height ? "si-wide" : "si-high"}` }, image);
  fit.style.aspectRatio = `${width} / ${height}`;
  const button = made("button", { type: "button", className: "si-tile" }, fit);
  picture.tile = made("li", {}, button, made("span", { className: "si-tile-name" }), made("span", { className: "si-tile-note" }));
  picture.tile.picture = picture;
  button.addEventListener("click", () => open_editor(picture));
  draw_tile(picture);
  seen.observe(picture.tile);
};

// Small pictures come when they are about to be seen, some at once, those first that are nearest to what is seen.
const wanted = new Set();
let asking = 0;
const nearest = (pictures) => {
  const middle = tiles.offsetTop + tiles.scrollTop + tiles.clientHeight / 2;
  const far = new Map([...pictures].map((picture) => [picture, Math.abs(picture.tile.offsetTop + picture.tile.offsetHeight / 2 - middle)]));
  return [...pictures].sort((one, other) => far.get(one) - far.get(other));
};
// When nothing is waited for, the first ones come that nobody has scrolled to yet.
const ahead = () => asking ? [] : sheet.shown.slice(0, MOST_AHEAD).filter((picture) => picture.size && picture.small === undefined);
const fetch_smalls = () => {
  while (asking < 2) {
    const some = (wanted.size ? nearest(wanted) : ahead()).slice(0, SMALLS_AT_ONCE), of = sheet.id, places = some.map(({ at }) => at);
    if (!some.length) return;
    some.forEach((picture) => { wanted.delete(picture); picture.small = null; });
    asking += 1;
    ask_now("smalls", { set: of, pictures: places }).then((answer) => {
      asking -= 1;
      some.forEach((picture, at) => {
        picture.small = answer?.smalls[places[at]];
        if (picture.small) picture.tile.querySelector("img").src = picture.small;
      });
      if (answer) fetch_smalls();
    });
  }
};
const seen = new IntersectionObserver((entries) => {
  for (const { target, isIntersecting } of entries) {
    const { picture } = target;
    if (isIntersecting && picture.size && picture.small === undefined) wanted.add(picture);
    else if (!isIntersecting) wanted.delete(picture);
  }
  setTimeout(fetch_smalls);
}, { root: tiles, rootMargin: "700px" });

// The parts of a set that has some; what is counted, found and agreed to is of the part that is chosen.
const PARTS = { train: "training", validation: "validation", test: "test" };
const part_words = (id) => PARTS[id] ?? id;
const in_part = () => {
  const { value } = part("split");
  return value ? sheet.pictures.filter((picture) => picture.part === value) : sheet.pictures;
};
const list_parts = () => {
  const choice = (id, words, pictures) => [id, `${words} (${pictures.length.toLocaleString("en")})`];
  const parts = sheet.parts.map((id) => choice(id, part_words(id), sheet.pictures.filter((one) => one.part === id)));
  list_choices(part("split"), [choice("", "all parts", sheet.pictures), ...parts]);
  part("split").parentElement.hidden = !parts.length;
};

const SHOWS = { all: () => true, open: is_open };
const lay_out = () => {
  const { value } = part("show");
  const fits = SHOWS[value] ?? ((picture) => `class ${picture.class}` === value || picture.names.some((name) => `class ${name}` === value));
  sheet.pictures.sort(unclear_first);
  sheet.shown = in_part().filter(fits);
  tiles.replaceChildren(...sheet.shown.map(({ tile }) => tile));
  count();
};
const list_choices = (select, choices) => {
  const { value } = select;
  select.replaceChildren(...choices.map(([id, words]) => made("option", { value: id, textContent: words })));
  if (choices.some(([id]) => id === value)) select.value = value;
};
const list_classes = () => {
  const shown = new Set(sheet.pictures.flatMap((picture) => [picture.class, ...picture.names]).filter(Boolean));
  for (const name of shown) if (!sheet.classes.includes(name) && !sheet.pictures.every((one) => one.new || one.class !== name)) sheet.classes.push(name);
  list_choices(part("show"), [["all", "all pictures"], ["open", "what is to be looked at"], ...sheet.classes.map((name) => [`class ${name}`, name])]);
};

const to_accept = () => in_part().filter((picture) => is_open(picture) && picture.by && picture.sure >= SURE && (picture.class || !picture.new));
const count = () => {
  list_parts();
  const pictures = in_part(), all = pictures.length, boxed = pictures.filter((one) => one.boxes.length).length, open = pictures.filter(is_open).length;
  find("h4").textContent = sheet.name || "Boxes and names";
  find(".si-pictures-count").textContent = all ? `${plural(all, "picture", "pictures")} · ${boxed.toLocaleString("en")} with a box · ${open.toLocaleString("en")} to look at` : "";
  let hint = !all ? "Add pictures here: a model says what they show and where, and you agree, or put it right."
    : !boxed ? "“Find the boxes” draws them: around what is left of each picture without its background."
    : open ? "The doubtful ones come first. A click opens a picture: move its box, change its class, or agree."
    : pictures.some((one) => !one.checked) ? "A click opens a picture: move its box, change its class, or agree."
    : "All pictures have been looked at.";
  if (part("split").value === "test" && pictures.some(needs_box)) hint += " Boxes that were found here count once you have agreed to them: nothing is measured by a guess.";
  if (sheet.unread.length) hint += ` Its ${sheet.unread.map(part_words).join(" and ")} part has no labels that can be read, and is not shown.`;
  find(".si-pictures-hint").textContent = hint;
  const sure = to_accept().length, accept = find("[data-do=accept]");
  accept.hidden = !sure;
  accept.textContent = `Agree to the ${sure.toLocaleString("en")} surest`;
  accept.title = `Those that are ${percent(SURE)} sure or more`;
  find("[data-do=find]").disabled = !pictures.some(needs_box) || finding.on;
  part("add").hidden = !sheet.built;
  part("show").parentElement.hidden = find("[data-do=find]").hidden = !all;
  for (const undo of element.querySelectorAll("[data-do=undo]")) {
    undo.hidden = !undos.length;
    undo.textContent = undos.length ? `Undo (${undos.at(-1).words})` : "Undo";
  }
};
const undoable = (words, act) => { undos.push({ words, act }); count(); };

// Boxes for all pictures that have none, or only proposed ones: a few at a time, so that each can be seen at once.
const finding = { on: false, stop: false };
const needs_box = (picture) => picture.size && !picture.checked && (!picture.boxes.length || picture.by);
const told = (words, share) => {
  find(".si-pictures-state").hidden = !words;
  find(".si-pictures-state p").textContent = words;
  find(".si-pictures-state i").style.width = `${100 * share}%`;
};
const propose = async (some, by, again = false) => {
  const answer = await ask_now("find_boxes", { set: sheet.id, pictures: some.map(({ at }) => at), by, again });
  for (const picture of answer ? some : []) {
    const found = answer.pictures[picture.at];
    if (!found || (picture.checked && !again)) continue;
    Object.assign(picture, found, { names: found.boxes.map(() => null), checked: false });
    draw_tile(picture);
  }
  return Boolean(answer);
};
const find_boxes = async () => {
  problem("");
  Object.assign(finding, { on: true, stop: false });
  count();
  const of = sheet.id, by = part("by").value, todo = in_part().filter(needs_box), before = new Map(todo.map((one) => [one, state_of(one)]));
  let done = 0;
  while (done < todo.length && !finding.stop && of === sheet.id) {
    told(`Finding boxes: ${done.toLocaleString("en")} of ${plural(todo.length, "picture", "pictures")}`, done / todo.length);
    const some = todo.slice(done, done + BOXED_AT_ONCE).filter(needs_box);  // some may have been looked at meanwhile
    if (some.length && !await propose(some, by)) break;
    done += BOXED_AT_ONCE;
    sheet.changed = true;
  }
  finding.on = false;
  told("", 0);
  if (of !== sheet.id) return;
  const boxed = todo.slice(0, done);
  if (boxed.length) undoable("boxes found", () => boxed.filter((one) => !one.checked).forEach((one) => put_back(one, before.get(one))));
  if (!dialog.open) lay_out();
};

// Pictures that nobody has named: what a model says of them waits to be agreed to.
const add_new = async (files) => {
  problem("");
  let done = 0;
  for (const file of files) {
    told(`Looking at ${plural(files.length, "picture", "pictures")}: ${done} done`, done / files.length);
    const answer = await ask("add_new", () => with_picture(file, file.name, { set: sheet.id, by: part("by").value }));
    done += 1;
    if (!answer) continue;
    if (!sheet.id) { sheet.id = answer.set; sheet.name = answer.name; remember(sheet.id); }
    sheet.changed = true;
    sheet.pictures.push(answer.picture);
    make_tile(answer.picture);
    lay_out();
  }
  told("", 0);
};
