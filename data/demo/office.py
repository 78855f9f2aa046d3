"""The sheets an office keeps beside the answers: what was issued, call-backs, and the ledger."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pandas as pd

from . import delphi, events, ledger, model, texts
from .model import CHANNELS, Case

OFFICE = "质量办公室"
CALLED, CALLED_INDUCED, REFUTED = 5, 8, 4  # call-backs per unit; in the unit with induced answers
POPULATION = 8  # people served per customer asked, roughly
DAYS_LEFT = {"responses": 3, "kpis": 2}  # days from the deadline to the end of the quarter


def shared() -> dict[str, pd.DataFrame]:
    """Sheets that serve every cycle."""
    words = [(category, word) for category, found in texts.KEYWORDS.items() for word in found]
    return {
        "targets": pd.DataFrame(ledger.TARGETS, columns=ledger.TARGET_COLUMNS),
        "benchmarks": pd.DataFrame(ledger.BENCHMARKS, columns=ledger.BENCHMARK_COLUMNS),
        "keywords": pd.DataFrame(words, columns=["类别", "关键词"]),
        "delphi": delphi.opinions(),
    }


def sheets(rngs: list[np.random.Generator], answers: pd.DataFrame, case: Case) -> dict[str, pd.DataFrame]:
    """Sheets of one cycle by name; the ledger is the same with and without planted changes."""
    made = {
        "collection": _collection(rngs, answers, case),
        "events": events.events(rngs, case),
        "audit": _audit(rngs, answers, case),
    }
    return made | {
        name: pd.DataFrame(rows[case.cycle], columns=columns)
        for name, (columns, rows) in ledger.LEDGER.items()
        if case.cycle in rows
    }


def _last(case: Case, source: str) -> str:
    end = pd.Period(case.cycle, freq="Q").end_time.normalize()
    return (end - pd.Timedelta(days=DAYS_LEFT[source])).strftime("%Y-%m-%d")


def _collection(rngs: list[np.random.Generator], answers: pd.DataFrame, case: Case) -> pd.DataFrame:
    """Questionnaires issued by unit, evaluator and channel, and the records every unit owes."""
    came = answers.groupby(["部门", "评价主体", "渠道"]).size()
    rows: list[tuple[Any, ...]] = []
    for unit, rng in zip(model.UNITS, rngs, strict=True):
        halved = unit.unit == model.MERGED and case.cycle != model.NOW
        parts = dict(zip(model.HALVES, (model.SPLIT, 1 - model.SPLIT), strict=True))
        for name, share in parts.items() if halved else ((unit.unit, 1.0),):
            rows += [
                ("问卷", name, *cell, _last(case, "responses"), OFFICE)
                for cell in _issued(rng, unit, share, came[name])
            ]
            head = ledger.HALF_HEADS.get(name, unit.head)
            owed = model.OWED if (name, case.cycle) == (model.OWING, model.NOW) else ""
            rows.append(("指标数据", name, "", "", "", owed, _last(case, "kpis"), head))
    columns = ["数据", "部门", "评价主体", "渠道", "总体数", "发放数", "截止日期", "责任人"]
    return pd.DataFrame(rows, columns=columns)


def _issued(rng: np.random.Generator, unit: Any, share: float, came: pd.Series) -> list[tuple[Any, ...]]:
    """Rows (evaluator, channel, population, issued): what came back over the rate of the unit."""
    raters = [(s, "网络", "", int(came.get((s, "网络"), 0))) for s in model.SUBJECTS if s != "客户"]
    if unit.unit == model.SMALL:
        return [("客户", "", 12, math.ceil(100 * unit.customers / unit.return_rate)), *raters]
    # The people served are spread alike in every cycle, whoever answers.
    spread = (0.42, 0.16, 0.42) if unit.unit == model.SHIFTED[0] else model.SHARES
    rows = []
    for channel, part in zip(CHANNELS, spread, strict=True):
        returned = int(came.get(("客户", channel), 0))
        rate = unit.return_rate / 100 + {"电话": 0.05, "邮寄": -0.06, "网络": 0.0}[channel]
        rate = min(0.9, rate + rng.uniform(-0.03, 0.03))
        people = 10 * round(POPULATION * unit.customers * share * part / 10)
        rows.append(("客户", channel, people, max(math.ceil(returned / rate), 1)))
    return [*rows, *raters]


def _audit(rngs: list[np.random.Generator], answers: pd.DataFrame, case: Case) -> pd.DataFrame:
    """Call-backs: confirmed or not reached, and refuted where answers were induced."""
    rows: list[tuple[str, ...]] = []
    end = pd.Period(case.cycle, freq="Q").end_time.normalize()
    for unit, rng in zip(model.UNITS, rngs, strict=True):
        names = (unit.unit, *(model.HALVES if unit.unit == model.MERGED else ()))
        mine = answers[answers["部门"].isin(names) & (answers["评价主体"] == "客户")]
        mine = mine.drop_duplicates("受访者编号")
        helped = mine["调查员"].eq("D-05").to_numpy()
        wanted = min(CALLED_INDUCED if helped.any() else CALLED, len(mine))
        n_helped = REFUTED if helped.any() else 0
        ids = mine["受访者编号"].to_numpy()
        honest = rng.choice(ids[~helped], wanted - n_helped, replace=False)
        # One in each unit is not reached, so that the rate stands on those who were.
        told = [(i, "未联系上" if k == 0 and len(honest) > 3 else "属实", "") for k, i in enumerate(honest)]
        told += [
            (i, "不属实", "本人称由工作人员代点") for i in rng.choice(ids[helped], n_helped, replace=False)
        ]
        days = rng.integers(1, 5, len(told))
        rows += [
            (i, result, (end - pd.Timedelta(days=int(d))).strftime("%Y-%m-%d"), note)
            for (i, result, note), d in zip(told, days, strict=True)
        ]
    frame = pd.DataFrame(rows, columns=["受访者编号", "核查结果", "日期", "说明"])
    return frame.sort_values("受访者编号", ignore_index=True)
