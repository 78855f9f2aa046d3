"""Executed notebooks to self-contained HTML pages: offline, bilingual, one embedded font."""

from __future__ import annotations

import hashlib
import html
import posixpath
import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from svclib.run.export_font import ASCII, FONT, font_face, glyphs, missing
from svclib.run.export_notebook import TEMPLATES, anchored, exporter, offline, plain, rendered, select

__all__ = ["ASCII", "FONT", "LANGUAGES", "TEMPLATES", "Page", "css", "environment", "export_run", "fill",
           "font_face", "glyphs", "offline", "safe_names", "select", "write"]  # fmt: skip
LANGUAGES = {"zh": ("zh-CN", "中文"), "en": ("en", "English")}
WORDS = {
    "zh": {
        "code": "代码", "golden": "核对值", "contents": "目录", "home": "返回报告", "language": "语言",
        "skip": "跳到正文", "analysis": "分析过程（供复核）", "unit": "各单位报告", "figure": "图：",
        "files": "下载", "review": "供复核", "site": "复核入口：笔记本、结果表、方法与来源",
    },
    "en": {
        "code": "Code", "golden": "Checked values", "contents": "Contents", "home": "Back to the report",
        "language": "Language", "skip": "Skip to content",
        "analysis": "How the results were obtained (for review)",
        "unit": "Reports of the units", "figure": "Figure: ", "files": "Downloads", "review": "For reviewers",
        "site": "For reviewers: notebooks, tables, methods and sources",
    },
}  # fmt: skip


@dataclass
class Page:
    """One HTML page: `source` notebook and `target` file are relative to the run directory."""

    source: Path
    target: str
    lang: str
    kind: str
    name: str
    main: str = ""
    title: str = ""
    home: str = ""
    review: str = ""
    headings: list[tuple[int, str, str]] = field(default_factory=list)
    switch: list[tuple[str, str, str]] = field(default_factory=list)
    appendix: list[tuple[str, list[tuple[str, str]]]] = field(default_factory=list)

    @property
    def code_of_lang(self) -> str:
        """Value of the lang attribute."""
        return LANGUAGES[self.lang][0]


def safe_names(units: Iterable[str]) -> dict[str, str]:
    """File name (without suffix) of every unit: readable, portable, unique even where case is ignored."""
    names: dict[str, str] = {}
    for unit in units:
        text = unicodedata.normalize("NFC", unit)
        name = re.sub(r"[^\w-]+", "-", text).strip("-_")[:40]
        taken = name.casefold() in {other.casefold() for other in names.values()}
        device = re.fullmatch(r"(con|prn|aux|nul|com[\d¹²³]|lpt[\d¹²³])", name, re.IGNORECASE)
        if not name or name != unit or taken or device:
            name = f"{name}-{hashlib.sha256(unit.encode('utf-8')).hexdigest()[:8]}".lstrip("-")
        names[unit] = name
    return names


def export_run(
    run_dir: Path,
    languages: Sequence[str],
    *,
    offer: Mapping[str, str],
    units: Mapping[str, str],
    files: Mapping[str, list[tuple[str, str]]],
) -> list[str]:
    """Write every page of a run below `run_dir`; return warnings, such as characters without a glyph.

    Parameters
    ----------
    offer : dict
        What the run is about in each language, for the top line of the report.
    units : dict
        File name of each unit, as `safe_names` gives it.
    files : dict
        Files of the run offered on the report page in each language: relative path, title.

    Raises
    ------
    DataError
        A page would load something from the network, or a formula cannot be drawn.
    """
    from svclib.run import site

    pages = _pages(run_dir, languages, units)
    _read(pages, run_dir)
    review, warnings = site.pages(run_dir, pages, languages)
    _link([*pages, *review], files)
    return write([*pages, *review], run_dir, offer) + warnings


def write(pages: Sequence[Page], run_dir: Path, offer: Mapping[str, str]) -> list[str]:
    """Write the pages with one font for all; return a warning about characters it cannot draw."""
    shell, style = environment().get_template("page.html.j2"), css()
    words = (word for page in pages for word in WORDS[page.lang].values())
    used = set().union(*(_characters(page) for page in pages), ASCII, *words, *offer.values(), style)
    face = font_face(used)
    for page in pages:
        text = shell.render(page=page, css=style, face=face, words=WORDS[page.lang], offer=offer[page.lang])
        (run_dir / page.target).parent.mkdir(parents=True, exist_ok=True)
        (run_dir / page.target).write_text(text, encoding="utf-8")
    boxes = missing(used)
    return [f"no glyph in the shipped font for {' '.join(boxes)}"] if boxes else []


def environment() -> Any:
    """The Jinja environment that finds the page templates."""
    return exporter().environment


def css() -> str:
    """The style of every page."""
    return (TEMPLATES / "svc" / "report.css").read_text(encoding="utf-8")


def _pages(run_dir: Path, languages: Sequence[str], units: Mapping[str, str]) -> list[Page]:
    """The pages of a run, report first; every notebook gives one page per language."""
    folder = run_dir / "notebooks"
    pages = [
        Page(path.relative_to(run_dir), f"report.{lang}.html", lang, "report", "report")
        for lang in languages
        for path in sorted(folder.glob("9[02]_*.ipynb"))
    ]
    pages += [
        Page(path.relative_to(run_dir), f"notebooks/{path.stem}.{lang}.html", lang, "analysis", path.stem)
        for lang in languages
        for path in sorted(folder.glob("[1-8][0-9]_*.ipynb"))
    ]
    source = Path("notebooks", "units")
    pages += [
        Page(source / f"{name}.ipynb", f"units/{name}.{lang}.html", lang, "unit", unit)
        for lang in languages
        for unit, name in units.items()
    ]
    return pages


def _read(pages: Sequence[Page], run_dir: Path) -> None:
    """Fill the pages; a notebook is read once for all its languages."""
    import nbformat

    for source in dict.fromkeys(page.source for page in pages):
        book = nbformat.read(run_dir / source, as_version=4)
        for page in pages:
            if page.source == source:
                fill(page, rendered(book, page.lang, WORDS[page.lang], show_code=page.kind == "analysis"))


def fill(page: Page, main: str) -> None:
    """Give a page its content, contents list and title."""
    page.main, page.headings = anchored(main)
    first = re.search(r"<h1[^>]*>(.*?)</h1>", page.main, re.DOTALL)
    page.title = plain(first.group(1)) if first else page.name


def _link(pages: Sequence[Page], files: Mapping[str, list[tuple[str, str]]]) -> None:
    """Links between the pages: languages, back to the report, to the reviewer's page, appendix."""
    home = {page.lang: page.target for page in pages if page.kind == "report"}
    site = {page.lang: page.target for page in pages if (page.kind, page.name) == ("review", "index")}
    for page in pages:
        here = posixpath.dirname(page.target) or "."
        page.switch = [
            (posixpath.relpath(other.target, here), LANGUAGES[other.lang][1], LANGUAGES[other.lang][0])
            for other in pages
            if (other.kind, other.name) == (page.kind, page.name) and other.lang != page.lang
        ]
        if page.kind == "report":
            _append(page, pages, files.get(page.lang, []), site.get(page.lang, ""))
            continue
        page.home = posixpath.relpath(home[page.lang], here) if page.lang in home else ""
        if page.kind == "analysis" or (page.kind == "review" and page.name != "index"):
            page.review = posixpath.relpath(site[page.lang], here)


def _append(page: Page, pages: Sequence[Page], files: list[tuple[str, str]], site: str) -> None:
    """What stands below the report: downloads, reports of the units, how the results were obtained."""
    words = WORDS[page.lang]
    mine = [p for p in pages if p.lang == page.lang]
    unit = [(p.target, p.title) for p in mine if p.kind == "unit"]
    analysis = [(p.target, p.title) for p in mine if p.kind == "analysis"]
    review = [(site, words["site"])] if site else []
    blocks = [(words["files"], files), (words["unit"], unit), (words["analysis"], [*review, *analysis])]
    page.appendix = [(title, links) for title, links in blocks if links]
    page.headings += [(2, f"appendix-{i}", title) for i, (title, _) in enumerate(page.appendix, 1)]


def _characters(page: Page) -> set[str]:
    visible = re.sub(r"base64,[A-Za-z0-9+/=]+", "", page.main)
    links = "".join(text for _, entries in page.appendix for _, text in entries)
    switches = "".join(text for _, text, _ in page.switch)
    return set(html.unescape(visible)) | set(page.title + links + switches)
