// Chart 4: attainment of questions by week, a heat map for each cohort, with weight and N/A share beside the names.

(() => {
  const { el } = page;
  const HEAD = 36;
  const CELL = 31;
  const LEAST_N = 5;

  const nameOf = (question) => question.text || question.question_key;

  /** Questions in the order of their groups, with a heading row for each group that has a name. */
  const layout = (rows) => {
    const questions = d3.rollups(rows, (own) => ({
      question_key: own[0].question_key, text: own[0].text, group: own[0].group_id ?? "", weight: own[0].weight_share, changed: own.find((row) => row.changed)?.changed ?? null,
      na: d3.sum(own, (row) => row.n_not_applicable) / Math.max(1, d3.sum(own, (row) => row.n + row.n_not_applicable)),
    }), (row) => row.question_key).map(([, question]) => question);
    const groups = d3.groups(questions, (question) => question.group);
    return groups.flatMap(([group, own]) => [...(group && groups.length > 1 ? [{ id: `group ${group}`, heading: group }] : []), ...own.map((question) => ({ id: `question ${question.question_key}`, question }))]);
  };

  const isKnown = (row) => row.attainment !== null && row.n >= LEAST_N;

  const scale = (rows) => {
    const [low] = d3.extent(rows.filter(isKnown), (row) => row.attainment);
    return d3.scaleSequential(d3.interpolateCividis).domain([Math.min(90, Math.floor((low ?? 0) / 10) * 10), 100]).clamp(true);
  };

  const luminance = (colour) => {
    const { r, g, b } = d3.rgb(colour);
    const [red, green, blue] = [r, g, b].map((part) => (part / 255 <= 0.03928 ? part / 255 / 12.92 : ((part / 255 + 0.055) / 1.055) ** 2.4));
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
  };
  const inkOn = (colour) => (luminance(colour) > 0.18 ? "#000" : "#fff");

  /** Narrow names stand on two lines. */
  const rowHeight = (tall) => (tall ? 33 : 24);

  const frame = (width, lines, tall) => ({
    width, height: HEAD + lines.length * rowHeight(tall), marginTop: HEAD, marginRight: 0, marginBottom: 0, marginLeft: 0,
    y: { type: "band", domain: lines.map((line) => line.id), axis: null, padding: 0.06 },
  });

  /** Names, weights and N/A shares: what stays in place while the weeks scroll. */
  const side = (lines, width, tall) => {
    const bar = tall ? 20 : 44;
    const names = width - 2 * bar - 22;
    const letters = Math.floor(names / 6.3);
    const questions = lines.filter((line) => line.question);
    const widest = d3.max(questions, (line) => line.question.weight) || 1;
    const [weight, na] = [names + 6, names + bar + 14];
    const spell = (line) => page.folded(`${line.question.changed ? "\u25c6 " : ""}${nameOf(line.question)}`, letters, tall ? 2 : 1);
    const heads = [{ at: weight, text: tall ? "weight\n" : "weight" }, { at: na, text: "N/A" }];
    return page.plot({
      ...frame(width, lines, tall), x: { domain: [0, width], range: [0, width], axis: null },
      marks: [
        Plot.text(lines.filter((line) => line.heading), { x: 0, y: "id", text: (line) => page.cut(line.heading, letters + 8), textAnchor: "start", fontWeight: 700, className: "group" }),
        Plot.text(questions, { x: 0, y: "id", text: spell, textAnchor: "start", title: (line) => nameOf(line.question), className: "name" }),
        Plot.barX(questions, { x1: weight, x2: (line) => weight + (line.question.weight ?? 0) / widest * bar, y: "id", fill: "var(--grey)", inset: 4, title: (line) => `weight ${page.percent(line.question.weight)} of the form`, className: "weight" }),
        Plot.barX(questions, { x1: na, x2: na + bar, y: "id", fill: "none", stroke: "var(--rule)", inset: 4 }),
        Plot.barX(questions, { x1: na, x2: (line) => na + line.question.na * bar, y: "id", fill: "url(#hatch)", stroke: "var(--grey)", inset: 4, title: (line) => `not applicable in ${page.percent(line.question.na)}`, className: "na" }),
        Plot.text(heads, { x: "at", text: "text", frameAnchor: "top", lineAnchor: "bottom", textAnchor: "start", dy: -4, fontSize: 10.5, fill: "var(--ink-soft)" }),
      ],
    });
  };

  const weekName = (weeks) => (week, index) => {
    const day = page.day(week);
    const isNew = index === 0 || page.day(weeks[index - 1]).getUTCMonth() !== day.getUTCMonth();
    return `${isNew ? d3.utcFormat("%b")(day) : ""}\n${day.getUTCDate()}`;
  };

  const cells = (rows, lines, weeks, width, colour, tall) => {
    const size = width / weeks.length;
    const known = rows.filter(isKnown).map((row) => ({ ...row, id: `question ${row.question_key}`, colour: colour(row.attainment) }));
    return page.plot({
      ...frame(width, lines, tall), x: { type: "band", domain: weeks, axis: null, padding: size < 12 ? 0.02 : 0.05 }, color: { type: "identity" },
      marks: [
        Plot.cell(known, { x: "week_start", y: "id", fill: "colour", className: "cell" }),
        size < 26 ? null : Plot.text(known, { x: "week_start", y: "id", text: (row) => page.shown(row.attainment), fontSize: 10.5, fill: (row) => inkOn(row.colour), fontVariant: "tabular-nums" }),
        size < 14 ? null : Plot.text(weeks, { x: (week) => week, text: weekName(weeks), frameAnchor: "top", lineAnchor: "bottom", dy: -3, fontSize: 10.5, fill: "var(--ink-soft)" }),
        page.tip(known, { x: "week_start", y: "id", title: (row) => `${nameOf(row)}\nweek of ${page.dayText(row.week_start)}\nattainment ${page.shown(row.attainment)}\nn ${row.n}, not applicable ${row.n_not_applicable}` }),
      ],
    });
  };

  const drawing = (rows, lines, weeks, colour, sentence, name) => (width) => {
    const tall = page.narrow(width);
    const left = tall ? Math.min(190, Math.floor(width * 0.52)) : Math.min(400, Math.floor(width * 0.36));
    const room = width - left - 8;
    const inner = page.onPaper ? room : Math.max(weeks.length * CELL, Math.min(room, weeks.length * 56));
    const [names, map] = [side(lines, left, tall), cells(rows, lines, weeks, inner, colour, tall)];
    const asImage = (svg, label) => {
      svg.setAttribute("role", "img");
      svg.setAttribute("aria-label", label);
      return svg;
    };
    const scroll = el("div", { class: "weeks", tabindex: "0", role: "region", "aria-label": `Weeks of ${name}` }, asImage(map, sentence));
    const drawn = el("div", { class: "heat" }, asImage(names, "Names, weights and N/A shares of the questions; the table has them too."), scroll);
    drawn.placed = () => { scroll.scrollLeft = scroll.scrollWidth; };
    return drawn;
  };

  const ramp = (colour) => {
    const [low, high] = colour.domain();
    const svg = d3.create("svg").attr("width", 90).attr("height", 12).attr("aria-hidden", "true");
    for (let at = 0; at < 18; at++) svg.append("rect").attr("x", at * 5).attr("width", 5).attr("height", 12).attr("fill", colour(low + (at + 0.5) / 18 * (high - low)));
    return svg.node();
  };

  const changedNote = (lines) => {
    const changed = lines.filter((line) => line.question?.changed);
    if (changed.length === 0) return null;
    return el("p", {}, "\u25c6 changed with this version: ", changed.map((line) => `${nameOf(line.question)} (${page.reasonWords(line.question.changed).map(page.wordName).join(", ")})`).join("; "), ".");
  };

  page.chart("questions-figures", () => {
    const where = page.where(...page.WHOLE);
    const { tenant, platform, form } = page.state();
    const all = page.select("question_week", where, (row) => page.inPeriod(row.week_start));
    if (!all.some(isKnown)) return [page.noMatch("are no questions with enough answers"), page.withheld(all, "cell is blank", "cells are blank")];
    const colour = scale(all);
    const byKey = d3.group(all, page.cohortKey);
    const cohorts = page.newestFirst(page.cohorts(tenant, platform, form).filter((cohort) => byKey.has(cohort.key)));
    return cohorts.map((cohort) => {
      const rows = byKey.get(cohort.key);
      const weeks = d3.utcMonday.range(page.day(d3.min(rows, (row) => row.week_start)), +page.day(d3.max(rows, (row) => row.week_start)) + 1).map((day) => day.toISOString().slice(0, 10));
      const lines = layout(rows);
      const known = rows.filter(isKnown);
      const nQuestions = lines.filter((line) => line.question).length;
      const worst = d3.least(known, (row) => row.attainment);
      const sentence = `Attainment of ${page.plural(nQuestions, "question", "questions")} in ${page.plural(weeks.length, "week", "weeks")}, ${cohort.name}${worst ? `; the lowest cell is ${nameOf(worst)} at ${page.shown(worst.attainment)} in the week of ${page.dayText(worst.week_start)}` : ""}.`;
      return page.figure({
        name: "questions",
        title: `${page.formText()}, ${cohort.name}`,
        about: [page.term("Attainment", "attainment"), `, points of 100 that were to be had; ${page.scopeText()}, ${page.periodText()}; `, page.number(`n ${page.count(d3.sum(rows, (row) => row.n))}`, "question_week.n"), " answers."],
        sentence,
        legend: page.legend([[ramp(colour), `attainment ${page.shown(colour.domain()[0])} (dark, or less) to 100.0 (light)`], [page.box("na"), "N/A share, outline is all"]]),
        draw: drawing(rows, lines, weeks, colour, sentence, cohort.name),
        notes: [changedNote(lines), page.withheld(rows.filter((row) => !isKnown(row)), "cell is blank", "cells are blank", (row) => row.reason ?? "n_too_small")],
        tables: [["question_week", rows]],
      });
    });
  });
})();
