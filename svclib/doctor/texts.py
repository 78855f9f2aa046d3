"""Every text a reader of a run can get at: pages, notebooks, tables, office files."""

from __future__ import annotations

import html
import json
import re
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pandas as pd

PLAIN = {".html", ".ipynb", ".json", ".yaml", ".csv", ".txt", ".svg", ".css", ".md"}
ZIPPED = {".xlsx", ".docx"}
MARKED, QUOTED = {".html", ".svg"}, {".ipynb", ".json"}
PRIVATE = "private"
_TAG = re.compile(r"<[^<>]*>")
_EMBEDDED = re.compile(r"base64,[A-Za-z0-9+/=\\n]+")


def public_files(run_dir: Path) -> list[Path]:
    """Files of a run that may be passed on, by name."""
    found = (path for path in run_dir.rglob("*") if path.is_file())
    return sorted(path for path in found if path.relative_to(run_dir).parts[0] != PRIVATE)


def texts(path: Path) -> Iterator[str]:
    """What can be read in a file: text, the parts of a workbook or letter, the names and cells of a table.

    Where a file writes characters otherwise than they are read (&lt; in a page, a letter cut into runs,
    marked quotes in a notebook), the text as it is read follows.  Embedded pictures and fonts are left out.
    """
    if path.suffix == ".parquet":
        frame = pd.read_parquet(path)
        yield "\n".join(map(str, frame.columns))
        for column in frame.select_dtypes(["object", "string"]):
            yield "\n".join(dict.fromkeys(map(str, frame[column])))
    elif path.suffix in ZIPPED:
        with zipfile.ZipFile(path) as parts:
            for name in parts.namelist():
                if name.endswith((".xml", ".rels")):
                    yield from _marked(parts.read(name).decode("utf-8", errors="replace"))
    elif path.suffix in PLAIN or not path.suffix:
        text = _EMBEDDED.sub("", path.read_text(encoding="utf-8", errors="replace"))
        yield from _marked(text) if path.suffix in MARKED else [text]
        if path.suffix in QUOTED:
            yield "\n".join(_strings(json.loads(text)))


def _marked(text: str) -> Iterator[str]:
    yield text
    yield html.unescape(_TAG.sub("", text))


def _strings(value: Any) -> Iterator[str]:
    """Every text in a JSON document, the lines of a cell together; names of entries are no content."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, list):
        if value and all(isinstance(line, str) for line in value):
            yield "".join(value)
        else:
            yield from (text for each in value for text in _strings(each))
    elif isinstance(value, dict):
        yield from (text for each in value.values() for text in _strings(each))
