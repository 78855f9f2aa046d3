"""The font of the pages: what it can draw, and a part of it to embed."""

from __future__ import annotations

import base64
import io
from collections.abc import Iterable
from functools import cache
from pathlib import Path

FONT = Path(__file__).resolve().parents[1] / "fonts" / "NotoSansSC-subset.otf"
ASCII = frozenset(map(chr, range(0x20, 0x7F)))


@cache
def glyphs() -> frozenset[str]:
    """Characters the shipped font can draw."""
    from fontTools.ttLib import TTFont

    with TTFont(FONT, lazy=True) as font:
        return frozenset(map(chr, font.getBestCmap() or {}))


def missing(characters: Iterable[str]) -> list[str]:
    """Characters a page would show as a box: printable ones without a glyph."""
    return sorted(ch for ch in set(characters) - glyphs() - ASCII if ch.isprintable() and not ch.isspace())


def font_face(characters: Iterable[str]) -> str:
    """CSS @font-face "svc" with the shipped font reduced to `characters`, embedded as WOFF."""
    from fontTools import subset

    options = subset.Options(flavor="woff", hinting=False, layout_features=[], notdef_outline=True)
    options.recalc_timestamp = False
    with subset.load_font(str(FONT), options) as font:
        cutter = subset.Subsetter(options)
        cutter.populate(unicodes=sorted(map(ord, set(characters) & glyphs())))
        cutter.subset(font)
        buffer = io.BytesIO()
        subset.save_font(font, buffer, options)
    data = base64.b64encode(buffer.getvalue()).decode("ascii")
    return f'@font-face {{ font-family: "svc"; src: url(data:font/woff;base64,{data}) format("woff"); }}'
