// The Tab key leaves a list, which closes it; but Gradio opens it again for that very key (or for Shift, before it), a
// moment later, over what is behind it. So these keys do their own work, and the list does not hear of them.
document.addEventListener("keydown", (event) => {
  if (["Tab", "Shift"].includes(event.key) && event.target.matches?.("[role=combobox]")) event.stopPropagation();
}, true);
