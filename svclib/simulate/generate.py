"""One simulated cycle: questionnaires and records drawn from a population with a known truth."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import pandas as pd
from scipy import stats

from svclib.framework import Framework
from svclib.kpis.natural import SHARES
from svclib.simulate.population import Population, Scale, steps
from svclib.sources.answers import EXTRA, columns

GRID = np.linspace(-8.0, 8.0, 641)
# Who does not read the questions: half answer at random, faster than anybody reads; half tick one column.
SECONDS, HASTE = 10.0, 1.0


class Drawn(NamedTuple):
    """What came back: typed responses with raw codes, and records."""

    responses: pd.DataFrame
    records: pd.DataFrame


class People(NamedTuple):
    """Who answers, and the latent part of the answers that stays with a person, (N, J)."""

    rows: pd.DataFrame
    latent: np.ndarray


def people(population: Population, size: float, rng: np.random.Generator) -> People:
    """Respondents drawn like those of the population, `size` times as many, and what they are like."""
    framework, structure = population.framework, population.structure
    parts = []
    for _, rows in population.people.groupby(["unit", "subject"], sort=True):
        parts.append(rows.iloc[rng.integers(len(rows), size=max(1, round(size * len(rows))))])
    rows = pd.concat(parts, ignore_index=True) if parts else population.people
    of = [i for i in framework.indicators for _ in i.items]
    cluster = pd.factorize(rows["unit"] + "\0" + rows["cluster"])[0]
    level = np.where(rows["cluster"] == "", 0.0, structure.cluster)
    n = len(rows)
    latent = np.zeros((n, len(of)))
    if n:
        latent += (np.sqrt(level) * rng.standard_normal(cluster.max() + 1)[cluster])[:, None]
    latent += (np.sqrt(structure.person - level) * rng.standard_normal(n))[:, None]
    for names, share in (
        ([i.dimension for i in of], structure.dimension - structure.person),
        ([i.name for i in of], structure.item - structure.dimension),
    ):
        code, different = pd.factorize(pd.Series(names, dtype="str"))
        latent += np.sqrt(share) * rng.standard_normal((n, len(different)))[:, code]
    return People(rows, latent)


class Rules(NamedTuple):
    """How answers go wrong: share of careless respondents, share left out (None as it was)."""

    careless: float = 0.0
    blank: float | None = None


PLAIN = Rules()


def draw(
    population: Population,
    truth: pd.DataFrame,
    who: People,
    cycle: str,
    rng: np.random.Generator,
    rules: Rules = PLAIN,
) -> Drawn:
    """Answers and records of one cycle whose true values are `truth`."""
    return Drawn(
        _responses(population, truth, who, cycle, rng, rules),
        _records(population, truth, cycle, rng),
    )


def _responses(
    population: Population,
    truth: pd.DataFrame,
    who: People,
    cycle: str,
    rng: np.random.Generator,
    rules: Rules,
) -> pd.DataFrame:
    framework, n = population.framework, len(who.rows)
    noise = np.sqrt(1 - population.structure.item) * rng.standard_normal(who.latent.shape)
    latent = who.latent + noise
    codes, items = np.full(latent.shape, np.nan), len(framework.items)
    for subject, scale in population.scales.items():
        at = np.flatnonzero(who.rows["subject"] == subject)
        if len(at):
            codes[at] = _answers(population, truth, who.rows.iloc[at], latent[at], subject, scale)
            lost = scale.blank if rules.blank is None else np.full(items, rules.blank)
            codes[at] = np.where(rng.random((len(at), items)) < lost, np.nan, codes[at])
    seconds = SECONDS * max(1, items)
    codes, careless = _careless(codes, framework, rules.careless, rng)
    frame = who.rows.assign(
        cycle=cycle, source="responses", row=np.arange(2, n + 2), respondent=[f"R{k:06d}" for k in range(n)],
        seconds=np.where(careless, seconds * HASTE / SECONDS, seconds),
        **dict.fromkeys(("started", "finished", *EXTRA), ""),
    )  # fmt: skip
    given = frame.join(pd.DataFrame(_as_asked(codes, framework), columns=list(framework.items)))
    return given.reindex(columns=columns(framework))


def _answers(
    population: Population,
    truth: pd.DataFrame,
    rows: pd.DataFrame,
    latent: np.ndarray,
    subject: str,
    scale: Scale,
) -> np.ndarray:
    """Categories of one evaluator's answers, (rows, J), NaN where not asked."""
    of = [i for i in population.framework.indicators for _ in i.items]
    shift = rows["channel"].map(scale.effects).fillna(0.0).to_numpy()
    places = locations(population, truth, subject)
    place = places.reindex(rows["unit"]).reindex(columns=[i.name for i in of]).to_numpy(dtype=float)
    level = latent + shift[:, None] + place
    out = np.full(level.shape, np.nan)
    for j, indicator in enumerate(of):
        limits = scale.thresholds[j]
        if np.isfinite(limits).any():
            code = (level[:, j, None] > limits[np.isfinite(limits)]).sum(axis=1)
            out[:, j] = np.where(np.isnan(level[:, j]), np.nan, steps(indicator)[code])
    return out


def locations(population: Population, truth: pd.DataFrame, subject: str) -> pd.DataFrame:
    """Latent location of every unit (rows) and indicator (columns): there the expected answer is the truth.

    The expectation is over the channels by which the unit's people answer.
    """
    framework, scale = population.framework, population.scales[subject]
    mix = population.people[population.people["subject"] == subject]
    share = mix.pivot_table(index="unit", columns="channel", values="weight", aggfunc="sum", fill_value=0)
    share = share.div(share.sum(axis=1), axis=0)
    mine = truth[truth["subject"] == subject].pivot_table(index="unit", columns="indicator", values="value")
    j, found = 0, {}
    for indicator in framework.indicators:
        asked = scale.thresholds[j : j + len(indicator.items)]
        j += len(indicator.items)
        if indicator.name in mine and np.isfinite(asked).any():
            by_channel = np.array(
                [_expected(asked, indicator.bounds[0], scale.effects.get(str(c), 0.0)) for c in share.columns]
            )
            curves = share.reindex(mine.index).to_numpy() @ by_channel
            found[indicator.name] = [
                np.interp(v, curve, GRID) for v, curve in zip(mine[indicator.name], curves, strict=True)
            ]
    return pd.DataFrame(found, index=mine.index)


def _expected(thresholds: np.ndarray, low: float, effect: float) -> np.ndarray:
    """Expected answer over the items at every location of the grid."""
    items = [row[np.isfinite(row)] for row in thresholds if np.isfinite(row).any()]
    above = [stats.norm.cdf(GRID[:, None] + effect - row[None, :]).sum(axis=1) for row in items]
    return low + np.mean(above, axis=0)


def _careless(
    codes: np.ndarray, framework: Framework, share: float, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    """Answers with a share of them careless, and who of them was too fast to have read anything."""
    kind = rng.random(len(codes))
    random, column = kind < share / 2, (kind >= share / 2) & (kind < share)
    of = [i for i in framework.indicators for _ in i.items]
    out, height = codes.copy(), rng.random(len(codes))
    for j, indicator in enumerate(of):
        answers = steps(indicator)
        guess = answers[rng.integers(len(answers), size=len(codes))]
        same = answers[(len(answers) // 2 + height * (len(answers) - len(answers) // 2)).astype(int)]
        given = ~np.isnan(codes[:, j])
        out[:, j] = np.where(given & random, guess, np.where(given & column, same, codes[:, j]))
    return out, random


def _as_asked(codes: np.ndarray, framework: Framework) -> np.ndarray:
    """Raw codes: items worded in reverse turned round."""
    of = [(item, i) for i in framework.indicators for item in i.items]
    turned = [
        sum(i.bounds) - codes[:, j] if item in i.reverse else codes[:, j] for j, (item, i) in enumerate(of)
    ]
    return np.column_stack(turned) if turned else codes


def _records(
    population: Population, truth: pd.DataFrame, cycle: str, rng: np.random.Generator
) -> pd.DataFrame:
    """Records drawn by kind: counts binomial or Poisson, means normal, the rest without error."""
    framework = population.framework
    known = truth[truth["subject"] == ""].set_index(["unit", "indicator"])["value"]
    rows = population.records.assign(cycle=cycle).reset_index(drop=True)
    true = known.reindex(pd.MultiIndex.from_frame(rows[["unit", "indicator"]])).to_numpy(dtype=float)
    drawn = [
        _one(record, framework, float(value), rng)
        if np.isfinite(value) and record["status"] == "ok"
        else record
        for record, value in zip(rows.to_dict("records"), true, strict=True)
    ]
    return pd.DataFrame(drawn, columns=rows.columns).astype(rows.dtypes)


def _one(record: dict, framework: Framework, true: float, rng: np.random.Generator) -> dict:
    indicator = framework.indicator(record["indicator"])
    exact = indicator.uncertainty == "census"
    if record.get("method"):
        error = 0.0 if exact else np.nan_to_num(record["se"]) * rng.standard_normal()
        log = record["scale"] == "log" and true > 0
        return record | {"value": true * np.exp(error / record["value"]) if log else true + error}
    if np.isfinite(record["denominator"]):
        unit = indicator.per if indicator.kind == "rate" else 100.0 if indicator.unit == "%" else 1.0
        expected = true / unit * record["denominator"]
        if exact or indicator.kind not in (*SHARES, "rate"):
            return record | {"numerator": expected}
        if indicator.kind == "rate":
            return record | {"numerator": float(rng.poisson(expected))}
        return record | {
            "numerator": float(rng.binomial(round(record["denominator"]), min(true / unit, 1.0)))
        }
    if np.isfinite(record["mean"]):
        n = record["n"]
        if exact or not (n > 1 and np.isfinite(record["sd"])):
            return record | {"mean": true}
        spread = record["sd"] * np.sqrt(rng.chisquare(n - 1) / (n - 1))
        return record | {
            "mean": max(true + record["sd"] / np.sqrt(n) * rng.standard_normal(), indicator.bounds[0]),
            "sd": spread,
        }
    return record | {"value": true}
