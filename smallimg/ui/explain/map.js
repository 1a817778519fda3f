// Draws the map of a set. `watch`, `props`, `trigger` and `element` are what gr.HTML hands over, `plotly` and `themed` are
// in plotly.js.
const figure = element.querySelector(".si-map"), area = element.querySelector(".si-plot");
const download = {
  name: "png",
  title: "Download as a picture",
  icon: { width: 24, height: 24, path: "M11 3h2v9l4-4 1.4 1.4L12 15.8 5.6 9.4 7 8l4 4zM4 18h16v2.5H4z" },
  click: (drawn) => window.Plotly.downloadImage(drawn, { format: "png", width: 1000, height: 760, scale: 2, filename: "map" }),
};
// plotly's own bar has a button that uploads the chart: only these are there.
const config = {
  displaylogo: false, responsive: true, displayModeBar: true, showSendToCloud: false, plotlyServerURL: "",
  modeBarButtons: [["lasso2d", "pan2d", "zoomIn2d", "zoomOut2d", "resetScale2d", download]],
};
const ask = (value, index = 0) => trigger("select", { index, value });
const draw = async () => {
  const value = props.value ? JSON.parse(props.value) : null;
  figure.hidden = !value;
  if (!value) return;
  const drawer = await plotly(), { title, ...layout } = value.layout, begun = area.data;
  await drawer.react(area, value.data, themed(layout), config);
  if (begun) return;
  area.on("plotly_selected", (event) => {
    if (event?.points) ask(`lasso ${event.points.map((point) => point.customdata).join(",")}`);
  });
  area.on("plotly_deselect", () => ask("lasso "));
  area.on("plotly_click", ({ points }) => ask(`near ${points[0].customdata}`, points[0].customdata));
};
// A plot drawn while its tab was hidden has no width until then.
new ResizeObserver(([{ contentRect }]) => {
  if (contentRect.width && area.data) window.Plotly.Plots.resize(area);
}).observe(area);
new MutationObserver(draw).observe(document.body, { attributeFilter: ["class"] });
watch("value", draw);
draw();
