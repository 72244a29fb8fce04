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

// The navigation shows which section is being read.
const links = new Map(
  [...document.querySelectorAll("nav a")].map((link) => [link.hash.slice(1), link]),
);
const watcher = new IntersectionObserver(
  (entries) => {
    for (const entry of entries) {
      if (!entry.isIntersecting) continue;
      links.forEach((link) => link.removeAttribute("aria-current"));
      const link = links.get(entry.target.id);
      link.setAttribute("aria-current", "true");
      const bar = link.parentElement;
      bar.scrollTo({ left: link.offsetLeft - bar.clientWidth / 2 });
    }
  },
  { rootMargin: "-20% 0px -75% 0px" },
);
document.querySelectorAll("main > section").forEach((section) => watcher.observe(section));
