"""Opens reports in headless Chromium and holds what they draw against the rows they carry.

Usage: check_page.py SMALL WITHHELD EMPTY [--year YEAR] [--report REPORT] [--shots FOLDER]
       (the files that `cargo run -p scorelake-page --example sample -- small|withheld|empty|year PATH` writes; see requirements.txt)

Chromium is the program that CHROMIUM names, else `chromium` on the path. Everything a page asks for over a network is refused and
counted. Exit code 0 when all holds, 1 with a line for each difference.
"""

import argparse
import csv
import io
import json
import os
import re
import shutil
import sys
import tempfile
from collections import Counter
from pathlib import Path

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import sync_playwright

DESKTOP = {"width": 1280, "height": 900}
PHONE = {"width": 360, "height": 800}
SECTIONS = ["summary", "trend", "split", "evaluators", "questions", "agents", "reconciliation", "control", "lag", "card", "definitions"]
HOSTILE = "</script><img src=x onerror=alert(1)>"

problems = []


def check(holds, what):
    """Notes what does not hold."""
    if not holds:
        problems.append(what)
        print(f"FAILED {what}", flush=True)


def same(seen, expected, what):
    check(seen == expected, f"{what}: {seen!r} instead of {expected!r}")


class Rows:
    """The rows that a file carries, unpacked by this script's own reading of them."""

    def __init__(self, path):
        text = Path(path).read_text(encoding="utf-8")
        packed = re.search(r'<script type="application/json" id="rows">(.*?)</script>', text, re.S).group(1)
        self.payload = json.loads(packed)
        self.tables = {name: self._table(table) for name, table in self.payload["tables"].items()}

    @staticmethod
    def _column(data):
        if "v" in data:
            return data["v"]
        if "i" in data:
            return [data["d"][place] for place in data["i"]]
        runs = data["r"]
        return [data["d"][runs[at]] for at in range(0, len(runs), 2) for _ in range(runs[at + 1])]

    def _table(self, table):
        columns = {name: self._column(data) for name, _, data in table["columns"]}
        return [dict(zip(columns, values)) for values in zip(*columns.values())]

    def select(self, table, **where):
        return [row for row in self.tables.get(table, []) if all(row[key] == value for key, value in where.items())]


class Page:
    """One open report; console lines, errors and requests are collected."""

    def __init__(self, browser, path, viewport=DESKTOP, scheme="light", address=""):
        self.context = browser.new_context(viewport=viewport, color_scheme=scheme, accept_downloads=True)
        self.page = self.context.new_page()
        self.said, self.asked = [], []
        self.page.on("console", lambda message: self.said.append(f"{message.type}: {message.text}"))
        self.page.on("pageerror", lambda error: self.said.append(f"error: {error}"))
        self.page.on("dialog", lambda dialog: (self.said.append(f"dialog: {dialog.message}"), dialog.dismiss()))
        own = Path(path).resolve().as_uri()

        def gate(route):
            url = route.request.url
            if url.split("#")[0] == own or url.startswith(("data:", "blob:")):
                route.continue_()
            else:
                self.asked.append(url)
                route.abort()

        self.page.route("**/*", gate)
        self.page.on("request", lambda request: request.url.split("#")[0] == own or request.url.startswith(("data:", "blob:")) or self.asked.append(request.url))
        self.page.goto(own + address)
        self.settle()

    def settle(self):
        self.page.evaluate("() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")

    def n(self, selector):
        return self.page.locator(selector).count()

    def choose(self, name, value):
        self.page.select_option(f"#{name}", value)
        self.settle()

    def close(self, what):
        same(self.said, [], f"{what}: console")
        same(self.asked, [], f"{what}: requests")
        self.context.close()


SERVICE = {"platform": "genesys", "tenant": "aurora", "form_id": "f-service"}
WHOLE = {**SERVICE, "scope_kind": "tenant", "scope_id": "*"}


def dots(group):
    """The library draws round dots as circles, all others as paths."""
    return f"{group} circle, {group} path"


def cohort(row):
    return (row["form_version_id"], row["content_hash"], row["scored_by"])


def check_trend(page, rows, where, what):
    weeks = [row for row in rows.select("trend_cohort", **where) if row["mean"] is not None]
    cohorts = {cohort(row) for row in weeks}
    same(page.n("#trend .line path"), len(cohorts), f"{what}: a line for each cohort")
    same(page.n(dots("#trend .firm")), sum(not row["provisional"] for row in weeks), f"{what}: firm dots")
    same(page.n(dots("#trend .hollow")), sum(row["provisional"] for row in weeks), f"{what}: hollow dots")
    fills = page.page.eval_on_selector_all("#trend .hollow", "(groups) => groups.map((group) => getComputedStyle(group).fill)")
    surface = page.page.eval_on_selector("#trend", "(panel) => getComputedStyle(panel).backgroundColor")
    check(all(fill == surface for fill in fills), f"{what}: hollow dots are filled as the page: {fills} {surface}")
    # Each line has exactly the points of its own cohort, so none joins two.
    lengths = page.page.eval_on_selector_all("#trend .line path", "(paths) => paths.map((path) => path.getAttribute('d').match(/[ML]/g).length)")
    same(sorted(lengths), sorted(Counter(cohort(row) for row in weeks).values()), f"{what}: points of each line")
    index = [row for row in rows.select("cohort", **where) if row["index"] is not None]
    same(page.n("#trend .index line"), len(index), f"{what}: a level of the index for each cohort that has one")
    same(page.n("#trend .boundary line"), len({row["boundary_date"] for row in rows.select("change_split", **where)}), f"{what}: boundaries")
    same(page.n("#trend .boundary-name text"), page.n("#trend .boundary line"), f"{what}: every boundary is named")


PARTS = ["removed", "reweighting", "performance", "added", "na_mix"]


def check_split(page, rows, where, what):
    splits = sorted(rows.select("change_split", **where), key=lambda row: row["boundary_date"], reverse=True)
    same(page.n("#split figure"), len(splits), f"{what}: a waterfall for each change")
    for place, row in enumerate(splits):
        figure = page.page.locator("#split figure").nth(place)
        whole = all(row[part] is not None for part in PARTS)
        same(figure.locator(".part rect").count(), 5 if whole else 0, f"{what}: bars of change {place}")
        if whole:
            check(abs(row["mean_from"] + sum(row[part] for part in PARTS) - row["mean_to"]) < 1e-5, f"{what}: the parts lead to the new mean")
        # Where the last bar ends is where the tick of the new mean stands, and each bar begins where the one before ended.
        boxes = figure.locator(".part rect").evaluate_all("(all) => all.map((rect) => [+rect.getAttribute('x'), +rect.getAttribute('x') + +rect.getAttribute('width')])")
        ticks = figure.locator(".mean line").evaluate_all("(all) => all.map((line) => +line.getAttribute('x1'))")
        same(len(ticks), 2, f"{what}: both means of change {place}")
        at = ticks[0]
        for part, (left, right) in zip(PARTS, boxes):
            start, end = (left, right) if row[part] >= 0 else (right, left)
            check(abs(start - at) < 2, f"{what}: {part} of change {place} begins where the one before ended: {start} {at}")
            at = end
        check(not boxes or abs(at - ticks[1]) < 2, f"{what}: the bars of change {place} end at the new mean: {at} {ticks[1]}")
        text = figure.inner_text()
        if row["bridge"] == "none":
            across = figure.locator(".across text").text_content()
            check("bridge = none" in across and all(word.replace("_", " ") in across for word in row["reasons"]), f"{what}: written across: {across}")
            check(all(word in text for word in row["reasons"]) and figure.locator(".reasons li").count() == len(row["reasons"]), f"{what}: reasons in words")
            same(figure.locator(".whisker").count(), 0, f"{what}: no interval without a bridge")
        else:
            check("double scoring" in text, f"{what}: what a bridge cannot tell")
            same(figure.locator(".whisker line").count(), 1, f"{what}: performance has its interval")


def check_others(page, rows, what):
    people = rows.select("evaluator_leniency", tenant="aurora", form_id="*")
    known = [row for row in people if row["leniency"] is not None]
    same(page.n(dots("#evaluators .effect")), len(known), f"{what}: evaluators")
    same(page.n("#evaluators figure"), len({row["island_id"] for row in known}), f"{what}: islands apart")
    same(page.n("#evaluators .n text"), len(known), f"{what}: n at the right of each")
    cells = [row for row in rows.select("question_week", **WHOLE) if row["attainment"] is not None and row["n"] >= 5]
    same(page.n("#questions .cell rect"), len(cells), f"{what}: cells of the heat map")
    same(page.n("#questions figure"), len({cohort(row) for row in cells}), f"{what}: a heat map for each cohort")
    agents = [row for row in rows.select("agent_score", **SERVICE) if row["mean"] is not None]
    score = "#agents [data-chart='agents-score']"
    same(page.n(dots(f"{score} .agent")), sum(not row["named"] for row in agents), f"{what}: agents without a name")
    same(page.n(f"{score} .agent-name text"), sum(row["named"] for row in agents), f"{what}: only the named have a name")
    same(page.n(f"{score} .limit path"), 4 * len({cohort(row) for row in agents}), f"{what}: limits of the funnel")
    compared = rows.select("reconciliation", tenant="aurora")
    same(page.n("#reconciliation .drawing .console rect"), sum(row["reported"] is not None for row in compared), f"{what}: console outlines")
    same(page.n("#reconciliation .drawing .red rect"), sum(row["verdict"] in ("alert", "excess") for row in compared), f"{what}: red only by rule")
    same(page.n("#reconciliation .drawing .unverified rect"), sum(row["verdict"] == "unverified" for row in compared), f"{what}: unverified is striped")
    same(page.n("#reconciliation .step rect"), len(rows.select("waterfall", tenant="aurora")), f"{what}: steps")
    points = rows.select("control_point", **WHOLE)
    means = [row for row in points if row["chart"] == "xmr"]
    chart = "#control [data-chart='control-xmr']"
    drawn = sum(page.n(dots(f"{chart} .{group}")) for group in ("point", "baseline", "thin"))
    same(drawn, len(means), f"{what}: points of the XmR chart")
    same(page.n(f"{chart} .signal circle"), sum("outside" in (row["signals"] or []) for row in means), f"{what}: signals of the XmR chart")
    check(page.n(f"{chart} .rule-name text") > 0, f"{what}: signals say their rule")
    same(page.n(f"{chart} .line path"), len({cohort(row) for row in means}), f"{what}: lines restart at boundaries")
    same(page.n("#lag .ecdf path"), len({row["stream"] for row in rows.select("edit_lag", tenant="aurora")}), f"{what}: a step line for each stream")
    same(page.n("#lag .reread line"), 1, f"{what}: the line at the span that is read again")
    check("came after the span that is read again" in page.page.inner_text("#lag"), f"{what}: the share after it is told")
    check("Pulled to the mean of its pool because of n" in page.page.inner_text("#card"), f"{what}: the pull in words")
    same(page.n("#card ol.recent li"), 5, f"{what}: the last five assessments")


def check_figures(page, what):
    """What holds of every figure."""
    for figure in page.page.locator("figure.chart").all():
        name = figure.get_attribute("data-chart")
        label = figure.locator("[role=img]").last.get_attribute("aria-label") or ""
        check(label.endswith(".") and 30 < len(label), f"{what}: {name} has no sentence: {label!r}")
        caption = figure.locator("figcaption").inner_text()
        check(re.search(r"\bn\b|records|agents", caption) is not None, f"{what}: {name} names no n: {caption!r}")
        check(figure.locator("details[data-table]").count() > 0 and figure.locator("a[download]").count() > 0, f"{what}: {name} has no table")
    texts = page.page.eval_on_selector_all("figure.chart svg text", "(all) => all.map((one) => one.textContent).filter((one) => /NaN|undefined|null|Infinity/.test(one))")
    same(texts, [], f"{what}: odd texts")
    odd = page.page.eval_on_selector_all("figure.chart svg path, figure.chart svg rect, figure.chart svg line", "(all) => all.filter((one) => /NaN|Infinity/.test(one.outerHTML)).length")
    same(odd, 0, f"{what}: odd marks")
    wide = page.page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    same(wide, 0, f"{what}: nothing is wider than the page")


def check_links(page, what):
    missing = page.page.evaluate("() => [...document.querySelectorAll('a[href^=\"#def-\"], nav a')].filter((link) => !document.getElementById(link.getAttribute('href').slice(1))).map((link) => link.outerHTML)")
    same(missing, [], f"{what}: links that lead nowhere")
    check(page.n("a.number") > 30, f"{what}: numbers lead to definitions")
    handlers = page.page.evaluate("() => [...document.querySelectorAll('*')].flatMap((one) => one.getAttributeNames()).filter((name) => name.startsWith('on'))")
    same(handlers, [], f"{what}: inline handlers")
    page.page.locator("#trend a.number").first.click()
    page.settle()
    focused = page.page.evaluate("document.activeElement.id")
    check(focused.startswith("def-"), f"{what}: a number takes the keyboard to its definition: {focused}")
    check("at=def-" in page.page.evaluate("location.hash"), f"{what}: the address keeps the place beside the filters")


def check_downloads(page, rows, what):
    for table in ["trend_cohort", "change_split", "question_week", "agent_score", "reconciliation", "edit_lag"]:
        holder = page.page.locator(f".table:has(details[data-table={table}])").first
        holder.locator("summary").click()
        more = holder.locator("button.more")
        while more.is_visible():
            more.click()
        heads = holder.locator("thead th").all_inner_texts()
        shown = holder.locator("tbody tr").evaluate_all("(rows) => rows.map((row) => [...row.children].map((cell) => cell.textContent))")
        with page.page.expect_download() as download:
            holder.locator("a[download]").click()
        same(download.value.suggested_filename, f"{table}.csv", f"{what}: file name")
        text = Path(download.value.path()).read_text(encoding="utf-8")
        lines = list(csv.reader(io.StringIO(text, newline="")))
        same(lines[0], heads, f"{what}: columns of {table}.csv")
        check(lines[1:] == shown, f"{what}: {table}.csv has what the table shows: {[pair for pair in zip(lines[1:], shown) if pair[0] != pair[1]][:1]}")
        own = [[json.dumps(cell, separators=(",", ":")) if isinstance(cell, list) else "" if cell is None else str(cell).lower() if isinstance(cell, bool) else str(cell) for cell in row.values()] for row in rows.tables[table]]
        held = {tuple(row) for row in own}
        check(all(tuple(line) in held for line in lines[1:]), f"{what}: {table}.csv has rows of the file only")
        holder.locator("summary").click()


def check_filters(page, rows, what):
    marks = lambda: page.page.eval_on_selector_all("figure.chart", "(all) => all.map((one) => [one.dataset.chart, one.querySelectorAll('svg *').length, one.querySelector('h3').textContent].join())")
    before = marks()
    page.choose("scope", "division/EMEA")
    check_trend(page, rows, {**SERVICE, "scope_kind": "division", "scope_id": "EMEA"}, f"{what}, EMEA")
    check(marks() != before, f"{what}: the scope changes marks")
    page.choose("scope", "tenant/*")
    same(marks(), before, f"{what}: and back")
    page.choose("form", "f-sales")
    check_trend(page, rows, {**WHOLE, "form_id": "f-sales"}, f"{what}, sales")
    check_split(page, rows, {**WHOLE, "form_id": "f-sales"}, f"{what}, sales")
    page.choose("form", "f-mail")
    check_split(page, rows, {**WHOLE, "form_id": "f-mail"}, f"{what}, mail")
    check("<b>&amp;</b>" in page.page.locator("#trend h3").first.inner_text(), f"{what}: a form's name is text")
    page.choose("form", "f-service")
    weeks = sorted({row["week_start"] for row in rows.select("trend_cohort", **WHOLE)})
    page.choose("from", weeks[12])
    page.choose("to", weeks[15])
    inside = [row for row in rows.select("trend_cohort", **WHOLE) if weeks[12] <= row["week_start"] <= weeks[15]]
    same(page.n(dots("#trend .firm")) + page.n(dots("#trend .hollow")), len(inside), f"{what}: the period cuts the trend")
    cells = [row for row in rows.select("question_week", **WHOLE) if weeks[12] <= row["week_start"] <= weeks[15] and row["attainment"] is not None]
    same(page.n("#questions .cell rect"), len(cells), f"{what}: the period cuts the heat map")
    same(page.n("#split figure"), 0, f"{what}: no change in the period")
    check("Nothing to draw" in page.page.inner_text("#split"), f"{what}: and a sentence says so")
    check("do not follow the period" in page.page.inner_text("#agents"), f"{what}: who does not follow the period says so")
    address = page.page.evaluate("location.hash")
    check(f"from={weeks[12]}" in address and f"to={weeks[15]}" in address, f"{what}: the address holds the filters: {address}")
    page.page.click("button[type=reset]")
    page.settle()
    same(marks(), before, f"{what}: reset")
    page.choose("platform", "cxone")
    same(page.page.input_value("#tenant"), "aurora-nice", f"{what}: the platform takes its tenant along")
    check_trend(page, rows, {"platform": "cxone", "tenant": "aurora-nice", "form_id": "name:Retention", "scope_kind": "tenant", "scope_id": "*"}, f"{what}, second platform")
    page.page.click("button[type=reset]")
    page.settle()
    page.page.select_option("#agent", "a-005")
    check("Farah Rossi" in page.page.locator("#card h3").first.inner_text(), f"{what}: another agent's card")
    for scope in page.page.eval_on_selector_all("#scope option", "(all) => all.map((one) => one.value)"):
        page.choose("scope", scope)
        check_figures(page, f"{what}, {scope}")
        kind, _, name = scope.partition("/")
        hidden = all(row["mean"] is None for row in rows.select("trend_cohort", **SERVICE, scope_kind=kind, scope_id=name))
        same(page.n("#trend figure"), 0 if hidden else 1, f"{what}, {scope}: what is withheld is not drawn")
        check(not hidden or "k_anonymity" in page.page.inner_text("#trend"), f"{what}, {scope}: and says why")


def check_keyboard(page, what):
    reached = []
    for _ in range(400):
        page.page.keyboard.press("Tab")
        # One outline a stop, or nobody sees where it stands.
        reached.append(page.page.evaluate("() => { const one = document.activeElement; return [one.tagName, one.id || one.className, getComputedStyle(one).outlineStyle]; }"))
        if reached[-1][0] == "SUMMARY" and reached.count(reached[-1]) > 3:
            break
    names = [name for _, name, _ in reached]
    same(names[0], "skip", f"{what}: the skip link comes first")
    order = [name for name in names if name in ("theme", "platform", "tenant", "scope", "form", "from", "to")]
    same(order[:7], ["theme", "platform", "tenant", "scope", "form", "from", "to"], f"{what}: the filters in their order")
    check(any(tag == "SUMMARY" for tag, _, _ in reached), f"{what}: the tables can be reached")
    check(all(style != "none" for _, _, style in reached), f"{what}: the focus is seen: {[one for one in reached if one[2] == 'none'][:3]}")
    page.page.keyboard.press("Enter")
    check(page.page.evaluate("document.activeElement.parentElement.open === true"), f"{what}: a table opens by the keyboard")
    page.page.evaluate("document.activeElement.parentElement.open = false")


def check_axe(page, what):
    """With everything open; of each table the first rows, as the rest is alike and would take minutes."""
    page.page.evaluate("document.querySelectorAll('details').forEach((one) => { one.build?.(); one.open = true; })")
    page.page.evaluate("document.querySelectorAll('.scroll tbody tr:nth-child(n + 4)').forEach((row) => row.remove())")
    page.settle()
    found = Axe().run(page.page)
    lines = [f"{one['id']}: {one['nodes'][0]['html'][:160]} ({len(one['nodes'])}) {one['nodes'][0]['failureSummary'][:200]}" for one in found.response["violations"]]
    same(lines, [], f"{what}: axe-core")
    page.page.evaluate("document.querySelectorAll('details').forEach((one) => { one.open = false; })")


def check_print(page, folder, what):
    path = Path(folder) / f"{what}.pdf"
    page.page.evaluate("""() => addEventListener('beforeprint', () => { window.printed = {
        open: document.querySelectorAll('details:not([open])').length, tables: document.querySelectorAll('.scroll table').length,
        widest: Math.max(...[...document.querySelectorAll('.drawing > svg')].map((svg) => +svg.getAttribute('width'))) }; })""")
    page.page.pdf(path=path, format="A4", print_background=True)
    check(path.stat().st_size > 50_000, f"{what}: the PDF has its pages")
    printed = page.page.evaluate("window.printed")
    check(printed is not None and printed["open"] == 0 and printed["tables"] > 10 and printed["widest"] <= 700, f"{what}: paper has everything open: {printed}")
    page.settle()
    check(page.n("details[open]") == 0, f"{what}: and closes it again")


def shots(page, folder, tag):
    if folder is None:
        return
    Path(folder).mkdir(parents=True, exist_ok=True)
    page.page.add_style_tag(content=".bar { position: static !important; }")
    page.page.screenshot(path=f"{folder}/{tag}-top.png")
    for section in SECTIONS:
        page.page.locator(f"#{section}").screenshot(path=f"{folder}/{tag}-{section}.png")


def check_small(browser, path, folder, temporary):
    rows = Rows(path)
    for scheme in ("light", "dark"):
        for name, viewport in (("desktop", DESKTOP), ("phone", PHONE)):
            what = f"{name}-{scheme}"
            page = Page(browser, path, viewport, scheme)
            check_trend(page, rows, WHOLE, what)
            check_split(page, rows, WHOLE, what)
            check_others(page, rows, what)
            check_figures(page, what)
            check_axe(page, what)
            shots(page, folder, what)
            page.close(what)
    page = Page(browser, path)
    check_keyboard(page, "keyboard")
    page.close("keyboard")
    page = Page(browser, path)
    check_links(page, "links")
    check_filters(page, rows, "filters")
    page.page.click("button[type=reset]")
    check_downloads(page, rows, "downloads")
    page.page.select_option("#theme", "dark")
    check(page.page.evaluate("getComputedStyle(document.documentElement).colorScheme") == "dark", "the switch turns colours")
    check_print(page, temporary, "print")
    check(HOSTILE in page.page.locator("#agent").inner_text() and page.n("img") == 0, "a hostile name is text")
    headlines = rows.select("change_split", scope_kind="tenant", scope_id="*")
    page.page.locator("details.earlier summary").click()
    told = " ".join(page.page.inner_text("#headlines").split())
    check(all(" ".join(row["sentence"].split()) in told for row in headlines), "every change of form has its sentence on top")
    page.close("walk")
    address = "#platform=genesys&tenant=aurora&form=f-service&scope=division%2FEMEA&from=2031-02-03"
    page = Page(browser, path, address=address)
    same([page.page.input_value(f"#{name}") for name in ("scope", "from")], ["division/EMEA", "2031-02-03"], "an address is taken up")
    page.close("address")
    page = Page(browser, path, address="#form=f-nowhere")
    same(page.n("#trend figure"), 0, "no match, no empty axes")
    check("Nothing to draw" in page.page.inner_text("#trend"), "no match, a sentence")
    check_axe(page, "no match")
    page.close("no match")


def check_withheld(browser, path):
    page = Page(browser, path)
    for section in ("agents", "card"):
        check("Single agents are not shown" in page.page.inner_text(f"#{section}"), f"{section} says why it is withheld")
        same(page.n(f"#{section} figure"), 0, f"{section} is not drawn")
    check(page.n("#trend figure") == 1, "other charts are drawn")
    check_axe(page, "withheld")
    page.close("withheld")


def check_empty(browser, path):
    page = Page(browser, path, PHONE)
    same(page.n("figure"), 0, "an empty report has no axes")
    check(page.n(".nothing") >= 7, "an empty report says so for each chart")
    check_axe(page, "empty")
    page.close("empty")


def check_year(browser, path, folder):
    check(os.path.getsize(path) < 5_000_000, f"a year is under 5 MB: {os.path.getsize(path)}")
    rows = Rows(path)
    page = Page(browser, path)
    drawn_ms = page.page.evaluate("performance.now()")
    print(f"a year of 500 agents: {os.path.getsize(path):,} bytes, drawn {drawn_ms:.0f} ms after it was opened")
    check_trend(page, rows, WHOLE, "year")
    check_others(page, rows, "year")
    check_figures(page, "year")
    page.choose("scope", "division/APAC")
    check_figures(page, "year, APAC")
    page.page.click("button[type=reset]")
    shots(page, folder, "year-desktop")
    page.close("year")


def check_report(browser, path):
    """A report that the program itself has written, of which nothing is known beforehand but that every chart has something to draw."""
    rows = Rows(path)
    for viewport, name in ((DESKTOP, "report"), (PHONE, "report, phone")):
        page = Page(browser, path, viewport)
        platform, tenant, form = (page.page.input_value(f"select[name={select}]") for select in ("platform", "tenant", "form"))
        where = {"platform": platform, "tenant": tenant, "form_id": form, "scope_kind": "tenant", "scope_id": "*"}
        check_trend(page, rows, where, name)
        check_split(page, rows, where, name)
        for section in SECTIONS[1:-1]:
            check(page.n(f"#{section} figure.chart") > 0, f"{name}: nothing drawn in {section}")
        check_figures(page, name)
        check_axe(page, name)
        page.close(name)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("small")
    parser.add_argument("withheld")
    parser.add_argument("empty")
    parser.add_argument("--year")
    parser.add_argument("--report")
    parser.add_argument("--shots")
    arguments = parser.parse_args()
    chromium = os.environ.get("CHROMIUM") or shutil.which("chromium")
    if chromium is None:
        sys.exit("check_page.py: no `chromium` on the path, and CHROMIUM names none")
    with sync_playwright() as playwright, tempfile.TemporaryDirectory() as temporary:
        # Root, as on CI, has no sandbox to run in.
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"] if os.geteuid() == 0 else [])
        check_small(browser, arguments.small, arguments.shots, temporary)
        check_withheld(browser, arguments.withheld)
        check_empty(browser, arguments.empty)
        if arguments.year:
            check_year(browser, arguments.year, arguments.shots)
        if arguments.report:
            check_report(browser, arguments.report)
        browser.close()
    print(f"check_page.py: {len(problems)} differences" if problems else "check_page.py: every chart holds")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
