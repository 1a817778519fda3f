// Pictures dropped or pasted, and addresses pasted, anywhere on the "Try it" page go to its fields. A file over the limit
// is cut just behind it: the server then names it, where the upload would have refused it together with all the others.
(() => {
  const LIMIT = 10_000_000;
  const forwarded = new WeakSet();
  const field = () => document.querySelector("#pictures");
  const isOpen = () => field()?.offsetParent != null;

  const pack = (files) => {
    const transfer = new DataTransfer();
    for (const file of files) {
      const part = file.size > LIMIT ? file.slice(0, LIMIT + 1) : file;
      transfer.items.add(new File([part], file.name, { type: file.type }));
    }
    return transfer;
  };

  const forward = (files, target) => {
    const drop = new DragEvent("drop", { dataTransfer: pack(files), bubbles: true, cancelable: true });
    forwarded.add(drop);
    target.dispatchEvent(drop);
  };

  const fetchFrom = (address) => {
    const input = document.querySelector("#address :is(input, textarea)");
    input.value = address;
    input.dispatchEvent(new Event("input", { bubbles: true }));
    // A moment later, when Gradio has taken the value over.
    setTimeout(() => document.querySelector("#address button").click(), 100);
  };

  // The field takes drops while it is empty; with files in it, its small upload button does.
  const place = () => field().querySelector("button[aria-dropeffect], .upload-container");
  const hasFiles = (event) => event.dataTransfer?.types.includes("Files");

  document.addEventListener("dragover", (event) => {
    if (hasFiles(event) && isOpen()) event.preventDefault();
  });
  document.addEventListener("drop", (event) => {
    if (forwarded.has(event) || !hasFiles(event) || !isOpen()) return;
    event.preventDefault();
    event.stopPropagation();
    forward(event.dataTransfer.files, field().contains(event.target) ? event.target : place());
  }, true);

  document.addEventListener("paste", (event) => {
    const files = [...(event.clipboardData?.files ?? [])];
    const address = event.clipboardData?.getData("text/plain").trim() ?? "";
    const isAddress = /^https?:\/\/\S+$/i.test(address);
    if (!(files.length || isAddress) || !isOpen() || event.target.closest?.("input, textarea")) return;
    event.preventDefault();
    if (files.length) forward(files, place());
    else fetchFrom(address);
  });

  document.addEventListener("change", (event) => {
    const input = event.target;
    if (input.type !== "file" || !field()?.contains(input)) return;
    if ([...input.files].some((file) => file.size > LIMIT)) input.files = pack(input.files).files;
  }, true);

  // Gradio wraps the button that adds pictures in a second one, which it names by a key of its translations.
  new MutationObserver(() => {
    const wrapper = field()?.querySelector("button[aria-label='common.upload']");
    if (!wrapper) return;
    wrapper.setAttribute("aria-label", "Add pictures");
    wrapper.tabIndex = -1;
  }).observe(document.documentElement, { childList: true, subtree: true });
})();
