"use strict";

// Tables sort by a click on a header; the paper's rows and totals stay below the others.
for (const table of document.querySelectorAll("table.sortable")) {
  table.querySelectorAll("thead th").forEach((header, column) => {
    const button = document.createElement("button");
    button.type = "button";
    button.title = "Sort by this column";
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
    const groups = a.classList.contains("last") - b.classList.contains("last");
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
