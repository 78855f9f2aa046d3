"""Which functions of svclib a piece of code reaches, read from the sources without running them.

A piece is a function, a method or a name assigned at the top of a module.  Reaching one means
reaching what it mentions.  Methods are found by their name: a method counts once its class is
reached and some reached code asks any object for that name.  Where the source leaves doubt, more
is reached rather than less: a module passed on as a value, an unknown name in a module, code at
the top of a module, and methods that Python or another library calls count as a whole.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from svclib.run.pieces import BODY, Module, Piece, imported, parsed, piece, short_hash

ALL = "*"


def package() -> Path:
    """Folder of svclib itself."""
    return Path(__file__).resolve().parents[1]


@dataclass(frozen=True)
class Reached:
    """Everything some code reaches: hash of each piece by name, attributes and strings mentioned.

    `met` are those pieces it would reach that were not to be followed.
    """

    pieces: dict[str, str]
    attributes: frozenset[str]
    strings: frozenset[str]
    met: frozenset[str]


class Sources:
    """The modules of one package, each read when it is first asked for."""

    def __init__(self, package: Path) -> None:
        self.root = package.parent
        self.name = package.name
        self._read: dict[str, Module] = {}

    @cached_property
    def paths(self) -> dict[str, Path]:
        """File of every module, by dotted name."""
        found = {}
        for path in sorted((self.root / self.name).rglob("*.py")):
            parts = path.relative_to(self.root).with_suffix("").parts
            found[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = path
        return found

    def module(self, name: str) -> Module:
        """The module `name`, parsed once."""
        if name not in self._read:
            path = self.paths[name]
            package = name if path.name == "__init__.py" else name.rpartition(".")[0]
            self._read[name] = parsed(ast.parse(path.read_bytes()), package, self.name)
        return self._read[name]

    def resolved(self, target: str) -> list[str]:
        """Pieces meant by a dotted name, such as "svclib.screening.summary" for a function exported there."""
        parts, tail = target.split("."), list[str]()
        while parts and ".".join(parts) not in self.paths:
            tail.insert(0, parts.pop())
        if not parts:
            return []
        name = ".".join(parts)
        if not tail:
            return [f"{name}:{ALL}"]
        module, first = self.module(name), tail[0]
        if first in module.pieces:
            return [f"{name}:{first}"]
        if first in module.imports:
            return [*self.resolved(".".join([module.imports[first], *tail[1:]])), f"{name}:{BODY}"]
        return [f"{name}:{ALL}"]

    def reached(
        self,
        roots: Iterable[str],
        code: Iterable[str] = (),
        *,
        cut: Iterable[str] = (),
        called: bool = False,
    ) -> Reached:
        """What dotted names and pieces of further source code reach, not going through those in `cut`.

        Parameters
        ----------
        roots : dotted names such as "svclib.cycle.steps.quality"
        code : sources such as the cells of a notebook; one that does not parse reaches everything
        cut : pieces as "module:name", or whole packages, that are not followed
        called : leave out what runs when a module is imported
        """
        walk = _Walk(self, set(cut), called)
        for text in code:
            walk.source(text)
        for root in roots:
            walk.add(self.resolved(root))
        walk.run()
        files = {name: digest for name, digest in self.files.items() if _mentioned(name, walk.strings)}
        mentioned = frozenset(walk.attributes), frozenset(walk.strings)
        return Reached(walk.digests | files, *mentioned, frozenset(walk.met))

    @cached_property
    def files(self) -> dict[str, str]:
        """Hash of every other file of the package, such as its words, by path."""
        home = self.root / self.name
        found = (p for p in sorted(home.rglob("*")) if p.is_file() and p.suffix not in {".py", ".pyc"})
        return {p.relative_to(home).as_posix(): short_hash(p.read_bytes()) for p in found}


@dataclass
class _Walk:
    """The pieces reached so far, and those whose mentions are still to be followed."""

    sources: Sources
    cut: set[str]
    called: bool
    digests: dict[str, str] = field(default_factory=dict)
    attributes: set[str] = field(default_factory=set)
    strings: set[str] = field(default_factory=set)
    waiting: list[str] = field(default_factory=list)
    methods: dict[str, list[str]] = field(default_factory=dict)
    seen: set[str] = field(default_factory=set)
    met: set[str] = field(default_factory=set)

    @cached_property
    def packages(self) -> tuple[str, ...]:
        """How pieces of the packages begin that are left out whole."""
        whole = [name for name in self.cut if ":" not in name]
        return tuple(f"{name}{mark}" for name in whole for mark in ":.")

    def source(self, text: str) -> None:
        """Follow code that stands in no module."""
        try:
            tree = ast.parse(text)
        except SyntaxError:
            self.add(f"{name}:{ALL}" for name in self.sources.paths)
            return
        self.follow(piece(tree, imported(tree, "", self.sources.name)), "")

    def run(self) -> None:
        while self.waiting:
            self.visit(self.waiting.pop())

    def add(self, names: Iterable[str]) -> None:
        names = [name for name in names if not name.startswith(self.packages)]
        self.met |= self.cut.intersection(names)
        fresh = [name for name in names if name not in self.seen and name not in self.cut]
        fresh = [name for name in fresh if not (self.called and name.endswith(BODY))]
        self.seen.update(fresh)
        self.waiting += fresh

    def visit(self, name: str) -> None:
        home, _, local = name.partition(":")
        module = self.sources.module(home)
        self.add([f"{home}:{BODY}"])
        if local == ALL:
            self.add(f"{home}:{each}" for each in module.pieces)
        elif local == BODY:
            self.imports(home, module)
        if local in module.pieces:
            self.digests[name] = module.pieces[local].digest
            self.follow(module.pieces[local], home)
        for method, whole in module.methods.get(local, {}).items():
            self.methods.setdefault(method, []).append(f"{home}:{whole}")
            if method in self.attributes:
                self.add([f"{home}:{whole}"])

    def imports(self, home: str, module: Module) -> None:
        """Importing a module runs the code at the top of those it imports, and of its packages."""
        for target in {home.rpartition(".")[0], *module.imports.values()}:
            parts = target.split(".")
            names = (".".join(parts[:n]) for n in range(len(parts), 0, -1))
            self.add([f"{name}:{BODY}" for name in names if name in self.sources.paths][:1])

    def follow(self, found: Piece, home: str) -> None:
        for target in found.names:
            self.add(self.sources.resolved(target))
        if home:
            self.add(f"{home}:{name}" for name in found.near & self.sources.module(home).pieces.keys())
        self.strings |= found.strings
        for name in found.attributes - self.attributes:
            self.attributes.add(name)
            self.add(self.methods.get(name, ()))


def _mentioned(file: str, strings: set[str]) -> bool:
    """Whether code that mentions `strings` may read a file of the package: its name or its folder."""
    *folders, name = file.split("/")
    return name in strings or bool(strings & set(folders))
