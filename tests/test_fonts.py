"""The embedded font covers what reports may write, and may be shipped."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest
from fontTools.ttLib import TTFont

ROOT = Path(__file__).resolve().parent.parent
FONTS = ROOT / "svclib" / "fonts"
FONT = FONTS / "NotoSansSC-subset.otf"
SIGNS = "▲▼●○■□✓→←↑↓≤≥≠≈±×÷−–—…·“”‘’《》【】「」、。，；：？！（）％～αβλχσμωηρτΔΣ√∞²³½¼①②③℃‰△▽◆◇★☆"
NOT_DRAWN = {"\n", "\t", "\r", "\ufeff", "\0"}


@pytest.fixture(scope="module")
def covered() -> set[str]:
    with TTFont(FONT) as font:
        return {chr(code) for code in font.getBestCmap()}


def test_every_hanzi_of_gb2312_is_covered(covered):
    lead, trail = range(0xB0, 0xF8), range(0xA1, 0xFF)
    hanzi = {bytes([a, b]).decode("gb2312", "ignore") for a in lead for b in trail} - {""}
    assert len(hanzi) == 6763
    assert hanzi <= covered


def test_every_sign_of_the_reports_is_covered(covered):
    latin = {chr(c) for c in (*range(0x20, 0x7F), *range(0xA0, 0x100))}
    assert sorted((set(SIGNS) | latin) - covered) == []


def texts() -> list[Path]:
    """Every file whose text can reach a page or a figure."""
    places = [("svclib", "*.py"), ("svclib", "*.toml"), ("params", "*.yaml"), ("notebooks", "*.ipynb")]
    return [path for folder, kind in places for path in sorted((ROOT / folder).rglob(kind))]


def shown(path: Path) -> str:
    """The text of the file; of a module only its strings, without docstrings and comments."""
    text = path.read_text("utf-8")
    if path.suffix != ".py":
        return text
    tree = ast.parse(text)
    bare = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    strings = [n for n in ast.walk(tree) if isinstance(n, ast.Constant) and isinstance(n.value, str)]
    return "".join(node.value for node in strings if id(node) not in bare)


@pytest.mark.parametrize("path", texts(), ids=lambda p: p.relative_to(ROOT).as_posix())
def test_every_character_of_the_project_has_a_glyph(path, covered):
    missing = set(shown(path)) - covered - NOT_DRAWN
    assert sorted(missing) == [], "tofu: use a character the font has (see svclib/fonts/README.md)"


def test_a_chinese_figure_draws_without_a_missing_glyph():
    from matplotlib import font_manager
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure()
    text = "后勤服务质量：得分 86.2，95%置信区间[84.9, 87.5] ▲改善 ●持平 ▼变差 α≥0.70 −0.3"
    figure.text(0.1, 0.5, text, fontproperties=font_manager.FontProperties(fname=FONT))
    FigureCanvasAgg(figure).draw()  # a missing glyph warns, and warnings are errors here


def test_font_is_small_and_carries_its_licence():
    assert FONT.stat().st_size < 3_200_000
    licence = (FONTS / "OFL.txt").read_text("utf-8")
    assert "SIL OPEN FONT LICENSE Version 1.1" in licence
    assert not re.search(r"with Reserved Font Name", licence)
    with TTFont(FONT) as font:
        assert font["name"].getDebugName(1) == "Noto Sans CJK SC"
        assert "SIL Open Font License" in font["name"].getDebugName(13)
