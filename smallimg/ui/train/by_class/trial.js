// What was learned, tried at once: the camera's picture, or a dropped one, is named; a wrong answer goes to its class.
const TRY_EVERY_MS = 500, LOOK_EVERY_MS = 1000;
const trial = { alive: false, ready: false, run: "", begun: 0, words: "", share: 0, fixed: null, last: null, stopped: 0 };
const live = find(".si-live"), tried = find(".si-tried");

const show_state = () => {
  const sentence = find(".si-build-state p"), bar = find(".si-build-state .si-progress");
  const words = trial.words || hint();
  if (sentence.textContent !== words) sentence.textContent = words;
  bar.hidden = !trial.alive;
  bar.firstElementChild.style.width = `${100 * trial.share}%`;
  const train = find("[data-do=train]");
  train.textContent = trial.ready ? "Train again" : "Train";
  train.disabled = !can_train() || trial.alive || trial.begun;
  find("[data-part='try-picture']").hidden = !trial.ready;
};

const bar = ({ name, share, text }) => {
  const line = made("i");
  line.style.width = `${100 * share}%`;
  return made("li", {}, made("span", { className: "si-name", textContent: name }), made("span", { className: "si-value", textContent: text }), made("span", { className: "si-bar" }, line));
};
const show_answer = (answer) => {
  live.hidden = !answer;
  if (!answer) return;
  find(".si-live-answer").replaceChildren(made("strong", { textContent: answer.answer ?? "not sure" }));
  const why = find(".si-live-why");
  if (why.textContent !== answer.why) why.textContent = answer.why;
  why.hidden = !answer.why;
  live.classList.toggle("si-unsure", answer.answer === null);
  live.querySelector(".si-bars").replaceChildren(...answer.bars.map(bar));
  const kinds = set.classes.filter((kind) => kind.name);
  const shown = kinds.map((kind) => kind.name).join("\n"), mend = find(".si-mend");
  if (mend.dataset.shown === shown) return;  // a button that is about to be pressed stays
  mend.dataset.shown = shown;
  mend.replaceChildren(made("p", { className: "si-facts", textContent: "Not right? Put this picture into" }), ...kinds.map((kind) => {
    const button = made("button", { type: "button", className: "si-plain", textContent: kind.name });
    button.addEventListener("click", async () => {
      const blob = trial.last;
      if (!blob) return;
      problem("");
      const picture = await add(kind, blob, blob.name ?? "camera.jpg");
      if (!picture?.at) return;
      undoable(`picture added to ${kind.name}`, () => bring_out([picture]));
    });
    return button;
  }));
};

const name_it = async (blob, name) => {
  const answer = await server.name_picture(with_picture(blob, name, { set: set.id }));
  if (!answer || answer.error) { problem(answer?.error ?? "The page cannot reach its server: reload it."); return null; }
  return answer;
};
// While pictures are taken there is nothing to be named.
const live_off = () => { trial.stopped = Date.now(); };
const back_to_camera = () => {
  trial.fixed = null;
  tried.hidden = true;
  find("[data-do=live]").hidden = true;
  show_camera();
  show_answer(null);
};
const try_picture = async (file) => {
  problem("");
  const answer = await name_it(file, file.name);
  if (!answer) return;
  trial.fixed = trial.last = file;
  tried.src = URL.createObjectURL(file);
  tried.hidden = false;
  video.hidden = noCamera.hidden = true;
  find("[data-do=live]").hidden = false;
  show_answer(answer);
};
const try_live = async () => {
  const idle = Date.now() - trial.stopped > 1200 && !document.hidden && element.offsetParent;
  if (trial.ready && camera.stream && !trial.fixed && idle) {
    const blob = await frame(), of = set.id;
    const answer = blob && await name_it(blob, "camera.jpg");
    if (answer && !trial.fixed && camera.stream && of === set.id) { trial.last = blob; show_answer(answer); }
    if (blob && !answer) trial.stopped = Date.now() + 5000;
  }
  if (!camera.stream && !trial.fixed) show_answer(null);
};

// How the newest run on this set stands. `begun`: Train was pressed, and its run is not there yet.
const look_at_training = async () => {
  if (!set.id || !element.offsetParent) return;
  const of = set.id, answer = await server.training({ set: of });
  if (!answer || answer.error || of !== set.id) return;
  const was = trial.alive;
  if (trial.begun && (answer.run !== trial.run || Date.now() - trial.begun > 60_000)) trial.begun = 0;
  if (trial.begun) return;
  Object.assign(trial, answer);
  if (was && !trial.alive && trial.fixed) back_to_camera();  // what the networks before said of it
  count();
};
const train = () => {
  problem("");
  trial.begun = Date.now();
  trial.words = "Getting ready …";
  show_state();
  line.then(() => trigger("train", { value: set.id }));
};
