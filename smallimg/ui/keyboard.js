// Gradio's lists take Tab for typing and open again behind the focus that has left: they don't get to see it.
document.addEventListener("keydown", (event) => {
  if (event.key === "Tab" && event.target.matches?.("input[role=combobox]")) event.stopImmediatePropagation();
}, true);
