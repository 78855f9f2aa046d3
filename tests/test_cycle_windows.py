"""Renamed and merged units, partial periods, ad-hoc windows: what each keeps of the data."""

from __future__ import annotations

import datetime as dt
import math

import numpy as np
import pandas as pd
import pytest
from factories import make_answers, tiny_framework
from hypothesis import given
from hypothesis import strategies as st

from svclib.columns import empty
from svclib.cycle.merge import relabelled, successors
from svclib.cycle.window import around, until
from svclib.params import Params
from svclib.params.settings import Period, Scope
from svclib.sources import Inputs
from svclib.sources.records import KPIS

BLANK = dict.fromkeys(("value", "numerator", "denominator", "n", "mean", "sd"), math.nan)


def records(*rows: dict) -> pd.DataFrame:
    """KPI records; whatever a row does not say is empty."""
    full = [{"cycle": "2026Q1", "row": k + 2, "status": "ok", **BLANK, **row} for k, row in enumerate(rows)]
    return pd.DataFrame(full, columns=list(KPIS))


def inputs(responses: pd.DataFrame, kpis: pd.DataFrame, units: list[str], **sheets: pd.DataFrame) -> Inputs:
    frame = pd.DataFrame({"unit": units, "replaces": ""})
    return Inputs(frame, responses, kpis, pd.DataFrame(), sheets, empty("exclusions"), {})


def stamped(n: int, moments: list[str]) -> pd.DataFrame:
    answers = make_answers(1, n, units=("甲",))
    return answers.assign(started="", finished=moments)


class TestMergedUnits:
    def test_names_are_separated_by_any_common_mark(self):
        units = pd.DataFrame({"unit": ["新", "独"], "replaces": ["旧一；旧二、旧三", ""]})
        assert successors(units) == {"旧一": "新", "旧二": "新", "旧三": "新"}

    def test_a_renamed_unit_keeps_its_rows(self):
        answers = make_answers(1, 5, units=("旧", "乙"))
        kpis = records({"unit": "旧", "indicator": "处理率", "numerator": 9, "denominator": 10})
        sheet = pd.DataFrame({"row": [2], "unit": ["旧"], "finding": ["话"]})
        got = relabelled(inputs(answers, kpis, ["旧", "乙"], interviews=sheet), {"旧": "新"})
        assert list(got.units["unit"]) == ["新", "乙"]
        assert (got.responses["unit"] == "新").sum() == 5
        assert got.kpis[["unit", "numerator", "denominator"]].to_numpy().tolist() == [["新", 9, 10]]
        assert list(got.sheets["interviews"]["unit"]) == ["新"]

    def test_counts_of_merged_units_are_added(self):
        kpis = records(
            {"unit": "旧一", "indicator": "处理率", "numerator": 9, "denominator": 10},
            {"unit": "旧二", "indicator": "处理率", "numerator": 30, "denominator": 40},
        )
        got = relabelled(
            inputs(make_answers(1, 2, units=("旧一",)), kpis, ["旧一", "旧二"]), {"旧一": "新", "旧二": "新"}
        )
        assert got.kpis[["unit", "numerator", "denominator", "status"]].to_numpy().tolist() == [
            ["新", 39, 50, "ok"]
        ]

    @given(st.integers(2, 30), st.integers(2, 30), st.integers(0, 10_000))
    def test_moments_of_merged_units_are_those_of_the_pooled_sample(self, n0, n1, seed):
        rng = np.random.default_rng(seed)
        parts = [rng.normal(20, 5, n0), rng.normal(30, 2, n1)]
        rows = [
            {"unit": u, "indicator": "时长", "n": len(x), "mean": x.mean(), "sd": x.std(ddof=1)}
            for u, x in zip(("旧一", "旧二"), parts, strict=True)
        ]
        given_ = inputs(make_answers(1, 2, units=("旧一",)), records(*rows), ["旧一", "旧二"])
        got = relabelled(given_, {"旧一": "新", "旧二": "新"}).kpis.iloc[0]
        whole = np.concatenate(parts)
        np.testing.assert_allclose(
            [got["n"], got["mean"], got["sd"]], [len(whole), whole.mean(), whole.std(ddof=1)]
        )

    def test_bare_values_cannot_be_merged(self):
        kpis = records(
            {"unit": "旧一", "indicator": "时长", "value": 20.0},
            {"unit": "旧二", "indicator": "时长", "value": 30.0},
        )
        got = relabelled(
            inputs(make_answers(1, 2, units=("旧一",)), kpis, ["旧一", "旧二"]), {"旧一": "新", "旧二": "新"}
        )
        assert list(got.kpis["status"]) == ["not_applicable"]
        assert got.kpis["value"].isna().all()

    def test_nothing_to_follow_changes_nothing(self):
        before = inputs(make_answers(1, 2, units=("甲",)), records(), ["甲"])
        assert relabelled(before, {"旧": "新"}) is before


class TestPartialPeriod:
    def test_later_answers_are_left_out_with_their_reason(self):
        answers = stamped(3, ["2026-05-30 10:00:00", "2026-06-02 09:00:00", ""])
        got = until(inputs(answers, records(), ["甲"]), dt.date(2026, 5, 31))
        assert list(got.responses["row"]) == [2, 4]
        assert got.exclusions[["row", "rule", "detail"]].to_numpy().tolist() == [
            [3, "after_as_of", "2026-05-31"]
        ]

    def test_what_is_dated_later_is_not_yet_known(self):
        answers = stamped(2, ["2026-05-30 10:00:00", "2026-06-02 09:00:00"])
        of_answers = pd.DataFrame({"row": [2, 3], "respondent": list(answers["respondent"]), "date": ""})
        talks = pd.DataFrame({"row": [2, 3, 4], "unit": "甲", "date": ["2026-05-31", "2026-06-01", ""]})
        fixes = pd.DataFrame({"row": [2], "date": ["2026-07-06"]})
        sheets = {"audit": of_answers, "interviews": talks, "corrections": fixes}
        got = until(inputs(answers, records(), ["甲"], **sheets), dt.date(2026, 5, 31)).sheets
        assert list(got["audit"]["row"]) == [2]
        assert list(got["interviews"]["row"]) == [2, 4]
        assert len(got["corrections"]) == 1

    def test_what_was_closed_later_is_still_open(self):
        events = pd.DataFrame(
            {
                "row": [2, 3],
                "unit": "甲",
                "opened": ["2026-05-01 08:00:00", "2026-06-01 08:00:00"],
                "responded": ["2026-05-01 09:00:00", "2026-06-01 09:00:00"],
                "closed": ["2026-06-05 08:00:00", ""],
            }
        )
        got = until(inputs(stamped(1, [""]), records(), ["甲"], events=events), dt.date(2026, 5, 31))
        assert got.sheets["events"][["row", "responded", "closed"]].to_numpy().tolist() == [
            [2, "2026-05-01 09:00:00", ""]
        ]


class TestAdHoc:
    def params(self, **change: object) -> Params:
        window = Period(start=dt.date(2026, 5, 1), end=dt.date(2026, 5, 31))
        scope = Scope(event="暴雨", day=dt.date(2026, 5, 20), window=window, **change)
        return Params.model_construct(scope=scope, cycle="storm", framework=tiny_framework())

    def test_answers_fall_before_or_since_the_event_or_out_of_the_window(self):
        moments = ["2026-05-19 23:59:59", "2026-05-20 00:00:00", "2026-04-30 12:00:00", ""]
        before, since = around(inputs(stamped(4, moments), records(), ["甲"]), self.params())
        assert (list(before.responses["row"]), list(since.responses["row"])) == ([2], [3])
        assert since.exclusions.set_index("row")["rule"].to_dict() == {4: "outside_window", 5: "undated"}
        assert before.exclusions.empty

    def test_only_its_units(self):
        answers = make_answers(1, 2).assign(started="", finished="2026-05-21 08:00:00")
        kpis = records(
            {"unit": "甲", "indicator": "时长", "value": 1.0},
            {"unit": "乙", "indicator": "时长", "value": 2.0},
        )
        before, since = around(inputs(answers, kpis, ["甲", "乙"]), self.params(units=("乙",)))
        assert set(since.responses["unit"]) == {"乙"}
        assert list(since.kpis["unit"]) == ["乙"]
        assert before.kpis[["unit", "status"]].to_numpy().tolist() == [["乙", "not_applicable"]]

    def test_inspections_of_the_window(self):
        days = ["2026-04-30", "2026-05-01", "2026-05-31", "2026-06-01"]
        sheet = pd.DataFrame({"unit": "甲", "date": days})
        given_ = inputs(stamped(1, ["2026-05-21 08:00:00"]), records(), ["甲"], inspections=sheet)
        _, since = around(given_, self.params())
        assert list(since.sheets["inspections"]["date"]) == days[1:3]

    def test_an_unreadable_time_is_refused_not_dropped(self):
        with pytest.raises(ValueError, match="bad time"):
            around(inputs(stamped(1, ["bad time"]), records(), ["甲"]), self.params())
