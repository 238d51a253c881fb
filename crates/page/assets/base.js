// The ground: elements, numbers, weeks and the marks that versions and instruments are known by.
"use strict";

const page = {};

(() => {
  /** An element. `attributes` are set as they are, children are nodes or text; text never becomes HTML. */
  page.el = (name, attributes = {}, ...children) => {
    const element = document.createElement(name);
    for (const [key, value] of Object.entries(attributes)) {
      if (value !== null && value !== undefined && value !== false) element.setAttribute(key, value === true ? "" : value);
    }
    element.append(...children.flat(Infinity).filter((child) => child !== null && child !== undefined && child !== ""));
    return element;
  };

  page.byId = (id) => document.getElementById(id);

  /** As it is shown: half up to 1 decimal. The rows have 6 decimals, so this is decimal arithmetic. */
  page.shown = (number) => {
    if (number === null || number === undefined) return "none";
    const tenths = Math.floor((Math.round(number * 1e6) + 50000) / 100000);
    const text = (Math.abs(tenths) / 10).toFixed(1);
    return tenths < 0 ? `\u2212${text}` : text;
  };

  page.signed = (number) => {
    const text = page.shown(number);
    return number > 0 && text !== "0.0" ? `+${text}` : text;
  };

  /** A share as percent. Only shares and rates have a percent sign; an index never has. */
  page.percent = (share) => (share === null ? "none" : `${page.shown(share * 100)} %`);

  page.count = (number) => (number === null || number === undefined ? "none" : d3.format(",")(number).replaceAll(",", "\u202f"));

  page.plural = (number, one, many) => `${page.count(number)} ${number === 1 ? one : many}`;

  /** How a p-value is told. */
  page.chance = (p) => (p < 0.0001 ? "p < 0.0001" : `p = ${p.toFixed(4)}`);

  /** A date text as the moment UTC has at its start, so that no time zone of a reader moves it. */
  page.day = (text) => new Date(`${text}T00:00:00Z`);

  const DAY = d3.utcFormat("%-d %b %Y");
  page.dayText = (text) => (text ? DAY(page.day(text)) : "no date");
  page.mondayOf = (text) => d3.utcMonday.floor(page.day(text)).toISOString().slice(0, 10);

  page.DAY_MS = 86400000;

  /** What names a cohort. */
  page.cohortKey = (row) => [row.tenant, row.platform, row.form_version_id, row.content_hash, row.scored_by].join("\u001f");

  const SCORED_BY = { human: ", human", ai: ", AI", ai_edited: ", AI edited by a human", unknown: "" };
  /** Who scored, as the end of a name; nothing where the platform does not say. */
  page.byWhom = (word) => SCORED_BY[word] ?? `, ${word}`;

  const DASHES = { ai: "6 3", ai_edited: "2 3" };
  const SYMBOLS = ["circle", "square", "triangle", "diamond", "star", "wye"];

  /** Colour, symbol and dash of a cohort by its place among the cohorts of its form. */
  page.look = (index, scoredBy) => ({
    colour: `var(--s${(index % 6) + 1})`,
    symbol: SYMBOLS[index % SYMBOLS.length],
    dash: DASHES[scoredBy] ?? null,
  });

  /** A swatch for legends: a piece of line with its symbol. */
  page.swatch = (look, { hollow = false, line = true } = {}) => {
    const kinds = { circle: d3.symbolCircle, square: d3.symbolSquare, triangle: d3.symbolTriangle, diamond: d3.symbolDiamond, star: d3.symbolStar, wye: d3.symbolWye };
    const svg = d3.create("svg").attr("width", 30).attr("height", 14).attr("viewBox", "0 0 30 14").attr("aria-hidden", "true");
    if (line) svg.append("path").attr("d", "M1 7H29").attr("stroke", look.colour).attr("stroke-width", 2).attr("stroke-dasharray", look.dash);
    svg.append("path").attr("transform", "translate(15,7)").attr("d", d3.symbol(kinds[look.symbol], 42)())
      .attr("fill", hollow ? "var(--surface)" : look.colour).attr("stroke", look.colour).attr("stroke-width", 1.5);
    return svg.node();
  };

  /** A box for legends, filled as the bars are. */
  page.box = (className) => {
    const svg = d3.create("svg").attr("width", 18).attr("height", 12).attr("aria-hidden", "true").attr("class", `box ${className}`);
    svg.append("rect").attr("x", 1).attr("y", 1).attr("width", 16).attr("height", 10);
    return svg.node();
  };

  page.legend = (entries) => page.el("ul", { class: "legend" }, entries.map(([mark, words]) => page.el("li", {}, mark, page.el("span", {}, words))));

  /** Joins words as a sentence does. */
  page.listed = (words) => (words.length < 2 ? words.join("") : `${words.slice(0, -1).join(", ")} and ${words.at(-1)}`);

  /** Text cut to a width in letters; the whole of it belongs into a title or table. */
  page.cut = (text, letters) => (text.length <= letters ? text : `${text.slice(0, Math.max(1, letters - 1)).trimEnd()}\u2026`);

  /** Text on so many lines of so many letters, broken between words; what does not fit is cut. */
  page.folded = (text, letters, nLines) => {
    if (nLines === 1 || text.length <= letters) return page.cut(text, letters);
    const at = text.lastIndexOf(" ", letters);
    const end = at > letters / 2 ? at : letters;
    return `${text.slice(0, end).trimEnd()}\n${page.folded(text.slice(end).trimStart(), letters, nLines - 1)}`;
  };

  page.narrow = (width) => width < 560;
})();
