// What the drawings of a detector's steps are made of: numbers out of base64, maps as pixels, boxes as SVG.
// `element`, `props` and `watch` are what gr.HTML hands over.
const shape = (tag, attributes, ...children) => {
  const one = document.createElementNS("http://www.w3.org/2000/svg", tag);
  for (const [name, value] of Object.entries(attributes)) one.setAttribute(name, value);
  one.append(...children);
  return one;
};
const bytes = (text) => Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
const shorts = (text) => new Int16Array(bytes(text).buffer);  // little-endian, as every browser's machine is
const percent = (share) => (share > 0 && share < 0.005 ? "< 1 %" : share < 1 && share >= 0.995 ? "> 99 %" : `${Math.round(100 * share)} %`);

// A map of bytes 0 … 255 as a picture of as many pixels; `veil`: the colder, the clearer.
const painted = (canvas, values, width, height, palette, veil = false) => {
  Object.assign(canvas, { width, height });
  const context = canvas.getContext("2d"), picture = context.createImageData(width, height);
  values.forEach((value, at) => {
    const place = (value / 255) * (palette.length - 1), low = Math.min(Math.floor(place), palette.length - 2);
    for (const channel of [0, 1, 2]) {
      picture.data[4 * at + channel] = palette[low][channel] + (place - low) * (palette[low + 1][channel] - palette[low][channel]);
    }
    picture.data[4 * at + 3] = veil ? 215 * (value / 255) ** 1.2 : 255;
  });
  context.putImageData(picture, 0, 0);
  return canvas;
};

// A box [x1, y1, x2, y2, …] with a class of the style sheet.
const frame = ([x1, y1, x2, y2], kind, more = {}) =>
  shape("rect", { x: x1, y: y1, width: Math.max(x2 - x1, 0.01), height: Math.max(y2 - y1, 0.01), class: kind, ...more });

// The picture with room for boxes on it; `draw(layer)` fills that anew.
const stage = (told, label, source = told.picture) => {
  const layer = shape("svg", { viewBox: `0 0 ${told.side} ${told.side}`, "aria-hidden": "true" });
  const figure = made("div", { className: "si-way-stage" }, made("img", { src: source, alt: label }), layer);
  return { figure, layer, fill: (...shapes) => layer.replaceChildren(...shapes) };
};

// A slider with what it says now; `heard(value)` gives the words.
const slider = (label, { min, max, step = 1, value }, heard) => {
  const output = made("output"), input = made("input", { type: "range", min, max, step, value });
  input.setAttribute("aria-label", label);
  const hear = () => { output.textContent = heard(Number(input.value)); };
  input.addEventListener("input", hear);
  return { line: made("label", { className: "si-way-slider" }, made("span", { textContent: label }), input, output), input, hear };
};

// A row of buttons of which one is pressed.
const choice = (label, names, chosen, pick) => {
  const buttons = names.map((name, at) => made("button", { type: "button", textContent: name, onclick: () => press(at) }));
  const press = (at) => {
    buttons.forEach((one, place) => one.setAttribute("aria-pressed", place === at));
    pick(at);
  };
  const row = made("div", { className: "si-way-choice", role: "group", ariaLabel: label }, ...buttons);
  return { row, press: () => press(chosen) };
};
