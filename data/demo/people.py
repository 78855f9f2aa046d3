"""Questionnaires of one cycle: answers, channels, times, who served whom, and the planted careless ones."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from . import model, texts
from .model import ASKED, ITEMS, Case

BLANK, UNKNOWN, CODE_UNKNOWN = 0.025, 0.015, 9
N_RATERS = 12  # inspectors, and third-party raters, per unit
SEGMENTS, SEGMENT_SHARES = ("批发客户", "零售门店", "机关单位"), (0.45, 0.35, 0.20)
STAFF, INTERVIEWERS, HELPER = 4, 4, "D-05"  # members of staff per unit; who telephones; who "helped" online
HAPPY, WRITES = 4.3, {True: 0.09, False: 0.17}  # mean answer from which one praises; share who write
EVENING = "2026-06-24 19:40:00"


def responses(rngs: list[np.random.Generator], extra: list[np.random.Generator], case: Case) -> pd.DataFrame:
    """Every returned questionnaire; `extra` draws what was added later, so that old answers stay."""
    parts, count = [], 0
    for unit, rng, also in zip(model.UNITS, rngs, extra, strict=True):
        rows = pd.concat([_subject_rows(rng, unit, s, case) for s in model.SUBJECTS], ignore_index=True)
        rows.insert(0, "受访者编号", [f"SYN-{case.cycle}-{count + k + 1:04d}" for k in range(len(rows))])
        count += len(rows)
        rows = _described(also, rows, unit, case)
        if unit.unit != model.SMALL:
            rows = _spoil(rng, rows, unit.Index)
        rows = _timed(rng, rows.reset_index(drop=True), case.cycle)
        if unit.unit == model.INDUCED and case.now:
            rows = _induced(also, rows)
        parts.append(_halved(also, rows) if unit.unit == model.MERGED and case.cycle != model.NOW else rows)
    return pd.concat(parts, ignore_index=True).astype(dict.fromkeys(ITEMS, "Int64"))


def _subject_rows(rng: np.random.Generator, unit: Any, subject: str, case: Case) -> pd.DataFrame:
    customer, small = subject == "客户", unit.unit == model.SMALL
    n = unit.customers if customer or small else N_RATERS
    channel = rng.choice(len(model.CHANNELS), n, p=model.shares(unit, case))
    names = np.array(model.CHANNELS)[channel] if customer else np.full(n, "网络")
    answers = _answers(rng, unit, subject, channel, case)
    if customer and not small:
        answers[(rng.random(answers.shape) < UNKNOWN) & ~np.isnan(answers)] = CODE_UNKNOWN
        answers[rng.random(answers.shape) < BLANK] = np.nan
    rows = pd.DataFrame({"部门": unit.unit, "评价主体": subject, "渠道": names})
    rows["秒"] = np.where(names == "邮寄", np.nan, rng.lognormal(5.1, 0.35, n).clip(60, 900).round())
    return rows.join(pd.DataFrame(answers, columns=ITEMS))


def _answers(
    rng: np.random.Generator, unit: Any, subject: str, channel: np.ndarray, case: Case
) -> np.ndarray:
    """Answers (n, items), NaN where the subject is not asked."""
    n, scale = len(channel), model.SPREAD[subject]
    trait = scale * model.TRAIT * rng.standard_normal(n)
    out = np.full((n, len(ITEMS)), np.nan)
    for column, (indicator, (raters, _)) in enumerate(model.RATINGS.items()):
        facet = scale * model.FACET * rng.standard_normal(n)
        noise = scale * model.NOISE * rng.standard_normal((n, 3))
        if subject in raters:
            shift = np.array(model.effects(unit, indicator))[channel] if subject == "客户" else np.zeros(n)
            at = model.locations(unit, indicator, subject, case)
            latent = at + (shift + trait + facet)[:, None] + noise
            out[:, 3 * column : 3 * column + 3] = np.clip(np.rint(latent), 1, 5)
    return out


def _described(rng: np.random.Generator, rows: pd.DataFrame, unit: Any, case: Case) -> pd.DataFrame:
    """Service item, staff, segment, interviewer and comment of the customers."""
    n = len(rows)
    service = texts.SERVICES[unit.unit]
    drawn = {
        "服务项目": rng.choice(service, n),
        "服务人员": [f"S-{STAFF * unit.Index + k + 1:02d}" for k in rng.integers(0, STAFF, n)],
        "客群": rng.choice(SEGMENTS, n, p=SEGMENT_SHARES),
        "调查员": [f"D-{k + 1:02d}" for k in rng.integers(0, INTERVIEWERS, n)],
        "意见": _comments(rng, rows, unit, case),
    }
    customer = rows["评价主体"] == "客户"
    said = {name: pd.Series(values, index=rows.index).where(customer, "") for name, values in drawn.items()}
    said["调查员"] = said["调查员"].where(rows["渠道"] == "电话", "")
    return rows.join(pd.DataFrame(said))


def _comments(rng: np.random.Generator, rows: pd.DataFrame, unit: Any, case: Case) -> list[str]:
    """About one customer in eight writes a sentence: praise, or the weak spot of the unit."""
    weak = texts.weak_spots(unit.unit, case)
    happy = rows[ITEMS].replace(CODE_UNKNOWN, np.nan).mean(axis=1) >= HAPPY
    said = []
    for pleased, draw in zip(happy, rng.random(len(rows)), strict=True):
        spot = str(rng.choice(list(weak), p=list(weak.values())))
        pool = texts.COMMENTS["表扬" if pleased else spot]
        sentence = pool[rng.integers(len(pool))]
        said.append(sentence if draw < WRITES[pleased] else "")
    return said


def _spoil(rng: np.random.Generator, rows: pd.DataFrame, number: int) -> pd.DataFrame:
    """Plant a speeder and a straight-liner, and a duplicate or an almost empty form, by unit number."""
    online = rows.index[(rows["渠道"] == "网络") & (rows["评价主体"] == "客户")]
    speeder, straight, last = rng.choice(online, 3, replace=False)
    rows.loc[speeder, ASKED] = rng.integers(1, 6, len(ASKED)).astype(float)
    rows.loc[speeder, "秒"] = float(rng.integers(6, 17))
    rows.loc[straight, ASKED] = 4.0
    if number % 2:
        rows.loc[last, ASKED[3:]] = np.nan
        return rows
    rows.loc[last, ASKED] = rows.loc[last, ASKED].fillna(4.0)
    return pd.concat([rows.loc[:last], rows.loc[[last]], rows.loc[last + 1 :]])


def _timed(rng: np.random.Generator, rows: pd.DataFrame, cycle: str) -> pd.DataFrame:
    """Replace the seconds by a start and an end; mail has neither."""
    moment = rng.integers(0, 85, len(rows)) * 86400 + rng.integers(9 * 3600, 18 * 3600, len(rows))
    started = pd.Series(pd.Period(cycle, freq="Q").start_time + pd.to_timedelta(moment, unit="s"))
    ended = started + pd.to_timedelta(rows["秒"], unit="s")
    again, known = rows["受访者编号"].duplicated(), rows["秒"].notna()
    for place, (name, when) in enumerate((("开始时间", started), ("结束时间", ended)), start=4):
        # A duplicate is the same form once more, a few minutes later.
        moved = when.mask(again, when.shift() + pd.Timedelta(minutes=6)).where(known)
        rows.insert(place, name, moved.dt.strftime("%Y-%m-%d %H:%M:%S"))
    return rows.drop(columns="秒")


def _induced(rng: np.random.Generator, rows: pd.DataFrame) -> pd.DataFrame:
    """Answers of 5 throughout, one after the other within half an hour, by one interviewer."""
    plain = (rows["渠道"] == "网络") & (rows["评价主体"] == "客户") & (rows[ASKED].std(axis=1) > 0)
    seconds = (pd.to_datetime(rows["结束时间"]) - pd.to_datetime(rows["开始时间"])).dt.total_seconds()
    plain &= ~rows["受访者编号"].duplicated(keep=False) & (seconds >= 60)
    chosen = np.sort(rng.choice(rows.index[plain], model.N_INDUCED, replace=False))
    gaps, taken = rng.integers(110, 180, len(chosen)), rng.integers(62, 95, len(chosen))
    started = pd.Timestamp(EVENING) + pd.to_timedelta(np.cumsum(gaps), unit="s")
    rows.loc[chosen, ASKED] = 5.0
    rows.loc[chosen, ["调查员", "意见"]] = HELPER, ""
    for name, when in (("开始时间", started), ("结束时间", started + pd.to_timedelta(taken, unit="s"))):
        rows.loc[chosen, name] = when.strftime("%Y-%m-%d %H:%M:%S").to_numpy()
    return rows


def _halved(rng: np.random.Generator, rows: pd.DataFrame) -> pd.DataFrame:
    """The rows of a unit that did not exist yet, under the two it came from."""
    first = rng.random(len(rows)) < model.SPLIT
    rater = (rows["评价主体"] != "客户").to_numpy()
    first[rater] = np.arange(rater.sum()) % 2 == 0
    named = rows.assign(部门=np.where(first, *model.HALVES))
    return named.sort_values("部门", key=lambda unit: unit.map(model.HALVES.index), kind="stable")
