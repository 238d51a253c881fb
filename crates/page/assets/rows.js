// The rows: unpacks the tables a column at a time, when it is first asked for, and picks rows by value.

(() => {
  const payload = JSON.parse(page.byId("rows").textContent);
  page.takeSettings(payload.settings);
  page.reread = payload.reread;
  page.agentLevel = payload.agent_level;

  const tables = new Map();
  for (const [name, { n, columns }] of Object.entries(payload.tables)) {
    tables.set(name, { n, packed: new Map(columns.map(([column, kind, data]) => [column, { kind, data }])), unpacked: new Map() });
  }

  /** Values, places in a dictionary, or places with how often each comes in a row. */
  const unpack = ({ v, d, i, r }) => {
    if (v) return v;
    if (i) return i.map((place) => d[place]);
    const values = [];
    for (let at = 0; at < r.length; at += 2) for (let times = r[at + 1]; times > 0; times--) values.push(d[r[at]]);
    return values;
  };

  page.has = (table) => (tables.get(table)?.n ?? 0) > 0;
  page.kind = (table, column) => tables.get(table).packed.get(column).kind;
  page.columns = (table) => [...(tables.get(table)?.packed.keys() ?? [])];

  /** All values of a column, in the order of the rows. */
  page.column = (table, column) => {
    const held = tables.get(table);
    if (!held) return [];
    if (!held.unpacked.has(column)) held.unpacked.set(column, unpack(held.packed.get(column).data));
    return held.unpacked.get(column);
  };

  /** The rows of a table whose columns have these values; `keep` may look further. An undefined value is not asked about. */
  page.select = (table, where = {}, keep = null) => {
    const held = tables.get(table);
    if (!held) return [];
    const asked = Object.entries(where).filter(([, value]) => value !== undefined).map(([column, value]) => [page.column(table, column), value]);
    const names = page.columns(table);
    const all = names.map((name) => page.column(table, name));
    const rows = [];
    for (let at = 0; at < held.n; at++) {
      if (!asked.every(([values, value]) => values[at] === value)) continue;
      const row = {};
      for (let place = 0; place < names.length; place++) row[names[place]] = all[place][at];
      if (!keep || keep(row)) rows.push(row);
    }
    return rows;
  };

  const scopeNames = new Map(page.select("scope").map((row) => [[row.tenant, row.kind, row.scope_id].join("\u001f"), row.name]));
  const versions = new Map();
  for (const row of page.select("cohort")) {
    const known = versions.get(page.cohortKey(row));
    if (!known || (row.scope_kind === "tenant" && row.scope_id === "*")) versions.set(page.cohortKey(row), row);
  }

  page.scopeName = (tenant, kind, id) => {
    if (id === "*") return "Whole tenant";
    return scopeNames.get([tenant, kind, id].join("\u001f")) || id;
  };

  /** What a cohort's form version is called. */
  page.versionName = (row) => {
    const version = versions.get(page.cohortKey(row))?.form_version;
    return version ? (/^\d/.test(version) ? `Version ${version}` : version) : row.form_version_id || "Unknown version";
  };
  page.cohortName = (row) => `${page.versionName(row)}${page.byWhom(row.scored_by)}`;

  page.formName = (tenant, platform, formId) =>
    page.select("cohort", { tenant, platform, form_id: formId }).map((row) => row.form_name).find(Boolean) ?? formId.replace(/^(name|version):/, "");

  /** The newest first; of those that began together in the order in which they came. */
  page.newestFirst = (cohorts) => d3.sort(cohorts, (a, b) => d3.descending(a.first_date, b.first_date));

  /** The cohorts of a form in the order in which they began, with their marks: the same in every chart. */
  page.cohorts = (tenant, platform, formId) => {
    const rows = page.select("cohort", { tenant, platform, form_id: formId });
    const first = d3.rollup(rows, (own) => d3.sort(own, (row) => row.first_date)[0], page.cohortKey);
    const isMachine = (row) => row.scored_by !== "human";
    const sorted = d3.sort(first.values(), (a, b) => d3.ascending(a.first_date, b.first_date) || isMachine(a) - isMachine(b) || d3.ascending(page.cohortKey(a), page.cohortKey(b)));
    return sorted.map((row, index) => ({ ...row, key: page.cohortKey(row), name: page.cohortName(row), look: page.look(index, row.scored_by) }));
  };
})();
