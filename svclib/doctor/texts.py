"""Every text a reader of a run can get at: pages, notebooks, tables, office files."""

from __future__ import annotations

import re
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pandas as pd

PLAIN = {".html", ".ipynb", ".json", ".yaml", ".csv", ".txt", ".svg", ".css", ".md"}
ZIPPED = {".xlsx", ".docx"}
PRIVATE = "private"
_EMBEDDED = re.compile(r"base64,[A-Za-z0-9+/=\\n]+")


def public_files(run_dir: Path) -> list[Path]:
    """Files of a run that may be passed on, by name."""
    found = (path for path in run_dir.rglob("*") if path.is_file())
    return sorted(path for path in found if path.relative_to(run_dir).parts[0] != PRIVATE)


def texts(path: Path) -> Iterator[str]:
    """What can be read in a file: text, the parts of a workbook or letter, the names and cells of a table.

    Embedded pictures and fonts are left out.
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
                    yield parts.read(name).decode("utf-8", errors="replace")
    elif path.suffix in PLAIN or not path.suffix:
        yield _EMBEDDED.sub("", path.read_text(encoding="utf-8", errors="replace"))
