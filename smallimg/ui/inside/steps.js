// Draws a detector's steps, a card each. What the helpers do is in paint.js.
const list = element.querySelector(".si-ways");
const ratedWords = (told, [, , , , score, label]) => (told.names.length ? `${told.names[label]} ${percent(score)}` : percent(score));
// Which proposal the cards from there on speak of; each card that shows it says so here.
let followers = [], proposal = 0;
const follow = (at) => { proposal = at; for (const one of followers) one(at); };

const drawers = {
  sees: (told) => [stage(told, "What the network sees", told.look).figure],

  features: (told) => {
    const single = made("div", { className: "si-way-singles" });
    const words = (level) => `every ${+level.step.toFixed(1)} px`;
    const maps = told.levels.map((level, at) => made(
      "figure", {},
      painted(made("canvas", { role: "img", ariaLabel: `Features ${words(level)}` }), bytes(level.strength), level.w, level.h, told.palette),
      made("figcaption", { textContent: `${words(level)}: ${level.w} × ${level.h}` }),
    ));
    const picked = choice("Single numbers of a map", told.levels.map(words), Math.min(1, told.levels.length - 1), (at) => {
      const level = told.levels[at];
      single.replaceChildren(...level.channels.map((one, place) => painted(
        made("canvas", { role: "img", ariaLabel: `Number ${place + 1} of the map ${words(level)}` }), bytes(one), level.w, level.h, told.palette)));
    });
    picked.press();
    return [made("div", { className: "si-way-maps" }, ...maps), picked.row, single];
  },

  places: (told) => {
    const { figure, layer, fill } = stage(told, "The picture with the boxes that the chosen place begins with");
    const said = made("p", { className: "si-sentence", role: "status" });
    const levels = told.levels.filter((level) => level.anchors.length);
    let shown = 0, point = [told.side / 2, told.side / 2];
    const show = () => {
      const level = levels[shown], each = level.anchors.length;
      const first = level.anchors[0], origin = [(first[0] + first[2]) / 2, (first[1] + first[3]) / 2];
      const [column, row] = [level.w, level.h].map((most, axis) =>
        Math.min(Math.max(Math.round((point[axis] - origin[axis]) / level.step), 0), most - 1));
      const shift = [column * level.step, row * level.step, column * level.step, row * level.step];
      const at = (row * level.w + column) * each, scores = bytes(level.scores).slice(at, at + each);
      const best = scores.indexOf(Math.max(...scores)), shapes = [];
      level.anchors.forEach((one, place) => shapes.push(frame(one.map((value, side) => value + shift[side]), place === best ? "si-start si-strong" : "si-start")));
      const moved = level.moved && shorts(level.moved).slice(4 * (at + best), 4 * (at + best + 1));
      if (moved) shapes.push(frame([...moved].map((value) => value / 8), "si-kept"));
      shapes.push(shape("circle", { cx: origin[0] + shift[0], cy: origin[1] + shift[1], r: told.side / 90, class: "si-point" }));
      fill(...shapes);
      said.textContent = `Place ${column + 1} of ${level.w} across, ${row + 1} of ${level.h} down: `
        + `${each === 1 ? "" : `of ${each} boxes the surest is `}${percent(scores[best] / 255)} sure.`;
    };
    const move = (x, y) => {
      point = [x, y].map((value) => Math.min(Math.max(value, 0), told.side));
      show();
    };
    const touched = (event) => {
      const box = layer.getBoundingClientRect();
      move(((event.clientX - box.left) / box.width) * told.side, ((event.clientY - box.top) / box.height) * told.side);
    };
    figure.tabIndex = 0;
    figure.setAttribute("role", "application");
    figure.setAttribute("aria-label", "Choose a place: move over it, tap, or use the arrow keys");
    figure.addEventListener("pointerdown", touched);
    // What scrolls past a mouse at rest moves too, and is not meant.
    figure.addEventListener("pointermove", (event) => { if (event.pointerType === "mouse" && (event.movementX || event.movementY)) touched(event); });
    figure.addEventListener("keydown", (event) => {
      const by = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }[event.key];
      if (!by) return;
      event.preventDefault();
      move(...point.map((value, axis) => value + by[axis] * levels[shown].step));
    });
    const picked = choice("Of which map", levels.map((level) => `every ${+level.step.toFixed(1)} px`), Math.floor(levels.length / 2), (at) => { shown = at; show(); });
    picked.press();
    return [figure, ...(levels.length > 1 ? [picked.row] : []), said];
  },

  sure: (told) => {
    const { figure } = stage(told, "The picture, warm where the network suspects something");
    const canvas = made("canvas", { className: "si-way-heat" }), said = made("p", { className: "si-sentence", role: "status" });
    const levels = told.levels.filter((level) => level.anchors.length);
    const best = levels.map((level) => {
      const scores = bytes(level.scores), each = level.anchors.length;
      return Uint8Array.from({ length: level.w * level.h }, (_, at) => Math.max(...scores.subarray(at * each, (at + 1) * each)));
    });
    const show = (chosen) => {
      const some = chosen ? [chosen - 1] : levels.map((_, at) => at), [fine] = some.map((at) => levels[at]);
      const values = Float32Array.from({ length: fine.w * fine.h }, (_, at) => Math.max(...some.map((one) => {
        const level = levels[one], ratio = fine.step / level.step;
        const x = Math.min(Math.floor(((at % fine.w) + 0.5) * ratio), level.w - 1), y = Math.min(Math.floor((Math.floor(at / fine.w) + 0.5) * ratio), level.h - 1);
        return best[one][y * level.w + x];
      })));
      const most = Math.max(...values, 1);
      painted(canvas, values.map((value) => (255 * value) / most), fine.w, fine.h, told.palette, true);
      canvas.style.width = `${(100 * fine.w * fine.step) / told.side}%`;
      canvas.style.height = `${(100 * fine.h * fine.step) / told.side}%`;
      said.textContent = `At its warmest place it is ${percent(most / 255)} sure.`;
    };
    figure.append(canvas);
    const picked = choice("Of which map", ["all maps", ...levels.map((level) => `every ${+level.step.toFixed(1)} px`)], 0, show);
    picked.press();
    return [figure, ...(levels.length > 1 ? [picked.row] : []), said];
  },

  proposals: (told) => {
    const { figure, fill } = stage(told, "The picture with the proposals");
    const most = told.proposals.length, { line, input, hear } = slider("The first", { min: 1, max: most, value: Math.min(10, most) }, (count) => {
      const some = told.proposals.slice(0, count);
      fill(...some.map((box, at) => frame(box, at ? "si-kept si-thin" : "si-kept", { opacity: told.given ? 0.5 : 0.25 + 0.75 * box[4] })).reverse());
      return told.given ? `${count} of ${most}` : `${count} of ${most}, from ${percent(some[0][4])} to ${percent(some.at(-1)[4])} sure`;
    });
    input.value = Math.min(10, most);
    hear();
    return [figure, line];
  },

  cut: (told) => {
    const region = shape("svg", { class: "si-way-region", role: "img", "aria-label": "The part of the map around the proposal" });
    const part = made("canvas"), align = made("canvas", { role: "img", ariaLabel: "RoI align" }), pool = made("canvas", { role: "img", ariaLabel: "RoI pooling" });
    const said = made("p", { className: "si-sentence", role: "status" });
    const titled = (canvas, title) => made("figure", {}, canvas, made("figcaption", { textContent: title }));
    const { line, input, hear } = slider("Proposal", { min: 1, max: told.cuts.length, value: 1 }, (number) => `${number} of ${told.cuts.length}`);
    followers.push((at) => {
      const cut = told.cuts[at];
      if (!cut) return;
      input.value = at + 1;
      hear();
      painted(part, bytes(cut.part), cut.w, cut.h, told.palette);
      painted(align, bytes(cut.align), cut.side, cut.side, told.palette);
      painted(pool, bytes(cut.pool), cut.side, cut.side, told.palette);
      region.setAttribute("viewBox", `0 0 ${cut.w} ${cut.h}`);
      const placed = (box) => box.map((value, side) => value - cut.corner[side % 2]);
      region.replaceChildren(frame(placed(cut.rounded), "si-rounded"), frame(placed(cut.box), "si-kept"));
      part.parentElement.style.aspectRatio = `${cut.w} / ${cut.h}`;
      said.textContent = `Read from the map every ${+told.levels[cut.level].step.toFixed(1)} px. Rounding moves a side by up to ${cut.off} px.`;
    });
    input.addEventListener("input", () => follow(Number(input.value) - 1));
    return [
      made("div", { className: "si-way-three" },
        made("figure", {}, made("div", { className: "si-way-part" }, part, region), made("figcaption", { textContent: "the map around it" })),
        titled(align, "RoI align"), titled(pool, "RoI pooling")),
      line, said,
    ];
  },

  second: (told) => {
    const { figure, fill } = stage(told, "The picture with a proposal before and after");
    const order = told.second.map((_, at) => at).sort((one, other) => told.second[other][4] - told.second[one][4]).slice(0, 60);
    const rows = order.map((at) => {
      const before = told.given ? `proposal ${at + 1}` : percent(told.proposals[at][4]);
      const row = made("button", { type: "button", onclick: () => follow(at) },
        made("span", { textContent: before }), made("span", { textContent: "→", ariaHidden: "true" }),
        made("strong", { textContent: ratedWords(told, told.second[at]) }));
      row.style.setProperty("--share", `${100 * told.second[at][4]}%`);
      return row;
    });
    followers.push((at) => {
      rows.forEach((row, place) => row.setAttribute("aria-pressed", order[place] === at));
      fill(frame(told.proposals[at], "si-start si-strong"), frame(told.second[at], "si-kept"));
    });
    return [figure, made("div", { className: "si-way-rows", role: "group", ariaLabel: "Proposals, the best first" }, ...rows)];
  },

  alone: (told) => {
    const { figure, fill } = stage(told, "The picture with the boxes that stay and those put aside");
    const said = made("p", { className: "si-sentence", role: "status" });
    const middle = (box) => [(box[0] + box[2]) / 2, (box[1] + box[3]) / 2];
    const { line, hear } = slider("May overlap by", { min: 0, max: told.overlaps.length - 1, value: told.overlaps.indexOf(told.overlap) }, (at) => {
      const aside = told.aside[at], gone = aside.flatMap((by, one) => (by < 0 ? [] : [[one, by]]));
      const ties = gone.map(([one, by]) => {
        const [x1, y1] = middle(told.candidates[one]), [x2, y2] = middle(told.candidates[by]);
        return shape("line", { x1, y1, x2, y2, class: "si-tie" });
      });
      const kept = told.candidates.filter((_, one) => aside[one] < 0);
      fill(...gone.map(([one]) => frame(told.candidates[one], "si-aside")), ...ties, ...kept.map((box, one) => frame(box, one ? "si-kept si-thin" : "si-kept")).reverse());
      const given = kept.length > told.most ? ` The best ${told.most} of them are given.` : "";
      const own = told.overlaps[at] === told.overlap ? "" : ` The network’s own threshold is ${percent(told.overlap)}.`;
      const first = gone.slice(0, 3).map(([one, by]) => `box ${one + 1} (${ratedWords(told, told.candidates[one])}) by box ${by + 1}`).join(", ");
      said.textContent = `Of ${told.candidates.length} boxes ${kept.length} stay${gone.length ? ` and ${gone.length} are put aside: ${first}${gone.length > 3 ? ", …" : "."}` : "."}${given}${own}`;
      return percent(told.overlaps[at]);
    });
    hear();
    const more = told.count > told.candidates.length ? [made("p", { className: "si-sentence", textContent: `The best ${told.candidates.length} of ${told.count} are shown.` })] : [];
    return [figure, line, said, ...more];
  },

  final: (told) => {
    const { figure, fill } = stage(told, "The picture with the boxes that are given");
    fill(...told.final.map((box, at) => frame(box, at ? "si-kept si-thin" : "si-kept")).reverse());
    const rows = told.final.map((box, at) => made("li", { textContent: ratedWords(told, box), className: at ? "" : "si-first" }));
    return [figure, rows.length ? made("ol", { className: "si-way-final" }, ...rows) : made("p", { className: "si-sentence", textContent: "No object found." })];
  },

  losses: (told) => lossesDrawer(told),
};

const draw = () => {
  const told = props.value ? JSON.parse(props.value) : null;
  list.hidden = !told;
  followers = [];
  list.replaceChildren(...(told?.steps ?? []).map(({ kind, title, what, read }) => made(
    "li", { className: `si-way si-way-${kind}` },
    made("h4", { textContent: title }), made("p", { className: "si-sentence", textContent: what }), ...drawers[kind](told),
    made("p", { className: "si-way-read", textContent: read }),
  )));
  if (told && followers.length) follow(0);
};
watch("value", draw);
draw();
