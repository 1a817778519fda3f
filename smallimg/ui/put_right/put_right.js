// A picture of a gallery opens: what it was taken for, what it is, and what it shall count as from now on. `element`,
// `server` and `trigger` are what gr.HTML hands over.
const find = (selector) => element.querySelector(selector);
const dialog = find(".si-mistake"), bar = find(".si-put-bar");
const undos = [];  // { of, picture, class, out }: how it stood before
let shown = null, asked = 0;

const tab = () => element.closest("[role=tabpanel]") ?? document;
const all = () => [...tab().querySelectorAll("button[data-mistake]")].filter((one) => one.offsetParent);
const same = (one) => [...tab().querySelectorAll("button[data-mistake]")].filter((other) => other.dataset.mistake === one.picture && other.dataset.of === one.of);
const ask = async (name, data) => {
  const answer = await server[name](data);
  return answer ?? { error: "The page cannot reach its server: look whether it still runs, and reload the page." };
};

// The editor of boxes, where this tab has it.
const boxes = () => tab().querySelector("#boxes .si-pictures");
const open_boxes = ({ set, at }) => {
  boxes().dispatchEvent(new CustomEvent("open-picture", { bubbles: true, detail: { set, picture: at } }));
};

const tell = (words) => { const place = dialog.querySelector(".si-notice"); if (place) { place.textContent = words; place.hidden = !words; } };
const show_bar = (changed) => {
  const number = undos.length;
  bar.hidden = !changed && !number;
  find(".si-put-count").textContent = number ? `${number} ${number === 1 ? "picture" : "pictures"} put right.` : "The pictures have changed since this was measured.";
  find("[data-do=undo]").hidden = !number;
};
// What a gallery says of a picture, wherever it is shown.
const mark = (one, words) => same(one).forEach((button) => {
  const place = button.closest("li").querySelector(".si-since");
  place.textContent = words;
  place.hidden = !words;
});

const put = async (one, said) => {
  const answer = await ask("put_mistake", { of: one.of, picture: one.picture, ...said });
  if (answer.error) { tell(answer.error); if (!dialog.open) find(".si-put-count").textContent = answer.error; return null; }
  mark(one, answer.words);
  return answer;
};
const decide = async (said) => {
  const { of, picture, state } = shown;
  const before = { of, picture, class: state.class, out: state.out };
  const answer = await put(shown, said);
  if (!answer) return;
  undos.push(before);
  show_bar(true);
  step(1, { or_close: true });
};
const undo = async () => {
  const last = undos.pop();
  if (!last) return;
  const answer = await put(last, last.out ? { out: true } : { class: last.class });
  if (!answer) undos.push(last);
  show_bar(true);
  if (answer && dialog.open && shown) look(shown.button);
};

const step = (by, { or_close = false } = {}) => {
  const buttons = all(), place = buttons.indexOf(shown.button);
  const next = buttons[place + by];
  if (next) look(next);
  else if (or_close || !buttons.length) dialog.close();
};
const button = (words, act, properties = {}) => {
  const one = made("button", { type: "button", className: "si-plain", textContent: words, ...properties });
  one.addEventListener("click", act);
  return one;
};
const fill = (state, small) => {
  const buttons = all(), place = buttons.indexOf(shown.button);
  const caption = shown.button.closest("li").querySelector("p").innerText.trim();
  const image = made("img", { src: state.large ?? small, alt: shown.picture });
  const kinds = (state.classes ?? []).map((name, at) => {
    const is = !state.out && name === state.class;
    const one = button(name, () => is ? step(1, { or_close: true }) : decide({ class: name }));
    one.setAttribute("aria-pressed", is);
    if (at < 9) { one.dataset.key = at + 1; one.title = `Key ${at + 1}`; }
    return one;
  });
  const may = state.classes && !state.why;
  dialog.replaceChildren(made("div", { className: "si-one-body" },
    made("header", {}, made("h4", { textContent: `${place + 1} of ${buttons.length}` }), button("Close", () => dialog.close())),
    image,
    made("p", { className: "si-facts", textContent: caption }),
    made("p", { className: "si-notice", role: "alert", hidden: !(state.error || state.why), textContent: state.error || state.why || "" }),
    ...(may ? [made("p", { className: "si-put-question", textContent: "What does it show?" }), made("div", { className: "si-one-buttons si-put-classes" }, ...kinds)] : []),
    made("div", { className: "si-one-buttons si-put-steps" },
      button("‹ Before", () => step(-1), { disabled: place < 1 }), button("Next ›", () => step(1), { disabled: place + 1 >= buttons.length }),
      ...(may ? [button(state.out ? "Left out" : "Leave it out", () => decide({ out: true }), { disabled: state.out, className: "si-plain si-put-out" })] : []),
      ...(boxes() && state.set ? [button("Its boxes", () => { dialog.close(); open_boxes(state); })] : []),
      ...(undos.length ? [button("Undo", undo)] : [])),
  ));
};
const look = async (target) => {
  const mine = ++asked, image = target.querySelector("img");
  shown = { button: target, of: target.dataset.of, picture: target.dataset.mistake, state: {} };
  fill({}, image?.src ?? "");
  if (!dialog.open) dialog.showModal();
  const answer = await ask("open_mistake", { of: shown.of, picture: shown.picture });
  if (mine !== asked || !dialog.open) return;
  shown.state = answer;
  const focused = dialog.contains(document.activeElement) && document.activeElement !== dialog;
  fill(shown.state, image?.src ?? "");
  if (focused || !dialog.contains(document.activeElement)) (dialog.querySelector("[aria-pressed=true]") ?? dialog.querySelector("button")).focus();
};

dialog.addEventListener("click", (event) => { if (event.target === dialog) dialog.close(); });
dialog.addEventListener("close", () => { shown?.button.isConnected && shown.button.focus(); });
dialog.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.key === "ArrowLeft") step(-1);
  if (event.key === "ArrowRight") step(1);
  if (event.key === "Delete") dialog.querySelector(".si-put-out")?.click();
  if (event.key.toLowerCase() === "z") undo();
  dialog.querySelector(`[data-key="${CSS.escape(event.key)}"]`)?.click();
});
const heard = (event) => {
  if (!element.isConnected) return document.removeEventListener("click", heard);
  const target = event.target.closest?.("button[data-mistake]");
  if (target && tab().contains(target)) look(target);
};
document.addEventListener("click", heard);
element.addEventListener("click", (event) => {
  const what = event.target.closest("[data-do]")?.dataset.do;
  if (what === "undo") undo();
  if (what === "again") { undos.length = 0; trigger("again", {}); show_bar(false); }
});
// Another run is looked at: what was put right before stays so, and its own changes are asked for.
let of = "";
watch("value", async () => {
  const now = props.value ?? "";
  if (now === of) return;
  of = now;
  undos.length = 0;
  const answer = now ? await ask("changed", { of: now }) : {};
  if (now === of) show_bar(answer.changed === true);
});
