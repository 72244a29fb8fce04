"use strict";

// Tables sort by a click on a header; rows of the paper stay below those of this run.
for (const table of document.querySelectorAll("table.sortable")) {
  table.querySelectorAll("thead th").forEach((header, column) => {
    const button = document.createElement("button");
    button.type = "button";
    button.append(...header.childNodes);
    header.append(button);
    button.addEventListener("click", () => sortTable(table, header, column));
  });
}

function sortTable(table, header, column) {
  const descending = header.getAttribute("aria-sort") !== "descending";
  table.querySelectorAll("thead th").forEach((other) => other.removeAttribute("aria-sort"));
  header.setAttribute("aria-sort", descending ? "descending" : "ascending");
  const body = table.tBodies[0];
  const rows = [...body.rows].sort((a, b) => {
    const groups = a.classList.contains("reference") - b.classList.contains("reference");
    return groups || compareCells(a.cells[column], b.cells[column], descending);
  });
  body.append(...rows);
}

function compareCells(a, b, descending) {
  const [left, right] = [a.dataset.sort, b.dataset.sort];
  // Missing values stay last in both orders.
  if (left === "" || right === "") return (left === "") - (right === "");
  const numbers = [Number(left), Number(right)];
  const order = numbers.some(Number.isNaN) ? left.localeCompare(right) : numbers[0] - numbers[1];
  return descending ? -order : order;
}

// Samples are filtered by what their cards say of themselves; without scripts all are shown.
const filters = document.querySelector("form.filters");
const samples = [...document.querySelectorAll(".sample")];
const selects = [...filters.querySelectorAll("select")];

for (const select of selects) {
  const key = select.dataset.filter;
  const marked = key === "model" ? document.querySelectorAll(".sample dt[data-model]") : samples;
  const values = new Set([...marked].map((element) => element.dataset[key]));
  select.append(new Option("all", ""), ...[...values].map((value) => new Option(value, value)));
  select.addEventListener("change", filterSamples);
}

function filterSamples() {
  const wanted = Object.fromEntries(selects.map((select) => [select.dataset.filter, select.value]));
  let shown = 0;
  for (const sample of samples) {
    const fits = ["task", "direction", "dialect"].every(
      (key) => !wanted[key] || sample.dataset[key] === wanted[key],
    );
    sample.hidden = !fits;
    shown += fits;
    for (const output of sample.querySelectorAll("[data-model]")) {
      output.hidden = Boolean(wanted.model) && output.dataset.model !== wanted.model;
    }
  }
  filters.querySelector("output").textContent = `${shown} of ${samples.length} samples`;
}

if (samples.length) {
  filters.hidden = false;
  // One direction at first: the whole list is long.
  selects.find((select) => select.dataset.filter === "direction").value = samples[0].dataset.direction;
  filterSamples();
}
