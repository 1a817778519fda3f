// Several pictures at once: chosen one by one (Ctrl or ⌘ and a click, or any click after “Choose several”), or in a row
// (Shift); moved by a button or dragged into another class, deleted, and let go with Escape.
const chosen_ones = new Set();
let choosing = false, last_chosen = null, dragged = [];

const show_chosen = () => {
  const bar = find(".si-chosen"), any = chosen_ones.size > 0;
  find("[data-do=several]").hidden = !set.classes.some((kind) => kind.pictures.length > 1);
  find("[data-do=several]").setAttribute("aria-pressed", choosing);
  if (any !== bar.matches(":popover-open")) bar.togglePopover(any);  // above all, wherever the page is scrolled to
  if (!any) return;
  bar.querySelector("p").textContent = `${plural(chosen_ones.size, "picture", "pictures")} chosen. Into:`;
  const kinds = set.classes.filter((kind) => kind.name), into = bar.querySelector(".si-chosen-kinds");
  const shown = kinds.map((kind) => kind.name).join("\n");
  if (into.dataset.shown === shown) return;  // a button that is about to be pressed stays
  into.dataset.shown = shown;
  into.replaceChildren(...kinds.map((kind) => made("button", { type: "button", className: "si-plain", textContent: kind.name, onclick: () => move_to([...chosen_ones], kind) })));
};
const mark = (picture, on) => {
  chosen_ones[on ? "add" : "delete"](picture);
  picture.tile?.classList.toggle("si-picked", on);
  picture.tile?.querySelector(".si-tile").setAttribute("aria-pressed", on);
};
const let_go = (pictures = [...chosen_ones]) => {
  pictures.filter((one) => chosen_ones.has(one)).forEach((one) => mark(one, false));
  show_chosen();
};
// Whether a click chooses the picture, rather than opens it.
const choose = (event, picture) => {
  const in_a_row = event.shiftKey && last_chosen && class_of(last_chosen) === class_of(picture);
  if (!in_a_row && !event.shiftKey && !event.ctrlKey && !event.metaKey && !choosing) return false;
  if (in_a_row) {
    const { pictures } = class_of(picture), ends = [pictures.indexOf(last_chosen), pictures.indexOf(picture)].sort((one, other) => one - other);
    pictures.slice(ends[0], ends[1] + 1).forEach((one) => mark(one, true));
  } else mark(picture, !chosen_ones.has(picture));
  last_chosen = picture;
  show_chosen();
  return true;
};
// A picture, and with it all that are chosen where it is one of them.
const meant = (picture) => (chosen_ones.has(picture) ? [...chosen_ones] : [picture]);
const drag = (event, picture) => {
  dragged = meant(picture);
  event.dataTransfer.effectAllowed = "move";
  event.dataTransfer.setData("text/plain", `${dragged.length} pictures`);
};
element.addEventListener("keydown", (event) => {
  if (event.key === "Escape" && chosen_ones.size && !dialog.open) { choosing = false; let_go(); }
});
