"use strict";

// Charts are Vega-Lite specifications; colours come from the page's style sheet.
const specs = JSON.parse(document.getElementById("chart-specs").textContent);
const dark = matchMedia("(prefers-color-scheme: dark)");
const drawn = new Map();
// How narrow a panel may get, of the width that it asks for; pixels of a lone panel, and of the
// legend's columns.
const NARROWEST = 0.86;
const MOST = 480;
const LEGEND_COLUMN = 130;

function theme(width) {
  const style = getComputedStyle(document.documentElement);
  const colour = (name) => style.getPropertyValue(`--${name}`).trim();
  const [text, quiet, line] = [colour("text"), colour("quiet"), colour("line")];
  const font = getComputedStyle(document.body).fontFamily;
  const axis = { domainColor: line, tickColor: line, gridColor: line, gridOpacity: 0.6 };
  return {
    background: "transparent",
    font,
    view: { stroke: "transparent" },
    axis: { ...axis, labelColor: quiet, titleColor: text, titleFontWeight: 500, labelFontSize: 11 },
    header: { labelColor: text, labelFontWeight: 600, labelFontSize: 12 },
    legend: {
      orient: "bottom", labelColor: text, symbolStrokeWidth: 1, symbolOpacity: 1, labelFontSize: 12, symbolSize: 110,
      columns: Math.max(1, Math.floor(width / LEGEND_COLUMN)), labelLimit: 200,
    },
    // An outline keeps light and dark colours apart from the ground.
    point: { stroke: text, strokeWidth: 1 },
    text: { color: text },
    rule: { color: text },
    bar: { color: colour("accent") },
  };
}

function fitted(spec, width) {
  if (!spec.facet) return spec;
  const wanted = spec.spec.width;
  const columns = Math.max(1, Math.min(spec.columns, Math.floor(width / (NARROWEST * wanted))));
  // Axis labels and the gap between panels take their share; a lone panel stays small.
  const panel = Math.min(Math.floor(width / columns) - 68, Math.max(MOST, wanted));
  return { ...spec, columns, spec: { ...spec.spec, width: panel } };
}

async function draw(box) {
  const spec = specs[box.dataset.chart];
  const width = box.parentElement.clientWidth;
  const before = drawn.get(box);
  const choice = before && spec.params ? before.view.signal("direction") : null;
  before?.finalize();
  const result = await vegaEmbed(box, structuredClone(fitted(spec, width)), {
    actions: false,
    renderer: "svg",
    // Without `eval`, which the page's policy forbids.
    ast: true,
    config: theme(width),
    tooltip: { theme: dark.matches ? "dark" : "light" },
  });
  if (choice) await result.view.signal("direction", choice).runAsync();
  drawn.set(box, result);
}

async function drawAll(boxes) {
  for (const box of boxes) {
    try {
      await draw(box);
    } catch (error) {
      console.error(box.dataset.chart, error);
      box.textContent = `This chart could not be drawn: ${error.message}`;
    }
  }
  document.documentElement.dataset.charts = "drawn";
}

const boxes = [...document.querySelectorAll(".chart")];

// A box may have another chart to show in its place.
for (const input of document.querySelectorAll("[data-instead]")) {
  const box = document.querySelector(`[data-chart="${input.dataset.of}"]`);
  const choose = () => {
    box.dataset.chart = input.checked ? input.dataset.instead : input.dataset.of;
  };
  input.closest("label").hidden = false;
  input.addEventListener("change", () => {
    choose();
    drawAll([box]);
  });
  choose();
}

let lastWidth = innerWidth;
let timer;
dark.addEventListener("change", () => drawAll(boxes));
addEventListener("resize", () => {
  clearTimeout(timer);
  timer = setTimeout(() => {
    if (innerWidth !== lastWidth) drawAll(boxes);
    lastWidth = innerWidth;
  }, 200);
});
await drawAll(boxes);
