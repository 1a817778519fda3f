// Draws one plotly figure in place, and hands it out as a picture or as CSV. `watch`, `props`, `trigger` and `element` are
// what gr.HTML hands over, `plotly` and `themed` are in plotly.js.
const figure = element.querySelector(".si-curve"), area = element.querySelector(".si-plot");
const save = (href, name) => Object.assign(document.createElement("a"), { href, download: name }).click();
const icon = { width: 24, height: 24, path: "M11 3h2v9l4-4 1.4 1.4L12 15.8 5.6 9.4 7 8l4 4zM4 18h16v2.5H4z" };
const table = { width: 24, height: 24, path: "M3 4h18v16H3zM5 6v3h6V6zm8 0v3h6V6zM5 11v3h6v-3zm8 0v3h6v-3zM5 16v2h6v-2zm8 0v2h6v-2z" };
const asPicture = {
  name: "png", title: "Download as a picture", icon,
  click: () => {
    const { data, layout, name } = area.smallimg, drawn = themed(layout);
    const title = { ...layout.title, font: { size: 15 }, x: 0.02, xref: "container" };
    const font = { ...drawn.font, family: "sans-serif" };  // the page's own is not at hand in a picture
    const margin = { ...layout.margin, t: 52, r: 16 };
    window.Plotly.downloadImage(
      { data, layout: { ...drawn, font, title, margin } },
      { format: "png", width: 900, height: layout.height + 120, scale: 2, filename: name },
    );
  },
};
const asTable = {
  name: "csv", title: "Download as CSV", icon: table,
  click: () => {
    const address = URL.createObjectURL(new Blob([area.smallimg.csv], { type: "text/csv" }));
    save(address, `${area.smallimg.name}.csv`);
    setTimeout(() => URL.revokeObjectURL(address), 1000);
  },
};
// plotly's own bar has a button that uploads the chart: only these are there. What stays as it is needs none to zoom.
const config = (layout) => ({
  displaylogo: false, responsive: true, displayModeBar: true, showSendToCloud: false, plotlyServerURL: "",
  modeBarButtons: [[...(layout.xaxis?.fixedrange ? [] : ["zoomIn2d", "zoomOut2d", "resetScale2d"]), asPicture, asTable]],
});
const draw = async () => {
  const value = props.value ? JSON.parse(props.value) : null;
  figure.hidden = !value;
  if (!value) return;
  const drawer = await plotly(), begun = area.data, { title, ...layout } = value.layout;
  figure.querySelector("h4").textContent = title.text;
  area.smallimg = value;
  const dragmode = matchMedia("(hover: none)").matches ? false : "zoom";  // or a phone could not scroll past it
  await drawer.react(area, value.data, themed({ dragmode, ...layout }), config(layout));
  if (!begun) area.on("plotly_click", ({ points }) => {
    const chosen = points.find((point) => point.customdata && point.z != null);
    if (chosen) trigger("select", { index: 0, value: chosen.customdata });
  });
};
// A plot drawn while its tab was hidden has no width until then.
new ResizeObserver(([{ contentRect }]) => {
  if (contentRect.width && area.data) window.Plotly.Plots.resize(area);
}).observe(area);
new MutationObserver(draw).observe(document.body, { attributeFilter: ["class"] });
watch("value", draw);
draw();
