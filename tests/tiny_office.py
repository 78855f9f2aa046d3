"""A small office in a folder: a framework whose values are points, cycles as params files with CSV data."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd
import yaml

from svclib import cycle, params

POINTS = {"kind": "amount", "score": {0: 0, 100: 100}}
RATING = {"kind": "rating", "items": ["q1"], "scale": [1, 5], "score": {1: 0, 5: 100}}


def content() -> dict[str, Any]:
    """服务 0.6 = 准时 0.5 + 整洁 0.5; 效率 0.4 = 产量 0.7 + 节约 0.3; every value is its points."""
    service = {name: POINTS | {"weight": 50} for name in ("准时", "整洁")}
    output = {"产量": POINTS | {"weight": 70}, "节约": POINTS | {"weight": 30}}
    return {
        "name": "试评",
        "version": "1",
        "subjects": {"客户": 1},
        "grades": {"scale": {"优": 90, "良": 80, "中": 60, "差": 0}},
        "dimensions": {
            "服务": {"weight": 60, "indicators": service},
            "效率": {"weight": 40, "indicators": output},
        },
    }


def rated() -> dict[str, Any]:
    """One rating, 态度: mean 1 is 0 points, 5 is 100."""
    one = {"体验": {"weight": 1, "indicators": {"态度": RATING | {"weight": 1}}}}
    return content() | {"dimensions": one}


def flat(points: float) -> dict[str, float]:
    """The same value everywhere, so the total is that value."""
    return dict.fromkeys(("准时", "整洁", "产量", "节约"), points)


class Office:
    """Writes frameworks, cycles and their data into one folder."""

    def __init__(self, folder: Path, framework: Mapping[str, Any] | None = None) -> None:
        self.folder = folder
        self._yaml("framework.yaml", framework or content())

    def cycle(
        self,
        name: str,
        values: Mapping[str, Mapping[str, object]],
        *,
        groups: Mapping[str, str] | None = None,
        sheets: Mapping[str, Sequence[Mapping[str, object]]] | None = None,
        **said: object,
    ) -> Path:
        """Params file of a cycle: KPI values by unit (None is not reported), and rows of other sources."""
        of = groups or {}
        rows: dict[str, Iterable[Mapping[str, object]]] = {
            "units": [{"部门": u, "分组": of.get(u, "")} for u in values],
            "kpis": [
                {"部门": u, "指标": i, "数值": v}
                for u, mine in values.items()
                for i, v in mine.items()
                if v is not None
            ],
            **(sheets or {}),
        }
        data = {source: self._csv(f"{name}_{source}.csv", list(r)) for source, r in rows.items() if list(r)}
        settings = {"name": "office", "framework": "framework.yaml", "cycle": name, "draws": 200}
        return self._yaml(f"{name}.yaml", settings | {"min_responses": 5, "data": data} | said)

    def _csv(self, name: str, rows: list[Mapping[str, object]]) -> str:
        with (self.folder / name).open("w", encoding="utf-8", newline="") as handle:
            writer = csv.DictWriter(handle, list(dict.fromkeys(key for row in rows for key in row)))
            writer.writeheader()
            writer.writerows(rows)
        return name

    def _yaml(self, name: str, said: Mapping[str, Any]) -> Path:
        path = self.folder / name
        path.write_text(yaml.safe_dump(dict(said), allow_unicode=True, sort_keys=False), encoding="utf-8")
        return path


def answers(unit: str, marks: Mapping[str, Sequence[int]], *, when: str = "", start: int = 0) -> list[dict]:
    """Answers to q1 of one unit by channel, each by a respondent of its own."""
    every = [(channel, mark) for channel, given in marks.items() for mark in given]
    return [
        {"受访者编号": f"{unit}{start + k}", "部门": unit, "渠道": channel, "结束时间": when, "q1": mark}
        for k, (channel, mark) in enumerate(every)
    ]


def evaluated(path: Path, **options: Any) -> dict[str, pd.DataFrame]:
    """Every table of a cycle."""
    return cycle.evaluate(params.load(path, **options))


def graded(tables: Mapping[str, pd.DataFrame], name: str = "2026Q2") -> pd.DataFrame:
    """Table "grades" of one cycle by unit."""
    rows = tables["grades"]
    return rows[rows["cycle"] == name].set_index("unit")
