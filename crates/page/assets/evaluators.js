// Chart 3: leniency of evaluators, an island a figure: effects of two islands are not comparable.

(() => {
  const { el } = page;
  const ALL = "*";
  const formOf = (row) => (row.form_id === ALL ? "All forms" : page.formText());
  const nameOf = (row) => row.evaluator_name || row.evaluator_id;

  const drawing = (rows, domain, most) => (width) => {
    const narrow = page.narrow(width);
    const letters = narrow ? 15 : 28;
    const longest = Math.min(letters, most);
    return page.plot({
      width, height: rows.length * 22 + 62, marginLeft: Math.max(60, longest * 7.1 + 12), marginRight: 52, marginTop: 26, marginBottom: 36,
      x: { domain, grid: true, label: "points, right is lenient", labelAnchor: "center", labelArrow: "none", labelOffset: 32, ticks: narrow ? 5 : 9 },
      y: { type: "band", domain: rows.map((row) => row.evaluator_id), label: null, tickSize: 0, padding: 0.35, tickFormat: (id) => page.cut(nameOf(rows.find((row) => row.evaluator_id === id)), letters) },
      marks: [
        Plot.ruleX([0], { stroke: "var(--ink-soft)" }),
        Plot.ruleY(rows, { x1: "low", x2: "high", y: "evaluator_id", stroke: "var(--s1)", strokeWidth: 3, strokeOpacity: 0.55, className: "bar" }),
        Plot.tickX(rows.filter((row) => row.raw_deviation !== null), { x: "raw_deviation", y: "evaluator_id", stroke: "var(--ink-soft)", strokeWidth: 1.4, className: "raw" }),
        Plot.dot(rows, { x: "leniency", y: "evaluator_id", r: 4, fill: "var(--s1)", stroke: "var(--surface)", className: "effect" }),
        Plot.text(rows, { y: "evaluator_id", text: (row) => page.count(row.n), frameAnchor: "right", textAnchor: "end", dx: 44, fontVariant: "tabular-nums", className: "n" }),
        Plot.text(["n"], { text: (word) => word, frameAnchor: "top-right", textAnchor: "end", dx: 44, dy: -14, fill: "var(--ink-soft)" }),
        page.tip(rows, { x: "leniency", y: "evaluator_id", title: (row) => `${nameOf(row)}\nleniency ${page.signed(row.leniency)} points\n${page.interval(row.low, row.high, page.signed)}\nraw deviation ${page.signed(row.raw_deviation)}\nn ${row.n}, ${page.plural(row.n_agents, "agent", "agents")}` }),
      ],
    });
  };

  const rawSwatch = () => {
    const svg = d3.create("svg").attr("width", 14).attr("height", 14).attr("aria-hidden", "true");
    svg.append("path").attr("d", "M7 1V13").attr("stroke", "var(--ink-soft)").attr("stroke-width", 1.5);
    return svg.node();
  };

  const island = (rows, number, nIslands, domain, most) => {
    const sorted = d3.sort(rows, (row) => -row.leniency);
    const [first] = rows;
    const [top, bottom] = [sorted[0], sorted.at(-1)];
    const alone = nIslands > 1 ? `Island ${number} of ${nIslands}: comparable only with each other. ` : "";
    return page.figure({
      name: "evaluators",
      title: `${formOf(first)}${page.byWhom(first.scored_by)}${nIslands > 1 ? `: island ${number}` : ""}`,
      about: [alone, page.term("Leniency", "leniency"), ` in points with 95 % bars, over all versions, tenant ${first.tenant}, ${page.dayText(first.span_from)} to ${page.dayText(first.span_to)}. `, page.number(`n ${page.count(d3.sum(rows, (row) => row.n))}`, "n"), " assessments."],
      sentence: `Leniency of ${page.plural(rows.length, "evaluator", "evaluators")}, from ${nameOf(bottom)} at ${page.signed(bottom.leniency)} to ${nameOf(top)} at ${page.signed(top.leniency)} points.`,
      legend: page.legend([[page.swatch({ colour: "var(--s1)", symbol: "circle", dash: null }), "leniency with 95 % interval"], [rawSwatch(), "raw deviation"]]),
      draw: drawing(sorted, domain, most),
      notes: [variances(first)],
      tables: [["evaluator_leniency", sorted]],
    });
  };

  const variances = (row) => (row.variance_agent === null ? null : el("p", {}, "Of the variance of scores, in points squared: agents ", page.number(page.shown(row.variance_agent), "variance_agent"), ", evaluators ", page.number(page.shown(row.variance_evaluator), "variance_evaluator"), ", everything else ", page.number(page.shown(row.variance_rest), "variance_rest"), "."));

  const withheldNames = (rows) => {
    const byReason = d3.group(rows, (row) => page.reasonWords(row.reason).join(" ") || "none");
    const lines = [...byReason].map(([words, own]) => el("li", {}, `${page.listed(own.map((row) => `${nameOf(row)} (n ${row.n})`))}: ${words.split(" ").map(page.reason).join("; ")} (`, el("code", {}, words), ")."));
    return [el("div", { class: "said" }, el("p", {}, "Without a published effect:"), el("ul", { class: "reasons" }, lines)), page.dataTable("evaluator_leniency", rows, "Evaluators without a published effect")];
  };

  page.chart("evaluators-figures", () => {
    const { form } = page.state();
    const all = page.select("evaluator_leniency", page.where("platform", "tenant"), (row) => row.form_id === ALL || row.form_id === form);
    if (all.length === 0) return page.nothing("Nothing to draw: the assessments of this tenant name no evaluators.");
    return d3.groups(all, (row) => row.scored_by).map(([, rows]) => {
      const known = rows.filter((row) => row.leniency !== null);
      const unknown = rows.filter((row) => row.leniency === null);
      const islands = d3.groups(known, (row) => row.island_id).sort((a, b) => b[1].length - a[1].length);
      const domain = page.extent([0, ...known.flatMap((row) => [row.low, row.high, row.leniency, row.raw_deviation])]);
      return [
        islands.map(([, own], index) => island(own, index + 1, islands.length, domain, d3.max(known, (row) => nameOf(row).length))),
        known.length === 0 ? page.nothing("No evaluator has a published effect.") : null,
        unknown.length ? withheldNames(unknown) : null,
      ];
    });
  });
})();
