
// ---- decisions: one a case, by button, list or key; kept in this browser, saved and opened as a file

const FORMAT = "l2b decisions 1";
const DECISIONS = { k: "keep", m: "mend", p: "proposal", x: "exclude" };
const kept = `l2b decisions ${byId("review").dataset.audit}`;
const decided = new Map();
const places = new Map();  // case -> its cards and lists
for (const place of document.querySelectorAll("[data-case]")) {
  places.set(place.dataset.case, [...(places.get(place.dataset.case) ?? []), place]);
}

function offered(name) {
  const ways = places.get(name).flatMap((place) => [...place.querySelectorAll("[data-decision], option")]);
  return new Set(ways.map((way) => way.dataset.decision ?? way.value).filter(Boolean));
}

function show(name) {
  const decision = decided.get(name) ?? "";
  for (const place of places.get(name)) {
    place.dataset.decided = decision;
    if (place.tagName === "SELECT") {
      place.value = decision;
      if (decision) place.parentElement.dataset.value = Object.values(DECISIONS).indexOf(decision);
      else delete place.parentElement.dataset.value;
    }
    for (const button of place.querySelectorAll("[data-decision]")) {
      button.setAttribute("aria-pressed", String(button.dataset.decision === decision));
    }
  }
}

function tell(text) {
  byId("review-said").textContent = text;
}

function record() {
  const cases = [...places.keys()].filter((name) => decided.has(name));
  const by = byId("reviewer").value.trim();
  return {
    format: FORMAT, ...(by && { by }), cases: Object.fromEntries(cases.map((name) => [name, { decision: decided.get(name) }])),
  };
}

function keep() {
  byId("decided").textContent = `${decided.size} of ${places.size} decided`;
  try {
    localStorage.setItem(kept, JSON.stringify(record()));
  } catch {
    tell("This browser keeps nothing: save the file before you leave.");
  }
}

function decide(name, decision) {
  if (decision) decided.set(name, decision);
  else decided.delete(name);
  tell("");
  show(name);
  keep();
}

// The decisions of a file's text over those that are there; how many it had, and those that are of no use here.
function take(text) {
  const found = JSON.parse(text);
  if (found?.format !== FORMAT || typeof found.cases !== "object" || found.cases === null) throw new Error(`no "${FORMAT}"`);
  const rows = Object.entries(found.cases).map(([name, row]) => [name, row?.decision]);
  const usable = rows.filter(([name, decision]) => places.has(name) && offered(name).has(decision));
  for (const [name, decision] of usable) decided.set(name, decision);
  if (typeof found.by === "string" && found.by) byId("reviewer").value = found.by;
  for (const [name] of usable) show(name);
  return [usable.length, rows.filter((row) => !usable.includes(row)).map(([name]) => name)];
}

function save() {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([`${JSON.stringify(record(), null, 1)}\n`], { type: "application/json" }));
  link.download = "decisions.json";
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60000);
  tell(`${decided.size} saved as decisions.json, among your downloads.`);
}

async function openFile(file) {
  try {
    const [count, useless] = take(await file.text());
    keep();
    const rest = useless.length ? ` Left out, as this audit has no such case or choice: ${useless.join(", ")}.` : "";
    tell(`${count} opened from ${file.name}.${rest}`);
  } catch (error) {
    tell(`${file.name} is no file of decisions: ${error.message}`);
  }
}

function step(way, wanted = () => true) {
  const cards = [...document.querySelectorAll("article[data-case]")].filter((card) => card.offsetParent !== null);
  const at = cards.indexOf(document.activeElement.closest("article[data-case]"));
  const ahead = way > 0 ? cards.slice(at + 1) : cards.slice(0, Math.max(at, 0)).reverse();
  const card = ahead.find(wanted);
  if (!card) return tell(way > 0 ? "No further card." : "No card before this one.");
  tell("");
  card.focus({ preventScroll: true });
  card.scrollIntoView({ block: "start" });
}

const MOVES = {
  n: () => step(1),
  b: () => step(-1),
  u: () => step(1, (card) => !decided.has(card.dataset.case)),
  s: save,
  "?": () => { byId("keys").open = !byId("keys").open; },
};

document.addEventListener("keydown", (event) => {
  const key = event.key.toLowerCase();
  if (event.ctrlKey || event.metaKey || event.altKey || event.target.closest("input, select")) return;
  if (Object.hasOwn(MOVES, key)) MOVES[key]();
  if (!Object.hasOwn(DECISIONS, key)) return;
  const name = document.activeElement.closest("article[data-case]")?.dataset.case;
  if (name === undefined) tell("No card is chosen: press N, or click on one.");
  else if (!offered(name).has(DECISIONS[key])) tell("This case has no such choice.");
  else decide(name, DECISIONS[key]);
});

for (const [name, all] of places) {
  for (const place of all) {
    if (place.tagName === "SELECT") place.addEventListener("change", () => decide(name, place.value));
    for (const button of place.querySelectorAll("[data-decision]")) {
      button.addEventListener("click", () => {
        decide(name, decided.get(name) === button.dataset.decision ? "" : button.dataset.decision);
      });
    }
  }
}
byId("save").addEventListener("click", save);
byId("open").addEventListener("change", (event) => {
  if (event.target.files.length) openFile(event.target.files[0]);
  event.target.value = "";
});
byId("reviewer").addEventListener("input", keep);
try {
  const before = localStorage.getItem(kept);
  if (before !== null) take(before);
} catch {
  tell("What this browser had kept cannot be read.");
}
keep();
