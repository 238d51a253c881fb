// Chart 8: how long after a record was made it was last edited, against the span that is read again.

(() => {
  const { el } = page;
  const HOURS = [[1, "1 h"], [4, "4 h"], [24, "1 d"], [72, "3 d"], [168, "7 d"], [720, "30 d"], [2400, "100 d"]];
  const LAST = 2400;
  const STREAMS = { assessments: "assessments", feedback: "feedback" };

  const spelled = (hours) => (hours < 48 ? `${page.shown(hours).replace(/\.0$/, "")} h` : `${page.shown(hours / 24).replace(/\.0$/, "")} d`);

  /** What is known at a moment: the last step at or before it. */
  const stepAt = (rows, hours) => rows.filter((row) => row.hours <= hours).at(-1) ?? null;

  const drawing = (series, reread) => (width) => page.plot({
    width, height: page.narrow(width) ? 260 : 300, marginTop: 30, marginLeft: 52, marginRight: 20, marginBottom: 40,
    x: { type: "log", domain: [1, LAST], axis: null },
    y: { domain: [0, 1], grid: true, label: null, tickFormat: (share) => `${Math.round(share * 100)} %` },
    marks: [
      Plot.gridX(HOURS, { x: ([hours]) => hours }),
      Plot.axisX(HOURS, { x: ([hours]) => hours, text: ([, name]) => name, label: "from made to last edited", labelAnchor: "center", labelArrow: "none", labelOffset: 36 }),
      series.map(({ look, drawn }) => [
        Plot.lineY(drawn, { x: "hours", y: "share", curve: "step-after", stroke: look.colour, strokeWidth: 2.2, strokeDasharray: look.dash, className: "ecdf" }),
        page.tip(drawn, { x: "hours", y: "share", title: (row) => `${STREAMS[row.stream] ?? row.stream}\n${page.percent(row.share)} of edits within ${spelled(row.hours)}` }),
      ]),
      reread === null ? null : [
        Plot.ruleX([reread], { stroke: "var(--ink)", strokeWidth: 1.6, className: "reread" }),
        Plot.text([`read again: ${spelled(reread)}`], { x: reread, text: (words) => words, frameAnchor: "top", lineAnchor: "bottom", dy: -5, fontWeight: 600, textAnchor: reread > 240 ? "end" : "start", dx: reread > 240 ? 2 : -2 }),
      ],
    ],
  });

  const after = (stream, rows, reread) => {
    const step = stepAt(rows, reread);
    const share = 1 - (step?.share ?? 0);
    const at = step && step.hours !== reread ? `, counted at ${spelled(step.hours)}` : "";
    return el("p", {}, `${stream[0].toUpperCase()}${stream.slice(1)}: `, page.number(page.percent(share), "share"), ` of edits came after the span that is read again${at}.`);
  };

  page.chart("lag-figures", () => {
    const { tenant, platform } = page.state();
    const all = page.select("edit_lag", { tenant, platform });
    if (all.length === 0) return page.nothing(`Nothing to draw: no record of tenant ${tenant} was edited after it was made.`);
    const reread = page.reread[tenant] ?? null;
    const series = d3.groups(all, (row) => row.stream).map(([stream, own], index) => {
      const rows = d3.sort(own.filter((row) => row.hours !== null), (row) => row.hours);
      const inside = rows.filter((row) => row.hours >= 1 && row.hours <= LAST);
      const before = stepAt(rows, 1) ?? { ...own[0], share: 0 };
      return { stream, rows, n: d3.max(own, (row) => row.n_edited), look: { ...page.look(index), dash: index ? "6 3" : null }, drawn: [{ ...before, hours: 1 }, ...inside, { ...(inside.at(-1) ?? before), hours: LAST }] };
    });
    const shares = series.map(({ stream, rows }) => `${page.percent(stepAt(rows, reread ?? LAST)?.share ?? 0)} of ${stream}`);
    return page.figure({
      name: "lag",
      title: "Edits after a record was made",
      about: [`Tenant ${tenant}. Unit: `, page.term("share of edited records", "share"), "; ", series.map(({ stream, n }, index) => [index ? ", " : "", `${stream} `, page.number(`n ${page.count(n)}`, "n_edited")]), ". Log axis."],
      sentence: reread === null ? `Edit lag of ${page.listed(series.map(({ stream }) => stream))}; no span of reading again is known.` : `Within the ${spelled(reread)} that are read again came the edits of ${page.listed(shares)}.`,
      legend: page.legend(series.map(({ stream, look }) => [lineSwatch(look), STREAMS[stream] ?? stream])),
      draw: drawing(series, reread),
      notes: [reread === null ? el("p", {}, "The span that is read again is not known for this tenant.") : series.map(({ stream, rows }) => after(stream, rows, reread))],
      tables: [["edit_lag", all]],
    });
  });

  const lineSwatch = ({ colour, dash }) => {
    const svg = d3.create("svg").attr("width", 30).attr("height", 14).attr("aria-hidden", "true");
    svg.append("path").attr("d", "M1 7H29").attr("stroke", colour).attr("stroke-width", 2.2).attr("stroke-dasharray", dash);
    return svg.node();
  };
})();
