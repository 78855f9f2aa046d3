"""Complaints entered one by one, and a sample of orders with the time of every step."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from . import model, texts
from .model import Case

COLUMNS = ["编号", "部门", "类别", "环节", "原因", "开始时间", "应办结时间", "响应时间", "办结时间", "已反馈",
           "已解决", "重复于"]  # fmt: skip
LIMIT = 72  # hours to close a complaint
N_LATE, N_OPEN, N_REPEATED = 10, 2, 5  # planted among the complaints of the late unit in 2026Q2
STORM, STORM_UNITS, STORM_CAUSE = "2026-05-20 14:00", ("配送一部", "配送二部", "冷链部"), "暴雨积水"
N_STORM = 3  # further complaints per unit within three days of the storm
N_ORDERS = 15  # sampled per unit
STEPS = {
    "受理": (0.5, 1.0),
    "作业": (2.4, 3.6),
    "运输": (1.9, 4.0),
    "交付": (0.6, 1.5),
}  # mean, limit in hours
SLOW = ("配送三部", "运输", 5.2)  # mean hours from 2026Q2
STEP_OF = {"送达延误": "运输", "货物破损": "作业", "操作不规范": "作业", "单证差错": "受理"}


def events(rngs: list[np.random.Generator], case: Case) -> pd.DataFrame:
    """Every event of the quarter, complaints first."""
    parts: list[list[dict[str, Any]]] = [[], []]
    for unit, rng in zip(model.UNITS, rngs, strict=True):
        names = model.HALVES if unit.unit == model.MERGED and case.cycle != model.NOW else (unit.unit,)
        complaints, orders = _complaints(rng, unit, case), _orders(rng, unit, case)
        for part, found in zip(parts, (complaints, orders), strict=True):
            # Half of what the merged unit deals with belonged to each of its predecessors.
            owner = {
                number: names[k % len(names)]
                for k, number in enumerate(dict.fromkeys(e["编号"] for e in found))
            }
            part += [event | {"部门": owner[event["编号"]]} for event in found]
    return _numbered(parts, case)


def _numbered(parts: list[list[dict[str, Any]]], case: Case) -> pd.DataFrame:
    """Ids in the order of time; the unit's own numbers until then."""
    frames = []
    for prefix, found in zip(("TS", "DD"), parts, strict=True):
        frame = pd.DataFrame(found, columns=[*COLUMNS]).sort_values("开始时间", kind="stable")
        ids = {old: f"{prefix}-{case.cycle[2:]}-{k + 1:04d}" for k, old in enumerate(frame["编号"].unique())}
        frames.append(frame.assign(编号=frame["编号"].map(ids), 重复于=frame["重复于"].map(ids).fillna("")))
    whole = pd.concat(frames, ignore_index=True).fillna("")
    return whole.sort_values(["编号", "开始时间"], ignore_index=True)


def _complaints(rng: np.random.Generator, unit: Any, case: Case) -> list[dict[str, Any]]:
    """What the office registers: complaints that are not settled on the spot."""
    start = pd.Period(case.cycle, freq="Q").start_time
    hours = np.sort(rng.integers(0, 78, unit.registered)) * 24 + rng.uniform(8.5, 17.5, unit.registered)
    late = rng.random(unit.registered) > model.true_value(unit, "投诉处理率", case) / 100
    weak = texts.weak_spots(unit.unit, case)
    spots = rng.choice(list(weak), unit.registered, p=list(weak.values()))
    found = [
        _complaint(
            rng, f"{unit.unit}{k}", start + pd.Timedelta(hours=float(h)), texts.CAUSES[s], late=bool(x)
        )
        for k, (h, x, s) in enumerate(zip(hours, late, spots, strict=True))
    ]
    if unit.unit == model.LATE and case.now:
        found = _neglected(rng, found)
    if unit.unit in STORM_UNITS and case.cycle == model.NOW:
        day = pd.Timestamp(STORM).normalize()
        opened = [day + pd.Timedelta(days=k, hours=float(rng.uniform(14.5, 18))) for k in range(N_STORM)]
        found += [
            _complaint(rng, f"{unit.unit}雨{k}", when, STORM_CAUSE, late=k == 0)
            for k, when in enumerate(opened)
        ]
    return found


def _complaint(
    rng: np.random.Generator, number: str, opened: pd.Timestamp, cause: str, *, late: bool
) -> dict[str, Any]:
    answer = rng.gamma(2.0, 4.0 if cause == STORM_CAUSE else 0.6)
    responded = opened + pd.Timedelta(hours=float(answer))
    closed = max(_closing(rng, opened, late=late), responded + pd.Timedelta(hours=1))
    return {
        "编号": number,
        "类别": "投诉",
        "环节": STEP_OF.get(cause, "运输" if cause == STORM_CAUSE else "受理"),
        "原因": cause,
        "开始时间": _text(opened),
        "应办结时间": _text(opened + pd.Timedelta(hours=LIMIT)),
        "响应时间": _text(responded),
        "办结时间": _text(closed),
        "已反馈": "是" if rng.random() < 0.93 else "否",
        "已解决": "是" if rng.random() < 0.95 else "否",
        "重复于": "",
    }


def _closing(rng: np.random.Generator, opened: pd.Timestamp, *, late: bool) -> pd.Timestamp:
    """In office hours of the next two days, or of the fourth to the eighth: within the limit, or past it."""
    days = int(rng.integers(4, 9) if late else rng.integers(1, 3))
    return opened.normalize() + pd.Timedelta(days=days, hours=float(rng.uniform(9, 17)))


def _neglected(rng: np.random.Generator, found: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Exactly so many closed late, open past their limit, and repeats of an earlier complaint."""
    late = set(rng.permutation(np.arange(1, len(found) - N_OPEN))[:N_LATE].tolist())
    repeats = sorted(late)[:N_REPEATED]
    told: list[dict[str, Any]] = []
    for place, event in enumerate(found):
        closed = _closing(rng, pd.Timestamp(event["开始时间"]), late=place in late)
        new = {"办结时间": _text(closed), "已反馈": "否" if place in late else "是"}
        if place in repeats:
            first = next(e for e in reversed(told) if not e["重复于"])
            new |= {"重复于": first["编号"], "原因": first["原因"], "环节": first["环节"]}
        if place >= len(found) - N_OPEN:
            new |= {"办结时间": "", "已反馈": "否", "已解决": "否"}
        told.append(event | new)
    return told


def _orders(rng: np.random.Generator, unit: Any, case: Case) -> list[dict[str, Any]]:
    """Sampled orders of a unit that delivers, one row per step."""
    if np.isnan(unit.on_time) or unit.unit == model.SMALL:
        return []
    start, rows = pd.Period(case.cycle, freq="Q").start_time, []
    for k, day in enumerate(np.sort(rng.integers(0, 85, N_ORDERS))):
        at = start + pd.Timedelta(days=int(day), hours=float(rng.uniform(7, 11)))
        for step, (mean, limit) in STEPS.items():
            usual = SLOW[2] if case.now and SLOW[:2] == (unit.unit, step) else mean
            end = at + pd.Timedelta(hours=float(rng.gamma(9.0, usual / 9.0)))
            rows.append(
                {"编号": f"{unit.unit}单{k}", "类别": "订单", "环节": step, "开始时间": _text(at)}
                | {"应办结时间": _text(at + pd.Timedelta(hours=limit)), "办结时间": _text(end)}
            )
            at = end
    return rows


def _text(moment: pd.Timestamp) -> str:
    return moment.strftime("%Y-%m-%d %H:%M")
