"""The headless Chromium of this machine, for tests; skipped with a message where there is none."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from svclib.run import pdf

BARE = """<?xml version="1.0"?><!DOCTYPE fontconfig SYSTEM "fonts.dtd">
<fontconfig><dir>{fonts}</dir><cachedir>{cache}</cachedir></fontconfig>"""


@contextmanager
def chromium(folder: Path, *flags: str) -> Iterator[Any]:
    """A browser on a machine without Chinese fonts: it sees those of matplotlib alone."""
    sync_api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    program = pdf.browser()
    if program is None:
        pytest.skip("no Chromium, Chrome or Edge found, so no page is rendered")
    import matplotlib as mpl

    config = folder / "fonts.conf"
    fonts = Path(mpl.get_data_path(), "fonts", "ttf")
    config.write_text(BARE.format(fonts=fonts, cache=folder / "cache"), encoding="utf-8")
    env = {**os.environ, "FONTCONFIG_FILE": str(config)}
    with sync_api.sync_playwright() as driver:
        opened = driver.chromium.launch(executable_path=program, args=["--no-sandbox", *flags], env=env)
        yield opened
        opened.close()
