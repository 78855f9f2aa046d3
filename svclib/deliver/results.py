"""结果.xlsx: the published numbers beside live formulas that recompute them.

得分×权重 → 加权总分 → 加减分 → 修约 → 等级 → 否决与限档, each step a formula a reader can follow.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

import openpyxl
import pandas as pd
from openpyxl.utils import get_column_letter

from svclib import tables
from svclib.deliver import page as pages
from svclib.deliver import parents, sheet
from svclib.deliver.formulas import EXACT, Rows, Rules, Scores, by_targets, quoted, rounded
from svclib.deliver.page import Page

# What is listed as it stands after the sheets with formulas.
LISTED = (
    *("adjustments", "changes", "decomposition", "targets", "problems", "actions", "spending"),
    *("controlled_changes", "training", "training_effects", "collection", "appeals", "revision"),
)
# Columns of the sheet of grades; those of the buffer are left out where there is none.
GRADES = (
    *("unit", "group", "weighted", "adjustment", "final", "recomputed", "order"),
    *("last_grade", "last_order", "kept_order"),
    *("limit_order", "regraded", "published", "grade", "agrees", "status", "reason", "clause"),
)
BUFFERED = ("last_grade", "last_order", "kept_order")


def write(path: Path, page: Page, *, facts: str) -> Path:
    """Write the workbook of one cycle; refuses to write over a file.

    Parameters
    ----------
    page : with the result tables of one cycle; those of `LISTED` that are absent or empty are left out.
    facts : line under the title: cycle, status, baseline, number of units.
    """
    made, found = sheet.book(), page.tables
    pages.front(made, page, _lines(page, facts))
    rules = pages.rules(made, page)
    scores = _scores(made, page)
    grades = made.create_sheet(page.word("grades"), 1)
    limits = _limits(made, page, scores)
    _grades(grades, page, _Books(rules, scores, limits))
    parents.write(made, page)
    for name in LISTED:
        if name in found and len(found[name]):
            pages.listed(made, page, name)
    return sheet.save(made, path)


def _lines(page: Page, facts: str) -> list[str]:
    """What stands below the name on the first sheet."""
    rule = page.framework.grades
    rounding = page.word(rule.rounding).format(decimals=rule.decimals)
    kept = [page.word("buffer").format(points=f"{rule.buffer:g}")] if rule.buffer else []
    return [facts, rounding, *kept, *page.word("notes").split("\n")]


def _scores(made: openpyxl.Workbook, page: Page) -> Scores:
    """Sheet of the indicator scores: contribution = weight × score, lost = weight × (100 − score).

    By geometric means they are the shares of table "contributions", as they stand.
    """
    here = made.create_sheet(page.word("scores"))
    columns = (
        "unit",
        "dimension",
        "indicator",
        "value",
        "measure",
        "weight",
        "score",
        "contribution",
        "lost",
    )
    sheet.header(here, [page.header(c) for c in columns])
    head = page.tables["indicator_scores"].query("subject == ''").set_index(["unit", "indicator"])
    used = page.tables["contributions"]
    used = used[used["weight"] > 0]
    for at, row in enumerate(used.to_dict("records"), 2):
        known = head.loc[(row["unit"], row["indicator"])]
        texts = [page.named(str(row[c])) for c in ("unit", "dimension", "indicator")]
        values = [*texts, known["value"], page.named(known["measure"]), row["weight"], row["score"]]
        for column, value in enumerate(values, 1):
            sheet.put(here.cell(at, column), value)
        if not page.framework.linear:
            sheet.put(here.cell(at, 8), row["contribution"])
            sheet.put(here.cell(at, 9), row["lost"])
        elif pd.notna(row["score"]):
            sheet.formula(here.cell(at, 8), f"=F{at}*G{at}", decimals=4)
            sheet.formula(here.cell(at, 9), f"=F{at}*(100-G{at})", decimals=4)
    sheet.finish(here)
    here.auto_filter.ref = here.dimensions
    return Scores(here.title, len(used) + 1)


def _limits(made: openpyxl.Workbook, page: Page, scores: Scores) -> Rows:
    """Sheet of every unit against every limit."""
    here = made.create_sheet(page.word("limits"))
    names = [
        *("unit", "type", "limited_by", "found_value", "rule"),
        *("limit_value", "holds", "order", "clause"),
    ]
    sheet.header(here, page.heads(names))
    labels = page.framework.grades.labels
    head = page.tables["indicator_scores"].query("subject == ''").set_index(["unit", "indicator"])["value"]
    at = 1
    for place, unit in enumerate(page.tables["grades"]["unit"], 2):
        for limit in page.framework.grades.limits:
            at += 1
            kind = tables.code("reason", limit.type, page.lang)
            static = [page.named(unit), kind, page.named(limit.object)]
            for column, value in enumerate(static, 1):
                sheet.put(here.cell(at, column), value)
            _found(here, at, page, scores, (unit, limit.object, place), head)
            sheet.put(here.cell(at, 5), limit.condition.op)
            sheet.put(here.cell(at, 6), limit.condition.value)
            held = f"=IF(ISNUMBER(D{at}),IF(ROUND(D{at},{EXACT}){_plain(limit.condition.op)}F{at},1,0),0)"
            sheet.formula(here.cell(at, 7), held)
            sheet.put(here.cell(at, 8), labels.index(limit.result) + 1)
            sheet.put(here.cell(at, 9), page.named(limit.clause))
    sheet.finish(here)
    return Rows(here.title, at)


def _plain(op: str) -> str:
    return "=" if op == "==" else op


def _found(here: Any, at: int, page: Page, scores: Scores, of: tuple[str, str, int], head: pd.Series) -> None:
    """What a limit looks at: the total, a dimension's score, or an indicator's value."""
    unit, name, place = of
    if name == "total":
        sheet.formula(here.cell(at, 4), f"='{page.word('grades')}'!F{place}")
    elif name in [d.name for d in page.framework.dimensions]:
        share, score = scores.mean(f"$A{at}", f"$C{at}", name, page.framework)
        published = rounded(score, page.framework)
        sheet.formula(
            here.cell(at, 4), f'=IF({share}>0,{published},"")', decimals=page.framework.grades.decimals
        )
    else:
        sheet.put(here.cell(at, 4), head.get((unit, name), float("nan")))


class _Books(NamedTuple):
    """The sheets that the formulas of the grades look at."""

    rules: Rules
    scores: Scores
    limits: Rows


def _grades(here: Any, page: Page, books: _Books) -> None:
    """Sheet of totals and grades: formulas, the published numbers beside them, and whether they agree."""
    names = [name for name in GRADES if page.framework.grades.buffer or name not in BUFFERED]
    names += parents.columns(page)
    sheet.header(here, page.heads(names))
    own = {name for name, group in page.framework.groups.items() if group.scale}
    for at, row in enumerate(page.tables["grades"].to_dict("records"), 2):
        cells = {name: here.cell(at, k) for k, name in enumerate(names, 1)}
        said = {name: page.named(row[name]) for name in ("unit", "grade", "last_grade")}
        said["group"] = page.named(row["group"] if row["group"] in own else "") or page.word("base")
        said |= {name: row[name] for name in ("adjustment", "published")}
        said |= {name: page.said(name, row[name]) for name in ("status", "reason", "clause")}
        said |= {parents.ABOVE: parents.listed(page, row["unit"])}
        for name in set(said) & set(cells):
            sheet.put(cells[name], said[name])
        if row["status"] == "graded":
            _recomputed(cells, page, books)
    sheet.finish(here)
    here.auto_filter.ref = here.dimensions


def _recomputed(cells: Mapping[str, Any], page: Page, books: _Books) -> None:
    """The formulas of one unit, from its weighted total to whether they give what was published."""
    at = {name: cell.coordinate for name, cell in cells.items()}
    rule, rules, limits = page.framework.grades, books.rules, books.limits
    unit, group, order = "$" + at["unit"], "$" + at["group"], at["order"]
    names = {d.name: page.named(d.name) for d in page.framework.dimensions}
    weighted = books.scores.whole(unit, names, page.framework)
    sheet.formula(cells["weighted"], f"={weighted}", decimals=4)
    sheet.formula(cells["final"], f"=MAX({at['weighted']}+{at['adjustment']},0)", decimals=4)
    final = rounded(at["final"], page.framework)
    sheet.formula(cells["recomputed"], f"={final}", decimals=rule.decimals)
    sheet.formula(cells["order"], f"={_order(at, page, books)}", decimals=0)
    if rule.buffer:
        last = f"={rules.number(group, at['last_grade'])}"
        sheet.formula(cells["last_order"], last, decimals=0)
        kept = rules.kept(group, at["recomputed"], order, at["last_order"], rule.buffer)
        sheet.formula(cells["kept_order"], f"={kept}", decimals=0)
        order = at["kept_order"]
    held = f"EXACT({limits.column('A')},{unit})*({limits.column('G')}=1)*{limits.column('H')}"
    sheet.formula(cells["limit_order"], f"=SUMPRODUCT(MAX({held}))" if limits.last > 1 else "=0", decimals=0)
    labels = f"'{rules.name}'!$B$2:$B${len(rule.labels) + 1}"
    sheet.formula(cells["regraded"], f"=INDEX({labels},MAX({order},{at['limit_order']}))")
    close = f"ABS({at['recomputed']}-{at['published']})<0.000000001"
    same = f"AND({close},EXACT({at['regraded']},{at['grade']}))"
    sheet.formula(cells["agrees"], f"=IF({same},{quoted(page.word('yes'))},{quoted(page.word('no'))})")


def _order(at: Mapping[str, str], page: Page, books: _Books) -> str:
    """Number of the grade before buffer and limits: by cuts, or by target rules."""
    framework, unit = page.framework, "$" + at["unit"]
    if framework.grades.method == "cuts":
        return books.rules.by_cuts("$" + at["group"], at["recomputed"], len(framework.grades.labels))
    targets = page.tables["targets"]
    listed = Rows(page.word("targets"), len(targets) + 1)
    of, status = (get_column_letter(list(targets.columns).index(c) + 1) for c in ("unit", "status"))
    met, missed, unreported = (
        listed.matching(**{of: unit, status: quoted(tables.code("status", word, page.lang))})
        for word in ("met", "missed", "not_reported")
    )
    if framework.missing.not_reported != "no_grade":
        missed = f"({missed}+{unreported})"
    nodes = {"total": ("1", at["recomputed"])}
    for name in [d.name for d in framework.dimensions]:
        share, score = books.scores.mean(unit, quoted(page.named(name)), name, framework)
        nodes[name] = (share, rounded(score, framework))
    return by_targets(framework, met=met, missed=missed, nodes=nodes)
