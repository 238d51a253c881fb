// Chart 1: weekly means by version cohort, with band, boundaries and chained index. No line joins two cohorts.

(() => {
  const { el } = page;

  /** When versions began, in this scope and period: from the change splits, else from the cohorts' own first dates. */
  page.boundaries = (where) => {
    const found = new Map();
    const add = (date, name) => date && found.set(date, new Set([...(found.get(date) ?? []), name]));
    const told = new Set();
    for (const row of page.select("change_split", where)) {
      const to = { ...row, form_version_id: row.to_version_id, content_hash: row.to_hash };
      told.add(page.cohortKey(to));
      add(row.boundary_date, page.versionName(to));
    }
    for (const instrument of d3.group(page.select("cohort", where), (row) => row.scored_by).values()) {
      const sorted = d3.sort(instrument, (row) => row.first_date);
      for (const row of sorted.slice(1)) if (!told.has(page.cohortKey(row))) add(row.first_date, page.versionName(row));
    }
    const dates = d3.sort([...found], ([date]) => date).filter(([date]) => page.inPeriod(page.mondayOf(date)));
    return dates.map(([date, names]) => ({ date, at: page.day(date), name: [...names].join(", ") }));
  };

  const inWeek = (week, life) => {
    const start = Math.max(+page.day(week), life?.first_date ? +page.day(life.first_date) : -Infinity);
    const end = Math.min(+page.day(week) + 7 * page.DAY_MS, life?.last_date ? +page.day(life.last_date) + page.DAY_MS : Infinity);
    return new Date(start < end ? (start + end) / 2 : +page.day(week) + 3.5 * page.DAY_MS);
  };

  /** Puts each point into the middle of those days of its week that its cohort lived, so that it stands on its side of a boundary. */
  page.placeWeeks = (rows, where) => {
    const lives = new Map(page.select("cohort", where).map((row) => [page.cohortKey(row), row]));
    for (const row of rows) row.at = inWeek(row.week_start, lives.get(page.cohortKey(row)));
  };

  page.midweek = (week) => inWeek(week, null);

  /** Named vertical lines; names that would touch stand on two levels, and those far right end at their line. */
  page.boundaryMarks = (lines, span, width) => {
    const letters = page.narrow(width) ? 16 : 30;
    const pixels = (days) => (days / (span[1] - span[0])) * width;
    lines.forEach((line, index) => {
      const before = lines[index - 1];
      const touches = before && before.level === 0 && pixels(line.at - before.at) < Math.min(letters, before.name.length) * 8;
      line.level = touches ? 1 : 0;
    });
    const isLate = (line) => line.at - span[0] > (span[1] - span[0]) * 0.7;
    const names = (own, level, anchor) => Plot.text(own.filter((line) => line.level === level), {
      x: "at", text: (line) => page.cut(line.name, letters), frameAnchor: "top", textAnchor: anchor, lineAnchor: "bottom",
      dx: anchor === "start" ? -2 : 2, dy: -4 - 14 * level, fontWeight: 600, className: "boundary-name",
    });
    const sides = [[lines.filter((line) => !isLate(line)), "start"], [lines.filter(isLate), "end"]];
    return [
      Plot.ruleX(lines, { x: "at", stroke: "var(--ink)", strokeWidth: 1.1, strokeDasharray: "2 3", insetTop: -4, className: "boundary" }),
      sides.flatMap(([own, anchor]) => [0, 1].map((level) => names(own, level, anchor))),
    ];
  };

  const marksOf = ({ cohort, points }) => {
    const { colour, symbol, dash } = cohort.look;
    const known = points.filter((row) => row.mean !== null);
    const dot = { x: "at", y: "mean", symbol, r: 3.6, stroke: colour, strokeWidth: 1.6 };
    return [
      Plot.areaY(points, { x: "at", y1: "low", y2: "high", fill: colour, fillOpacity: 0.15, className: "band" }),
      Plot.lineY(points, { x: "at", y: "mean", stroke: colour, strokeWidth: 2, strokeDasharray: dash, className: "line" }),
      Plot.dot(known.filter((row) => !row.provisional), { ...dot, fill: colour, className: "firm" }),
      Plot.dot(known.filter((row) => row.provisional), { ...dot, fill: "var(--surface)", className: "hollow" }),
    ];
  };

  /** The index of each cohort over its life in the period: a level, not a line from one version to the next. */
  const indexRows = (where, span) => page.select("cohort", where, (row) => row.index !== null && row.first_date && row.last_date)
    .map((row) => ({ ...row, x1: d3.max([page.day(row.first_date), span[0]]), x2: d3.min([page.day(row.last_date), span[1]]) }))
    .filter((row) => row.x1 <= row.x2);

  const told = (row) => `${page.cohortName(row)}\nweek of ${page.dayText(row.week_start)}\nmean ${page.shown(row.mean)} points (${page.interval(row.low, row.high)})\nn ${row.n}, ${page.plural(row.n_agents, "agent", "agents")}${row.provisional ? ", provisional" : ""}`;

  const drawing = ({ rows, series, lines, index, span }) => (width) => page.plot({
    width,
    height: page.narrow(width) ? 300 : 380,
    marginTop: 46, marginLeft: 40, marginBottom: 34,
    x: { type: "utc", label: null, domain: [d3.min([span[0], ...lines.map((line) => line.at)]), +span[1] + page.DAY_MS * 3] },
    y: { label: null, domain: page.extent([...rows.flatMap((row) => [row.mean, row.low, row.high]), ...index.map((row) => row.index)]), grid: true, nice: true },
    marks: [
      Plot.ruleY(index, { x1: "x1", x2: "x2", y: "index", stroke: "var(--grey)", strokeWidth: 1.3, className: "index" }),
      series.map(marksOf),
      page.boundaryMarks(lines, span, width),
      page.tip(rows.filter((row) => row.mean !== null), { x: "at", y: "mean", title: told }),
    ],
  });

  const indexSwatch = () => {
    const svg = d3.create("svg").attr("width", 30).attr("height", 14).attr("aria-hidden", "true");
    svg.append("path").attr("d", "M1 7H29").attr("stroke", "var(--grey)").attr("stroke-width", 1.4);
    return svg.node();
  };

  const legend = (series, index) => page.legend([
    ...series.map(({ cohort, points }) => [page.swatch(cohort.look), `${cohort.name}, n ${page.count(d3.sum(points, (row) => row.n))}`]),
    [page.swatch({ colour: "var(--ink-soft)", symbol: "circle" }, { hollow: true, line: false }), `hollow: provisional, n below ${page.setting("provisional_below", 10)}`],
    ...(index.length ? [[indexSwatch(), "chained index of the version, points"]] : []),
  ]);

  const sentence = ({ rows, series, lines }) => {
    const known = rows.filter((row) => row.mean !== null);
    const [low, high] = d3.extent(known, (row) => row.mean);
    return `Weekly means of ${page.formText()}, ${page.scopeText()}: ${page.plural(series.length, "cohort", "cohorts")}, ${page.plural(known.length, "weekly mean", "weekly means")} between ${page.shown(low)} and ${page.shown(high)} points, ${page.plural(lines.length, "change of version", "changes of version")}.`;
  };

  page.chart("trend-figures", () => {
    const where = page.where(...page.WHOLE);
    const { tenant, platform, form } = page.state();
    const rows = page.select("trend_cohort", where, (row) => page.inPeriod(row.week_start));
    const withheld = page.withheld(rows, "week lacks its mean or its interval", "weeks lack their mean or their interval");
    if (!rows.some((row) => row.mean !== null)) return [page.noMatch("are no weekly means"), withheld];
    page.placeWeeks(rows, where);
    const byKey = d3.group(rows, page.cohortKey);
    const series = page.cohorts(tenant, platform, form).filter((cohort) => byKey.has(cohort.key))
      .map((cohort) => ({ cohort, points: d3.sort(byKey.get(cohort.key), (row) => row.at) }));
    const span = d3.extent(rows, (row) => row.at);
    const parts = { rows, series, span, lines: page.boundaries(where), index: indexRows(where, span) };
    const verdicts = page.select("trend_verdict", where);
    return page.figure({
      name: "trend",
      title: `${page.formText()}: ${page.scopeText()}`,
      about: [page.term("Mean", "mean"), " in points, 100 is the whole form; the axis does not begin at 0. ",
        page.number(`n ${page.count(d3.sum(rows, (row) => row.n))}`, "n"), ` assessments, ${page.periodText()}. Band: `, page.term("95 % interval", "low"), "."],
      sentence: sentence(parts),
      legend: legend(series, parts.index),
      draw: drawing(parts),
      notes: [
        verdicts.map((row) => el("p", {}, `Trend over all versions and weeks${page.byWhom(row.scored_by)}: `, page.verdict(row), ".")),
        withheld,
      ],
      tables: [["trend_cohort", rows], ["cohort", page.select("cohort", where)], ["trend_verdict", verdicts]],
    });
  });
})();
