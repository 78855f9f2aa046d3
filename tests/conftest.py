from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import settings

ROOT = Path(__file__).resolve().parent.parent

# derandomize: the same examples on every machine, so a red test is a change, not bad luck.
settings.register_profile("svclib", deadline=None, derandomize=True)
settings.load_profile("svclib")


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """Folder of the public data sets that are not redistributed here; the test is skipped without it."""
    folder = Path(os.environ.get("SVCLIB_DATA") or ROOT.parent / "shared" / "data")
    if not folder.is_dir():
        pytest.skip(f"public data sets not found at {folder}; set SVCLIB_DATA to their folder")
    return folder
