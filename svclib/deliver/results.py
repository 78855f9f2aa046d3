"""结果.xlsx: the published numbers beside live formulas that recompute them.

得分×权重 → 加权总分 → 加减分 → 修约 → 等级 → 否决与限档, each step a formula a reader can follow.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

import openpyxl
import pandas as pd
from openpyxl.styles import Font
from openpyxl.utils import get_column_letter

from svclib import tables
from svclib.columns import header as column_header
from svclib.deliver import sheet
from svclib.framework import Framework
from svclib.tables import Label

Tables = Mapping[str, pd.DataFrame]
# What is listed as it stands after the sheets with formulas.
LISTED = ("adjustments", "changes", "targets", "problems", "actions", "collection", "appeals", "revision")
# Float noise beyond the ninth decimal is dropped before rounding, as the published numbers were.
_EXACT = 9


class _Page(NamedTuple):
    """What every sheet needs: the tables, the rules, the words."""

    tables: Tables
    framework: Framework
    lang: str
    label: Label

    def word(self, name: str) -> str:
        """A word of the workbook."""
        return str(tables.words(self.lang)["deliver"][name])

    def header(self, column: str) -> str:
        """Header of a glossary column."""
        return column_header(column, self.lang)

    def named(self, name: str) -> str:
        """A name as the reader knows it."""
        return self.label(name, self.lang) if name else ""


def write(path: Path, found: Tables, framework: Framework, *, lang: str, label: Label, facts: str) -> Path:
    """Write the workbook of one cycle; refuses to write over a file.

    Parameters
    ----------
    found : result tables of one cycle; those of `LISTED` that are absent or empty are left out.
    facts : line under the title: cycle, status, baseline, number of units.
    """
    page = _Page(found, framework, lang, label)
    made = sheet.book()
    _front(made, page, facts)
    rules = _rules(made, page)
    scores = _scores(made, page)
    grades = made.create_sheet(page.word("grades"), 1)
    limits = _limits(made, page, scores)
    _grades(grades, page, rules, scores, limits)
    for name in LISTED:
        if name in found and len(found[name]):
            _listed(made, page, name)
    return sheet.save(made, path)


def _front(made: openpyxl.Workbook, page: _Page, facts: str) -> None:
    front = made.create_sheet(page.word("about"))
    rule = page.framework.grades
    rounding = page.word(rule.rounding).format(decimals=rule.decimals)
    lines = [page.named(page.framework.name), facts, rounding, *page.word("notes").split("\n")]
    for row, text in enumerate(lines, 1):
        sheet.put(front.cell(row, 1), text)
    front.cell(1, 1).font = Font(bold=True, size=14)
    front.column_dimensions["A"].width = 110


def rounded(text: str, framework: Framework) -> str:
    """Spreadsheet formula that rounds `text` once by the framework's rule."""
    rule, ten = framework.grades, f"10^{framework.grades.decimals}"
    scaled = f"ROUND(({text})*{ten},{_EXACT - rule.decimals})"
    if rule.rounding == "half_up":
        return f"ROUND({scaled},0)/{ten}"
    tie = f"ABS({scaled}-TRUNC({scaled}))=0.5"
    return f"IF({tie},2*ROUND({scaled}/2,0),ROUND({scaled},0))/{ten}"


def _rules(made: openpyxl.Workbook, page: _Page) -> int:
    """Sheet of the cuts, one row per group and grade; returns its last row."""
    here = made.create_sheet(page.word("rules"))
    names = [page.header("group"), page.header("grade"), page.header("cut"), page.word("order")]
    sheet.header(here, names)
    scales = {"": page.framework.grades.scale}
    scales |= {name: g.scale for name, g in page.framework.groups.items() if g.scale}
    rows = [
        (page.named(group) or page.word("base"), page.named(grade), cut, k)
        for group, scale in scales.items()
        for k, (grade, cut) in enumerate(scale.items(), 1)
    ]
    _rows(here, rows)
    return len(rows) + 1


def _rows(here: Any, rows: list[tuple[Any, ...]]) -> None:
    for at, row in enumerate(rows, 2):
        for column, value in enumerate(row, 1):
            sheet.put(here.cell(at, column), value)
    sheet.finish(here)


class _Scores(NamedTuple):
    """Where the scores stand: sheet name and last row."""

    name: str
    last: int

    def column(self, letter: str) -> str:
        """Absolute range of one column."""
        return f"'{self.name}'!${letter}$2:${letter}${self.last}"

    def total(self, of: str, unit: str, dimension: str = "") -> str:
        """Sum of column `of` for a unit, or for one of its dimensions."""
        # SUMIFS would read a name such as ">3" or "A*" as a condition.
        inside = f"*EXACT({self.column('B')},{dimension})" if dimension else ""
        return f"SUMPRODUCT(EXACT({self.column('A')},{unit}){inside}*{self.column(of)})"


def _scores(made: openpyxl.Workbook, page: _Page) -> _Scores:
    """Sheet of the indicator scores: contribution = weight × score, lost = weight × (100 − score)."""
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
        if pd.notna(row["score"]):
            sheet.formula(here.cell(at, 8), f"=F{at}*G{at}", decimals=4)
            sheet.formula(here.cell(at, 9), f"=F{at}*(100-G{at})", decimals=4)
    sheet.finish(here)
    here.auto_filter.ref = here.dimensions
    return _Scores(here.title, len(used) + 1)


def _limits(made: openpyxl.Workbook, page: _Page, scores: _Scores) -> tuple[str, int]:
    """Sheet of every unit against every limit; returns its name and last row, 1 where there is none."""
    here = made.create_sheet(page.word("limits"))
    names = ["unit", "type", "limited_by", "found_value", "rule", "limit_value"]
    sheet.header(
        here,
        [*(page.header(n) for n in names), page.word("holds"), page.word("order"), page.header("clause")],
    )
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
            held = f"=IF(ISNUMBER(D{at}),IF(ROUND(D{at},{_EXACT}){_plain(limit.condition.op)}F{at},1,0),0)"
            sheet.formula(here.cell(at, 7), held)
            sheet.put(here.cell(at, 8), labels.index(limit.result) + 1)
            sheet.put(here.cell(at, 9), page.named(limit.clause))
    sheet.finish(here)
    return here.title, at


def _plain(op: str) -> str:
    return "=" if op == "==" else op


def _found(
    here: Any, at: int, page: _Page, scores: _Scores, of: tuple[str, str, int], head: pd.Series
) -> None:
    """What a limit looks at: the total, a dimension's score, or an indicator's value."""
    unit, name, place = of
    if name == "total":
        sheet.formula(here.cell(at, 4), f"='{page.word('grades')}'!F{place}")
    elif name in [d.name for d in page.framework.dimensions]:
        share = scores.total("F", f"$A{at}", f"$C{at}")
        mean = f"{scores.total('H', f'$A{at}', f'$C{at}')}/{share}"
        text = f'=IF({share}>0,{rounded(mean, page.framework)},"")'
        sheet.formula(here.cell(at, 4), text, decimals=page.framework.grades.decimals)
    else:
        sheet.put(here.cell(at, 4), head.get((unit, name), float("nan")))


def _grades(here: Any, page: _Page, rules: int, scores: _Scores, limits: tuple[str, int]) -> None:
    """Sheet of totals and grades: formulas, the published numbers beside them, and whether they agree."""
    names = [page.header("unit"), page.header("group"), page.word("weighted"), page.header("adjustment")]
    names += [page.word("final"), page.word("recomputed"), page.word("order"), page.word("limit_order")]
    names += [page.word("regraded"), page.header("published"), page.header("grade"), page.word("agrees")]
    sheet.header(here, [*names, page.header("status"), page.header("reason"), page.header("clause")])
    groups = {name for name, group in page.framework.groups.items() if group.scale}
    for at, row in enumerate(page.tables["grades"].to_dict("records"), 2):
        group = row["group"] if row["group"] in groups else ""
        sheet.put(here.cell(at, 1), page.named(row["unit"]))
        sheet.put(here.cell(at, 2), page.named(group) or page.word("base"))
        sheet.put(here.cell(at, 4), row["adjustment"])
        if row["status"] == "graded":
            _recomputed(here, at, page, rules, scores, limits)
        said = [row["published"], page.named(row["grade"])]
        for column, value in zip((10, 11), said, strict=True):
            sheet.put(here.cell(at, column), value)
        for column, name in zip((13, 14, 15), ("status", "reason", "clause"), strict=True):
            sheet.put(here.cell(at, column), tables.cell(name, row[name], page.lang, page.label, 2))
    sheet.finish(here)
    here.auto_filter.ref = here.dimensions


def _recomputed(
    here: Any, at: int, page: _Page, rules: int, scores: _Scores, limits: tuple[str, int]
) -> None:
    decimals, book = page.framework.grades.decimals, page.word("rules")
    labels = len(page.framework.grades.labels)
    name, last = limits
    held = f"EXACT('{name}'!$A$2:$A${last},$A{at})*('{name}'!$G$2:$G${last}=1)*'{name}'!$H$2:$H${last}"
    sheet.formula(here.cell(at, 3), f"={scores.total('H', f'$A{at}')}", decimals=4)
    sheet.formula(here.cell(at, 5), f"=MAX(C{at}+D{at},0)", decimals=4)
    sheet.formula(here.cell(at, 6), f"={rounded(f'E{at}', page.framework)}", decimals=decimals)
    sheet.formula(here.cell(at, 7), _order(at, page, rules, scores), decimals=0)
    sheet.formula(here.cell(at, 8), f"=SUMPRODUCT(MAX({held}))" if last > 1 else "=0", decimals=0)
    sheet.formula(here.cell(at, 9), f"=INDEX('{book}'!$B$2:$B${labels + 1},MAX(G{at},H{at}))")
    same = f"AND(ABS(F{at}-J{at})<0.000000001,EXACT(I{at},K{at}))"
    sheet.formula(here.cell(at, 12), f'=IF({same},"{page.word("yes")}","{page.word("no")}")')


def _order(at: int, page: _Page, rules: int, scores: _Scores) -> str:
    """Formula of the grade's number before limits: by cuts, or the first target rule that holds."""
    grades, book = page.framework.grades, page.word("rules")
    if grades.method == "cuts":
        above = f"EXACT('{book}'!$A$2:$A${rules},$B{at})*('{book}'!$C$2:$C${rules}>F{at})"
        return f"=MIN(SUMPRODUCT({above})+1,{len(grades.labels)})"
    columns = list(page.tables["targets"].columns)
    unit, status = (get_column_letter(columns.index(c) + 1) for c in ("unit", "status"))
    listed = page.word("targets")
    last = len(page.tables["targets"]) + 1
    met, missed = (
        f"SUMPRODUCT(EXACT('{listed}'!{unit}$2:{unit}${last},$A{at})"
        f"*EXACT('{listed}'!{status}$2:{status}${last},\"{tables.code('status', word, page.lang)}\"))"
        for word in ("met", "missed")
    )
    text = str(len(grades.labels))
    for place, (_, rule) in reversed(list(enumerate(grades.rules.items(), 1))):
        enough = f"ROUND({met}/({met}+{missed}),{_EXACT})>={rule.met_share!r}"
        node = f"{_node(at, page, scores, rule.node)}>={rule.node_min!r}"
        text = f"IF(AND({enough},{missed}<={rule.missed_max},{node}),{place},{text})"
    return f"={text}"


def _node(at: int, page: _Page, scores: _Scores, name: str) -> str:
    """Published score of the total, a dimension or an indicator of the unit in row `at`."""
    if name == "total":
        return f"F{at}"
    quoted = '"' + page.named(name).replace('"', '""') + '"'
    if name in [d.name for d in page.framework.dimensions]:
        mean = f"{scores.total('H', f'$A{at}', quoted)}/{scores.total('F', f'$A{at}', quoted)}"
        return rounded(mean, page.framework)
    same = f"EXACT({scores.column('A')},$A{at})*EXACT({scores.column('C')},{quoted})"
    return rounded(f"SUMPRODUCT({same}*{scores.column('G')})", page.framework)


def _listed(made: openpyxl.Workbook, page: _Page, name: str) -> None:
    """A result table as it stands, its codes in words, its numbers unrounded."""
    here = made.create_sheet(page.word(name))
    frame = page.tables[name]
    sheet.header(here, [page.header(c) for c in frame.columns])
    rows = [
        tuple(
            tables.cell(c, v, page.lang, page.label, 2) if isinstance(v, str | bool) else v
            for c, v in zip(frame.columns, row, strict=True)
        )
        for row in frame.itertuples(index=False)
    ]
    _rows(here, rows)
    here.auto_filter.ref = here.dimensions
