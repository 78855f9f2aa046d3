"""Spreadsheet formulas of 结果.xlsx: rounding, sums over the scores, and the grade they give."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from svclib.framework import Framework

# Float noise beyond the ninth decimal is dropped before rounding, as the published numbers were.
EXACT = 9


def rounded(text: str, framework: Framework) -> str:
    """`text` rounded once by the framework's rule."""
    rule, ten = framework.grades, f"10^{framework.grades.decimals}"
    scaled = f"ROUND(({text})*{ten},{EXACT - rule.decimals})"
    if rule.rounding == "half_up":
        return f"ROUND({scaled},0)/{ten}"
    tie = f"ABS({scaled}-TRUNC({scaled}))=0.5"
    return f"IF({tie},2*ROUND({scaled}/2,0),ROUND({scaled},0))/{ten}"


def quoted(text: str) -> str:
    """A text inside a formula."""
    return '"' + text.replace('"', '""') + '"'


class Rows(NamedTuple):
    """Rows 2 to `last` of the sheet `name`."""

    name: str
    last: int

    def column(self, letter: str) -> str:
        """Absolute range of one column."""
        return f"'{self.name}'!${letter}$2:${letter}${self.last}"

    def matching(self, **wanted: str) -> str:
        """Number of rows whose columns, by letter, hold exactly these; 0 where there is no row."""
        # SUMIFS would read a name such as ">3" or "A*" as a condition.
        same = [f"EXACT({self.column(letter)},{value})" for letter, value in wanted.items()]
        return f"SUMPRODUCT({'*'.join([*same, '1'])})" if self.last > 1 else "0"


class Scores(Rows):
    """Rows of unit, dimension, indicator, value, measure, weight, score, contribution, lost.

    Contributions are formulas where every mean is arithmetic; where not, a dimension's score
    is recomputed from weights and scores, and the total from the dimensions.
    """

    def total(self, of: str, unit: str, dimension: str = "") -> str:
        """Sum of column `of` for a unit, or for one of its dimensions."""
        inside = f"*EXACT({self.column('B')},{dimension})" if dimension else ""
        return f"SUMPRODUCT(EXACT({self.column('A')},{unit}){inside}*{self.column(of)})"

    def mean(self, unit: str, written: str, name: str, framework: Framework) -> tuple[str, str]:
        """Weight that a unit has in the dimension `name`, and its unrounded score there.

        `written` is what stands for the dimension in a formula: a quoted text or a cell.
        """
        share, score = self.total("F", unit, written), self.column("G")
        inside = f"EXACT({self.column('A')},{unit})*EXACT({self.column('B')},{written})*{self.column('F')}"
        if framework.dimension(name).aggregate != "geometric":
            return share, f"SUMPRODUCT({inside}*{score})/{share}"
        return share, f"EXP(SUMPRODUCT({inside}*{_log(score, framework)})/{share})"

    def whole(self, unit: str, names: Mapping[str, str], framework: Framework) -> str:
        """Unrounded total of a unit; `names` tells how each dimension is written."""
        if framework.linear:
            return self.total("H", unit)
        parts = [self.mean(unit, quoted(names[d.name]), d.name, framework) for d in framework.dimensions]
        if framework.aggregate == "arithmetic":
            return "+".join(f"IF({share}>0,{share}*{score},0)" for share, score in parts)
        logs = "+".join(f"IF({share}>0,{share}*{_log(score, framework)},0)" for share, score in parts)
        return f"EXP({logs})"


def _log(score: str, framework: Framework) -> str:
    """Logarithm of a score, of the floor where it is lower; MAX would take one value of a column."""
    floor = repr(framework.floor)
    return f"LN({score}*({score}>={floor})+{floor}*({score}<{floor}))"


class Rules(Rows):
    """Rows of group, grade, cut and the number of the grade, 1 the best."""

    def cut(self, group: str, number: str) -> str:
        """Cut of the grade with this number, 0 where there is none."""
        same = f"EXACT({self.column('A')},{group})*({self.column('D')}=({number}))"
        return f"SUMPRODUCT({same}*{self.column('C')})"

    def number(self, group: str, grade: str) -> str:
        """Number of a grade, 0 where it is empty."""
        same = f"EXACT({self.column('A')},{group})*EXACT({self.column('B')},{grade})"
        return f"SUMPRODUCT({same}*{self.column('D')})"

    def by_cuts(self, group: str, published: str, grades: int) -> str:
        """Number of the grade of a published score."""
        above = f"EXACT({self.column('A')},{group})*({self.column('C')}>{published})"
        return f"MIN(SUMPRODUCT({above})+1,{grades})"

    def kept(self, group: str, published: str, now: str, last: str, buffer: float) -> str:
        """Number `now`, or `last` where the score lies less than `buffer` beyond the cut next to it."""
        above = f"{published}-{self.cut(group, f'{last}-1')}"
        below = f"{self.cut(group, last)}-{published}"
        beyond = f"ROUND(IF({now}<{last},{above},{below}),{EXACT})"
        return f"IF(AND({last}>0,{last}<>{now},{beyond}<{buffer!r}),{last},{now})"


def by_targets(framework: Framework, *, met: str, missed: str, nodes: dict[str, tuple[str, str]]) -> str:
    """Number of the best grade whose target rule holds in all its parts.

    Parameters
    ----------
    met, missed : how many targets the unit meets and misses
    nodes : weight and published score of every node that a rule looks at
    """
    grades = framework.grades
    text = str(len(grades.labels))
    for place, label in reversed(list(enumerate(grades.labels[:-1], 1))):
        rule = grades.rules[label]
        enough = f"ROUND({met}/MAX(1,{met}+{missed}),{EXACT})>={rule.met_share!r}"
        weight, score = nodes[rule.node]
        reached = f"IF({weight}>0,{score}>={rule.node_min!r},FALSE)"
        text = f"IF(AND({enough},{missed}<={rule.missed_max},{reached}),{place},{text})"
    return text
