// The mask of the picture that is open: what is background lies in the dark, and a brush keeps or removes.
const mask = find(".si-mask"), ring = find(".si-ring"), tools = find(".si-brush-tools");
const brush = { x: 0, y: 0, last: null };
const radius = () => Number(tools.querySelector("[type=range]").value) / 200 * Math.max(mask.width, mask.height);
const removes = () => tools.querySelector("[value=remove]").checked;
const DARK = "#0e1517";

const show_mask = async (url) => {
  const image = new Image();
  image.src = url;
  await image.decode();
  Object.assign(mask, { width: image.naturalWidth, height: image.naturalHeight });
  mask.getContext("2d", { willReadFrequently: true }).drawImage(image, 0, 0);
  mask.hidden = false;
};
const mend = async (on) => {
  open.mending = on;
  find("[data-do=mend]").setAttribute("aria-pressed", String(on));
  tools.hidden = !on;
  stage.classList.toggle("si-mending", on);
  mask.hidden = ring.hidden = true;
  if (!on) return;
  const of = open.picture, answer = await ask("look_at_mask", () => ({ set: sheet.id, picture: of.at, mask: of.mask }));
  if (!answer || of !== open.picture || !open.mending) return;
  await show_mask(answer.mask);
  brush.last = mask.toDataURL();
};
const dab = (to) => {
  if (mask.hidden) return;
  const [width, height] = open.picture.size, pen = mask.getContext("2d");
  const x = to[0] / width * mask.width, y = to[1] / height * mask.height;
  Object.assign(pen, { globalCompositeOperation: removes() ? "source-over" : "destination-out", strokeStyle: DARK, lineCap: "round", lineWidth: 2 * radius() });
  pen.beginPath();
  pen.moveTo(brush.x, brush.y);
  pen.lineTo(x, y);
  pen.stroke();
  Object.assign(brush, { x, y });
};
const paint_from = (at) => {
  const [width, height] = open.picture.size;
  Object.assign(brush, { x: at[0] / width * mask.width, y: at[1] / height * mask.height });
  dab(at);
};
const paint_to = dab;
const show_ring = (event) => {
  const { left, top, width } = stage.getBoundingClientRect(), side = 2 * radius() * width / mask.width;
  ring.hidden = mask.hidden;
  Object.assign(ring.style, { left: `${event.clientX - left}px`, top: `${event.clientY - top}px`, width: `${side}px`, height: `${side}px` });
};
stage.addEventListener("pointerleave", () => { ring.hidden = true; });

// What was painted goes to the server whole; the box follows where there is no more than one.
const send_mask = async (picture, url) => {
  saving(true);
  const blob = await (await fetch(url)).blob();
  const answer = await ask("save_mask", () => with_picture(blob, "mask.png", { set: sheet.id, at: picture.at, box: picture.boxes.length < 2 }));
  saving(false);
  if (!answer) return false;
  sheet.changed = true;
  if (answer.boxes) Object.assign(picture, { boxes: answer.boxes, names: answer.boxes.map((_, place) => picture.names[place] ?? null) });
  Object.assign(picture, { checked: true, sure: 1, by: "" });
  if (picture === open.picture) { open.chosen = Math.min(open.chosen, picture.boxes.length - 1); draw_boxes(); }
  draw_tile(picture);
  return true;
};
const keep_mask = async (before) => {
  const { picture } = open, was = brush.last, now = mask.toDataURL();
  if (mask.hidden || now === was) return;
  brush.last = now;
  if (await send_mask(picture, now)) {
    undoable("brush", async () => {
      await send_mask(picture, was);
      await put_back(picture, before);
      if (picture === open.picture && open.mending) { await show_mask(was); brush.last = was; }
    });
  } else if (picture === open.picture) { await show_mask(was); brush.last = was; }
};
