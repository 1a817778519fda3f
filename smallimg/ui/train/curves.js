// Draws plotly figures into the places of the template, each in place: gr.Plot builds its plot anew whenever a point is
// added, and with it goes the zoom somebody chose. `watch`, `props` and `element` are what gr.HTML hands over, `plotly` and
// `themed` are in plotly.js.
const places = () => [...element.querySelectorAll(".si-curve")];
const plot = (place) => place.querySelector(".si-plot");

// A picture of the figure with its title, made in the browser. No other button leaves the page either: plotly's own bar
// has one that uploads the chart.
const download = {
  name: "png",
  title: "Download as a picture",
  icon: { width: 24, height: 24, path: "M11 3h2v9l4-4 1.4 1.4L12 15.8 5.6 9.4 7 8l4 4zM4 18h16v2.5H4z" },
  click: (drawn) => {
    const { data, layout } = drawn.smallimg, themedLayout = themed(layout);
    const title = { ...layout.title, font: { size: 15 }, x: 0.02, xref: "container" };
    const margin = { ...layout.margin, t: 52, r: 16 };
    const font = { ...themedLayout.font, family: "sans-serif" };  // the page's own is not at hand in a picture
    window.Plotly.downloadImage(
      { data, layout: { ...themedLayout, font, title, margin, xaxis: { ...themedLayout.xaxis, ...ranged(drawn, "xaxis") },
        yaxis: { ...themedLayout.yaxis, ...ranged(drawn, "yaxis") } } },
      { format: "png", width: 900, height: layout.height + 120, scale: 2, filename: layout.title.text },
    );
  },
};
const ranged = (drawn, axis) => ({ range: drawn.layout[axis].range, autorange: false, dtick: drawn.layout[axis].dtick });
const config = {
  displaylogo: false, responsive: true, displayModeBar: true, showSendToCloud: false, plotlyServerURL: "",
  modeBarButtons: [["zoomIn2d", "zoomOut2d", "resetScale2d", download]],
};

// Epochs are whole: where few are shown plotly would put ticks between them.
const whole = async (place) => {
  const [from, to] = place.layout.xaxis.range, dtick = to - from < 8 ? 1 : null;
  if ((place.layout.xaxis.dtick ?? null) !== dtick) await window.Plotly.relayout(place, { "xaxis.dtick": dtick });
};
let drawn_value;
const draw = async () => {
  drawn_value = props.value;
  const { figures = [], sentence = "" } = props.value ? JSON.parse(props.value) : {};
  const nothing = element.querySelector(".si-nothing");
  nothing.textContent = sentence;
  nothing.hidden = !sentence;
  places().forEach((place, index) => { place.hidden = !figures[index]?.data.length; });
  if (places().every((place) => place.hidden)) return;
  const drawer = await plotly();
  for (const [index, place] of places().entries()) {
    if (place.hidden) continue;
    const { data, layout } = figures[index], area = plot(place), { title, ...rest } = layout;
    place.querySelector("h4").textContent = title.text;
    const begun = area.data, dtick = begun && area.layout.xaxis.dtick;
    area.smallimg = figures[index];
    await drawer.react(area, data, themed({ ...rest, xaxis: { ...rest.xaxis, dtick } }), config);
    if (!begun) area.on("plotly_relayout", () => whole(area));
    await whole(area);
  }
};
// A plot drawn while its tab was hidden has no width until then.
const fit = new ResizeObserver((entries) => entries.forEach(({ target, contentRect }) => {
  if (contentRect.width && target.data) window.Plotly.Plots.resize(target);
}));
places().forEach((place) => fit.observe(plot(place)));
// Gradio writes the theme as a class of the body.
new MutationObserver(draw).observe(document.body, { attributeFilter: ["class"] });
watch("value", draw);
draw();
// Of a value that comes while the component is being built, Gradio tells nobody, and the server sends it once.
const look = setInterval(() => {
  if (!element.isConnected) clearInterval(look);
  else if (props.value !== drawn_value) draw();
}, 1000);
