"""How much a workbook unpacks to: one of a few kilobytes may hold gigabytes of nothing."""

from __future__ import annotations

import io
import zipfile

REMEDY = "Copy the filled rows into a new workbook."
LARGEST, DENSEST = 1 << 30, 100  # bytes unpacked; times its own size, which rows of numbers stay far below


def swollen(content: bytes) -> str:
    """What is wrong with the size of a workbook, "" where nothing is.

    Raises
    ------
    zipfile.BadZipFile
        The content is no workbook.
    """
    with zipfile.ZipFile(io.BytesIO(content)) as parts:
        size = sum(part.file_size for part in parts.infolist())
    if size <= LARGEST or size <= DENSEST * len(content):
        return ""
    return f"unpacks to {size / 1e9:.1f} GB, which no sheet of data needs"
