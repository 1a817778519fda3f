// Draws plotly figures into the places of the template, each in place: gr.Plot builds its plot anew whenever a point is
// added, and with it goes the zoom somebody chose. `watch`, `props` and `element` are what gr.HTML hands over, `library`
// is where plotly.js lies.
const plotly = () => window.smallimgPlotly ??= new Promise((resolve, reject) => {
  const script = document.createElement("script");
  script.src = `${window.gradio_config?.root ?? ""}/gradio_api/file=${library}`;
  script.onload = () => resolve(window.Plotly);
  script.onerror = () => { window.smallimgPlotly = undefined; reject(new Error("plotly.js did not load")); };
  document.head.append(script);
});
const places = () => [...element.querySelectorAll(".si-curve")];
const draw = async () => {
  if (!props.value) return;
  const figures = JSON.parse(props.value), drawer = await plotly();
  places().forEach((place, index) => {
    const { data, layout } = figures[index];
    drawer.react(place, data, { ...layout, autosize: true }, { displaylogo: false, responsive: true });
  });
};
// A plot drawn while its tab was hidden has no width until then.
const fit = new ResizeObserver((entries) => entries.forEach(({ target, contentRect }) => {
  if (contentRect.width && target.data) window.Plotly.Plots.resize(target);
}));
places().forEach((place) => fit.observe(place));
watch("value", draw);
draw();
