// The top of the page: what each change of form did, in one sentence, and where the chosen form stands.

(() => {
  const { el } = page;

  /** The first sentence, and what it must not be read without. */
  page.sentences = (text) => {
    const at = text.search(/(?<![.\s])\.\s+(?=[A-Z0-9])/);
    return at < 0 ? [text, ""] : [text.slice(0, at + 1), text.slice(at + 1).trim()];
  };

  const headline = (row) => {
    const [first, rest] = page.sentences(row.sentence ?? "");
    const { platform, tenant, form } = page.state();
    const isShown = row.platform === platform && row.tenant === tenant && row.form_id === form;
    const show = el("button", { type: "button", class: "plain" }, "Show this form");
    show.addEventListener("click", () => page.ask({ platform: row.platform, tenant: row.tenant, form: row.form_id }));
    const version = page.versionName({ ...row, form_version_id: row.to_version_id, content_hash: row.to_hash });
    return el("article", { class: `headline ${row.bridge === "none" ? "unbridged" : "bridged"}` },
      el("p", { class: "of" }, el("strong", {}, page.formName(row.tenant, row.platform, row.form_id)), ` ${version.toLowerCase()} since ${page.dayText(row.boundary_date)}${page.byWhom(row.scored_by)}, ${row.tenant}`),
      el("p", { class: "sentence" }, first || "No sentence was made for this change."),
      rest ? el("p", { class: "rest" }, rest) : null,
      el("p", { class: "links" }, page.term("How this is computed", "performance"), isShown ? null : [" ", show]));
  };

  page.chart("headlines", () => {
    const rows = page.select("change_split", { scope_kind: "tenant", scope_id: "*" });
    if (rows.length === 0) return page.nothing("No form changed its version in what this report covers.");
    const forms = d3.groups(rows, (row) => JSON.stringify([row.platform, row.tenant, row.form_id, row.scored_by]));
    const newestFirst = forms.map(([, own]) => own.sort((a, b) => d3.descending(a.boundary_date, b.boundary_date)));
    newestFirst.sort((a, b) => d3.descending(a[0].n_from + a[0].n_to, b[0].n_from + b[0].n_to));
    const earlier = newestFirst.flatMap((own) => own.slice(1));
    return [
      el("div", { class: "headlines" }, newestFirst.map((own) => headline(own[0]))),
      earlier.length ? el("details", { class: "earlier" }, el("summary", {}, `Earlier changes of form (${earlier.length})`), el("div", { class: "headlines" }, earlier.map(headline))) : null,
    ];
  });

  const card = (title, number, key, ...rest) => el("div", { class: "card" }, el("dt", {}, title), el("dd", {}, el("p", { class: "large" }, page.number(number, key)), el("p", { class: "small" }, rest)));

  const why = (row) => page.reasonWords(row.reason).map(page.reason).join("; ") || "no reason was given";

  /** The slope of a verdict with what it rests on. */
  page.slope = (row) => [
    row.slope === null ? "" : [page.number(page.signed(row.slope), "slope"), " points a week (", page.number(page.interval(row.low, row.high, page.signed), "trend_verdict.low"), row.p === null ? "" : [", ", page.number(page.chance(row.p), "trend_verdict.p")], "), "],
    page.number(page.plural(row.n_points, "weekly mean", "weekly means"), "n_points"), " in ", page.number(page.plural(row.n_strata, "version", "versions"), "n_strata"),
  ];

  page.verdict = (row) => [page.number(page.wordName(row.verdict), "verdict"), ": ", page.slope(row)];

  page.chart("glance", () => {
    const where = page.where(...page.WHOLE);
    const rows = page.select("cohort", where);
    if (rows.length === 0) return page.noMatch("is no cohort");
    const [row] = d3.sort(rows, (a, b) => d3.descending(a.last_date, b.last_date) || d3.descending(a.first_date, b.first_date) || d3.descending(a.n ?? 0, b.n ?? 0));
    const verdict = page.select("trend_verdict", where).find((one) => one.scored_by === row.scored_by);
    const alarms = page.select("alarm", where).filter((one) => page.cohortKey(one) === page.cohortKey(row));
    const mean = row.mean === null ? [`withheld: ${why(row)}`] : [page.number(page.interval(row.low, row.high), "low"), row.low === null ? ` (${why(row)})` : ""];
    const critical = row.failed_critical_rate === null ? `withheld: ${why(row)}` : page.number(page.interval(row.failed_critical_low, row.failed_critical_high, page.percent), "failed_critical_low");
    return el("div", { class: "glance" },
      el("h2", {}, `${page.formText()}, ${page.cohortName(row)}: ${page.scopeText()}`),
      el("p", { class: "about" }, `The newest cohort over its whole life, ${page.dayText(row.first_date)} to ${page.dayText(row.last_date)}: `, row.n === null ? `numbers withheld, ${why(row)}.` : [page.number(page.plural(row.n, "assessment", "assessments"), "n"), " of ", page.number(page.plural(row.n_agents, "agent", "agents"), "n_agents"), "."]),
      row.version_alarm ? el("p", { class: "caution" }, "The weights of this form version are in doubt: ", page.number(page.plural(row.n_score_parity, "assessment differs", "assessments differ"), "n_score_parity"), " from the score that the platform reports.") : null,
      el("dl", { class: "cards" },
        card("Mean, points", page.shown(row.mean), "mean", mean),
        card("Failed critical", page.percent(row.failed_critical_rate), "failed_critical_rate", critical),
        card("Trend over all versions", verdict ? page.wordName(verdict.verdict) : "none", "verdict", verdict ? page.slope(verdict) : "no verdict for this scope"),
        card("Chained index, points", page.shown(row.index), "index", row.index === null ? `withheld: ${why(row)}` : page.number(`chain ${row.chain_id ?? "none"}`, "chain_id")),
        card("Alarms in this cohort", page.count(alarms.length), "test", alarms.length ? el("a", { href: "#control" }, "see the control charts") : "nothing stands out")));
  });
})();
