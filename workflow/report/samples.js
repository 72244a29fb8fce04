"use strict";

// The sample browser. Texts of models and corpora only ever become text nodes.
const data = JSON.parse(document.getElementById("sample-data").textContent);
const section = document.getElementById("samples");
const form = section.querySelector("form.filters");
const list = section.querySelector(".samples");
const pager = section.querySelector(".pager");
const PAGE = 10;
const NO_SCORE = "\u2013";
const TASKS = {
  translation: "translation", monolingual: "monolingual", crosslingual: "cross-lingual",
  validation: "validation",
};
let page = 0;
let found = [];

const samples = data.prompts.map(([task, corpus, from, into, source, reference], number) => ({
  task, corpus, from, into, source, reference,
  outputs: data.outputs[number].map(([text, adi2, aldi, chrf]) => ({ text, adi2, aldi, chrf })),
  // A task without a source asks for a dialect alone.
  direction:
    from === null || from === into ? nameOf(into) : `${nameOf(from)} \u2192 ${nameOf(into)}`,
  dialect: nameOf(["eng", "msa"].includes(into) ? from : into),
}));

function nameOf(variety) {
  return data.varieties[variety][0];
}

function element(tag, properties = {}, ...children) {
  const made = Object.assign(document.createElement(tag), properties);
  made.append(...children);
  return made;
}

// --- controls -----------------------------------------------------------------------------------

function fillControls() {
  for (const key of ["task", "direction", "dialect"]) {
    const values = [...new Set(samples.map((sample) => sample[key]))];
    const options = values.map((value) => new Option(TASKS[value] ?? value, value));
    form.elements[key].append(new Option("all", ""), ...options);
  }
  const boxes = data.models.map((model) => {
    const box = element("input", { type: "checkbox", name: "model", value: model });
    box.checked = data.selected.includes(model);
    const label = element("label", {}, box, ` ${model}`);
    label.style.setProperty("--model", data.colours[model]);
    return label;
  });
  form.querySelector("fieldset").append(...boxes);
}

function chosenModels() {
  return [...form.querySelectorAll("input[name=model]:checked")].map((box) =>
    data.models.indexOf(box.value),
  );
}

// --- finding ------------------------------------------------------------------------------------

function find() {
  const models = chosenModels();
  const wanted = form.elements.search.value.trim().toLowerCase();
  found = samples.filter(
    (sample) =>
      ["task", "direction", "dialect"].every(
        (key) => !form.elements[key].value || sample[key] === form.elements[key].value,
      ) && (!wanted || textsOf(sample, models).some((text) => text.toLowerCase().includes(wanted))),
  );
  const [score, order] = form.elements.sort.value.split("-");
  if (!score) return;
  const keys = new Map(found.map((sample) => [sample, rank(sample, models, score, order)]));
  // Samples without the score stay last.
  found = found.filter((sample) => keys.get(sample) !== null);
  found.sort((a, b) => keys.get(b) - keys.get(a));
}

function textsOf(sample, models) {
  const outputs = models.map((model) => sample.outputs[model].text);
  return [sample.source, sample.reference ?? "", ...outputs];
}

function rank(sample, models, score, order) {
  const values = models.map((model) => sample.outputs[model][score]).filter((v) => v !== null);
  if (values.length < (order ? 1 : 2)) return null;
  const low = Math.min(...values);
  return order ? -low : Math.max(...values) - low;
}

// --- showing ------------------------------------------------------------------------------------

function show() {
  const pages = Math.max(1, Math.ceil(found.length / PAGE));
  page = Math.min(Math.max(page, 0), pages - 1);
  list.replaceChildren(...found.slice(page * PAGE, (page + 1) * PAGE).map(card));
  const models = chosenModels().length;
  section.querySelector(".status").textContent =
    `${found.length.toLocaleString("en")} of ${samples.length.toLocaleString("en")} samples` +
    (models ? "" : "; choose a model to see its outputs");
  section.querySelector(".legend").hidden = !form.elements.mark.value;
  pager.hidden = pages < 2;
  pager.querySelector("span").textContent = `page ${page + 1} of ${pages}`;
  pager.querySelector("[data-step='-1']").disabled = page === 0;
  pager.querySelector("[data-step='1']").disabled = page === pages - 1;
}

function card(sample) {
  const about = `${TASKS[sample.task] ?? sample.task}, ${sample.corpus}`;
  const heading = element("h3", {}, sample.direction, " ", element("small", {}, about));
  const texts = [[sample.from === null ? "prompt" : "source", sample.from, sample.source]];
  if (sample.reference !== null) texts.push(["reference", sample.into, sample.reference]);
  const given = texts.map(([label, variety, text]) =>
    element("div", { className: "given" }, element("h4", {}, label), paragraph(text, variety)),
  );
  const outputs = chosenModels().map((model) => outputOf(sample, model));
  return element(
    "article", { className: "sample" }, heading,
    element("div", { className: "columns" }, ...given),
    element("div", { className: "columns" }, ...outputs),
  );
}

function outputOf(sample, model) {
  const name = data.models[model];
  const output = sample.outputs[model];
  const scores = [["ADI2", output.adi2, 2], ["ALDi", output.aldi, 2], ["chrF++", output.chrf, 1]];
  const shown = scores.map(([label, value, digits]) =>
    element("span", {}, `${label} `, element("b", {}, value === null ? NO_SCORE : value.toFixed(digits))),
  );
  const made = element(
    "div", { className: "output" }, element("h4", {}, name), paragraph("", sample.into),
    element("div", { className: "scores" }, ...shown),
  );
  made.dataset.model = name;
  made.style.setProperty("--model", data.colours[name]);
  const text = made.querySelector("p");
  text.dir = directionOf(output.text);
  text.append(...(output.text.trim() ? pieces(sample, model) : [element("em", {}, "no text")]));
  return made;
}

function paragraph(text, variety) {
  return element("p", { dir: directionOf(text), lang: data.varieties[variety]?.[1] ?? "" }, text);
}

function directionOf(text) {
  const arabic = text.match(/\p{Script=Arabic}/gu)?.length ?? 0;
  const latin = text.match(/\p{Script=Latin}/gu)?.length ?? 0;
  return arabic >= latin && arabic > 0 ? "rtl" : "ltr";
}

// --- differences --------------------------------------------------------------------------------

function pieces(sample, model) {
  const { text } = sample.outputs[model];
  const mark = form.elements.mark.value;
  const start = data.models.indexOf(data.starts[data.models[model]]);
  const base = mark === "start" ? sample.outputs[start]?.text : mark && sample.reference;
  if (!base) return [text];
  const made = [];
  for (const [kind, words] of differences(base, text)) {
    if (kind === "del" && !form.elements["left-out"].checked) continue;
    const said = words.join("");
    const end = said.trimEnd();
    made.push(kind ? element(kind, {}, end) : end, kind === "del" ? " " : said.slice(end.length) || " ");
  }
  return made;
}

// Runs of words that both texts have (""), that only the first has ("del"), only the second ("ins"),
// by their longest common subsequence.
function differences(before, after) {
  // Words with the space after them; a text keeps its lines.
  const [a, b] = [before, after].map((text) => text.match(/\S+\s*/g) ?? []);
  const same = (i, j) => a[i].trimEnd() === b[j].trimEnd();
  const common = Array.from({ length: a.length + 1 }, () => new Uint16Array(b.length + 1));
  for (let i = a.length - 1; i >= 0; i -= 1) {
    for (let j = b.length - 1; j >= 0; j -= 1) {
      common[i][j] = same(i, j) ? common[i + 1][j + 1] + 1 : Math.max(common[i + 1][j], common[i][j + 1]);
    }
  }
  const runs = [];
  const add = (kind, word) => {
    if (runs.at(-1)?.[0] === kind) runs.at(-1)[1].push(word);
    else runs.push([kind, [word]]);
  };
  let [i, j] = [0, 0];
  while (i < a.length || j < b.length) {
    if (i < a.length && j < b.length && same(i, j)) {
      add("", b[j++]);
      i += 1;
    } else if (i < a.length && (j === b.length || common[i + 1][j] >= common[i][j + 1])) add("del", a[i++]);
    else add("ins", b[j++]);
  }
  return runs;
}

// --- the start ----------------------------------------------------------------------------------

function update() {
  find();
  show();
}

if (samples.length) {
  fillControls();
  form.hidden = false;
  form.addEventListener("submit", (event) => event.preventDefault());
  form.addEventListener("input", () => {
    page = 0;
    update();
  });
  pager.addEventListener("click", (event) => {
    page += Number(event.target.dataset.step ?? 0);
    show();
    section.querySelector(".status").scrollIntoView({ block: "start" });
  });
  update();
}
