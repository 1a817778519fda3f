// A picture in large, and the sliders between a picture and its cut-out, and of the heat on one.
(() => {
  document.addEventListener("input", ({ target }) => {
    if (target.matches?.(".si-slide")) target.parentElement.style.setProperty("--cut", target.value / 100);
    if (target.matches?.(".si-opacity input")) {
      target.closest(".si-explain").style.setProperty("--heat", target.value / 100);
    }
  });

  // The copy starts with the small pictures and takes the full one when it is there. The cut-out in full is the full
  // picture behind the small cut-out's transparency.
  const sharpen = (image, address) => {
    const large = new Image();
    large.onload = () => {
      if (!image.nextElementSibling?.matches(".si-before")) { image.src = large.src; return; }
      const mask = `url("${image.src}") 0 0 / 100% 100% no-repeat`;
      Object.assign(image.style, { webkitMask: mask, mask });
      image.src = large.src;
    };
    large.src = address;
  };

  const open = (frame) => {
    const dialog = document.createElement("dialog");
    dialog.className = "si-viewer";
    const canvas = frame.querySelector(".si-canvas").cloneNode(true);
    const slide = canvas.querySelector(".si-slide");
    if (slide) slide.value = frame.querySelector(".si-slide").value;
    dialog.setAttribute("aria-label", canvas.querySelector("img").alt);
    const close = document.createElement("button");
    Object.assign(close, { type: "button", className: "si-close", textContent: "×" });
    close.setAttribute("aria-label", "Close");
    dialog.append(canvas, close);
    dialog.addEventListener("click", (event) => {
      if (event.target === dialog || event.target === close) dialog.close();
    });
    dialog.addEventListener("close", () => dialog.remove());
    document.querySelector(".gradio-container").append(dialog);
    dialog.showModal();
    const address = frame.closest(".si-row").dataset.large;
    if (address && canvas.matches(".si-whole")) {
      canvas.querySelectorAll("img:not(.si-mask)").forEach((image) => sharpen(image, address));
    }
  };

  document.addEventListener("click", ({ target }) => {
    const frame = target.closest?.(".si-frame");
    if (!frame || target.matches(".si-slide")) return;
    if (target.closest(".si-open, .si-canvas")) open(frame);
  });
})();
