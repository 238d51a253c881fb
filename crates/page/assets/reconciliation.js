// Chart 6: what was extracted against what the console counts, and where records were left on the way.

(() => {
  const { el } = page;
  const STREAMS = { assessments: "Assessments", feedback: "Feedback" };
  const WORST_FIRST = ["alert", "excess", "unverified", "ok"];
  const HIDDEN = /none of its records is visible|hidden from|lacks it|not granted|permission|redacted/;
  const TOTAL = "*";
  const CAP = 1.25;

  const isRed = (row) => row.verdict === "alert" || row.verdict === "excess";
  const isHidden = (row) => row.reported !== null && row.extracted < row.reported && HIDDEN.test(row.cause ?? "");

  const nameOf = (row, several) => {
    const kinds = ["division", "site", "queue"].map((kind) => page.scopeName(row.tenant, kind, row.scope_id)).find((name) => name !== row.scope_id);
    const name = row.scope_id === TOTAL ? "In total" : kinds ?? row.scope_id;
    return several ? `${name}, ${row.date_from || "start"} to ${row.date_to || "now"}` : name;
  };

  /** Lengths are shares of the console's own count, so that a small division is seen like a large one. */
  const measured = (row, name, index) => {
    const share = row.reported === null ? 1 : row.reported === 0 ? (row.extracted === 0 ? 1 : CAP) : Math.min(CAP, row.extracted / row.reported);
    return { row, name, share, place: `${index}` };
  };

  const told = (row) => (row.reported === null ? `${page.count(row.extracted)}, no console figure` : `${page.count(row.extracted)} of ${page.count(row.reported)}`);

  const drawing = (lines, threshold) => (width) => {
    const filled = (test) => lines.filter((line) => test(line.row));
    const bar = (own, options) => Plot.barX(own, { x1: 0, x2: "share", y: "place", insetTop: 19, insetBottom: 4, ...options });
    const outlined = filled((row) => row.reported !== null);
    return page.plot({
      width, height: lines.length * 42 + 40, marginLeft: 10, marginRight: 2, marginTop: 4, marginBottom: 34,
      x: { domain: [0, CAP], label: "share of the console's count", labelAnchor: "center", labelArrow: "none", labelOffset: 32, tickFormat: (share) => `${Math.round(share * 100)} %`, ticks: [0, 0.25, 0.5, 0.75, 1, 1.25], insetRight: 14 },
      y: { type: "band", domain: lines.map((line) => line.place), axis: null, padding: 0.05 },
      marks: [
        bar(filled((row) => row.verdict === "ok"), { fill: "var(--s1)", className: "extracted ok" }),
        bar(filled(isRed), { fill: "url(#alert)", className: "extracted red" }),
        bar(filled((row) => row.verdict === "unverified"), { fill: "url(#stripe)", stroke: "var(--grey)", className: "extracted unverified" }),
        Plot.barX(filled(isHidden), { x1: "share", x2: 1, y: "place", insetTop: 19, insetBottom: 4, fill: "url(#hatch)", className: "hidden" }),
        Plot.barX(outlined, { x1: 0, x2: 1, y: "place", insetTop: 18, insetBottom: 3, fill: "none", stroke: (line) => (isRed(line.row) ? "var(--red)" : "var(--ink)"), strokeWidth: (line) => (isRed(line.row) ? 2.2 : 1.3), className: "console" }),
        Plot.tickX(outlined, { x: threshold / 100, y: "place", insetTop: 14, insetBottom: 0, stroke: "var(--ink)", strokeWidth: 2, className: "threshold" }),
        Plot.text(lines, { x: 0, y: "place", text: (line) => page.cut(line.name, page.narrow(width) ? 22 : 60), textAnchor: "start", dy: -11, fontWeight: 600, className: "name" }),
        [true, false].map((red) => Plot.text(filled((row) => isRed(row) === red), { x: CAP, y: "place", text: (line) => `${told(line.row)}: ${line.row.verdict}`, textAnchor: "end", dx: 12, dy: -11, fontWeight: red ? 700 : 400, fontVariant: "tabular-nums", className: "told" })),
      ],
    });
  };

  const legend = (threshold) => page.legend([
    [page.box("console"), "counted by the console"], [page.box("ok"), "extracted"], [page.box("red"), "extracted: alert or excess"],
    [page.box("unverified"), "unverified: nothing to compare with"], [page.box("hidden"), "hidden from us"], [thresholdSwatch(), `${threshold} %`],
  ]);

  const thresholdSwatch = () => {
    const svg = d3.create("svg").attr("width", 8).attr("height", 14).attr("aria-hidden", "true");
    svg.append("path").attr("d", "M4 0V14").attr("stroke", "var(--ink)").attr("stroke-width", 2);
    return svg.node();
  };

  const compared = (stream, rows, threshold) => {
    const several = new Set(rows.map((row) => `${row.date_from} ${row.date_to}`)).size > 1;
    const order = (row) => [row.scope_id === TOTAL ? 0 : 1, WORST_FIRST.indexOf(row.verdict)];
    const sorted = d3.sort(rows, (a, b) => order(a)[0] - order(b)[0] || order(a)[1] - order(b)[1] || d3.ascending(nameOf(a), nameOf(b)) || d3.ascending(a.date_from, b.date_from));
    const lines = sorted.map((row, index) => measured(row, nameOf(row, several), index));
    const worst = WORST_FIRST.find((verdict) => rows.some((row) => row.verdict === verdict));
    const counts = WORST_FIRST.map((verdict) => [verdict, rows.filter((row) => row.verdict === verdict).length]).filter(([, n]) => n > 0);
    const causes = sorted.filter((row) => row.cause).map((row) => el("li", {}, el("strong", {}, `${nameOf(row, several)}, ${row.verdict}: `), row.cause, "."));
    const [first] = rows;
    return page.figure({
      name: "reconciliation",
      title: `${STREAMS[stream] ?? stream}: ${worst}`,
      about: [`Tenant ${first.tenant}, ${several ? "dates beside each name" : `${first.date_from || "start"} to ${first.date_to || "now"}`}. Unit: `, page.number("records", "extracted"), "; the total is a count of its own, not the sum of the divisions."],
      sentence: `Extracted against counted ${stream}: ${counts.map(([verdict, n]) => `${n} ${verdict}`).join(", ")}.`,
      legend: legend(threshold), draw: drawing(lines, threshold),
      notes: [el("p", {}, page.term(`${page.wordText(worst).replace(/^./, (letter) => letter.toUpperCase())}.`, "reconciliation.verdict")), causes.length ? el("ul", {}, causes) : null],
      tables: [["reconciliation", sorted]],
    });
  };

  const difference = (lost) => (lost > 0 ? `${page.count(lost)} fewer` : `${page.count(-lost)} more`);

  /** Steps from the console to what is published; what is lost at a step is hatched. */
  const stepsDrawing = (rows) => (width) => {
    const most = d3.max(rows, (row) => row.n + (row.n_lost ?? 0)) || 1;
    const known = rows.filter((row) => row.n !== null).map((row) => ({ ...row, place: `${row.ordinal}`, before: row.n + (row.n_lost ?? 0) }));
    return page.plot({
      width, height: rows.length * 38 + 40, marginLeft: 2, marginRight: 14, marginTop: 4, marginBottom: 34,
      x: { domain: [0, most], label: "records", labelAnchor: "center", labelArrow: "none", labelOffset: 32, ticks: page.narrow(width) ? 4 : 8 },
      y: { type: "band", domain: rows.map((row) => `${row.ordinal}`), axis: null, padding: 0.05 },
      marks: [
        Plot.barX(known, { x1: 0, x2: "n", y: "place", insetTop: 18, insetBottom: 4, fill: "var(--s1)", className: "step" }),
        Plot.barX(known.filter((row) => row.n_lost > 0), { x1: "n", x2: "before", y: "place", insetTop: 18, insetBottom: 4, fill: "url(#hatch)", stroke: "var(--grey)", className: "lost" }),
        Plot.text(rows, { x: 0, y: (row) => `${row.ordinal}`, text: stepName, textAnchor: "start", dy: -9, fontWeight: 600 }),
        Plot.text(rows, { x: most, y: (row) => `${row.ordinal}`, text: (row) => `${page.count(row.n)}${row.n_lost ? `, ${difference(row.n_lost)}` : ""}`, textAnchor: "end", dy: -9, fontVariant: "tabular-nums" }),
      ],
    });
  };

  /** Several steps may leave records out, each for its own reason. */
  const stepName = (row) => page.wordName(row.step) + (row.step === "left_out" && row.reason ? `: ${row.reason.replaceAll("_", " ")}` : "");

  /** Losses add up, or it is said where they do not. */
  const gaps = (rows) => d3.pairs(rows).filter(([before, row]) => before.n - (row.n_lost ?? 0) !== row.n)
    .map(([before, row]) => el("p", { class: "caution" }, `From ${stepName(before)} to ${stepName(row)} the losses do not add up: ${page.count(before.n)} less ${page.count(row.n_lost ?? 0)} is not ${page.count(row.n)}. The two were counted apart.`));

  const steps = (rows) => {
    const sorted = d3.sort(rows, (row) => row.ordinal);
    const lost = d3.sum(sorted, (row) => row.n_lost ?? 0);
    const losses = sorted.filter((row) => row.n_lost).map((row) => el("li", {}, `${stepName(row)}: `, page.number(difference(row.n_lost), "n_lost"), `, ${page.reasonWords(row.reason).map(page.reason).join("; ") || "no reason was given"}.`));
    return page.figure({
      name: "waterfall",
      title: "Where records were left",
      about: [`Tenant ${rows[0].tenant}. Unit: `, page.number("records", "waterfall.n"), " of assessments, step by step."],
      sentence: `From ${page.count(sorted[0].n)} records at ${page.wordName(sorted[0].step)} to ${page.count(sorted.at(-1).n)} at ${page.wordName(sorted.at(-1).step)}, ${page.count(lost)} were left.`,
      draw: stepsDrawing(sorted),
      notes: [gaps(sorted), losses.length ? el("ul", { class: "reasons" }, losses) : el("p", {}, "Nothing was left on the way.")],
      tables: [["waterfall", sorted]],
    });
  };

  page.chart("reconciliation-figures", () => {
    const { tenant, scope_id } = page.state();
    const threshold = page.setting("alert_below_percent", 95);
    const rows = page.select("reconciliation", { tenant }, (row) => scope_id === TOTAL || row.scope_id === TOTAL || row.scope_id === scope_id);
    const left = page.select("waterfall", { tenant });
    const streams = d3.groups(rows, (row) => row.stream).map(([stream, own]) => compared(stream, own, threshold));
    return [
      rows.length === 0 ? page.nothing(`No reconciliation of tenant ${tenant} is in this report: nothing says how much the console counts.`) : el("div", { class: "pair" }, streams),
      left.length ? steps(left) : null,
    ];
  });
})();
