// The filters: platform, tenant, scope, form and weeks. Their state stands in the address, after `#`.

(() => {
  const { el, byId } = page;
  const NAMES = ["platform", "tenant", "scope", "form", "from", "to"];
  let state = {};
  let asked = {};

  /** Every form of every tenant, the one with most assessments first; from it come the defaults. */
  const forms = (() => {
    const whole = page.select("cohort", { scope_kind: "tenant", scope_id: "*" });
    const rows = whole.length ? whole : page.select("cohort");
    const groups = d3.rollups(rows, (own) => d3.sum(own, (row) => row.n), (row) => JSON.stringify([row.platform, row.tenant, row.form_id]));
    return groups.map(([key, n]) => [...JSON.parse(key), n]).sort((a, b) => b[3] - a[3] || d3.ascending(a[2], b[2]))
      .map(([platform, tenant, form, n]) => ({ platform, tenant, form, n }));
  })();

  const pairs = (() => {
    const seen = new Map();
    for (const { platform, tenant } of forms) seen.set(JSON.stringify([platform, tenant]), { platform, tenant });
    for (const table of ["waterfall", "edit_lag"]) {
      for (const { platform, tenant } of page.select(table, {}, (row) => row.platform)) seen.set(JSON.stringify([platform, tenant]), { platform, tenant });
    }
    return [...seen.values()];
  })();

  const unique = (values) => [...new Set(values)];
  const PLATFORMS = { genesys: "Genesys Cloud", cxone: "NICE CXone" };
  const KINDS = { division: "Divisions", site: "Sites", queue: "Queues", team: "Teams" };
  const ORDER = ["tenant", "division", "site", "queue", "team"];

  const scopesOf = ({ platform, tenant, form }) => {
    const rows = page.select("cohort", { platform, tenant, form_id: form });
    const scopes = new Map(rows.map((row) => [`${row.scope_kind}/${row.scope_id}`, row]));
    return [...scopes].map(([value, row]) => ({ value, kind: row.scope_kind, name: page.scopeName(tenant, row.scope_kind, row.scope_id) }))
      .sort((a, b) => ORDER.indexOf(a.kind) - ORDER.indexOf(b.kind) || d3.ascending(a.name, b.name));
  };

  const weeksOf = ({ platform, tenant, form }) => {
    const column = (name) => page.column("trend_cohort", name);
    const [platforms, tenants, formIds] = [column("platform"), column("tenant"), column("form_id")];
    const weeks = column("week_start").filter((_, at) => platforms[at] === platform && tenants[at] === tenant && formIds[at] === form);
    return unique(weeks).sort();
  };

  const preferred = (wanted, options, fallback) => (wanted !== undefined && options.includes(wanted) ? wanted : fallback);

  /** What is asked for, as far as it exists; what is asked for and does not exist stays, and nothing will match it. */
  const settle = (wanted) => {
    const best = forms.find((one) => (!wanted.platform || one.platform === wanted.platform) && (!wanted.tenant || one.tenant === wanted.tenant)) ?? forms[0] ?? {};
    const platform = wanted.platform ?? best.platform ?? pairs[0]?.platform ?? "";
    const tenants = unique(pairs.filter((pair) => pair.platform === platform).map((pair) => pair.tenant));
    const tenant = wanted.tenant ?? preferred(best.tenant, tenants, tenants[0] ?? "");
    const own = forms.filter((one) => one.platform === platform && one.tenant === tenant).map((one) => one.form);
    const form = wanted.form ?? own[0] ?? "";
    const scopes = scopesOf({ platform, tenant, form }).map((scope) => scope.value);
    const scope = wanted.scope ?? preferred("tenant/*", scopes, scopes[0] ?? "tenant/*");
    return { platform, tenant, form, scope, from: wanted.from ?? "", to: wanted.to ?? "" };
  };

  const options = (id, entries, value) => {
    const select = byId(id);
    const known = entries.some((entry) => entry.value === value);
    const all = known ? entries : [...entries, { value, name: `${value || "none"} (not in this report)` }];
    const groups = d3.group(all, (entry) => entry.group ?? "");
    const children = [...groups].flatMap(([group, own]) => {
      const made = own.map((entry) => el("option", { value: entry.value }, entry.name));
      return group ? [el("optgroup", { label: group }, made)] : made;
    });
    select.replaceChildren(...children);
    select.value = value;
  };

  const fill = () => {
    const { platform, tenant, form } = state;
    const named = (values, name) => values.map((value) => ({ value, name: name(value) }));
    options("platform", named(unique(pairs.map((pair) => pair.platform)).sort(), (word) => PLATFORMS[word] ?? word), platform);
    options("tenant", named(unique(pairs.filter((pair) => pair.platform === platform).map((pair) => pair.tenant)).sort(), (word) => word), tenant);
    const own = forms.filter((one) => one.platform === platform && one.tenant === tenant);
    options("form", own.map((one) => ({ value: one.form, name: page.formName(tenant, platform, one.form) })), form);
    options("scope", scopesOf(state).map((scope) => ({ ...scope, group: KINDS[scope.kind] })), state.scope);
    const weeks = weeksOf(state);
    const spelled = named(weeks, page.dayText);
    options("from", [{ value: "", name: weeks.length ? page.dayText(weeks[0]) : "first" }, ...spelled.slice(1)], state.from);
    options("to", [{ value: "", name: weeks.length ? page.dayText(weeks.at(-1)) : "last" }, ...spelled.slice(0, -1)], state.to);
  };

  const read = () => {
    const parameters = new URLSearchParams(location.hash.slice(1));
    return Object.fromEntries(NAMES.filter((name) => parameters.get(name)).map((name) => [name, parameters.get(name)]));
  };

  /** The address that shows the same page, at a place of it if one is given. */
  page.address = (at = null) => {
    const parameters = new URLSearchParams(Object.entries(asked));
    if (at) parameters.set("at", at);
    return `#${parameters}`;
  };

  page.state = () => {
    const [kind, ...id] = state.scope.split("/");
    return { ...state, scope_kind: kind, scope_id: id.join("/") };
  };

  /** The values of the columns that the filters speak of. */
  page.where = (...columns) => {
    const { platform, tenant, form, scope_kind, scope_id } = page.state();
    const all = { platform, tenant, form_id: form, scope_kind, scope_id };
    return Object.fromEntries(columns.map((column) => [column, all[column]]));
  };

  page.WHOLE = ["platform", "tenant", "form_id", "scope_kind", "scope_id"];

  /** Whether a week lies in the period; both ends belong to it. */
  page.inPeriod = (week) => (!state.from || state.from <= week) && (!state.to || week <= state.to);

  page.periodText = () => (state.from || state.to ? `weeks from ${state.from ? page.dayText(state.from) : "the first"} to ${state.to ? page.dayText(state.to) : "the last"}` : "all weeks");

  page.scopeText = () => {
    const { tenant, scope_kind, scope_id } = page.state();
    return scope_id === "*" ? `the whole tenant ${tenant}` : `${scope_kind} ${page.scopeName(tenant, scope_kind, scope_id)}`;
  };

  page.formText = () => page.formName(state.tenant, state.platform, state.form);

  /** Asks for other rows: what no longer goes with what was changed falls back to its default. */
  page.ask = (changes) => {
    const next = { ...asked, ...changes };
    if ("platform" in changes) delete next.tenant;
    if ("platform" in changes || "tenant" in changes) ["form", "scope", "from", "to"].forEach((name) => delete next[name]);
    if ("form" in changes && !("from" in changes)) ["from", "to"].forEach((name) => delete next[name]);
    if ("form" in changes && next.scope && !scopesOf({ ...state, ...next }).some((scope) => scope.value === next.scope)) delete next.scope;
    for (const name of NAMES) if (!next[name]) delete next[name];
    asked = next;
    state = settle(asked);
    location.replace(page.address());
    fill();
    page.draw();
  };

  page.startFilters = () => {
    asked = read();
    state = settle(asked);
    fill();
    byId("filters").addEventListener("change", (event) => page.ask({ [event.target.name]: event.target.value }));
    byId("filters").addEventListener("submit", (event) => event.preventDefault());
    byId("filters").addEventListener("reset", (event) => {
      event.preventDefault();
      asked = {};
      page.ask({});
    });
    addEventListener("hashchange", () => {
      const next = read();
      if (JSON.stringify(next) === JSON.stringify(asked)) return;
      asked = next;
      state = settle(asked);
      fill();
      page.draw();
    });
  };
})();
