// Chart 9: one agent's card: the shrunken score, what it was pulled to and why, and the last assessments.

(() => {
  const { el } = page;
  const LAST = 5;
  let chosen = null;

  const drawing = (row, recent) => (width) => {
    const own = recent.filter((one) => one.normalized_score !== null && one.form_version_id === row.form_version_id && one.scored_by === row.scored_by);
    const points = [
      { name: "Pool mean", value: row.pool_mean, symbol: "square" },
      { name: "Own mean", value: row.mean, symbol: "triangle" },
      { name: "Score", value: row.score, symbol: "circle" },
    ].filter((point) => point.value !== null);
    const names = ["Pool mean", "Own mean", "Score", ...(own.length ? ["Last"] : [])];
    const values = [...points.map((point) => point.value), row.low, row.high, ...own.map((one) => one.normalized_score)];
    const [low, high] = page.extent(values, 0.12, 6);
    return page.plot({
      width, height: names.length * 30 + 44, marginLeft: 78, marginRight: 44, marginTop: 6, marginBottom: 34,
      x: { domain: [low, high], grid: true, label: "points", labelAnchor: "center", labelArrow: "none", labelOffset: 32, ticks: page.narrow(width) ? 4 : 7 },
      y: { type: "point", domain: names, label: null, tickSize: 0, padding: 0.6 },
      symbol: { type: "identity" },
      marks: [
        row.pool_mean === null ? null : Plot.ruleX([row.pool_mean], { stroke: "var(--grey)", strokeDasharray: "2 3" }),
        row.low === null ? null : Plot.ruleY([row], { x1: "low", x2: "high", y: () => "Score", stroke: "var(--s1)", strokeWidth: 4, strokeOpacity: 0.5, className: "interval" }),
        points.map((point) => Plot.dot([point], { x: "value", y: "name", symbol: point.symbol, r: 5.5, fill: point.name === "Score" ? "var(--s1)" : "var(--surface)", stroke: point.name === "Score" ? "var(--s1)" : "var(--ink-soft)", strokeWidth: 1.6, className: "estimate" })),
        Plot.text(points, { x: (point) => (point.name === "Score" && row.high !== null ? row.high : point.value), y: "name", text: (point) => page.shown(point.value), textAnchor: "start", dx: 10, fontWeight: 600 }),
        Plot.dot(own.filter((one) => !one.failed_critical), { x: "normalized_score", y: () => "Last", r: 4, fill: "var(--s3)", fillOpacity: 0.7, stroke: "var(--ink)", className: "recent" }),
        Plot.dot(own.filter((one) => one.failed_critical), { x: "normalized_score", y: () => "Last", r: 4.5, symbol: "times", stroke: "var(--ink)", strokeWidth: 2, className: "recent" }),
      ],
    });
  };

  const pulled = (row) => {
    if (row.score === null) return el("p", {}, "There is no shrunken score: ", page.reasonWords(row.reason).map(page.reason).join("; ") || "no reason was given", ".");
    const moved = row.score - row.mean;
    const way = page.shown(Math.abs(moved)) === "0.0" ? "hardly moved" : `${moved > 0 ? "up" : "down"} by ${page.shown(Math.abs(moved))} points`;
    return el("p", { class: "told" }, `Pulled to the mean of its pool because of n: from ${page.shown(row.mean)} to ${page.shown(row.score)}, ${way}, towards ${page.shown(row.pool_mean)}. The agent's own ${page.plural(row.n, "assessment counts", "assessments count")} for ${page.percent(row.reliability)}, the pool for the rest.`);
  };

  const facts = (row) => {
    const rank = row.rank === null ? "withheld"
      : [page.number(`${row.rank}`, "rank"), " (", page.number(`${row.rank_low} to ${row.rank_high}`, "rank_low"), ")"];
    const passed = row.pass_rate === null ? "withheld" : [page.number(page.percent(row.pass_rate), "pass_rate"), " (", page.number(`90 % ${page.percent(row.pass_low)} to ${page.percent(row.pass_high)}`, "pass_low"), ")"];
    const entries = [
      ["Score", row.score === null ? "withheld" : [page.number(page.shown(row.score), "agent_score.score"), " (", page.number(page.interval(row.low, row.high), "agent_score.low"), ")"]],
      ["n", page.number(page.count(row.n), "agent_score.n")],
      ["Reliability", row.reliability === null ? "none" : page.number(page.percent(row.reliability), "reliability")],
      ["Rank", rank],
      ["Pass rate", passed],
      ["Adjusted for evaluators", row.adjusted_mean === null ? "none" : page.number(page.shown(row.adjusted_mean), "adjusted_mean")],
    ];
    return el("dl", { class: "facts" }, entries.map(([name, value]) => el("div", {}, el("dt", {}, name), el("dd", {}, value))));
  };

  const missing = (name, value, reasons) => (value !== null ? null
    : el("p", { class: "reasons" }, `No ${name}: ${page.reasonWords(reasons).map(page.reason).join("; ") || "no reason was given"}.`));

  const lastFive = (recent, tenant, platform) => el("ol", { class: "recent" }, recent.map((one) => el("li", {},
    `${page.dayText(one.business_date)}: `, one.normalized_score === null ? "no score" : page.number(page.shown(one.normalized_score), "normalized_score"),
    ` ${page.formName(tenant, platform, one.form_id ?? "")}, ${page.versionName({ ...one, content_hash: versionHash(one) })}${page.byWhom(one.scored_by)}`,
    one.failed_critical ? el("strong", {}, ", failed critical \u2715") : null)));

  /** The table of last assessments has no content hash; a version's only cohort gives it. */
  const versionHash = (one) => page.select("cohort", { tenant: one.tenant, platform: one.platform, form_version_id: one.form_version_id, scored_by: one.scored_by })[0]?.content_hash;

  const cards = (rows, agent) => {
    const { tenant, platform, form } = page.state();
    const own = rows.filter((row) => row.agent_id === agent);
    const last = d3.sort(page.select("agent_recent", { tenant, platform, agent_id: agent }), (a, b) => d3.descending(a.business_date, b.business_date) || d3.ascending(a.assessment_id, b.assessment_id)).slice(0, LAST);
    const order = page.newestFirst(page.cohorts(tenant, platform, form)).map((cohort) => cohort.key);
    const figures = d3.sort(own, (row) => order.indexOf(page.cohortKey(row))).map((row) => page.figure({
      name: "card",
      title: `${page.agentName(row)}, ${page.cohortName(row)}`,
      about: `${page.formText()}, points, n ${page.count(row.n)}, ${page.dayText(row.span_from)} to ${page.dayText(row.span_to)}, pool: ${row.pool_kind} ${row.pool_id === "*" ? row.tenant : page.scopeName(row.tenant, row.pool_kind, row.pool_id)}.`,
      sentence: row.score === null ? `${page.agentName(row)} has no shrunken score.` : `${page.agentName(row)}: score ${page.shown(row.score)}, ${page.interval(row.low, row.high)}, own mean ${page.shown(row.mean)}, pool mean ${page.shown(row.pool_mean)}.`,
      draw: drawing(row, last), notes: [pulled(row), facts(row), missing("rank", row.rank, row.rank_reason ?? row.reason), missing("pass rate", row.pass_rate, row.pass_reason ?? row.reason)],
      tables: [["agent_score", [row]], ["agent_recent", last]],
    }));
    const recent = last.length ? el("div", { class: "said" }, el("h3", {}, `Last ${page.plural(last.length, "assessment", "assessments")}`), lastFive(last, tenant, platform)) : page.nothing("No single assessments are in this report.");
    return [el("div", { class: "pair" }, figures), recent];
  };

  page.chart("card-figures", () => {
    const rows = page.poolRows(page.select("agent_score", page.where("platform", "tenant", "form_id")));
    if (rows.length === 0) return page.nothing(`Nothing to draw: there are no agents for ${page.formText()} in this pool.`);
    const agents = d3.sort(d3.rollup(rows, (own) => own[0], (row) => row.agent_id).values(), (a, b) => page.agentName(a).localeCompare(page.agentName(b), "en") || d3.ascending(a.agent_id, b.agent_id));
    if (!agents.some((row) => row.agent_id === chosen)) chosen = agents[0].agent_id;
    const select = el("select", { id: "agent", autocomplete: "off" }, agents.map((row) => el("option", { value: row.agent_id, selected: row.agent_id === chosen }, page.agentName(row))));
    const place = el("div", { class: "figures" }, cards(rows, chosen));
    select.addEventListener("change", () => {
      chosen = select.value;
      place.replaceChildren(...cards(rows, chosen));
      place.querySelectorAll("figure.chart").forEach((figure) => figure.fit());
    });
    return [el("div", { class: "field inline" }, el("label", { for: "agent" }, "Agent"), select), place];
  });
})();
