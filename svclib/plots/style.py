"""Fonts, colours, the canvas and what every figure shares."""

from __future__ import annotations

import io
from collections.abc import Iterable, Iterator, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import seaborn as sns
from matplotlib import font_manager, rc_context
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from svclib import tables
from svclib.errors import ParamError
from svclib.tables import Label

FONT = Path(__file__).parent.parent / "fonts" / "NotoSansSC-subset.otf"
WIDTH = 16 / 2.54  # inches
ROW = 0.27
MANY, DENSE = 20, 0.6  # rows drawn at full height, and the height of those beyond
LATIN = "DejaVu Sans"

# Best to worst; four grades leave out the grey (reference: colour differences measured for
# normal, protan, deutan and tritan readers).
GRADES = ("#0B4F8A", "#56B4E9", "#D9D9D9", "#E69F00", "#A33B00")
DARK = frozenset({"#0B4F8A", "#A33B00"})
INK, MUTED, LIGHT = "#222222", "#8C8C8C", "#D9D9D9"
BETTER, WORSE = "#0072B2", "#D55E00"
SERIES = ("#0B4F8A", "#56B4E9", "#8C8C8C", "#E69F00", "#009E73", "#CC79A7")
VERDICTS = {
    "improved": (BETTER, "^"),
    "declined": (WORSE, "v"),
    "equivalent": (MUTED, "s"),
    "inconclusive": (MUTED, "o"),
    "not_comparable": (MUTED, "x"),
    "not_judged": (MUTED, "x"),
}


class Chart(Figure):
    """A figure with alternative text, shown by a notebook as PNG without pyplot."""

    alt: str = ""

    def _repr_png_(self) -> tuple[bytes, dict[str, str]]:
        FigureCanvasAgg(self)  # else every text that is measured makes a canvas of its own
        layout, buffer = self.get_layout_engine(), io.BytesIO()
        if layout is not None:
            layout.execute(self)
        self.set_layout_engine(None)  # else the figure is drawn twice, the first time for its layout
        self.savefig(buffer, format="png", metadata={"Software": None}, pil_kwargs={"compress_level": 3})
        self.set_layout_engine(layout)
        return buffer.getvalue(), {"alt": self.alt}


def use_style(lang: str) -> None:
    """Set the theme and the bundled font; called by every plot function.

    Raises
    ------
    ParamError
        Chinese is asked for and the font file is not there.
    """
    tables.words(lang)  # refuses an unknown language
    families = [*_families(lang, FONT), LATIN]
    sns.set_theme(
        context="paper",
        style="whitegrid",
        rc={
            "font.family": families,
            "axes.unicode_minus": False,
            "figure.dpi": 150,
            "savefig.dpi": 150,
            **dict.fromkeys(("font.size", "axes.labelsize", "axes.titlesize", "legend.fontsize"), 9),
            **dict.fromkeys(("xtick.labelsize", "ytick.labelsize", "figure.titlesize"), 9),
            "axes.titlelocation": "left",
            "axes.edgecolor": MUTED,
            "grid.color": "#EBEBEB",
            "text.color": INK,
            "hatch.linewidth": 0.6,
        },
    )


def warm_up() -> None:
    """Draw once, so that what matplotlib reads from files is read; its settings stay as they are."""
    chart = Chart(layout="constrained")
    with rc_context({"font.family": [*_families("en", FONT), LATIN]}):
        sns.heatmap(pd.DataFrame({"a": [1.0, 0.5], "b": [0.5, 1.0]}), ax=chart.subplots())
        chart.savefig(io.BytesIO(), format="png")


def _families(lang: str, font: Path) -> list[str]:
    if font.exists():
        return [_registered(font)]
    if lang == "zh":
        raise ParamError(
            f"the font {font} is missing, so Chinese would be printed as boxes. Reinstall svclib."
        )
    return []


@cache
def _registered(font: Path) -> str:
    """Add the font file to matplotlib once and return its family name."""
    font_manager.fontManager.addfont(font)
    return font_manager.FontProperties(fname=font).get_name()


def word(key: str, lang: str, **slots: Any) -> str:
    """Text on figures, from [plots] of the words file."""
    return str(tables.words(lang)["plots"][key]).format(**slots)


def grade_colours(labels: Sequence[str]) -> dict[str, str]:
    """Colour of each grade, best to worst."""
    names = [GRADES[i] for i in (0, 1, 3, 4)] if len(labels) in (2, 4) else list(GRADES)
    places = np.linspace(0, len(names) - 1, max(len(labels), 2)).round().astype(int)
    return {label: names[place] for label, place in zip(labels, places, strict=False)}


def canvas(
    lines: float, lang: str, *, shape: tuple[int, int] = (1, 1), **layout: Any
) -> tuple[Chart, list[Axes]]:
    """A figure 16 cm wide and `lines` rows of text high, and its axes row by row."""
    use_style(lang)
    chart = Chart(figsize=(WIDTH, ROW * lines + 1.15), layout="constrained")
    axes = np.atleast_1d(np.asarray(chart.subplots(*shape, **layout), dtype=object)).ravel()
    for ax in axes:
        sns.despine(ax=ax, left=True)
        ax.grid(visible=False, axis="y")
    return chart, list(axes)


def lines(rows: int) -> float:
    """Lines of text that `rows` rows take: closer together where there are many, as of fifty units."""
    return rows if rows <= MANY else MANY + DENSE * (rows - MANY)


def finish(chart: Chart, title: str, caption: str, spoken: Iterable[str]) -> Chart:
    """Title, caption line, and alternative text made of both and of what the rows say."""
    if title:
        chart.suptitle(wrap(title, 84), x=0.01, ha="left", fontsize=10)
    if caption:
        chart.supxlabel(wrap(caption, 118), x=0.01, ha="left", fontsize=7, color="#555555")
    chart.alt = "\n".join(part for part in (title, caption, "; ".join(spoken)) if part)
    return chart


def no_data(lang: str, title: str) -> Chart:
    """A figure that says there is nothing to show."""
    chart, (ax,) = canvas(1, lang)
    ax.set_axis_off()
    ax.text(0.5, 0.5, word("no_data", lang), ha="center", va="center", color=MUTED, fontsize=11)
    return finish(chart, title, "", [word("no_data", lang)])


def wrap(text: str, width: int) -> str:
    """Lines of at most `width` columns, a Chinese character counting two; words are kept whole."""
    lines, line = [], ""
    for token in _tokens(text):
        if line and tables.text_width(line + token.rstrip()) > width:
            lines.append(line.rstrip())
            line = token.lstrip()
        else:
            line += token
    return "\n".join([*lines, line.rstrip()])


def _tokens(text: str) -> list[str]:
    """Single wide characters, and Latin words with the space behind them."""
    out: list[str] = []
    for ch in text:
        joins = (
            out and tables.text_width(ch) == 1 and tables.text_width(out[-1][-1]) == 1 and out[-1][-1] != " "
        )
        if joins or (out and ch == " " and tables.text_width(out[-1][-1]) == 1):
            out[-1] += ch
        else:
            out.append(ch)
    return out


LEGEND: dict[str, Any] = {"frameon": False, "columnspacing": 1.2, "handletextpad": 0.4}


def legend(ax: Axes, handles: Sequence[Any]) -> None:
    """Legend in one line over the right end of `ax`."""
    place = {"loc": "lower right", "bbox_to_anchor": (1, 1), "borderaxespad": 0.2}
    ax.legend(handles=list(handles), ncols=len(handles), **place, **LEGEND)


def verdict_legend(ax: Axes, verdicts: Sequence[str], lang: str) -> None:
    """Legend of the verdicts shown, each with its colour and marker."""
    handles = []
    for verdict in VERDICTS:
        if verdict not in verdicts:
            continue
        colour, marker = VERDICTS[verdict]
        face = "white" if verdict == "inconclusive" else colour
        text = tables.code("verdict", verdict, lang)
        handles += ax.plot([], [], marker, color=colour, mfc=face, linestyle="none", label=text)
    legend(ax, handles)


def panel_legend(axes: Sequence[Axes], handles: Sequence[Any]) -> None:
    """Legend in one line over the titles of a row of panels, in lines of their titles left blank.

    It is kept out of the layout: wider than one panel, it would squeeze the others.
    """
    lines = max(ax.get_title(loc="left").count("\n") for ax in axes) + 1
    for ax in axes:
        ax.set_title(f"\n\n{ax.get_title(loc='left')}", linespacing=1.2)
    place = {"loc": "lower left", "bbox_to_anchor": (0, 1), "borderaxespad": 1.2 * lines + 0.6}
    axes[0].legend(handles=list(handles), ncols=len(handles), **place, **LEGEND).set_in_layout(False)


def beside(ax: Axes, y: float, text: str) -> None:
    """Text of one row in the right margin."""
    ax.annotate(text, (1.01, y), xycoords=("axes fraction", "data"), va="center", fontsize=8, linespacing=1.4)


def rows_axis(ax: Axes, texts: Sequence[str], width: int = 22) -> None:
    """Row names on the vertical axis, first row on top; two lines at most, in smaller print."""
    ax.set_yticks(range(len(texts)), [_two_lines(t, width) for t in texts])
    for tick in ax.get_yticklabels():
        if "\n" in tick.get_text():
            tick.set_fontsize(7.5)
    ax.set_ylim(len(texts) - 0.5, -0.5)
    ax.tick_params(axis="y", length=0)


def _two_lines(text: str, width: int) -> str:
    """`text` wrapped at `width`, or at what two lines need."""
    while wrap(text, width).count("\n") > 1:
        width += 2
    return wrap(text, width)


def ordered(frame: pd.DataFrame, column: str, order: Sequence[str]) -> pd.DataFrame:
    """Rows in the order given for `column`; values not named follow in their own order."""
    place = {name: i for i, name in enumerate(order)}
    return frame.iloc[np.argsort([place.get(v, len(place)) for v in frame[column]], kind="stable")]


def named(column: str, value: Any, lang: str, label: Label) -> str:
    """One name or id of a result table as text."""
    return tables.cell(column, value, lang, label, 2)


def grade_names(values: Iterable[Any], lang: str, label: Label) -> list[str]:
    """Names of grades as shown, "" where there is none."""
    return [named("grade", v, lang, label) for v in values]


def rows(frame: pd.DataFrame) -> Iterator[Any]:
    """Rows as named tuples."""
    return frame.itertuples(index=False)


def units_of(values: Iterable[Any], lang: str, label: Label) -> list[str]:
    """Names of units as shown."""
    return [named("unit", v, lang, label) for v in values]


def unique(values: Iterable[Any]) -> list[Any]:
    """Each value once, in the order met."""
    return list(dict.fromkeys(values))


def joined(frame: pd.DataFrame, columns: Sequence[str], lang: str, label: Label) -> list[str]:
    """Row names from the columns that differ between rows; from the last one when none does."""
    between = word("joiner", lang)
    telling = [c for c in columns if len(unique(frame[c])) > 1] or [columns[-1]]
    return [
        between.join(named(c, v, lang, label) for c, v in zip(telling, row, strict=True) if v)
        for row in frame[telling].itertuples(index=False)
    ]


def interval_line(ax: Axes, y: float, low: float, high: float, colour: str) -> None:
    """Horizontal interval of one row; nothing when a limit is missing."""
    if np.isfinite(low) and np.isfinite(high):
        ax.plot([low, high], [y, y], color=colour, linewidth=1.6, solid_capstyle="butt", zorder=2)


def confidence_text(frame: pd.DataFrame, lang: str) -> str:
    """Caption words that name the interval level of the rows, or "" when they do not agree."""
    levels = unique(frame["confidence"].dropna()) if "confidence" in frame else []
    return word("interval", lang, confidence=tables.short_percent(levels[0])) if len(levels) == 1 else ""


def caption(lang: str, *parts: str) -> str:
    """Caption line of the parts that are not empty."""
    text = word("separator", lang).join(p for p in parts if p)
    return text[:1].upper() + text[1:]
