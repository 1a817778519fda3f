// The picture that is open, and its boxes, to be moved, pulled at their edges, drawn and deleted.
const dialog = find(".si-editor"), stage = find(".si-stage"), room = find(".si-editor-room");
const HANDLES = ["nw", "n", "ne", "e", "se", "s", "sw", "w"], NARROWEST = 2;
const open = { picture: null, chosen: -1, drag: null, mending: false };

const fit_stage = () => {
  if (!open.picture?.size || !room.clientWidth) return;
  const [width, height] = open.picture.size;
  const scale = Math.min(room.clientWidth / width, room.clientHeight / height);
  Object.assign(stage.style, { width: `${width * scale}px`, height: `${height * scale}px` });
};
new ResizeObserver(fit_stage).observe(room);

const inside = ([x1, y1, x2, y2]) => {
  const [width, height] = open.picture.size, within = (value, most) => Math.min(Math.max(value, 0), most);
  return [within(Math.min(x1, x2), width), within(Math.min(y1, y2), height), within(Math.max(x1, x2), width), within(Math.max(y1, y2), height)];
};
const moved = ([x1, y1, x2, y2], x, y) => {  // as it is, but no further than the edge
  const [width, height] = open.picture.size;
  const dx = Math.min(Math.max(x, -x1), width - x2), dy = Math.min(Math.max(y, -y1), height - y2);
  return [x1 + dx, y1 + dy, x2 + dx, y2 + dy];
};
const pulled = ([x1, y1, x2, y2], handle, x, y) => inside([
  handle.includes("w") ? Math.min(x1 + x, x2 - NARROWEST) : x1, handle.includes("n") ? Math.min(y1 + y, y2 - NARROWEST) : y1,
  handle.includes("e") ? Math.max(x2 + x, x1 + NARROWEST) : x2, handle.includes("s") ? Math.max(y2 + y, y1 + NARROWEST) : y2,
]);
const at_pointer = (event) => {
  const { left, top, width, height } = stage.getBoundingClientRect(), [wide, high] = open.picture.size;
  return [(event.clientX - left) / width * wide, (event.clientY - top) / height * high];
};

const draw_boxes = () => {
  const { picture, chosen } = open;
  const had = stage.contains(document.activeElement);
  stage.querySelectorAll(".si-frame-box").forEach((one) => one.remove());
  for (const [place, box] of picture.boxes.entries()) {
    const name = picture.names[place] ?? picture.class ?? "";
    const one = made("div", { className: `si-frame-box${place === chosen ? " si-chosen" : ""}`, tabIndex: 0 }, made("span", { textContent: name }), ...HANDLES.map((handle) => {
      const grip = made("b");
      grip.dataset.handle = handle;
      return grip;
    }));
    one.dataset.place = place;
    one.setAttribute("role", "button");
    one.setAttribute("aria-pressed", String(place === chosen));
    one.setAttribute("aria-label", `Box ${place + 1} of ${picture.boxes.length}${name && `, ${name}`}`);
    Object.assign(one.style, share_of(box, picture.size));
    one.addEventListener("focus", () => { if (open.chosen !== place) choose(place); });
    stage.append(one);
    if (had && place === chosen) one.focus({ preventScroll: true });
  }
};
const choose = (place) => {
  open.chosen = place;
  stage.querySelectorAll(".si-frame-box").forEach((one) => {
    one.classList.toggle("si-chosen", Number(one.dataset.place) === place);
    one.setAttribute("aria-pressed", String(Number(one.dataset.place) === place));
  });
  show_class();
};
const set_box = (place, box) => {
  open.picture.boxes[place] = box;
  Object.assign(stage.querySelector(`.si-frame-box[data-place="${place}"]`).style, share_of(box, open.picture.size));
};
const add_box = (box) => {
  open.picture.boxes.push(box);
  open.picture.names.push(null);
  open.chosen = open.picture.boxes.length - 1;
  draw_boxes();
};

stage.addEventListener("pointerdown", (event) => {
  if (event.button || !open.picture?.size || open.drag) return;
  event.preventDefault();
  stage.setPointerCapture(event.pointerId);
  const start = at_pointer(event), before = state_of(open.picture);
  if (open.mending) { open.drag = { how: "paint", before }; paint_from(start); return; }
  const box = event.target.closest(".si-frame-box"), place = box ? Number(box.dataset.place) : -1;
  const handle = event.target.dataset.handle;
  if (box) { choose(place); box.focus({ preventScroll: true }); }
  open.drag = { how: handle ? "pull" : box ? "move" : "draw", place, handle, start, before, from: box ? [...open.picture.boxes[place]] : null, far: false };
});
stage.addEventListener("pointermove", (event) => {
  if (open.mending && open.picture?.size) show_ring(event);
  const { drag } = open;
  if (!drag) return;
  const [x, y] = at_pointer(event);
  if (drag.how === "paint") return paint_to([x, y]);
  const dx = x - drag.start[0], dy = y - drag.start[1], { width } = stage.getBoundingClientRect();
  if (!drag.far && Math.hypot(dx, dy) * width / open.picture.size[0] < 4) return;  // a click, not yet a drag
  drag.far = true;
  if (drag.how === "draw") {
    if (drag.place < 0) { add_box(inside([...drag.start, x, y])); drag.place = open.chosen; }
    set_box(drag.place, inside([...drag.start, x, y]));
  } else set_box(drag.place, drag.how === "move" ? moved(drag.from, dx, dy) : pulled(drag.from, drag.handle, dx, dy));
});
const end_drag = (event) => {
  const { drag, picture } = open;
  if (!drag) return;
  open.drag = null;
  if (drag.how === "paint") return event.type === "pointercancel" ? null : keep_mask(drag.before);
  const box = picture.boxes[drag.place], empty = box && (box[2] - box[0] < NARROWEST || box[3] - box[1] < NARROWEST);
  if (event.type === "pointercancel" || (drag.far && empty)) {
    Object.assign(picture, structuredClone(drag.before));
    choose(Math.min(open.chosen, picture.boxes.length - 1));
    return draw_boxes();
  }
  if (drag.far) changed({ draw: "box drawn", move: "box moved", pull: "box changed" }[drag.how], drag.before);
  else if (drag.how === "draw") choose(-1);
};
stage.addEventListener("pointerup", end_drag);
stage.addEventListener("pointercancel", end_drag);

// By keyboard: several steps are one change, which is kept when the keys rest.
const nudge = { timer: 0, before: null };
const rest = () => {
  clearTimeout(nudge.timer);
  if (nudge.before) { const { before } = nudge; nudge.before = null; changed("box moved", before); }
};
const nudge_by = (x, y, corner) => {
  const box = open.picture.boxes[open.chosen];
  nudge.before ??= state_of(open.picture);
  set_box(open.chosen, corner ? pulled(box, "se", x, y) : moved(box, x, y));
  clearTimeout(nudge.timer);
  nudge.timer = setTimeout(rest, 400);
};
