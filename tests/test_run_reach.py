"""Which code a notebook reaches: editing a function changes the key of just the steps that reach it."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from svclib.run import graph, reach

ROOT = Path(__file__).resolve().parent.parent
SMALL = {
    "__init__.py": "",
    "a.py": """
        from small import b
        from small.c import Shape, LIMIT
        def one(): return b.two() + LIMIT
        def alone(): return 1
        def drawn(shape: Shape): return shape.area()
    """,
    "b.py": """
        def two(): return 2
        def three(): return 3
    """,
    "c.py": """
        LIMIT = 5
        OTHER = 6
        class Shape:
            side = 2
            def area(self): return self.side ** 2
            def edge(self): return 4 * self.side
            def __eq__(self, other): return True
    """,
    "words.toml": "x = 1",
    "d.py": """
        REGISTER = {}
        def kept(function):
            REGISTER[function.__name__] = function
            return function
    """,
    "e.py": """
        from small.d import kept, REGISTER
        @kept
        def listed(): return 7
        def run(name): return REGISTER[name]()
        def read(): return open("words.toml")
    """,
}


@pytest.fixture
def small(tmp_path: Path) -> Path:
    """A package of a few lines."""
    home = tmp_path / "small"
    home.mkdir()
    for name, text in SMALL.items():
        (home / name).write_text("\n".join(line[8:] for line in text.split("\n")) or text)
        if not name.endswith(".py"):
            (home / name).write_text(text)
    return home


def pieces(home: Path, *roots: str) -> dict[str, str]:
    found = reach.Sources(home).reached([f"small.{root}" for root in roots]).pieces
    return {name.removeprefix("small."): value for name, value in found.items() if "<body>" not in name}


class TestReached:
    def test_what_is_called_and_nothing_beside_it(self, small: Path) -> None:
        assert set(pieces(small, "a.one")) == {"a:one", "b:two", "c:LIMIT"}
        assert set(pieces(small, "a.alone")) == {"a:alone"}

    def test_methods_by_name_once_their_class_is_reached(self, small: Path) -> None:
        assert set(pieces(small, "a.drawn")) == {"a:drawn", "c:Shape", "c:Shape.area"}

    def test_what_a_decorator_of_ours_registers_counts_with_its_module(self, small: Path) -> None:
        assert {"e:run", "e:listed", "d:REGISTER", "d:kept"} == set(pieces(small, "e.run"))

    def test_files_of_the_package_that_code_names(self, small: Path) -> None:
        assert "words.toml" in pieces(small, "e.read")
        assert "words.toml" not in pieces(small, "a.one")

    def test_code_of_a_notebook_and_what_does_not_parse(self, small: Path) -> None:
        sources = reach.Sources(small)
        assert "small.b:three" in sources.reached([], ["from small import b\nb.three()"]).pieces
        assert "small.b:three" in sources.reached([], ["%matplotlib inline"]).pieces

    @pytest.mark.parametrize(
        ("old", "new", "same"),
        [
            ("def two(): return 2", "def two(): return 22", False),
            ("def two(): return 2", "def two():\n    # why\n    return 2", True),
            ("def two(): return 2", 'def two():\n    """Said."""\n    return 2', True),
            ("def three(): return 3", "def three(): return 33", True),
        ],
    )
    def test_an_edit(self, small: Path, old: str, new: str, *, same: bool) -> None:
        before = pieces(small, "a.one")
        (small / "b.py").write_text((small / "b.py").read_text().replace(old, new))
        assert (pieces(small, "a.one") == before) is same


def keys(home: Path) -> dict[str, dict[str, str]]:
    steps = graph.build(ROOT / "notebooks", annual=False, sources=reach.Sources(home))
    return {step.number: step.reached.pieces for step in steps}


@pytest.fixture(scope="module")
def affected(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str, str, str], set[str]]:
    """Steps whose code changes with an edit in a copy of the sources."""
    home = tmp_path_factory.mktemp("copy") / "svclib"
    shutil.copytree(reach.package(), home, ignore=shutil.ignore_patterns("__pycache__", "fonts"))
    before = keys(home)

    def edited(file: str, old: str, new: str) -> set[str]:
        text = (home / file).read_text(encoding="utf-8")
        assert text.count(old) == 1, f"{file}: {old!r}"
        (home / file).write_text(text.replace(old, new), encoding="utf-8")
        now = keys(home)
        (home / file).write_text(text, encoding="utf-8")
        return {number for number, code in now.items() if code != before[number]}

    return edited


@pytest.mark.parametrize(
    ("file", "old", "new", "steps"),
    [
        ("cycle/steps.py", "    found = change.changes(state, kept, tables)\n",
         "    found = dict(change.changes(state, kept, tables))\n", {"50"}),
        ("cycle/context.py", 'own = board.loc[board["unit"] == unit, "group"]',
         'own = board.loc[unit == board["unit"], "group"]', {"91"}),
        ("sources/__init__.py", "    if problems:\n        raise InputErrors(problems)\n",
         "    if len(problems):\n        raise InputErrors(problems)\n",
         {"10", "20", "30", "40", "50", "60", "70", "90", "91"}),
        ("cycle/steps.py",
         '    """60: targets, warnings by threshold and by signal, and the course over every cycle read."""\n',  # noqa: E501
         '    """Other words."""\n    # and why\n', set()),
    ],
    ids=["step", "method of the context", "reading", "comment and docstring"],
)  # fmt: skip
def test_an_edit_reaches_just_its_steps(
    affected: Callable[..., set[str]], file: str, old: str, new: str, steps: set[str]
) -> None:
    assert affected(file, old, new) == steps
