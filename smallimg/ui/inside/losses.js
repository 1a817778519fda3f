// The last card: a true box is drawn on the picture, and the server says how far off the network is.
const lossesDrawer = (told) => {
  const { figure, fill } = stage(told, "The picture, for the true box to be drawn on");
  const said = made("p", { className: "si-sentence", role: "status", textContent: "Drag over the picture from corner to corner." });
  const trouble = made("p", { className: "si-notice si-trouble", role: "alert", hidden: true });
  const rows = made("dl", { className: "si-losses", hidden: true });
  const kinds = made("select", { ariaLabel: "What it is" }, ...told.names.map((name, at) => made("option", { value: at, textContent: name })));
  let box = null, from = null, asked = 0;
  const show = () => { if (box) fill(frame(box, "si-true")); };
  const ask_losses = async () => {
    const turn = (asked += 1);
    problem("");
    said.textContent = "Looking …";
    const answer = await ask_now("losses", { model: told.model, look: told.look, box, kind: Number(kinds.value || 0) });
    if (turn !== asked) return;  // another box was drawn meanwhile
    rows.hidden = !answer;
    said.textContent = answer ? "The losses of this box:" : "";
    if (!answer) return;
    const most = Math.max(1, ...answer.losses.map(([, , loss]) => loss));
    rows.replaceChildren(...answer.losses.flatMap(([name, words, loss]) => {
      const figure = made("strong", { textContent: loss.toFixed(3) });
      figure.style.setProperty("--share", `${(100 * loss) / most}%`);
      return [made("dt", { textContent: name }), made("dd", {}, figure, made("span", { textContent: words }))];
    }));
  };
  const place = (event) => {
    const { left, top, width, height } = figure.getBoundingClientRect();
    const within = (share) => Math.min(Math.max(share, 0), 1) * told.side;
    return [within((event.clientX - left) / width), within((event.clientY - top) / height)];
  };
  figure.addEventListener("pointerdown", (event) => {
    event.preventDefault();
    figure.setPointerCapture(event.pointerId);
    from = place(event);
  });
  figure.addEventListener("pointermove", (event) => {
    if (!from) return;
    const to = place(event);
    box = [Math.min(from[0], to[0]), Math.min(from[1], to[1]), Math.max(from[0], to[0]), Math.max(from[1], to[1])];
    show();
  });
  const ended = () => {
    if (!from) return;
    from = null;
    if (box) ask_losses();
  };
  figure.addEventListener("pointerup", ended);
  figure.addEventListener("pointercancel", ended);
  kinds.addEventListener("change", () => { if (box) ask_losses(); });
  const best = made("button", { type: "button", textContent: "The best box is right", hidden: !told.final.length, onclick: () => {
    const [x1, y1, x2, y2, , label] = told.final[0];
    box = [x1, y1, x2, y2];
    if (told.names.length) kinds.value = label;
    show();
    ask_losses();
  } });
  return [figure, made("div", { className: "si-way-choice" }, best, ...(told.names.length ? [kinds] : [])), said, trouble, rows];
};
