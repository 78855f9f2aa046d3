"""结果.xlsx of a year: 各期公布得分×权重→加权得分→修约→等级→全年规则, each step a live formula."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import openpyxl

from svclib.deliver import page as pages
from svclib.deliver import parents, sheet
from svclib.deliver.formulas import Rows, Rules, quoted, rounded
from svclib.deliver.page import Page
from svclib.tables import of_year

if TYPE_CHECKING:
    from svclib.params.rules import Annual

LISTED = ("losses", "changes", "actions")
GRADES = (
    *("unit", "group", "graded_cycles", "mean_of_cycles", "recomputed", "order", "limit_order", "regraded"),
    *("published", "grade", "agrees", "score_low", "score_high", "rank", "rank_low", "rank_high"),
    *("status", "reason", "clause"),
)
CYCLES = ("unit", "part", "weight", "published", "grade", "status", "order", "weighted_cycle")
RULES = ("unit", "rule_grade", "at_least", "result", "clause", "held_by", "holds", "limit_order")


class _Books(NamedTuple):
    """The sheets that the formulas of the grades look at."""

    cuts: Rules
    cycles: Rows
    rules: Rows


def write(path: Path, page: Page, annual: Annual, *, facts: str) -> Path:
    """Write the workbook of one year; refuses to write over a file.

    Parameters
    ----------
    page : with tables grades, totals and annual of the year; those of `LISTED` that have rows.
    annual : what the params say of the year.
    facts : line under the title: cycle, status, baseline, number of units.
    """
    made, rule = sheet.book(), page.framework.grades
    lines = [facts, page.word(rule.rounding).format(decimals=rule.decimals)]
    pages.front(made, page, lines + page.word("year_notes").format(least=annual.min_cycles).split("\n"))
    here = made.create_sheet(page.word("grades"))
    cycles = made.create_sheet(page.word("cycles"))
    cuts = pages.rules(made, page)
    books = _Books(cuts, _cycles(cycles, page, cuts), _rules(made, page, annual, cuts))
    _grades(here, page, books)
    parents.write(made, page)
    shown = page._replace(tables={name: of_year(frame) for name, frame in page.tables.items()})
    for name in LISTED:
        if name in shown.tables and len(shown.tables[name]):
            pages.listed(made, shown, name)
    return sheet.save(made, path)


def _cells(here: Any, at: int, names: tuple[str, ...]) -> dict[str, Any]:
    return {name: here.cell(at, k) for k, name in enumerate(names, 1)}


def _cycles(here: Any, page: Page, cuts: Rules) -> Rows:
    """Sheet of the published results of the cycles, with the number of the grade and weight × score."""
    sheet.header(here, page.heads(CYCLES))
    base = quoted(page.word("base"))
    for at, row in enumerate(page.tables["annual"].to_dict("records"), 2):
        cells = _cells(here, at, CYCLES)
        for name in ("unit", "part", "weight", "published", "grade", "status"):
            sheet.put(cells[name], page.said(name, row[name]))
        if row["status"] == "graded":
            place = {name: cell.coordinate for name, cell in cells.items()}
            sheet.formula(cells["order"], f"={cuts.number(base, place['grade'])}", decimals=0)
            sheet.formula(cells["weighted_cycle"], f"={place['weight']}*{place['published']}", decimals=4)
    sheet.finish(here)
    here.auto_filter.ref = here.dimensions
    return Rows(here.title, len(page.tables["annual"]) + 1)


def _rules(made: openpyxl.Workbook, page: Page, annual: Annual, cuts: Rules) -> Rows:
    """Sheet of every unit against every rule of the year: in how many cycles it holds, and what follows."""
    here, at = made.create_sheet(page.word("year_rules")), 1
    sheet.header(here, page.heads(RULES))
    base = quoted(page.word("base"))
    cycles = Rows(page.word("cycles"), len(page.tables["annual"]) + 1)
    for unit in page.tables["grades"]["unit"]:
        for rule in annual.rules:
            at += 1
            cells = _cells(here, at, RULES)
            place = {name: cell.coordinate for name, cell in cells.items()}
            said = {"unit": unit, "rule_grade": rule.grade, "result": rule.result, "clause": rule.clause}
            for name, text in said.items():
                sheet.put(cells[name], page.named(text))
            sheet.put(cells["at_least"], rule.at_least)
            worse = f"({cycles.column('G')}>={cuts.number(base, place['rule_grade'])})"
            same = f"EXACT({cycles.column('A')},{place['unit']})"
            sheet.formula(cells["held_by"], f"=SUMPRODUCT({same}*{worse})", decimals=0)
            holds = f"=IF({place['held_by']}>={place['at_least']},1,0)"
            sheet.formula(cells["holds"], holds, decimals=0)
            sheet.formula(cells["limit_order"], f"={cuts.number(base, place['result'])}", decimals=0)
    sheet.finish(here)
    return Rows(here.title, at)


def _grades(here: Any, page: Page, books: _Books) -> None:
    """Sheet of the year: formulas, the published numbers beside them, and whether they agree."""
    names = (*GRADES, *parents.columns(page))
    sheet.header(here, page.heads(names))
    own = {name for name, group in page.framework.groups.items() if group.scale}
    totals = page.tables["totals"].query("node == 'total'").set_index("unit")
    for at, row in enumerate(page.tables["grades"].to_dict("records"), 2):
        cells = _cells(here, at, names)
        said = {name: page.said(name, row[name]) for name in ("unit", "status", "reason", "clause")}
        said |= {"group": page.named(row["group"] if row["group"] in own else "") or page.word("base")}
        said |= {"published": row["published"], "grade": page.named(row["grade"])}
        said |= {name: row[name] for name in ("rank", "rank_low", "rank_high")}
        graded = row["status"] == "graded"
        said |= {c: totals.loc[row["unit"], c] for c in ("score_low", "score_high") if graded}
        said |= {name: parents.listed(page, row["unit"]) for name in parents.columns(page)}
        for name, value in said.items():
            sheet.put(cells[name], value)
        mine = f"EXACT({books.cycles.column('A')},${cells['unit'].coordinate})"
        counted = f"=SUMPRODUCT({mine}*({books.cycles.column('G')}>0))"
        sheet.formula(cells["graded_cycles"], counted, decimals=0)
        if graded:
            _recomputed(cells, page, books, mine)
    sheet.finish(here)
    here.auto_filter.ref = here.dimensions


def _recomputed(cells: Mapping[str, Any], page: Page, books: _Books, mine: str) -> None:
    """The formulas of one unit, from the mean of its cycles to whether they give what was published."""
    at = {name: cell.coordinate for name, cell in cells.items()}
    rule, cycles, limits = page.framework.grades, books.cycles, books.rules
    # A cycle without a grade has no points and gives its weight to the others.
    points = f"SUMPRODUCT({mine}*{cycles.column('H')})"
    weight = f"SUMPRODUCT({mine}*({cycles.column('G')}>0)*{cycles.column('C')})"
    sheet.formula(cells["mean_of_cycles"], f"={points}/{weight}", decimals=4)
    final = rounded(at["mean_of_cycles"], page.framework)
    sheet.formula(cells["recomputed"], f"={final}", decimals=rule.decimals)
    by_cut = books.cuts.by_cuts("$" + at["group"], at["recomputed"], len(rule.labels))
    sheet.formula(cells["order"], f"={by_cut}", decimals=0)
    held = f"EXACT({limits.column('A')},${at['unit']})*({limits.column('G')}=1)*{limits.column('H')}"
    lowest = f"=SUMPRODUCT(MAX({held}))" if limits.last > 1 else "=0"
    sheet.formula(cells["limit_order"], lowest, decimals=0)
    labels = f"'{books.cuts.name}'!$B$2:$B${len(rule.labels) + 1}"
    sheet.formula(cells["regraded"], f"=INDEX({labels},MAX({at['order']},{at['limit_order']}))")
    close = f"ABS({at['recomputed']}-{at['published']})<0.000000001"
    same = f"AND({close},EXACT({at['regraded']},{at['grade']}))"
    sheet.formula(cells["agrees"], f"=IF({same},{quoted(page.word('yes'))},{quoted(page.word('no'))})")
