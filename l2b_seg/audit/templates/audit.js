
// ---- the slices of a card: scrolled, or chosen by button or arrow key

function slideShown(slides) {
  return Math.round(slides.scrollLeft / slides.clientWidth);
}

function goTo(slides, number) {
  slides.scrollTo({ left: slides.children[Math.max(0, Math.min(number, slides.children.length - 1))].offsetLeft - slides.offsetLeft });
}

for (const card of document.querySelectorAll("article")) {
  const slides = card.querySelector(".slides");
  const pages = [...card.querySelectorAll("[data-slide]")];
  const mark = () => pages.forEach((page, number) => page.setAttribute("aria-current", String(number === slideShown(slides))));
  pages.forEach((page, number) => page.addEventListener("click", () => goTo(slides, number)));
  slides.addEventListener("scroll", mark);
  card.addEventListener("keydown", (event) => {
    const way = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    if (!way || pages.length === 0) return;
    event.preventDefault();
    goTo(slides, slideShown(slides) + way);
  });
  mark();
}
