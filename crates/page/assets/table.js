// Tables: the rows behind a chart under a summary that opens, and the same rows as CSV.

(() => {
  const { el } = page;
  const AT_ONCE = 200;
  const LONG = 48;

  /** Text that a spreadsheet would take for a formula gets one `'` in front, as in every CSV of this program. */
  const guarded = (text) => (/^'*[=+\-@\t\r]/.test(text) ? `'${text}` : text);

  const field = (value, kind) => {
    if (value === null || value === undefined) return "";
    if (kind === "Text") value = guarded(value);
    const text = Array.isArray(value) ? JSON.stringify(value) : String(value);
    return text === "" || /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
  };

  page.csv = (table, rows) => {
    const columns = page.columns(table);
    const kinds = columns.map((column) => page.kind(table, column));
    const lines = rows.map((row) => columns.map((column, at) => field(row[column], kinds[at])).join(","));
    return [columns.join(","), ...lines].map((line) => `${line}\r\n`).join("");
  };

  const download = (table, rows) => {
    const link = el("a", { class: "download", href: "#", download: `${table}.csv` }, `${table}.csv`);
    link.addEventListener("click", () => {
      if (!link.href.startsWith("blob:")) link.href = URL.createObjectURL(new Blob([page.csv(table, rows)], { type: "text/csv;charset=utf-8" }));
    });
    return link;
  };

  const isReason = (column) => column === "reasons" || column === "reason" || column.endsWith("_reason");

  const spelled = (value) => (value === null || value === undefined ? "" : Array.isArray(value) ? JSON.stringify(value) : String(value));

  const cell = (table, column, row, isSame) => {
    const value = row[column];
    const isNumber = ["Real", "Int"].includes(page.kind(table, column));
    const isNone = value === null || value === undefined;
    const text = spelled(value);
    const names = [isNumber && "value", isNone && "none", isSame && "same", text.length > LONG && "long"].filter(Boolean).join(" ");
    const why = isReason(column) ? value : isNone && isNumber ? row.reason ?? row.reasons : null;
    return el("td", { class: names || null, title: page.reasonWords(why).map(page.reason).join("; ") || null }, text);
  };

  /** Columns that say the same in every row. Paper has no room for them, so it says them once. */
  const sameColumns = (columns, rows) => new Set(columns.filter((column) => rows.every((row) => spelled(row[column]) === spelled(rows[0][column]))));

  const body = (table, rows, caption) => {
    const columns = page.columns(table);
    const same = sameColumns(columns, rows);
    const once = [...same].filter((column) => spelled(rows[0]?.[column]) !== "").map((column) => `${column} ${spelled(rows[0][column])}`);
    const heads = columns.map((column) => el("th", { scope: "col", class: same.has(column) ? "same" : null }, page.term(column, page.termOf(table, column))));
    const lines = el("tbody");
    let n = 0;
    const more = el("button", { type: "button", class: "more" });
    const add = () => {
      lines.append(...rows.slice(n, n + AT_ONCE).map((row) => el("tr", {}, columns.map((column) => cell(table, column, row, same.has(column))))));
      n = Math.min(rows.length, n + AT_ONCE);
      more.textContent = `Show more (${page.count(n)} of ${page.count(rows.length)} rows)`;
      more.hidden = n === rows.length;
    };
    more.addEventListener("click", add);
    add();
    const made = el("table", {}, el("caption", {}, caption), el("thead", {}, el("tr", {}, heads)), lines);
    const said = once.length ? el("p", { class: "once" }, `The same in every row: ${once.join("; ")}.`) : null;
    const region = el("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": caption }, made);
    return [said, region, more].filter(Boolean);
  };

  /** The rows of one table, closed until it is opened; it is built when it is first opened. */
  page.dataTable = (table, rows, caption) => {
    const summary = el("summary", {}, "Table ", el("code", {}, table), `, ${page.plural(rows.length, "row", "rows")}`);
    const details = el("details", { class: "data", "data-table": table }, summary);
    details.build = () => {
      if (details.childElementCount === 1) details.append(...body(table, rows, caption));
    };
    details.addEventListener("toggle", () => details.open && details.build());
    return el("div", { class: "table" }, details, download(table, rows));
  };
})();
