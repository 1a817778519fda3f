// What every plot of the page needs: plotly.js from this machine, once, and the page's colours. `element` is what gr.HTML
// hands over, `library` is where plotly.js lies.
const plotly = () => window.smallimgPlotly ??= new Promise((resolve, reject) => {
  const script = document.createElement("script");
  script.src = `${window.gradio_config?.root ?? ""}/gradio_api/file=${library}`;
  script.onload = () => resolve(window.Plotly);
  script.onerror = () => { window.smallimgPlotly = undefined; reject(new Error("plotly.js did not load")); };
  document.head.append(script);
});

// The page's colours, light or dark; a figure holds none but its lines'.
const themed = (layout) => {
  const style = getComputedStyle(element), colour = (name) => style.getPropertyValue(name).trim();
  const text = colour("--body-text-color"), ground = colour("--block-background-fill");
  const font = { ...layout.font, color: text };
  return {
    ...layout, font, autosize: true, paper_bgcolor: ground, plot_bgcolor: ground,
    hoverlabel: { bgcolor: ground, bordercolor: text, namelength: 30, font: { color: text } },
    modebar: { orientation: "h", bgcolor: ground, color: colour("--body-text-color-subdued"), activecolor: text },
  };
};
