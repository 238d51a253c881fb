// The frame of every chart: caption, legend, drawing, words, tables. It draws again when the width changes.

(() => {
  const { el } = page;

  /** What goes wrong in one chart is said in its place and leaves the others alone. */
  const attempt = (make) => {
    try {
      return make();
    } catch (error) {
      console.error(error);
      return page.nothing("This could not be drawn. The tables of the other charts are not touched by it; please report this with the filters that are set.");
    }
  };

  const label = (drawn, sentence) => {
    drawn.setAttribute("role", "img");
    drawn.setAttribute("aria-label", sentence);
  };

  /**
   * A figure. `draw(width)` gives what is drawn; `sentence` is what a screen reader says for it; `about` names cohort, unit
   * and n; `notes` stand below; `tables` are pairs of a table's name and rows.
   */
  page.figure = ({ name, title, about, sentence, legend = null, draw, notes = [], tables = [] }) => {
    const holder = el("div", { class: "drawing" });
    const caption = el("figcaption", {}, el("h3", {}, title), el("p", { class: "about" }, about));
    const files = tables.map(([table, rows]) => page.dataTable(table, rows, `${title}: ${table}`));
    const figure = el("figure", { class: "chart", "data-chart": name }, caption, legend, holder, el("div", { class: "said" }, notes), files);
    let drawnAt = 0;
    figure.fit = () => {
      const width = page.onPaper ?? Math.floor(holder.clientWidth);
      if (width < 1 || width === drawnAt) return;
      drawnAt = width;
      const drawn = attempt(() => draw(width));
      if (drawn instanceof SVGElement) label(drawn, sentence);
      holder.replaceChildren(drawn);
      drawn.placed?.();
    };
    return figure;
  };

  /** What is said instead of a chart. */
  page.nothing = (words) => el("p", { class: "nothing" }, words);

  page.noMatch = (what) => page.nothing(page.formText() === "" ? `Nothing to draw: there ${what}.` : `Nothing to draw: there ${what} for ${page.formText()}, ${page.scopeText()}, ${page.periodText()}.`);

  /** A drawing. It is one image with one sentence; what the library calls its parts stays for the style alone. */
  page.plot = (options) => {
    const svg = Plot.plot({ className: "plot", marginTop: 24, marginRight: 16, style: { fontSize: "12px", overflow: "visible" }, ...options });
    for (const part of svg.querySelectorAll("[aria-label]")) {
      part.dataset.part = part.getAttribute("aria-label");
      part.removeAttribute("aria-label");
    }
    return svg;
  };

  /** Words beside the pointer; whoever has no pointer has the table. */
  page.tip = (data, options) => Plot.tip(data, Plot.pointer({
    fontSize: 12, fill: "var(--raised)", stroke: "var(--rule)", pathFilter: "none", lineWidth: 24, maxRadius: 30, ...options,
  }));

  /** An interval as words. */
  page.interval = (low, high, show = page.shown) => (low === null || high === null ? "no interval" : `95 % ${show(low)} to ${show(high)}`);

  /** The ends of an axis: all finite values, with some air. */
  page.extent = (values, air = 0.06, least = 2) => {
    const [low, high] = d3.extent(values.filter((value) => value !== null && value !== undefined));
    const pad = Math.max((high - low) * air, least / 2);
    return [low - pad, high + pad];
  };

  /** The width of paper while it is printed on, else null. */
  page.onPaper = null;

  const charts = [];
  /** A section's chart: `make` gives its figures, or a node that says why there are none. */
  page.chart = (id, make) => charts.push({ id, make });

  const fitAll = () => document.querySelectorAll("figure.chart").forEach((figure) => figure.fit());

  page.draw = () => {
    for (const { id, make } of charts) {
      const place = page.byId(id);
      if (place) place.replaceChildren(...[attempt(make)].flat(Infinity).filter(Boolean));
    }
    fitAll();
  };

  page.startFrames = () => {
    let asked = false;
    const later = () => {
      if (asked) return;
      asked = true;
      requestAnimationFrame(() => {
        asked = false;
        fitAll();
      });
    };
    new ResizeObserver(later).observe(page.byId("main"));
  };
})();
