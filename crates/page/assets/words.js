// Words: every number's definition, every reason as a sentence, and the section that lists them.

(() => {
  const { el } = page;
  const words = JSON.parse(page.byId("words").textContent);
  const settings = new Map();

  page.setting = (name, fallback) => {
    const value = settings.get(name);
    const number = Number(value);
    return value === undefined || value === "" || Number.isNaN(number) ? fallback : number;
  };

  page.settingWord = (name, fallback) => settings.get(name) ?? fallback;

  page.takeSettings = (all) => Object.entries(all).forEach(([name, value]) => settings.set(name, value));

  /** The key of the definition of a column: its own in that table, else the one that all tables share. */
  page.termOf = (table, column) => [`${table}.${column}`, column].find((key) => key in words.columns) ?? null;

  const anchor = (key) => `def-${key.replaceAll(".", "-")}`;

  /** Words that lead to a definition. */
  page.term = (text, key) => (key in words.columns ? el("a", { class: "term", href: `#${anchor(key)}`, title: words.columns[key].text }, text) : text);

  /** A number that leads to its definition. */
  page.number = (text, key) => el("a", { class: "number", href: `#${anchor(key)}`, title: words.columns[key]?.text }, text);

  /** A reason as words for a sentence; an unknown one as it is. */
  page.reason = (word) => words.reasons[word] ?? `for the reason \`${word}\``;

  /** What a word of a table means: its name, a colon, a sentence. An unknown one is as it is. */
  page.wordText = (word) => words.words[word] ?? word;
  page.wordName = (word) => page.wordText(word).split(":")[0];

  /** Reads a cell of reasons: a word, several with spaces or commas, or a list. */
  page.reasonWords = (cell) => {
    if (Array.isArray(cell)) return cell;
    return cell === null || cell === undefined ? [] : String(cell).split(/[\s,;]+/).filter(Boolean);
  };

  /** A list that says how many of some things are withheld, and why. `of` gives the reasons of a row. */
  page.withheld = (rows, one, many, of = (row) => row.reason) => {
    const counts = new Map();
    for (const row of rows) for (const word of page.reasonWords(of(row))) counts.set(word, (counts.get(word) ?? 0) + 1);
    if (counts.size === 0) return null;
    const lines = [...counts].sort((a, b) => b[1] - a[1]).map(([word, n]) =>
      el("li", {}, `${page.plural(n, one, many)}: ${page.reason(word)} (`, el("code", {}, word), ")."));
    return el("ul", { class: "reasons" }, lines);
  };

  const ruleOf = (entry) => {
    if (!entry.rule) return null;
    const value = settings.get(entry.rule);
    return el("p", { class: "rule" }, "House rule ", el("code", {}, entry.rule), value === undefined ? "." : ` = ${value}.`);
  };

  /** The section that every number leads to. */
  page.drawDefinitions = () => {
    const entries = Object.entries(words.columns).sort((a, b) => d3.ascending(a[1].title.toLowerCase(), b[1].title.toLowerCase()));
    const terms = entries.map(([key, entry]) => el("div", { id: anchor(key), class: "definition", tabindex: "-1" },
      el("dt", {}, entry.title, " ", el("code", {}, key)),
      el("dd", {}, el("p", {}, entry.text), entry.formula ? el("p", { class: "formula" }, entry.formula) : null, ruleOf(entry))));
    const pairs = (all) => el("dl", { class: "words" }, Object.entries(all).map(([word, sentence]) =>
      el("div", {}, el("dt", {}, el("code", {}, word)), el("dd", {}, sentence))));
    const rules = [...settings].map(([name, value]) => el("div", {}, el("dt", {}, el("code", {}, name)), el("dd", {}, value)));
    page.byId("definitions-list").replaceChildren(
      el("h3", {}, "Numbers and columns"), el("dl", { class: "definitions" }, terms),
      el("h3", {}, "Why a number is withheld"), pairs(words.reasons),
      el("h3", {}, "Other words in the tables"), pairs(words.words),
      ...(rules.length ? [el("h3", {}, "House rules in force"), el("dl", { class: "words" }, rules)] : []));
  };
})();
