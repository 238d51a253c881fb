// Chart 5: the funnel of agents. Limits say what chance alone explains; only agents that the correction leaves are named.

(() => {
  const { el } = page;
  const LETTERS = 26;
  page.agentName = (row) => row.agent_name || row.agent_id;
  const label = (row) => page.cut(page.agentName(row), LETTERS);

  /** The smallest x with P(X <= x) >= share, X binomial. */
  const binomialQuantile = (n, p, share) => {
    if (p <= 0) return 0;
    if (p >= 1) return n;
    let [log, sum] = [n * Math.log1p(-p), 0];
    for (let x = 0; x < n; x++) {
      sum += Math.exp(log);
      if (sum >= share) return x;
      log += Math.log((n - x) / (x + 1)) + Math.log(p / (1 - p));
    }
    return n;
  };

  /** The limits by number of assessments: inner 95 %, outer 99.8 %. */
  const scoreLimits = (ns, centre, variance) => ns.map((n) => {
    const error = Math.sqrt(variance / n);
    return { n, low: centre - 1.96 * error, high: centre + 1.96 * error, lower: centre - 3.09 * error, higher: centre + 3.09 * error };
  });
  const rateLimits = (ns, centre) => ns.map((n) => {
    const at = (share) => binomialQuantile(n, centre, share) / n;
    return { n, low: at(0.025), high: at(0.975), lower: at(0.001), higher: at(0.999) };
  });

  /** The rows of the pool that the scope asks for, or why there are none. */
  page.poolRows = (rows) => {
    const { scope_kind, scope_id } = page.state();
    const own = rows.filter((row) => row.pool_kind === scope_kind && row.pool_id === scope_id);
    return own.length ? own : rows.filter((row) => row.pool_kind === "tenant");
  };

  /** Names beside their dots, pushed down where they would touch. */
  const placed = (rows, y, width, height, span, domain) => {
    const taken = [];
    const px = (row) => (row.n / domain) * width;
    const py = (row) => height * (1 - (y(row) - span[0]) / (span[1] - span[0]));
    return d3.sort(rows, py).map((row) => {
      const [x, letters] = [px(row), label(row).length * 7];
      const isEnd = x + letters + 20 > width;
      const left = isEnd ? x - letters - 10 : x + 10;
      let top = py(row);
      while (taken.some((box) => Math.abs(box.top - top) < 14 && left < box.right && box.left < left + letters)) top += 14;
      taken.push({ top, left, right: left + letters });
      return { row, isEnd, dy: top - py(row) };
    });
  };

  const drawing = ({ rows, y, named, centre, limits, span, axis, show }) => (width) => {
    const height = page.narrow(width) ? 300 : 340;
    const most = d3.max(rows, (row) => row.n) * 1.04;
    const margins = { marginTop: 26, marginLeft: 44, marginRight: 12, marginBottom: 38 };
    const names = placed(rows.filter(named), y, width - 56, height - 64, span, most);
    const edge = (key, dash) => Plot.line(limits, { x: "n", y: key, stroke: "var(--ink-soft)", strokeWidth: 1.2, strokeDasharray: dash, clip: true, className: "limit" });
    return page.plot({
      width, height, ...margins,
      x: { domain: [0, most], label: "n, assessments", labelAnchor: "center", labelArrow: "none", labelOffset: 34 },
      y: { domain: span, grid: true, label: axis, labelArrow: "none", tickFormat: show },
      marks: [
        Plot.ruleY([centre], { stroke: "var(--ink)", strokeWidth: 1.2 }),
        edge("low", "5 3"), edge("high", "5 3"), edge("lower", null), edge("higher", null),
        Plot.dot(rows.filter((row) => !named(row)), { x: "n", y, r: 3.2, fill: "var(--s1)", fillOpacity: 0.35, stroke: "var(--s1)", className: "agent" }),
        Plot.dot(rows.filter(named), { x: "n", y, r: 5.5, symbol: "diamond", fill: "var(--s2)", stroke: "var(--ink)", className: "named" }),
        names.map(({ row, isEnd, dy }) => Plot.text([row], { x: "n", y, text: label, textAnchor: isEnd ? "end" : "start", dx: isEnd ? -9 : 9, dy, fontWeight: 600, stroke: "var(--surface)", strokeWidth: 3, fill: "var(--ink)", className: "agent-name" })),
      ],
    });
  };

  const legend = () => {
    const line = (dash) => {
      const svg = d3.create("svg").attr("width", 30).attr("height", 14).attr("aria-hidden", "true");
      svg.append("path").attr("d", "M1 7H29").attr("stroke", "var(--ink-soft)").attr("stroke-width", 1.4).attr("stroke-dasharray", dash);
      return svg.node();
    };
    return page.legend([
      [line("5 3"), "95 % limits"], [line(null), "99.8 % limits"],
      [page.swatch({ colour: "var(--s1)", symbol: "circle" }, { line: false }), "agent"],
      [page.swatch({ colour: "var(--s2)", symbol: "diamond" }, { line: false }), "stands out after the correction, named"],
    ]);
  };

  const funnel = (kind, rows, parts, tables) => {
    const [first] = rows;
    const n = rows.filter(parts.named).length;
    const verdict = n === 0 ? "no agent stands out after the correction" : `${page.plural(n, "agent stands", "agents stand")} out after the correction`;
    return page.figure({
      name: `agents-${kind}`,
      title: `${parts.title}, ${page.cohortName(first)}`,
      about: [`${page.formText()}, pool: ${first.pool_kind === "tenant" ? "the whole tenant" : `${first.pool_kind} ${page.scopeName(first.tenant, first.pool_kind, first.pool_id)}`}, ${page.dayText(first.span_from)} to ${page.dayText(first.span_to)}. `, page.number(page.plural(rows.length, "agent", "agents"), "n_agents"), ", ", page.number(`n ${page.count(d3.sum(rows, (row) => row.n))}`, "agent_score.n"), ` assessments, ${parts.unit}; the middle line is the cohort: `, page.number(parts.show(parts.centre), parts.term), "."],
      sentence: `Funnel of ${page.plural(rows.length, "agent", "agents")} by number of assessments: ${verdict}.`,
      legend: legend(), draw: drawing({ ...parts, rows }),
      notes: [el("p", {}, parts.untested ? "Nobody is named here: the test of rates is on failed critical questions, not on the pass score." : `${verdict[0].toUpperCase()}${verdict.slice(1)}.`)], tables,
    });
  };

  const scoreFunnel = (rows) => {
    const known = rows.filter((row) => row.mean !== null);
    const centre = d3.fsum(known, (row) => row.n * row.mean) / d3.sum(known, (row) => row.n);
    const variance = known.find((row) => row.within_variance !== null)?.within_variance ?? null;
    if (known.length < 2 || variance === null) return null;
    const most = d3.max(known, (row) => row.n) * 1.04;
    const span = page.extent(known.map((row) => row.mean), 0.12);
    const ns = d3.ticks(1, most, 120).filter((n) => n >= 1);
    const sorted = d3.sort(rows, (a, b) => d3.ascending(a.rank ?? Infinity, b.rank ?? Infinity) || d3.descending(a.score, b.score) || d3.ascending(a.agent_id, b.agent_id));
    return funnel("score", known, { title: "Score", y: (row) => row.mean, named: (row) => row.named === true, centre, limits: scoreLimits(ns, centre, variance), span, axis: "mean, points", unit: "points", show: page.shown, term: "cohort_mean" }, [["agent_score", sorted]]);
  };

  /** The test of rates is on failed critical questions. It is the test of passing only where nothing else is asked for. */
  const rateFunnel = (rows, alarms) => {
    const isSame = page.settingWord("pass_score", "none") === "none";
    const known = rows.filter((row) => row.n_passed !== null && row.n > 0);
    if (known.length < 2) return null;
    const centre = d3.sum(known, (row) => row.n_passed) / d3.sum(known, (row) => row.n);
    const outstanding = new Set(alarms.filter((row) => isSame && row.test === "agent_rate").map((row) => row.subject));
    const ns = d3.range(1, Math.ceil(d3.max(known, (row) => row.n) * 1.04) + 1);
    const rate = (row) => row.n_passed / row.n;
    const low = Math.max(0, d3.min(known, rate) - 0.08);
    return funnel("pass", known, { title: "Passed", y: rate, named: (row) => outstanding.has(row.agent_id), centre, limits: rateLimits(ns, centre), span: [low, 1.03], axis: "passed", unit: "share passed", show: page.percent, term: "n_passed", untested: !isSame }, [["agent_score", rows]]);
  };

  page.chart("agents-figures", () => {
    const where = page.where("platform", "tenant", "form_id");
    const all = page.select("agent_score", where);
    const rows = page.poolRows(all);
    if (all.length === 0) return page.nothing(`Nothing to draw: there are no agents for ${page.formText()} in tenant ${where.tenant}.`);
    if (rows.length === 0) return page.nothing(`Nothing to draw: agents are pooled by ${all[0].pool_kind}; choose a ${all[0].pool_kind} above.`);
    const { tenant, platform, form } = page.state();
    const byKey = d3.group(rows, page.cohortKey);
    const cohorts = page.newestFirst(page.cohorts(tenant, platform, form).filter((cohort) => byKey.has(cohort.key)));
    const made = cohorts.map((cohort) => {
      const own = byKey.get(cohort.key);
      const alarms = page.select("alarm", where, (row) => page.cohortKey(row) === cohort.key && row.test.startsWith("agent"));
      const withheld = page.withheld(own, "agent has no shrunken score", "agents have no shrunken score");
      const figures = [scoreFunnel(own), rateFunnel(own, alarms)].filter(Boolean);
      if (figures.length === 0) return el("div", { class: "said" }, page.nothing(`Nothing to draw for ${cohort.name}.`), withheld, page.dataTable("agent_score", own, `Agents, ${cohort.name}`));
      const said = alarms.filter((row) => row.sentence).map((row) => el("li", {}, row.sentence));
      return [el("div", { class: "pair" }, figures), el("div", { class: "said" }, said.length ? el("ul", {}, said) : null, withheld)];
    });
    const warning = el("p", { class: "standing" }, "The lowest ten of a list with few assessments each are often not the lowest ten: compare intervals, not places.");
    return [made, warning];
  });
})();
