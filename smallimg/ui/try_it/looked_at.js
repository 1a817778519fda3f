// “What did it look at?”: opens a panel below the cards, and asks again when a choice in it changes. `element` and
// `trigger` are what gr.HTML hands over.
const asked = (panel) => {
  const choice = (name) => panel.querySelector(`select[data-ask="${name}"]`)?.value;
  const question = { kind: panel.dataset.kind, method: choice("method"), label: choice("label"), against: choice("against") };
  panel.classList.add("si-asking");
  panel.dataset.asked = `${Date.now()}`;  // an answer to an earlier question comes too late
  const value = `explain ${panel.dataset.asked} ${JSON.stringify(question)}`;
  trigger("select", { index: Number(panel.dataset.index), value });
};
element.addEventListener("click", (event) => {
  const close = event.target.closest("[data-close-explain]");
  if (close) {
    const row = close.closest(".si-row"), kind = close.closest(".si-explain").dataset.kind;
    close.closest(".si-explain").remove();
    row.querySelector(`button[data-explain="${kind}"]`)?.focus();
    return;
  }
  const button = event.target.closest("button[data-explain]");
  if (!button) return;
  const row = button.closest(".si-row");
  row.querySelector(".si-explain")?.remove();
  const panel = document.createElement("section");
  panel.className = "si-explain";
  Object.assign(panel.dataset, { index: button.dataset.index, kind: button.dataset.explain });
  panel.setAttribute("aria-label", button.textContent);
  panel.innerHTML = '<p class="si-sentence" role="status">Looking …</p>';
  row.append(panel);
  panel.scrollIntoView({ behavior: "smooth", block: "nearest" });
  asked(panel);
});
element.addEventListener("change", (event) => {
  if (event.target.matches("select[data-ask]")) asked(event.target.closest(".si-explain"));
});
