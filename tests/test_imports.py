"""Who may import whom, held as one literal table; and every module has its tests."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

PACKAGE = Path(__file__).resolve().parent.parent / "svclib"
ANYONE_MAY_IMPORT = {"errors", "columns", "policy"}
# The layer directly below each module; what that layer stands on may be imported as well.
BELOW: dict[str, set[str]] = {
    "__init__": set(),
    "__main__": {"cli"},
    "errors": set(),
    "columns": set(),
    "policy": set(),
    "framework": set(),
    "workbook": {"framework"},
    "params": {"framework", "workbook"},
    "sources": {"params"},
    "moments": set(),
    "suppression": set(),
    "factor": set(),
    "ranks": set(),
    "estimates": {"moments"},
    "inference": {"estimates"},
    "screening": {"inference"},
    "collection": {"screening", "suppression"},
    "audit": {"inference"},
    "reliability": {"estimates", "factor", "inference", "screening"},
    "validity": {"estimates", "factor"},
    "invariance": {"estimates", "factor"},
    "agreement": {"estimates", "ranks"},
    "delphi": {"agreement"},
    "weights": {"estimates", "ranks", "inference", "validity"},
    "kpis": {"inference", "framework"},
    "scores": {"inference", "framework"},
    "composites": {"scores"},
    "grades": {"framework"},
    "sensitivity": {"scores", "grades", "targets"},
    "comparability": {"framework", "inference"},
    "improvement": {"inference", "scores"},
    "monitoring": {"inference", "framework"},
    "trends": {"inference"},
    "targets": {"framework", "scores", "comparability"},  # a target is met or missed by the published number
    "simulate": {"sources", "kpis", "scores", "improvement"},
    "levers": {"framework", "scores"},
    "decomposition": {"framework", "scores"},
    "adjustments": {"framework"},
    "consequences": {"framework", "scores"},
    "actions": {"framework", "comments"},
    "training": {"improvement"},
    "problems": {"framework"},
    "cuts": {"composites"},
    "parents": set(),
    "principles": {"framework", "inference"},
    "complaints": set(),
    "comments": {"complaints"},
    "tables": set(),
    "deliver": {"tables", "wording", "sources", "parents"},
    "plots": {"tables"},  # tables.fmt is the only place that rounds
    "wording": {"tables"},
    "partitions": {"sources", "moments", "screening"},
    "run": {"params", "sources", "cycle", "deliver"},
    "convert": {"deliver", "workbook"},
    "doctor": {"run", "suppression"},
    "cli": {"run", "convert", "doctor"},
}
OUTPUT_SIDE = {"tables", "plots", "wording", "deliver", "convert", "run", "doctor", "cli"}
OUTPUT_SIDE |= {"__init__", "__main__"}
# The context of a notebook labels and says what the steps found.
BELOW["cycle"] = (set(BELOW) - OUTPUT_SIDE) | {"wording"}
# Third-party packages that only some modules may touch.
RESERVED = {
    "matplotlib": {"plots", "run"},  # run draws the formulas of a text
    "seaborn": {"plots"},
    "papermill": {"run", "cli"},
    "nbconvert": {"run", "cli"},
}
NO_TESTS_OF_THEIR_OWN = {"__init__", "__main__"}


def part_of(path: Path) -> str:
    """Name of the module, or of the folder with the same face."""
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


FILES = sorted(PACKAGE.rglob("*.py"))
MODULES = sorted({part_of(path) for path in FILES})


def reachable(name: str) -> set[str]:
    """Every module below `name`, directly or through another."""
    return BELOW[name].union(*(reachable(below) for below in BELOW[name]))


def imported(path: Path) -> set[str]:
    """Dotted names imported anywhere in the file, also inside functions, but not for annotations alone."""
    tree = ast.parse(path.read_text("utf-8"))
    guards = [n for n in ast.walk(tree) if isinstance(n, ast.If) and "TYPE_CHECKING" in ast.dump(n.test)]
    for guard in guards:
        guard.body = [ast.Pass()]
    names: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path.name}:{node.lineno}: import from svclib by its full name"
            names |= {f"{node.module}.{alias.name}" for alias in node.names}
    return names


@pytest.mark.parametrize("path", FILES, ids=lambda p: p.relative_to(PACKAGE).as_posix())
def test_imports_keep_to_the_table(path):
    own = part_of(path)
    used = {name.split(".")[1] for name in imported(path) if name.startswith("svclib.")} - {
        own,
        "__version__",
    }
    assert own in BELOW, f"svclib.{own} is not in the table of tests/test_imports.py"
    extra = used - reachable(own) - ANYONE_MAY_IMPORT
    assert not extra, f"svclib.{own} must not import {sorted(extra)}"


@pytest.mark.parametrize("path", FILES, ids=lambda p: p.relative_to(PACKAGE).as_posix())
def test_reserved_packages_stay_where_they_belong(path):
    used = {name.split(".")[0] for name in imported(path)} & set(RESERVED)
    assert [package for package in sorted(used) if part_of(path) not in RESERVED[package]] == []


@pytest.mark.parametrize("name", [m for m in MODULES if m not in NO_TESTS_OF_THEIR_OWN])
def test_every_module_has_its_tests(name):
    assert (Path(__file__).parent / f"test_{name}.py").is_file(), f"tests/test_{name}.py is missing"


def test_importing_svclib_is_cheap():
    code = (
        "import sys, svclib; print([m for m in ('numpy', 'pandas', 'scipy', 'pydantic') if m in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=PACKAGE.parent
    )
    assert done.stdout.strip() == "[]"
