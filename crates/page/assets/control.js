// Chart 7: XmR and p-chart with limits for each cohort. Lines and limits end at a version's boundary and begin anew.

(() => {
  const { el } = page;
  /** Weeks that are too small to be watched: they stand as specks beside the line. */
  const TOO_FEW = "n_too_small";
  const isRate = (chart) => chart.startsWith("p");
  const KINDS = {
    xmr: { title: "XmR: weekly means", unit: "points", value: "value", limits: ["low", "centre", "high"], show: page.shown, term: "control_point.value" },
    range: { title: "Moving range", unit: "points", value: "range", limits: ["range_limit"], show: page.shown, term: "range" },
    p_chart: { title: "p-chart: failed critical questions", unit: "share", value: "value", limits: ["low", "centre", "high"], show: page.percent, term: "control_point.value" },
  };

  const shortSignal = (word) => ({ outside: "outside", range: "range", run: "8 in a row" })[word] ?? word.replaceAll("_", " ");
  const signalsOf = (row, kind) => (row.signals ?? []).filter((word) => (kind === "range") === (word === "range") || kind === "p_chart");

  /** Signals with their rule in words; of several in a row by the same rule only the first is named. */
  const signalled = (points, kind) => {
    let before = "";
    return points.map((row) => {
      const words = signalsOf(row, kind).map(shortSignal).join(", ");
      const name = words === before ? "" : words;
      before = words;
      return { ...row, words, name };
    }).filter((row) => row.words);
  };

  const marksOf = (kind, { cohort, points }) => {
    const { value, limits } = KINDS[kind];
    const { colour, symbol, dash } = cohort.look;
    const drawn = points.filter((row) => row[value] !== null);
    const thin = drawn.filter((row) => row.reason === TOO_FEW);
    const known = drawn.filter((row) => row.reason !== TOO_FEW);
    const signals = signalled(known, kind);
    const step = kind === "p_chart" ? "step" : "linear";
    const limit = (key) => Plot.lineY(known, { x: "at", y: key, stroke: colour, strokeOpacity: 0.75, strokeWidth: key === "centre" ? 1 : 1.4, strokeDasharray: key === "centre" ? null : "6 3", curve: step, className: `limit ${key}` });
    return [
      limits.map(limit),
      Plot.lineY(known, { x: "at", y: value, stroke: colour, strokeWidth: 1.5, strokeDasharray: dash, className: "line" }),
      Plot.dot(known.filter((row) => row.baseline), { x: "at", y: value, symbol, r: 3, fill: "var(--surface)", stroke: colour, strokeWidth: 1.5, className: "baseline" }),
      Plot.dot(known.filter((row) => !row.baseline), { x: "at", y: value, symbol, r: 3, fill: colour, stroke: colour, strokeWidth: 1.5, className: "point" }),
      Plot.dot(thin, { x: "at", y: value, r: 1.8, fill: colour, className: "thin" }),
      Plot.dot(signals, { x: "at", y: value, r: 7.5, fill: "none", stroke: "var(--s2)", strokeWidth: 2.4, className: "signal" }),
      Plot.text(signals.filter((row) => row.name), { x: "at", y: value, text: "name", dy: cohort.scored_by === "human" ? -15 : 17, fontWeight: 600, fill: "var(--ink)", stroke: "var(--surface)", strokeWidth: 4, className: "rule-name" }),
    ];
  };

  const drawing = (kind, series, lines, breaks, span) => (width) => {
    const { value, limits, show, unit } = KINDS[kind];
    const rows = series.flatMap(({ points }) => points);
    const ends = rows.flatMap((row) => [row[value], ...limits.map((key) => row[key])]);
    const domain = kind === "xmr" ? page.extent(ends, 0.12) : [0, (d3.max(ends) || 0.1) * 1.2];
    return page.plot({
      width, height: kind === "range" ? 190 : 300, marginTop: 46, marginLeft: 48, marginBottom: 34,
      x: { type: "utc", label: null, domain: [d3.min([span[0], ...lines.map((line) => line.at)]), +span[1] + page.DAY_MS * 3] },
      y: { domain, grid: true, label: null, tickFormat: (tick) => (unit === "share" ? show(tick) : `${tick}`), ticks: kind === "range" ? 4 : 6 },
      marks: [
        series.map((one) => marksOf(kind, one)),
        page.boundaryMarks(lines, span, width),
        kind === "xmr" ? Plot.dot(breaks, { x: "when", frameAnchor: "bottom", symbol: "triangle", r: 5, dy: -6, fill: "var(--ink)", className: "break" }) : null,
        page.tip(rows.filter((row) => row[value] !== null), { x: "at", y: value, title: (row) => `${page.cohortName(row)}\nweek of ${page.dayText(row.week_start)}\n${show(row[value])}, n ${row.n}${row.baseline ? "\nin the baseline" : ""}${(row.signals ?? []).length ? `\nsignal: ${row.signals.map(shortSignal).join(", ")}` : ""}` }),
      ],
    });
  };

  const legend = (kind, series, breaks) => {
    const ring = d3.create("svg").attr("width", 18).attr("height", 18).attr("aria-hidden", "true");
    ring.append("circle").attr("cx", 9).attr("cy", 9).attr("r", 7).attr("fill", "none").attr("stroke", "var(--s2)").attr("stroke-width", 2.4);
    const line = d3.create("svg").attr("width", 30).attr("height", 14).attr("aria-hidden", "true");
    line.append("path").attr("d", "M1 7H29").attr("stroke", "var(--ink-soft)").attr("stroke-width", 1.4).attr("stroke-dasharray", "6 3");
    return page.legend([
      ...series.map(({ cohort }) => [page.swatch(cohort.look), cohort.name]),
      [page.swatch({ colour: "var(--ink-soft)", symbol: "circle" }, { hollow: true, line: false }), "hollow: in the baseline; speck: too few to be watched"],
      [line.node(), kind === "range" ? "range limit" : "limits"], [ring.node(), "signal, with its rule"],
      ...(kind === "xmr" && breaks.length ? [[page.swatch({ colour: "var(--ink)", symbol: "triangle" }, { line: false }), "change point"]] : []),
    ]);
  };

  const figure = (kind, rows, lines, breaks, cohorts) => {
    const { title, unit, value, term } = KINDS[kind];
    const drawn = rows.filter((row) => row[value] !== null);
    if (drawn.length === 0) return null;
    const byKey = d3.group(rows, page.cohortKey);
    const series = cohorts.filter((cohort) => byKey.has(cohort.key)).map((cohort) => ({ cohort, points: d3.sort(byKey.get(cohort.key), (row) => row.at) }));
    const n = drawn.filter((row) => signalsOf(row, kind).length).length;
    return page.figure({
      name: `control-${kind}`, title,
      about: [`${page.formText()}, ${page.scopeText()}, ${page.periodText()}. Unit: `, page.number(unit, term), `; ${page.plural(drawn.length, "week", "weeks")}, `, page.number(`n ${page.count(d3.sum(drawn, (row) => row.n))}`, "control_point.n"), " assessments. ", page.term("Limits", "control_point.low"), ` are frozen after ${page.setting("baseline_points", 8)} weeks of each cohort.`],
      sentence: `${title} of ${page.formText()}: ${page.plural(drawn.length, "point", "points")} in ${page.plural(series.length, "cohort", "cohorts")}, ${page.plural(n, "signal", "signals")}.`,
      legend: legend(kind, series, breaks),
      draw: drawing(kind, series, lines, breaks, d3.extent(rows, (row) => row.at)),
      notes: [kind === "range" ? null : page.withheld(rows, "week has no limits", "weeks have no limits")],
      tables: [["control_point", rows]],
    });
  };

  const day = (text) => /^\d{4}-\d\d-\d\d/.test(text ?? "");

  const alarmList = (alarms) => {
    if (alarms.length === 0) return el("p", { class: "said" }, "No alarm in this scope and period.");
    const items = d3.sort(alarms, (a, b) => d3.descending(a.at, b.at)).map((row) => el("li", {}, el("strong", {}, `${page.cohortName(row)}: `), `${day(row.at) ? `week of ${page.dayText(row.at.slice(0, 10))}, ` : ""}${row.sentence ?? page.wordName(row.test)}`));
    return el("div", { class: "said" }, el("h3", {}, page.plural(alarms.length, "alarm", "alarms")), el("ul", { class: "alarms" }, items));
  };

  page.chart("control-figures", () => {
    const where = page.where(...page.WHOLE);
    const { tenant, platform, form } = page.state();
    const rows = page.select("control_point", where, (row) => page.inPeriod(row.week_start));
    const alarms = page.select("alarm", where, (row) => !row.test.startsWith("agent") && (!day(row.at) || page.inPeriod(page.mondayOf(row.at.slice(0, 10)))));
    if (rows.length === 0) return page.noMatch("are no control charts");
    page.placeWeeks(rows, where);
    const lines = page.boundaries(where);
    const cohorts = page.cohorts(tenant, platform, form);
    const breaks = alarms.filter((row) => row.test === "level_shift" && day(row.at)).map((row) => ({ when: page.midweek(page.mondayOf(row.at.slice(0, 10))) }));
    const means = rows.filter((row) => !isRate(row.chart));
    const rates = rows.filter((row) => isRate(row.chart));
    const made = [figure("xmr", means, lines, breaks, cohorts), figure("range", means, lines, breaks, cohorts), figure("p_chart", rates, lines, breaks, cohorts)];
    return [alarmList(alarms), alarms.length ? page.dataTable("alarm", alarms, "Alarms") : null, made.some(Boolean) ? made : page.noMatch("are no weeks with a value")];
  });
})();
