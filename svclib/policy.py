"""The thresholds of `policy.toml`: numbers in, label ids out."""

from __future__ import annotations

import functools
import tomllib
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from svclib.errors import ParamError, nearest

FILE = Path(__file__).with_name("policy.toml")
NOT_COMPUTED = "not_computed"
SIDES = ("left", "right")


class Cut(NamedTuple):
    """Values on the upper side of `at` carry `label`; `source` is the citation."""

    at: float
    label: str
    source: str


class Rule(NamedTuple):
    """Cuts in rising order; values below the first carry `below`.

    `closed` = "left" puts a value equal to a cut above it, "right" below it.
    """

    name: str
    closed: str
    below: str
    cuts: tuple[Cut, ...]

    def moved(self, *values: float) -> Rule:
        """The same rule with its cuts moved to `values`, as a params file may ask."""
        if len(values) != len(self.cuts):
            raise ParamError(f"policy rule {self.name!r} has {len(self.cuts)} cut(s), got {len(values)}")
        cuts = (cut._replace(at=float(v)) for cut, v in zip(self.cuts, values, strict=True))
        return self._replace(cuts=tuple(cuts))


class Policy(NamedTuple):
    """A version and its rules by name."""

    version: str
    rules: dict[str, Rule]


@functools.cache
def load(path: Path = FILE) -> Policy:
    """Read a policy file.

    Raises
    ------
    ParamError
        A side that is not left or right, cuts that do not rise, or a cut without a source.
    """
    raw = tomllib.loads(path.read_text(encoding="utf-8"))
    version = raw.pop("version", "")
    return Policy(version, {name: _rule(path.name, name, body) for name, body in raw.items()})


def _rule(file: str, name: str, body: dict) -> Rule:
    cuts = tuple(Cut(**cut) for cut in body["cuts"])
    places = [cut.at for cut in cuts]
    if places != sorted(set(places)):
        raise ParamError(f"{file}: rule {name!r}: cuts {places} do not rise. List them from low to high.")
    if body["closed"] not in SIDES:
        raise ParamError(f"{file}: rule {name!r}: closed={body['closed']!r}; choose one of {list(SIDES)}")
    if not all(cut.source for cut in cuts):
        raise ParamError(f"{file}: rule {name!r}: a cut has no source. Cite where the threshold comes from.")
    return Rule(name, body["closed"], body["below"], cuts)


def rule(name: str) -> Rule:
    """The rule called `name`; an unknown name is a ParamError listing the choices."""
    rules = load().rules
    if name not in rules:
        close = nearest(name, rules)
        hint = f" Did you mean {close!r}?" if close else ""
        raise ParamError(f"policy rule {name!r} does not exist; choose one of {sorted(rules)}.{hint}")
    return rules[name]


def judge(values: ArrayLike, by: str | Rule) -> np.ndarray:
    """Label ids of `values` under a rule.

    Parameters
    ----------
    values : array_like, (n,)
        Numbers on the scale of the rule; NaN means the statistic could not be computed.
    by : str or Rule
        A rule or the name of one in `policy.toml`.

    Returns
    -------
    ndarray of str, (n,)
        A label of the rule, or "not_computed" where the value is NaN.
    """
    chosen = rule(by) if isinstance(by, str) else by
    found = np.atleast_1d(np.asarray(values, dtype=float))
    labels = np.array([chosen.below, *(cut.label for cut in chosen.cuts)], dtype=object)
    cuts = [cut.at for cut in chosen.cuts]
    # numpy's "right" counts the cuts at or below a value: the value on a cut belongs above it.
    place = np.searchsorted(cuts, found, side="right" if chosen.closed == "left" else "left")
    return np.where(np.isnan(found), NOT_COMPUTED, labels[np.minimum(place, len(labels) - 1)])
