// Chart 2: what a change of form did to the mean, as a waterfall that begins at the old mean and ends at the new one.

(() => {
  const { el } = page;
  const PARTS = [["removed", "Removed"], ["reweighting", "Reweighting"], ["performance", "Performance"], ["added", "Added"], ["na_mix", "N/A mix"]];

  /** The steps in their order, each from where the one before ended. */
  const stepsOf = (row) => {
    const isWhole = PARTS.every(([key]) => row[key] !== null);
    let at = row.mean_from;
    const parts = isWhole ? PARTS.map(([key, name]) => {
      const step = { key, name, from: at, to: at + row[key], value: row[key] };
      at = step.to;
      return step;
    }) : [];
    return { isWhole, parts, end: at };
  };

  const versions = (row) => ({
    from: page.versionName({ ...row, form_version_id: row.from_version_id, content_hash: row.from_hash }),
    to: page.versionName({ ...row, form_version_id: row.to_version_id, content_hash: row.to_hash }),
  });

  const isPublished = (row) => row.bridge !== "none" && row.bridge !== null;
  const plain = (word) => word.replaceAll("_", " ");

  const drawing = (row) => (width) => {
    const { parts } = stepsOf(row);
    const published = isPublished(row);
    const start = parts.find((step) => step.key === "performance")?.from;
    const whisker = published && row.performance_low !== null && parts.length ? [{ name: "Performance", low: start + row.performance_low, high: start + row.performance_high }] : [];
    const means = [{ name: "Old mean", value: row.mean_from }, { name: "New mean", value: row.mean_to }].filter((mean) => mean.value !== null);
    const names = ["Old mean", ...PARTS.map(([, name]) => name), "New mean"];
    const ends = [...parts.flatMap((step) => [step.from, step.to]), ...means.map((mean) => mean.value), ...whisker.flatMap((one) => [one.low, one.high])];
    const links = parts.map((step, index) => ({ x: step.from, y1: index === 0 ? "Old mean" : parts[index - 1].name, y2: step.name }));
    if (parts.length) links.push({ x: row.mean_to, y1: "N/A mix", y2: "New mean" });
    const right = (step) => Math.max(step.from, step.to, step.key === "performance" && whisker.length ? whisker[0].high : -Infinity);
    const [low, high] = page.extent(ends, 0.1, 4);
    return page.plot({
      width, height: 7 * 32 + 46, marginLeft: 92, marginRight: 18, marginTop: 8, marginBottom: 38,
      x: { domain: [low, high + (high - low) * 0.14], grid: true, label: "points", labelAnchor: "center", labelArrow: "none", labelOffset: 34, nice: false, ticks: page.narrow(width) ? 4 : 8 },
      y: { type: "band", domain: names, label: null, padding: 0.28, tickSize: 0 },
      marks: [
        Plot.link(links, { x: "x", y1: "y1", y2: "y2", stroke: "var(--ink-soft)", strokeWidth: 1, className: "carry" }),
        Plot.barX(parts, { x1: "from", x2: "to", y: "name", fill: published ? (step) => (step.value < 0 ? "var(--s2)" : "var(--s1)") : "url(#hatch)", stroke: published ? "none" : "var(--grey)", insetLeft: -0.5, insetRight: -0.5, className: published ? "part" : "part unpublished" }),
        Plot.ruleY(whisker, { x1: "low", x2: "high", y: "name", stroke: "var(--ink)", strokeWidth: 1.6, className: "whisker" }),
        Plot.tickX(whisker.flatMap((one) => [{ ...one, x: one.low }, { ...one, x: one.high }]), { x: "x", y: "name", inset: 6, stroke: "var(--ink)", strokeWidth: 1.6 }),
        Plot.tickX(means, { x: "value", y: "name", stroke: "var(--ink)", strokeWidth: 5, className: "mean" }),
        Plot.text(means, { x: "value", y: "name", text: (mean) => page.shown(mean.value), textAnchor: "start", dx: 8, fontWeight: 700, className: "value" }),
        published ? Plot.text(parts, { x: right, y: "name", text: (step) => page.signed(step.value), textAnchor: "start", dx: 6, fontWeight: 600, className: "value" }) : null,
        published ? null : Plot.text([["Not published: bridge = none", ...(row.reasons ?? []).map(plain)].join("\n")], {
          text: (words) => words, frameAnchor: "middle", fontSize: page.narrow(width) ? 13 : 15, fontWeight: 700, lineHeight: 1.25, stroke: "var(--surface)", strokeWidth: 6, fill: "var(--ink)", paintOrder: "stroke", className: "across",
        }),
      ],
    });
  };

  const sentence = (row) => {
    const { from, to } = versions(row);
    const head = `From ${from} to ${to} the mean went from ${page.shown(row.mean_from)} to ${page.shown(row.mean_to)} points`;
    if (!isPublished(row)) return `${head}; the split is withheld: ${(row.reasons ?? []).map(page.reason).join("; ")}.`;
    return `${head}: ${PARTS.map(([key, name]) => `${name} ${page.signed(row[key])}`).join(", ")}.`;
  };

  /** Bars lead from one mean to the other, or it is said that they do not. */
  const unsound = (row) => {
    const { isWhole, end } = stepsOf(row);
    if (!isWhole || Math.abs(end - row.mean_to) < 1e-5) return null;
    return el("p", { class: "caution" }, `The parts do not lead to the new mean: ${page.shown(end)} instead of ${page.shown(row.mean_to)}. Do not use this split.`);
  };

  const questionNotes = (questions) => {
    const states = [["added", "Added"], ["removed", "Removed"], ["drifting", "Taken out as drifting"]];
    const lines = states.map(([state, title]) => [title, questions.filter((row) => row.state === state).map((row) => row.text || row.question_key)]).filter(([, own]) => own.length);
    return lines.map(([title, own]) => el("p", {}, el("strong", {}, `${title}: `), own.join("; "), "."));
  };

  const STANDING = "A uniform shift of severity at the change looks like performance, and only double scoring can tell them apart: it takes n = 7.85 \u00d7 (sd / shift)\u00b2 pairs, for example 46 pairs for a spread of 6 and a shift of 2.5 points.";

  const notesOf = (row, questions) => [
    el("p", { class: "told" }, page.sentences(row.sentence ?? "")[0]),
    el("p", { class: "standing" }, page.sentences(row.sentence ?? "")[1]),
    unsound(row),
    isPublished(row) ? null : el("div", {}, el("p", {}, "The parts are not published because:"), el("ul", { class: "reasons" }, (row.reasons ?? []).map((word) => el("li", {}, `${page.reason(word)} (`, el("code", {}, word), ").")))),
    isPublished(row) && row.performance_low === null ? el("p", {}, "Performance has no interval here.") : null,
    row.na_sensitive ? el("p", { class: "caution" }, page.term("N/A sensitive", "na_sensitive"), `: rescored assessment by assessment, performance is ${page.signed(row.performance_delta)} points.`) : null,
    questionNotes(questions),
    isPublished(row) && !(row.sentence ?? "").includes("7.85") ? el("p", { class: "standing" }, STANDING) : null,
  ];

  page.chart("split-figures", () => {
    const where = page.where(...page.WHOLE);
    const rows = page.select("change_split", where, (row) => page.inPeriod(page.mondayOf(row.boundary_date ?? "1970-01-01")));
    if (rows.length === 0) return page.noMatch("is no change of form version");
    const same = ["from_version_id", "from_hash", "to_version_id", "to_hash", "scored_by"];
    return d3.sort(rows, (a, b) => d3.descending(a.boundary_date, b.boundary_date)).map((row) => {
      const { from, to } = versions(row);
      const questions = page.select("change_split_question", { ...where, ...Object.fromEntries(same.map((key) => [key, row[key]])) });
      return page.figure({
        name: "split",
        title: `${from} to ${to}, ${page.dayText(row.boundary_date)}`,
        about: [`${page.formText()}${page.byWhom(row.scored_by)}, ${page.scopeText()}. Points; `, page.number(`n ${page.count(row.n_from)} and ${page.count(row.n_to)}`, "n_from"), ` assessments, ${page.plural(row.n_common, "common question", "common questions")}. Bars are `, page.term("the parts of the change", "change"), "; the whisker is the 95 % interval of performance. The axis does not begin at 0."],
        sentence: sentence(row),
        draw: drawing(row),
        notes: notesOf(row, questions),
        tables: [["change_split", [row]], ["change_split_question", questions]],
      });
    });
  });
})();
