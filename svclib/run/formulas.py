"""Formulas of a text, written in TeX, as drawings that need neither a script nor a font."""

from __future__ import annotations

import html
import re
from functools import cache
from typing import Any

from svclib.errors import DataError
from svclib.run.export_font import FONT, glyphs

SIZE = 100  # points per em while drawing; whole numbers then are fine enough
# What mathtext knows under another name, or has no use for.
_SAME = {
    "tfrac": r"\frac", "lVert": r"\Vert", "rVert": r"\Vert", "lvert": "|", "rvert": "|",
    "le": r"\leq", "ge": r"\geq",
    **dict.fromkeys(("big", "bigl", "bigr", "Big", "Bigl", "Bigr", "displaystyle"), ""),
}  # fmt: skip
_NAME = re.compile(rf"\\({'|'.join(_SAME)})(?![A-Za-z])")
# Words in Chinese: the fonts of formulas lack them, the shipped one has them.
_CHINESE = re.compile(r"[\u2e80-\U0010ffff]")
_WITH_CHINESE = {
    "mathtext.fontset": "custom",
    "mathtext.it": "STIXGeneral:italic",
    "mathtext.bf": "STIXGeneral:bold",
    "mathtext.cal": "STIXGeneral:italic",
    "mathtext.fallback": "stix",
}
# An argument without braces is one sign: \frac12, \sqrt x.
_ARGUMENTS = (
    (re.compile(r"\\(frac|sqrt|mathbf)\s*([A-Za-z0-9])"), r"\\\1{\2}"),
    (re.compile(r"(\\frac\{[^{}]*\})\s*([A-Za-z0-9])"), r"\1{\2}"),
)
_REMEDY = "Use plain TeX."
_MOVES = ("", "M", "L", "Q", "C")
_POINTS = {1: 1, 2: 1, 3: 2, 4: 3}


@cache
def drawn(tex: str, *, block: bool = False) -> str:
    """SVG of a formula in the size and colour of the text around it; its TeX is the alt text.

    Drawn by matplotlib's mathtext, whose glyphs become outlines: the same in every browser,
    on paper and without a network.

    Raises
    ------
    DataError
        TeX that mathtext does not know; the message names the formula and the place.
    """
    verts, codes, width, height, depth = _outline(tex.strip())
    label = html.escape(tex.strip(), quote=True)
    box = f"0 {-(height - depth):.0f} {width:.0f} {height:.0f}"
    size = f"width:{width / SIZE:.3f}em;height:{height / SIZE:.3f}em;vertical-align:{-depth / SIZE:.3f}em"
    kind = "formula block" if block else "formula"
    head = f'class="{kind}" role="img" aria-label="{label}" viewBox="{box}" style="{size}"'
    return f'<svg {head} fill="currentColor"><path d="{_path(verts, codes)}"/></svg>'


def _outline(tex: str) -> tuple[Any, Any, float, float, float]:
    plain = _NAME.sub(lambda name: _SAME[name.group(1)] + " ", tex)
    for bare, braced in _ARGUMENTS:
        plain = bare.sub(braced, plain)
    text = f"${' '.join(plain.split())}$"
    lacking = sorted(set(_CHINESE.findall(tex)) - glyphs())
    try:
        if lacking:
            raise ValueError(f"no glyph for {''.join(lacking)}")
        return _laid_out(text, chinese=bool(_CHINESE.search(tex)))
    except ValueError as error:
        raise DataError(f"formula ${tex}$ cannot be drawn: {_place(error)}. {_REMEDY}") from error


def _laid_out(text: str, *, chinese: bool) -> tuple[Any, Any, float, float, float]:
    """Outline points, their codes, width, height and depth below the line, in points."""
    import matplotlib as mpl
    from matplotlib import font_manager
    from matplotlib.textpath import TextToPath

    own: Any = {}
    if chinese:
        font_manager.fontManager.addfont(FONT)
        own = {**_WITH_CHINESE, "mathtext.rm": font_manager.get_font(FONT).family_name}
    with mpl.rc_context(own):
        family = "custom" if chinese else "cm"
        face, maker = font_manager.FontProperties(size=SIZE, math_fontfamily=family), TextToPath()
        scale = SIZE / maker.FONT_SCALE
        verts, codes = maker.get_text_path(face, text, ismath=True)
        width, height, depth = maker.get_text_width_height_descent(text, face, ismath=True)
    return [(x * scale, -y * scale) for x, y in verts], codes, width, height, depth


def _place(error: Exception) -> str:
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return re.sub(r"\s+", " ", lines[-1]) if lines else type(error).__name__


def _path(verts: Any, codes: Any) -> str:
    """The outline as SVG path data."""
    parts, at = [], 0
    while at < len(codes):
        code = int(codes[at])
        if code not in _POINTS:  # CLOSEPOLY
            parts.append("Z")
            at += 1
            continue
        points = verts[at : at + _POINTS[code]]
        parts.append(_MOVES[code] + " ".join(f"{x:.0f} {y:.0f}" for x, y in points))
        at += _POINTS[code]
    return "".join(parts)
