
const data = JSON.parse(document.getElementById("data").textContent);

function element(name, attributes = {}, text = "") {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  made.textContent = text;
  return made;
}

function drawn(name, attributes, parent) {
  const made = document.createElementNS("http://www.w3.org/2000/svg", name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  parent.append(made);
  return made;
}

// ---- cases: filter by run and class

const filters = [...document.querySelectorAll("[data-filter]")];
for (const filter of filters) {
  filter.addEventListener("change", () => {
    for (const row of byId("cases").querySelectorAll("tbody tr")) {
      row.hidden = filters.some((each) => each.value && row.dataset[each.dataset.filter] !== each.value);
    }
  });
}

// ---- viewer: image, map of trust or weights, and outlines of one slice

const PIXELS = 560;  // longest side on the screen; with the slider it fits a laptop's window
let wanted;  // key of the chosen map, "" for none; undefined: nothing was chosen yet
const outlines = {};  // by source: checkbox, halo and line, row of the legend, its Dice

function chosenCase() {
  return data.cases[byId("case").value];
}

function showCase(slice) {
  const shown = chosenCase();
  const slider = byId("slice");
  slider.max = shown.slices.length - 1;
  slider.value = slice ?? shown.first;
  byId("note").textContent = shown.note;
  const map = byId("map");
  map.replaceChildren(element("option", { value: "" }, "none"));
  for (const { key, text } of shown.maps) map.append(element("option", { value: key }, text));
  map.disabled = shown.maps.length === 0;
  const keys = ["", ...shown.maps.map(({ key }) => key)];
  map.value = keys.includes(wanted) ? wanted : shown.maps.find(({ trust }) => trust)?.key ?? "";
  fit();
  showSlice();
}

function fit() {
  const { width, height, aspect, focus } = chosenCase();
  const [x, y, w, h] = byId("zoom").checked && focus ? focus : [0, 0, 2 * width, 2 * height];
  const ratio = (w / h) * aspect;
  const across = Math.min(PIXELS, PIXELS * ratio, byId("frame").clientWidth || PIXELS);
  const picture = byId("picture");
  picture.setAttribute("viewBox", `${x} ${y} ${w} ${h}`);
  picture.setAttribute("width", across);
  picture.setAttribute("height", across / ratio);
}

function showSlice() {
  const shown = chosenCase();
  const slice = shown.slices[byId("slice").value];
  const only = byId("class").value;
  byId("position").textContent = `slice ${slice.number} / ${shown.last}`;
  for (const [id, size] of [["image", shown], ["overlay", shown]]) {
    byId(id).setAttribute("width", 2 * size.width);
    byId(id).setAttribute("height", 2 * size.height);
  }
  byId("image").setAttribute("href", slice.image);
  const map = shown.maps.find(({ key }) => key === byId("map").value);
  byId("trust-scale").hidden = !map?.trust;
  byId("weight-scale").hidden = !map || map.trust;
  const overlay = map && slice.maps[map.key];
  byId("overlay").setAttribute("visibility", overlay ? "visible" : "hidden");
  if (overlay) byId("overlay").setAttribute("href", overlay);
  for (const source of data.sources) {
    const paths = slice.outlines[source.id] ?? {};
    const names = Object.keys(paths).filter((name) => !only || name === only);
    const { box, lines, row, text } = outlines[source.id];
    for (const line of lines) {
      line.setAttribute("d", names.map((name) => paths[name]).join(""));
      line.setAttribute("visibility", box.checked ? "visible" : "hidden");
    }
    row.hidden = !shown.sources.includes(source.id);
    const dice = slice.dice[source.id];
    text.textContent = dice === undefined ? "" : `Dice ${dice.toFixed(2)}`;
  }
}

function move(step) {
  const slider = byId("slice");
  slider.value = Number(slider.value) + step;  // a range input keeps within its ends
  showSlice();
}

function buildViewer() {
  const picture = byId("picture");
  picture.setAttribute("preserveAspectRatio", "none");
  picture.setAttribute("class", "bright");
  drawn("image", { id: "image", preserveAspectRatio: "none" }, picture);
  drawn("image", { id: "overlay", preserveAspectRatio: "none" }, picture).style.imageRendering = "pixelated";
  for (const source of data.sources) {
    const common = { fill: "none", "vector-effect": "non-scaling-stroke", "stroke-linejoin": "round" };
    const halo = { ...common, stroke: "#000", "stroke-opacity": 0.55, "stroke-width": source.line.width + 1.6 };
    const line = { class: source.line.hue, "stroke-dasharray": source.line.dash, "stroke-width": source.line.width };
    const lines = [drawn("path", halo, picture), drawn("path", { ...common, ...line }, picture)];
    const row = element("div", { class: "source" });
    const label = element("label", { title: source.name });
    const box = element("input", { type: "checkbox", "data-source": source.id });
    box.checked = source.on;
    const sample = drawn("svg", { class: "sample bright", width: 34, height: 14, "aria-hidden": true }, label);
    drawn("line", { x1: 2, y1: 7, x2: 32, y2: 7, ...line }, sample);
    label.prepend(box, " ");
    label.append(" ", source.name);
    const text = element("span", { class: "soft" });
    row.append(label, text);
    byId("outlines").append(row);
    box.addEventListener("change", showSlice);
    outlines[source.id] = { box, lines, row, text };
  }
  data.cases.forEach((each, index) => byId("case").append(element("option", { value: index }, each.title)));
  byId("class").append(element("option", { value: "" }, "all"));
  for (const name of data.classes) byId("class").append(element("option", { value: name }, name));
  byId("class-choice").hidden = data.classes.length < 2;
  byId("case").addEventListener("change", () => showCase());
  byId("slice").addEventListener("input", showSlice);
  byId("class").addEventListener("change", showSlice);
  byId("map").addEventListener("change", () => {
    wanted = byId("map").value;
    showSlice();
  });
  byId("zoom").addEventListener("change", fit);
  window.addEventListener("resize", fit);
  byId("frame").addEventListener("keydown", (event) => {
    const step = { ArrowRight: 1, ArrowUp: 1, ArrowLeft: -1, ArrowDown: -1, PageUp: 5, PageDown: -5 }[event.key];
    if (step === undefined) return;
    event.preventDefault();
    move(step);
  });
  byId("frame").addEventListener("wheel", (event) => {
    if (document.activeElement !== byId("frame")) return;  // else the page scrolls, as elsewhere
    event.preventDefault();
    move(Math.sign(event.deltaY));
  });
  byId("viewer").hidden = false;
  showCase();
}

if (data.cases.length) buildViewer();

for (const button of document.querySelectorAll("button[data-case]")) {
  button.addEventListener("click", () => {
    byId("case").value = data.cases.findIndex((each) => each.case === button.dataset.case);
    const number = button.dataset.slice;
    const away = chosenCase().slices.map((each) => Math.abs(each.number - Number(number)));
    showCase(number === undefined ? undefined : away.indexOf(Math.min(...away)));
    byId("slices").scrollIntoView();
    byId("frame").focus({ preventScroll: true });
  });
}
