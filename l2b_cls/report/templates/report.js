
// ---- training samples: one run at a time, by given label, kind and truth

const filters = [...document.querySelectorAll("[data-filter]")];

function chosen(name) {
  return filters.find((each) => each.dataset.filter === name)?.value ?? "";
}

function showCards() {
  let shown = 0;
  const deck = chosen("deck");
  for (const each of document.querySelectorAll(".deck")) {
    each.hidden = deck !== "" && each.dataset.deck !== deck;
    for (const card of each.querySelectorAll(".card")) {
      card.hidden = ["given", "kind", "truth"].some((name) => chosen(name) && card.dataset[name] !== chosen(name));
      shown += !each.hidden && !card.hidden;
    }
  }
  if (byId("count")) byId("count").textContent = shown === 1 ? "1 sample" : `${shown} samples`;
}

for (const filter of filters) filter.addEventListener("change", showCards);
showCards();
