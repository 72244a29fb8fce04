"use strict";

// Charts are Vega-Lite specifications; colours come from the page's style sheet.
const specs = JSON.parse(document.getElementById("chart-specs").textContent);
const dark = matchMedia("(prefers-color-scheme: dark)");
const drawn = new Map();
// How narrow a panel may get, of the width that it asks for; pixels of a lone panel, of a legend's
// symbol and letter, and of a panel's own axis.
const NARROWEST = 0.86;
const MOST = 480;
const LEGEND_SYMBOL = 36;
const LEGEND_LETTER = 7;
const AXIS = 68;
const PHONE = 520;

// Returns how many columns of a legend fit: all are as wide as the longest of a chart's names.
function legendColumns(spec, width) {
  let longest = 0;
  JSON.stringify({ ...spec, datasets: null }, (key, value) => {
    if (key === "domain" && value) longest = Math.max(longest, ...value.map((name) => String(name).length));
    return value;
  });
  return Math.max(1, Math.floor(width / (LEGEND_SYMBOL + LEGEND_LETTER * longest)));
}

function theme(spec, width) {
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
    // Names of dialects do not fit side by side on a phone.
    axisXBand: { labelAngle: width < PHONE ? -35 : 0 },
    header: { labelColor: text, labelFontWeight: 600, labelFontSize: 12 },
    legend: {
      orient: "bottom", labelColor: text, symbolStrokeWidth: 1, symbolOpacity: 1, labelFontSize: 12, symbolSize: 110,
      columns: legendColumns(spec, width), labelLimit: 260,
      layout: { bottom: { anchor: "start", direction: width < PHONE ? "vertical" : "horizontal" } },
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
  const labels = spec.usermeta?.labels;
  const free = labels ? width - labels - 24 * columns : width - AXIS * columns;
  const panel = Math.min(Math.floor(free / columns), Math.max(MOST, wanted));
  return { ...spec, columns, spec: { ...spec.spec, width: panel } };
}

async function draw(box) {
  const spec = specs[box.dataset.chart];
  const width = box.parentElement.clientWidth;
  const result = await vegaEmbed(box, structuredClone(fitted(spec, width)), {
    actions: false,
    renderer: "svg",
    // Without `eval`, which the page's policy forbids.
    ast: true,
    config: theme(spec, width),
    tooltip: { theme: dark.matches ? "dark" : "light" },
  });
  drawn.set(box, result);
}

const boxes = [...document.querySelectorAll(".chart")];
let drawing = 0;

// A chart within a closed question is drawn when the question opens.
async function drawShown() {
  drawing += 1;
  document.documentElement.dataset.charts = "drawing";
  for (const box of boxes) {
    if (drawn.has(box) || box.closest("details:not([open])")) continue;
    drawn.set(box, null);
    try {
      await draw(box);
    } catch (error) {
      console.error(box.dataset.chart, error);
      box.textContent = `This chart could not be drawn: ${error.message}`;
    }
  }
  drawing -= 1;
  if (!drawing) document.documentElement.dataset.charts = "drawn";
}

function drawAgain() {
  for (const [box, result] of drawn) {
    result?.finalize();
    box.replaceChildren();
  }
  drawn.clear();
  return drawShown();
}

let lastWidth = innerWidth;
let timer;
dark.addEventListener("change", drawAgain);
addEventListener("resize", () => {
  clearTimeout(timer);
  timer = setTimeout(() => {
    if (innerWidth !== lastWidth) drawAgain();
    lastWidth = innerWidth;
  }, 200);
});
// The event does not bubble.
addEventListener("toggle", drawShown, true);
await drawShown();
