"""Step 60 through the chain: weeks from events, cycles, phases, 同比, warnings and the exit code."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import tiny_cycle
from click.testing import CliRunner
from counted_records import RATE, SHARE, content
from tiny_office import POINTS, Office, evaluated

from svclib import cli, cycle, params
from svclib.errors import InputErrors, ParamError

PERIOD = {"start": "2026-04-06", "end": "2026-06-28"}  # twelve weeks from a Monday
SYSTEM = {
    "办结": SHARE | {"measure": "handled", "target": 90, "owner": "客服"},
    "投诉": RATE | {"measure": "event_rate", "exposure": "件数", "per": 100},
}


def log(per_week: list[tuple[int, int]], unit: str = "甲") -> list[dict[str, Any]]:
    """By week: so many complaints on its Tuesday, the second number closed on the Wednesday."""
    rows = []
    for week, (n, closed) in enumerate(per_week):
        opened = dt.date(2026, 4, 7) + dt.timedelta(weeks=week)
        for k in range(n):
            end = f"{opened + dt.timedelta(days=1)} 09:00" if k < closed else ""
            row = {"编号": f"{unit}{week}-{k}", "部门": unit, "类别": "投诉", "开始时间": f"{opened} 09:00"}
            rows.append(row | {"办结时间": end})
    return rows


STEADY = [(10, 9), (10, 8), (10, 9), (10, 8), (10, 9), (10, 9), (10, 8), (10, 9), (10, 8), (10, 9), (10, 8)]


def office(folder: Path, last: tuple[int, int] = (10, 1), **said: Any) -> Path:
    """One cycle of 甲 whose last week is `last`."""
    sheets = {
        "events": log([*STEADY, last]),
        "exposure": [{"部门": "甲", "业务量名称": "件数", "数量": 840}],
    }
    return Office(folder, content(**SYSTEM)).cycle("2026Q2", {"甲": {}}, period=PERIOD, sheets=sheets, **said)


def test_weeks_of_events_are_charted_and_a_bad_last_week_warns(tmp_path: Path):
    made = evaluated(office(tmp_path))
    charts = made["control_charts"].set_index(["node", "every"])
    handled = charts.loc[("办结", "week")]
    assert handled[["chart", "n_points", "status", "variation", "since"]].tolist() == [
        "p", 12, "adequate", "concerning", "2026-06-22",
    ]  # fmt: skip
    points = made["control_points"].query("node == '办结'")
    assert points["value"].tolist() == [100 * closed / n for n, closed in [*STEADY, (10, 1)]]
    # Exposure is shared out by days: 70 of 840 a week, ten complaints each.
    rates = made["control_points"].query("node == '投诉'")
    assert rates["value"].to_numpy() == pytest.approx(np.full(12, 100 * 10 / 70))
    alerts = made["alerts"].set_index("raised_by")
    assert alerts.loc["signal", ["indicator", "rule", "level", "owner", "since"]].tolist() == [
        "办结", "outside", "amber", "客服", "2026-06-22",
    ]  # fmt: skip


def test_nothing_is_known_before_it_happens(tmp_path: Path):
    made = evaluated(office(tmp_path), as_of="2026-06-10")
    handled = made["control_charts"].set_index("node").loc["办结"]
    # The week of 8 June has three days by then, less than half of it.
    assert (handled["n_points"], handled["status"], handled["variation"]) == (9, "trial", "common")
    assert "signal" not in set(made["alerts"]["raised_by"])


def test_a_declared_phase_has_limits_of_its_own(tmp_path: Path):
    phase = [{"from": "2026-05-18", "reason": "启用新系统", "indicators": ["办结"]}]
    made = evaluated(office(tmp_path, phases=phase))
    assert made["control_points"].query("node == '办结'")["phase"].tolist() == [1] * 6 + [2] * 6
    assert set(made["control_points"].query("node == '投诉'")["phase"]) == {1}


def test_phases_outside_the_data_are_refused(tmp_path: Path):
    with pytest.raises(ParamError, match=r"2026-04-01 \(改制\) has no days before it"):
        evaluated(office(tmp_path, phases=[{"from": "2026-04-01", "reason": "改制"}]))


@pytest.mark.parametrize(
    ("phase", "text"),
    [
        (
            {"from": "2026-07-01", "reason": "改制"},
            "a phase from 2026-07-01, and the cycle ends on 2026-06-28",
        ),
        ({"from": "2026-05-18", "reason": "改制", "indicators": ["办洁"]}, "unknown indicator '办洁'"),
        ({"from": "2026-05-18", "reason": ""}, "reason"),
    ],
)
def test_phases_that_cannot_be_are_refused_on_reading(tmp_path: Path, phase, text):
    with pytest.raises(InputErrors, match=text):
        params.load(office(tmp_path, phases=[phase]))


def chain(folder: Path, values: list[float], **said: Any) -> Path:
    """Cycles of one unit, a quarter each, the last one under the settings `said`."""
    plan = content(产量=POINTS | {"target": 60, "warn": 50, "owner": "生产科"})
    made = Office(folder, plan)
    starts = pd.date_range("2023-01-01", periods=len(values), freq="QS")
    paths = []
    for start, value in zip(starts, values, strict=True):
        period = {"start": str(start.date()), "end": str((start + pd.offsets.QuarterEnd()).date())}
        more = dict(said) if len(paths) == len(values) - 1 else {}
        earlier = {"baseline": paths[-1].name, "history": [p.name for p in paths[:-1]]} if paths else {}
        name = f"{start.year}Q{start.quarter}"
        paths.append(made.cycle(name, {"甲": {"产量": value}}, period=period, **earlier, **more))
    return paths[-1]


def test_eight_rising_cycles_are_a_trend_and_four_are_not(tmp_path: Path):
    values = [50.0, 53, 56, 58, 61, 64, 66, 70]
    for n, wanted in ((8, "improving"), (4, "trial")):
        folder = tmp_path / str(n)
        folder.mkdir()
        found = evaluated(chain(folder, values[:n]))["trends"].query("unit == '甲' and node == 'total'")
        assert found[["n_cycles", "trend"]].to_numpy().tolist() == [[n, wanted]]


def test_cycles_from_six_on_are_charted_on_trial(tmp_path: Path):
    charts = evaluated(chain(tmp_path, [70.0, 72, 69, 71, 70, 40]))["control_charts"]
    mine = charts.query("unit == '甲' and node == '产量'").iloc[0]
    assert mine[["every", "chart", "status", "variation"]].tolist() == ["cycle", "xmr", "trial", "concerning"]


def test_a_warning_is_since_the_first_cycle_of_its_run(tmp_path: Path):
    alerts = evaluated(chain(tmp_path, [45.0, 55, 49, 48]))["alerts"]
    assert alerts[["raised_by", "rule", "since"]].to_numpy().tolist() == [["threshold", "warn", "2023Q3"]]


def test_against_the_cycle_before_and_the_same_period_last_year(tmp_path: Path):
    last = chain(tmp_path, [50.0, 52, 54, 56, 60], same_period_last_year="2023Q1.yaml")
    found = (
        evaluated(last)["period_changes"].query("unit == '甲' and node == 'total'").set_index("comparison")
    )
    assert found["baseline"].to_dict() == {"previous": "2023Q4", "last_year": "2023Q1"}
    assert found["change"].to_dict() == {"previous": 4.0, "last_year": 10.0}


def test_last_year_must_be_among_the_cycles_read(tmp_path: Path):
    (tmp_path / "other.yaml").write_text("name: x", encoding="utf-8")
    with pytest.raises(InputErrors, match=r"'other\.yaml' is neither the baseline nor in history"):
        params.load(chain(tmp_path, [50.0, 52], same_period_last_year="other.yaml"))


def test_units_of_ratings_stand_in_a_funnel(tmp_path: Path):
    plan = content(办结=SHARE | {"from": "kpis"})
    counts = [95, 94, 96, 95, 93, 96, 94, 95, 96, 94, 95, 60]
    rows = [{"部门": f"部{k:02d}", "指标": "办结", "分子": n, "分母": 100} for k, n in enumerate(counts)]
    units = {f"部{k:02d}": {} for k in range(12)}
    path = Office(tmp_path, plan).cycle("2026Q2", units, period=PERIOD, sheets={"kpis": rows})
    made = evaluated(path)
    assert made["funnel"].set_index("unit")["status"].to_dict()["部11"] == "worse_998"
    assert made["alerts"][["unit", "raised_by", "rule"]].to_numpy().tolist() == [
        ["部11", "signal", "funnel_998"]
    ]


STEPS = """\
from svclib import cycle
ctx = cycle.open(params_file, run_dir, language, as_of)
for step in ("10", "20", "30", "40", "50", "60"):
    saved = ctx.save(ctx.step(step))"""


@pytest.mark.slow
@pytest.mark.parametrize(("last", "code"), [((10, 1), 4), ((10, 9), 0)])
def test_a_run_of_step_60_alone_ends_with_4_where_it_warns(tmp_path: Path, last, code):
    file, books = office(tmp_path, last), tmp_path / "notebooks"
    tiny_cycle.notebook(books / "60_monitoring.ipynb", tiny_cycle.code(STEPS))
    options = ["--out", str(tmp_path / "out"), "--notebooks", str(books), "--jobs", "1", "--lang", "en"]
    done = CliRunner().invoke(cli.main, ["run", str(file), "--only", "60", "--as-of", "2026-06-28", *options])
    assert done.exit_code == code, done.output
    (listed,) = (p for p in (tmp_path / "out").rglob("alerts.csv") if p.parent.name != "tables")
    rows = pd.read_csv(listed, encoding="utf-8-sig")
    assert len(rows) == (code == 4)
    assert ("warnings raised: 0 red, 1 amber" in done.output) == (code == 4)


def test_the_context_reads_what_step_60_needs(tmp_path: Path):
    ctx = cycle.open(str(office(tmp_path)))
    assert len(ctx.table("control_points")) == 24
