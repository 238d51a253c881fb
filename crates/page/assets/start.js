// The start: definitions, filters, charts; then links inside the page, the choice of colours, and paper.

(() => {
  const root = document.documentElement;
  page.drawDefinitions();
  page.startFilters();
  page.draw();
  page.startFrames();

  /** Goes to a place of the page and takes the keyboard along. */
  const goTo = (id) => {
    const target = page.byId(id);
    if (!target) return;
    const focus = target.matches("[tabindex]") ? target : target.querySelector("[tabindex], a, button, select") ?? target;
    focus.focus({ preventScroll: true });
    target.scrollIntoView({ block: "start" });
    document.querySelectorAll(".at").forEach((element) => element.classList.remove("at"));
    target.classList.add("at");
  };

  /** The address holds the filters, so a place in the page is one more part of it, and the way back works. */
  document.addEventListener("click", (event) => {
    const link = event.target.closest("a[href^='#']");
    if (!link || link.hasAttribute("download")) return;
    event.preventDefault();
    const id = link.getAttribute("href").slice(1);
    location.hash = page.address(id);
    goTo(id);
  });

  const place = new URLSearchParams(location.hash.slice(1)).get("at") ?? (location.hash.includes("=") ? null : location.hash.slice(1));
  if (place) goTo(place);

  page.byId("theme").addEventListener("change", (event) => {
    if (event.target.value) root.dataset.theme = event.target.value;
    else delete root.dataset.theme;
  });

  const PAPER_WIDTH = 700;
  const closed = new Set();
  const refit = () => document.querySelectorAll("figure.chart").forEach((figure) => figure.fit());

  addEventListener("beforeprint", () => {
    page.onPaper = PAPER_WIDTH;
    root.classList.add("paper");
    for (const details of document.querySelectorAll("details:not([open])")) {
      closed.add(details);
      details.build?.();
      details.open = true;
    }
    for (const table of document.querySelectorAll(".scroll table")) table.style.zoom = Math.min(1, PAPER_WIDTH / table.offsetWidth);
    refit();
  });
  addEventListener("afterprint", () => {
    page.onPaper = null;
    root.classList.remove("paper");
    for (const details of closed) details.open = false;
    closed.clear();
    for (const table of document.querySelectorAll(".scroll table")) table.style.zoom = "";
    refit();
  });
})();
