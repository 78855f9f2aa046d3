"""Executed notebooks to self-contained HTML pages: offline, bilingual, one embedded font."""

from __future__ import annotations

import base64
import hashlib
import html
import io
import posixpath
import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from svclib.errors import DataError

FONT = Path(__file__).resolve().parents[1] / "fonts" / "NotoSansSC-subset.otf"
TEMPLATES = Path(__file__).resolve().parent / "template"
LANGUAGES = {"zh": ("zh-CN", "中文"), "en": ("en", "English")}
ASCII = frozenset(map(chr, range(0x20, 0x7F)))
WORDS = {
    "zh": {
        "code": "代码", "golden": "核对值", "contents": "目录", "home": "返回报告", "language": "语言",
        "skip": "跳到正文", "analysis": "分析过程（供复核）", "unit": "各单位报告", "figure": "图：",
        "files": "下载",
    },
    "en": {
        "code": "Code", "golden": "Checked values", "contents": "Contents", "home": "Back to the report",
        "language": "Language", "skip": "Skip to content",
        "analysis": "How the results were obtained (for review)",
        "unit": "Reports of the units", "figure": "Figure: ", "files": "Downloads",
    },
}  # fmt: skip
_REMOTE = re.compile(r"""(?:\b(?:src|href)\s*=\s*["']?|url\(["']?|@import\s+["'])(?:https?:)?//[^\s"')>]*""")
_HIDDEN = {"parameters", "remove-input", "hide-input"}


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
        device = re.fullmatch(r"(con|prn|aux|nul|com\d|lpt\d)", name, re.IGNORECASE)
        if not name or name != unit or taken or device:
            name = f"{name}-{hashlib.sha256(unit.encode('utf-8')).hexdigest()[:8]}".lstrip("-")
        names[unit] = name
    return names


def export_run(
    run_dir: Path,
    languages: Sequence[str],
    *,
    offer: dict[str, str],
    units: dict[str, str],
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
        A page would load something from the network.
    """
    pages = _pages(run_dir, languages, units)
    for page in pages:
        _fill(page, run_dir)
    _link(pages, files)
    shell = environment().get_template("page.html.j2")
    css = (TEMPLATES / "svc" / "report.css").read_text(encoding="utf-8")
    words = (word for lang in languages for word in WORDS[lang].values())
    used = set().union(*(_characters(page) for page in pages), ASCII, *words, *offer.values(), css)
    missing = sorted(ch for ch in used - glyphs() - ASCII if ch.isprintable() and not ch.isspace())
    face = font_face(used)
    for page in pages:
        text = shell.render(page=page, css=css, face=face, words=WORDS[page.lang], offer=offer[page.lang])
        (run_dir / page.target).parent.mkdir(parents=True, exist_ok=True)
        (run_dir / page.target).write_text(text, encoding="utf-8")
    return [f"no glyph in the shipped font for {' '.join(missing)}"] if missing else []


def select(book: Any, lang: str, *, show_code: bool) -> Any:
    """Copy of a notebook for readers of `lang`: cells chosen by tag, alt texts set, code marked.

    Tags: `zh`/`en` keep the cell for that language only, `remove-cell` drops it, `remove-output`
    drops its outputs, `parameters`/`remove-input`/`hide-input` hide its code,
    `nbval-check-output` folds its output, `provenance` prints it small.  An output whose
    metadata name a `lang` stays on the pages of that language.
    """
    book = deepcopy(book)
    other = LANGUAGES.keys() - {lang}
    cells = []
    heading = ""
    for cell in book.cells:
        tags = set(cell.metadata.get("tags", []))
        if "remove-cell" in tags or (tags & other and lang not in tags):
            continue
        heading = _heading(cell) or heading
        if cell.cell_type == "code":
            cell.outputs = [out for out in cell.outputs if out.get("metadata", {}).get("lang", lang) == lang]
            _prepare(cell, tags, show_code=show_code, alt=WORDS[lang]["figure"] + heading)
        cells.append(cell)
    book.cells = cells
    return book


@cache
def glyphs() -> frozenset[str]:
    """Characters the shipped font can draw."""
    from fontTools.ttLib import TTFont

    with TTFont(FONT, lazy=True) as font:
        return frozenset(map(chr, font.getBestCmap() or {}))


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


def offline(text: str) -> str:
    """`text` of a page with web links printed instead of linked.

    Raises
    ------
    DataError
        Something else would be loaded from the network.
    """
    text = re.sub(r"""<a\s[^>]*href=["'](?:https?:)?//[^>]*>(.*?)</a>""", _printed, text, flags=re.DOTALL)
    found = _REMOTE.search(text)
    if found:
        raise DataError(f"a page would load {found.group(0)!r} from the network. Embed it in the notebook.")
    return text


def _printed(link: re.Match[str]) -> str:
    address = re.search(r"""href=["']([^"']*)""", link.group(0))
    url = html.escape(html.unescape(address.group(1))) if address else ""
    return link.group(1) if url in link.group(1) else f"{link.group(1)} ({url})"


def _pages(run_dir: Path, languages: Sequence[str], units: dict[str, str]) -> list[Page]:
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


def _fill(page: Page, run_dir: Path) -> None:
    import nbformat

    book = nbformat.read(run_dir / page.source, as_version=4)
    chosen = select(book, page.lang, show_code=page.kind == "analysis")
    main, _ = _exporter().from_notebook_node(chosen, resources={"words": WORDS[page.lang]})
    main = offline(str(main))
    main = re.sub(r"<table\b", '<div class="scroll" tabindex="0"><table', main)
    page.main, page.headings = _anchored(main.replace("</table>", "</table></div>"))
    first = re.search(r"<h1[^>]*>(.*?)</h1>", page.main, re.DOTALL)
    page.title = _text(first.group(1)) if first else page.name


def _link(pages: list[Page], files: Mapping[str, list[tuple[str, str]]]) -> None:
    reports = {page.lang: page for page in pages if page.kind == "report"}
    for page in pages:
        here = posixpath.dirname(page.target)
        page.switch = [
            (posixpath.relpath(other.target, here or "."), LANGUAGES[other.lang][1], LANGUAGES[other.lang][0])
            for other in pages
            if (other.kind, other.name) == (page.kind, page.name) and other.lang != page.lang
        ]
        if page.kind != "report":
            page.home = posixpath.relpath(reports[page.lang].target, here) if page.lang in reports else ""
            continue
        if files.get(page.lang):
            page.appendix.append((WORDS[page.lang]["files"], files[page.lang]))
        for kind in ("unit", "analysis"):
            links = [(p.target, p.title) for p in pages if p.kind == kind and p.lang == page.lang]
            if links:
                page.appendix.append((WORDS[page.lang][kind], links))
        page.headings += [(2, f"appendix-{i}", title) for i, (title, _) in enumerate(page.appendix, 1)]


def _heading(cell: Any) -> str:
    found = re.findall(r"^#+\s+(.*)$", cell.source, re.MULTILINE) if cell.cell_type == "markdown" else []
    return found[-1].strip() if found else ""


def _prepare(cell: Any, tags: set[str], *, show_code: bool, alt: str) -> None:
    if "remove-output" in tags:
        cell.outputs = []
    if not show_code:  # warnings stay in the executed notebook, which the reviewer reads
        cell.outputs = [out for out in cell.outputs if out.get("name") != "stderr"]
    for out in cell.outputs:
        meta = out.get("metadata", {})
        own = [meta.get("alt"), *(value.get("alt") for value in meta.values() if isinstance(value, dict))]
        if "data" in out:
            out.metadata = {**meta, "alt": next(filter(None, own), alt)}
    cell.metadata["svc"] = {
        "code": show_code and not tags & _HIDDEN,
        "folded": "nbval-check-output" in tags,
        "style": "provenance" if "provenance" in tags else "result",
    }


def _anchored(main: str) -> tuple[str, list[tuple[int, str, str]]]:
    """Give every h2 and h3 an id; return them as (level, id, text) for the contents list."""
    found: list[tuple[int, str, str]] = []

    def mark(match: re.Match[str]) -> str:
        anchor = f"s{len(found) + 1}"
        found.append((int(match.group(1)), anchor, html.escape(_text(match.group(3)))))
        return f'<h{match.group(1)} id="{anchor}"{match.group(2)}>{match.group(3)}</h{match.group(1)}>'

    main = re.sub(r"<h([23])(?:\s+id=[\"'][^\"']*[\"'])?([^>]*)>(.*?)</h\1>", mark, main, flags=re.DOTALL)
    return main, found


def _text(fragment: str) -> str:
    return html.unescape(re.sub(r"<[^>]*>", "", fragment)).strip()


def _characters(page: Page) -> set[str]:
    visible = re.sub(r"base64,[A-Za-z0-9+/=]+", "", page.main)
    links = "".join(text for _, entries in page.appendix for _, text in entries)
    switches = "".join(text for _, text, _ in page.switch)
    return set(html.unescape(visible)) | set(page.title + links + switches)


def environment() -> Any:
    """The Jinja environment that finds the page templates."""
    return _exporter().environment


@cache
def _exporter() -> Any:
    from nbconvert.exporters import HTMLExporter

    return HTMLExporter(
        template_name="svc",
        extra_template_basedirs=[str(TEMPLATES)],
        exclude_anchor_links=True,
        embed_images=True,
    )
