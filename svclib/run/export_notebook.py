"""One executed notebook as the <main> of a page: cells chosen by language, nothing from the network."""

from __future__ import annotations

import html
import re
from collections.abc import Mapping
from copy import deepcopy
from functools import cache
from pathlib import Path
from typing import Any

from svclib.errors import DataError
from svclib.run import formulas

TEMPLATES = Path(__file__).resolve().parent / "template"
LANGUAGES = ("zh", "en")
_REMOTE = re.compile(r"""(?:\b(?:src|href)\s*=\s*["']?|url\(["']?|@import\s+["'])(?:https?:)?//[^\s"')>]*""")
_HIDDEN = {"parameters", "remove-input", "hide-input"}
# The form of an output that is shown, where it comes in several.
_FORMS = ["text/html", "text/markdown", "image/svg+xml", "image/png", "image/jpeg", "text/plain"]


def rendered(book: Any, lang: str, words: Mapping[str, str], *, show_code: bool) -> str:
    """HTML of a notebook for readers of `lang`; tables in boxes that scroll.

    Raises
    ------
    DataError
        The page would load something from the network, or a formula cannot be drawn.
    """
    chosen = select(book, lang, show_code=show_code, figure=words["figure"])
    main, _ = exporter().from_notebook_node(chosen, resources={"words": words})
    return boxed(offline(str(main)))


def prose(source: str) -> str:
    """HTML of a text in Markdown, its formulas drawn."""
    return boxed(offline(_markdown(source)))


def boxed(main: str) -> str:
    """Every table in a box that scrolls when it is wider than the page."""
    main = re.sub(r"<table\b", '<div class="scroll" tabindex="0"><table', main)
    return main.replace("</table>", "</table></div>")


def select(book: Any, lang: str, *, show_code: bool, figure: str = "") -> Any:
    """Copy of a notebook for readers of `lang`: cells chosen by tag, alt texts set, code marked.

    Tags: `zh`/`en` keep the cell for that language only, `remove-cell` drops it, `remove-output`
    drops its outputs, `parameters`/`remove-input`/`hide-input` hide its code,
    `nbval-check-output` folds its output, `provenance` prints it small.  An output whose
    metadata name a `lang` stays on the pages of that language.  A figure without an alt text
    has `figure` and the heading above it.
    """
    book = deepcopy(book)
    other = set(LANGUAGES) - {lang}
    cells = []
    heading = ""
    for cell in book.cells:
        tags = set(cell.metadata.get("tags", []))
        if "remove-cell" in tags or (tags & other and lang not in tags):
            continue
        heading = _heading(cell) or heading
        if cell.cell_type == "code":
            cell.outputs = [out for out in cell.outputs if out.get("metadata", {}).get("lang", lang) == lang]
            _prepare(cell, tags, show_code=show_code, alt=figure + heading)
        cells.append(cell)
    book.cells = cells
    return book


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


def anchored(main: str) -> tuple[str, list[tuple[int, str, str]]]:
    """Give every h2 and h3 an id; return them as (level, id, text) for the contents list."""
    found: list[tuple[int, str, str]] = []

    def mark(match: re.Match[str]) -> str:
        anchor = f"s{len(found) + 1}"
        found.append((int(match.group(1)), anchor, html.escape(plain(match.group(3)))))
        return f'<h{match.group(1)} id="{anchor}"{match.group(2)}>{match.group(3)}</h{match.group(1)}>'

    main = re.sub(r"<h([23])(?:\s+id=[\"'][^\"']*[\"'])?([^>]*)>(.*?)</h\1>", mark, main, flags=re.DOTALL)
    return main, found


def plain(fragment: str) -> str:
    """Text of a piece of HTML."""
    return html.unescape(re.sub(r"<[^>]*>", "", fragment)).strip()


@cache
def exporter() -> Any:
    """Exporter to the own template.

    Not nbconvert's HTMLExporter, which parses every page once more to add the alt texts and
    focus marks that the template already writes: two thirds of its time.
    """
    from nbconvert.exporters.templateexporter import TemplateExporter
    from traitlets.config import Config

    config = Config()
    config.NbConvertBase.display_data_priority = _FORMS
    return TemplateExporter(
        config=config,
        template_name="svc",
        template_file="index.html.j2",
        extra_template_basedirs=[str(TEMPLATES)],
        default_preprocessors=[],
        filters={"markdown2html": _markdown},
    )


@cache
def _parser() -> Any:
    from nbconvert.filters.markdown_mistune import IPythonRenderer, MarkdownWithMath

    class Renderer(IPythonRenderer):
        """Formulas are drawn; no script on the page has to do it."""

        def block_math(self, body: str) -> str:
            return f"<p>{formulas.drawn(body, block=True)}</p>"

        def inline_math(self, body: str) -> str:
            return formulas.drawn(body)

        def latex_environment(self, name: str, body: str) -> str:
            return self.block_math(f"\\begin{{{name}}}{body}\\end{{{name}}}")

    return MarkdownWithMath(renderer=Renderer(escape=False, exclude_anchor_links=True))


def _markdown(source: str) -> str:
    return _parser().render(source)


def _printed(link: re.Match[str]) -> str:
    address = re.search(r"""href=["']([^"']*)""", link.group(0))
    url = html.escape(html.unescape(address.group(1))) if address else ""
    return link.group(1) if url in link.group(1) else f"{link.group(1)} ({url})"


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
