"""What differs between two runs: settings, framework, data, weights, volumes, scores, grades, verdicts.

Both runs are read as they were published; nothing is computed again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
import yaml

from svclib import tables
from svclib.columns import empty
from svclib.cycle import revision
from svclib.run import export, manifest
from svclib.scores import TOTAL

COLUMNS = ("what", "unit", "node", "before", "after", "change")
KINDS = (
    *("setting", "framework", "input", "weight", "issued", "returned", "n_valid"),
    *("score", "published", "grade", "verdict"),
)
# Where a run lies and what it is called; the files that hold the data change with every cycle.
_NO_SETTING = {"file", "framework", "unasked", "freeze"}
LANGUAGES = ("zh", "en")
_RTOL, _ATOL = 1e-9, 1e-12


class _Shown(NamedTuple):
    """A column of a result table that is compared, and what its rows are told by."""

    what: str
    table: str
    unit: str
    node: str
    value: str
    query: str = ""


_SHOWN = (
    _Shown("weight", "weights", "group", "node", "global"),
    _Shown("issued", "collection", "unit", "source", "issued"),
    _Shown("returned", "collection", "unit", "source", "returned"),
    _Shown("n_valid", "collection", "unit", "source", "n_valid"),
    _Shown("score", "totals", "unit", "node", "score"),
    _Shown("score", "indicator_scores", "unit", "indicator", "score", "subject == ''"),
    _Shown("verdict", "changes", "unit", "node", "verdict"),
)
_COUNTED = {"issued", "returned", "n_valid"}


@dataclass(frozen=True)
class Side:
    """One of the two runs."""

    path: Path

    @cached_property
    def manifest(self) -> dict[str, Any]:
        """The manifest of the run."""
        return manifest.read(self.path)

    @cached_property
    def lock(self) -> dict[str, Any]:
        """Its parameters and its framework, as they were."""
        return yaml.safe_load((self.path / "params.lock.yaml").read_text(encoding="utf-8"))

    @property
    def cycle(self) -> str:
        """Name of its cycle."""
        return str(self.manifest["body"]["cycle"])

    def table(self, name: str) -> pd.DataFrame | None:
        """Rows of the current cycle of a result table, None where the run has no such table."""
        path = self.path / "tables" / f"{name}.parquet"
        if not path.is_file():
            return None
        frame = pd.read_parquet(path)
        return frame[frame["cycle"] == self.cycle] if "cycle" in frame else frame


def differences(before: Side, after: Side) -> pd.DataFrame:
    """Everything that differs between two runs, one difference per row.

    Returns
    -------
    DataFrame
        what (one of `KINDS`), unit ("" where it concerns none), node (key, indicator, dimension or
        source), before and after (number or text, None where there was or is nothing), change
        (after minus before, NaN unless both are numbers).  Numbers within rtol 1e-9 are the same.
    """
    rows: list[tuple[Any, ...]] = [*_settings(before, after), *_inputs(before, after)]
    for shown in _SHOWN:
        pair = [_values(side, shown) for side in (before, after)]
        rows += [(shown.what, *key, *values) for key, *values in unlike(*pair)]
    rows += _grades(before, after)
    found = pd.DataFrame(
        [(*row, _change(row[-2], row[-1])) for row in rows], columns=list(COLUMNS), dtype=object
    )
    order = found["what"].map({what: k for k, what in enumerate(KINDS)})
    found = found.assign(order=order).sort_values("order", kind="stable", ignore_index=True)
    return found[list(COLUMNS)].astype({"what": "str", "unit": "str", "node": "str", "change": "float64"})


def label(*sides: Side) -> Callable[[str, str], str]:
    """Names of the frameworks of the runs as `tables` ask for them, English where the frameworks give it."""
    english: dict[str, str] = {}
    for side in sides:
        plan = side.lock["framework"]
        nodes = [*plan["dimensions"], *(i for d in plan["dimensions"] for i in d["indicators"])]
        english |= {node["name"]: node["en"] for node in nodes if node["en"]}
        english |= {name: group["en"] for name, group in plan["groups"].items() if group["en"]}
        for names in (plan["names_en"], plan["subjects_en"], plan["grades"]["scale_en"]):
            english |= names

    def named(name: str, lang: str) -> str:
        return totals[lang] if name == TOTAL else english.get(name, name) if lang == "en" else name

    totals = {lang: str(tables.code("level", TOTAL, lang)) for lang in LANGUAGES}
    return named


def summary(found: pd.DataFrame, lang: str) -> str:
    """How many differences there are, in all and of each kind."""
    own = tables.words(lang)
    if found.empty:
        return str(own["review"]["none"])
    form, each = own["terms"]["count"], found["what"].value_counts(sort=False)
    parts = [form.format(name=own["review"]["what"][what], count=int(n)) for what, n in each.items()]
    listed = own["terms"]["list_separator"].join(parts)
    return str(own["review"]["total"].format(count=len(found), listed=listed))


def between(before: Side, after: Side, lang: str) -> str:
    """Which two runs are compared: name, cycle and id of each."""
    told = [f"{s.manifest['body']['name']} {s.cycle} ({s.manifest['run_id']})" for s in (before, after)]
    return str(tables.words(lang)["review"]["between"].format(before=told[0], after=told[1]))


def page(found: pd.DataFrame, before: Side, after: Side, lang: str) -> str:
    """The differences as one HTML page that needs nothing else; every text in it is escaped."""
    blocks = list(tables.blocks(found, lang, label(before, after)))
    own = tables.words(lang)["review"]
    facts = {"between": between(before, after, lang), "summary": summary(found, lang)}
    used = set("".join([*facts.values(), own["title"], *(b.title + b.shown.text for b in blocks)]))
    css = (export.TEMPLATES / "svc" / "report.css").read_text(encoding="utf-8")
    return export.environment().get_template("diff.html.j2").render(
        lang=export.LANGUAGES[lang][0], words=own, blocks=blocks, css=css,
        face=export.font_face(used | export.ASCII), **facts,
    )  # fmt: skip


def flat(value: Any, path: tuple[str, ...] = ()) -> dict[tuple[str, ...], Any]:
    """Leaves of nested settings by their path; rows that have a name by it, empty ones left out."""
    if isinstance(value, Mapping):
        return {k: v for key, item in value.items() for k, v in flat(item, (*path, str(key))).items()}
    if value and isinstance(value, list) and all(isinstance(item, Mapping) for item in value):
        named = [str(item.get("name", k + 1)) for k, item in enumerate(value)]
        return flat(dict(zip(named, value, strict=True)), path)
    if isinstance(value, list):
        value = "、".join(map(str, value))
    return {} if value in (None, "") else {path: value}


def unlike(before: Mapping[Any, Any], after: Mapping[Any, Any]) -> Iterator[tuple[Any, Any, Any]]:
    """Keys whose values differ, in the order of `before` and then `after`; None for a missing one."""
    for key in dict.fromkeys([*before, *after]):
        pair = before.get(key), after.get(key)
        if not same(*pair):
            yield key, *pair


def same(before: Any, after: Any) -> bool:
    """Whether two values are the same: numbers within rtol 1e-9, NaN equal to NaN, others exactly."""
    if _is_number(before) and _is_number(after):
        pair = float(before), float(after)
        return bool(np.isclose(*pair, rtol=_RTOL, atol=_ATOL, equal_nan=True))
    return bool(before == after)


def _settings(before: Side, after: Side) -> Iterator[tuple[Any, ...]]:
    for what, pair in (
        ("setting", [_own(side.lock) for side in (before, after)]),
        ("framework", [side.lock["framework"] for side in (before, after)]),
    ):
        for path, *values in unlike(*map(flat, pair)):
            yield what, "", " / ".join(path), *values


def _own(lock: Mapping[str, Any]) -> dict[str, Any]:
    """Settings apart from the framework and from where the data lie."""
    kept = {key: value for key, value in lock.items() if key not in _NO_SETTING}
    sources = (kept.get("data") or {}).items()
    return kept | {"data": {name: {k: v for k, v in said.items() if k != "path"} for name, said in sources}}


def _inputs(before: Side, after: Side) -> Iterator[tuple[Any, ...]]:
    """Data that are not the same, by the first digits of their hashes; of one cycle only."""
    if before.cycle == after.cycle:
        for name, *pair in unlike(*(side.manifest["body"]["inputs"] for side in (before, after))):
            yield "input", "", name, *(None if text is None else text[:12] for text in pair)


def _values(side: Side, shown: _Shown) -> dict[tuple[str, str], Any]:
    frame = side.table(shown.table)
    if frame is None:
        return {}
    rows = frame.query(shown.query) if shown.query else frame
    keys = [shown.unit, shown.node]
    if shown.what in _COUNTED:
        rows = rows.groupby(keys, as_index=False)[shown.value].sum(min_count=1)
    return {(str(u), str(n)): _plain(v) for u, n, v in rows[[*keys, shown.value]].to_numpy(dtype=object)}


def _grades(before: Side, after: Side) -> Iterator[tuple[Any, ...]]:
    """Published scores and grades that moved, as a correction would list them."""
    frames = [side.table("grades") for side in (before, after)]
    if any(frame is None or "grade" not in frame for frame in frames):
        return
    pair = [frame.assign(cycle=after.cycle) for frame in frames if frame is not None]
    for row in revision.differences(*pair, corrections=empty("corrections")).to_dict("records"):
        score = _plain(row["before"]), _plain(row["after"])
        if not same(*score):
            yield "published", row["unit"], "", *score
        if row["grade_before"] != row["grade_after"]:
            yield "grade", row["unit"], "", *(row[name] or None for name in ("grade_before", "grade_after"))


def _plain(value: Any) -> Any:
    """A cell as a number or a text, None where it is empty."""
    if isinstance(value, str):
        return value
    return None if pd.isna(value) else float(value)


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _change(before: Any, after: Any) -> float:
    return float(after) - float(before) if _is_number(before) and _is_number(after) else np.nan
