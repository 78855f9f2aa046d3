from __future__ import annotations

import platform
import shutil
from collections.abc import Callable
from functools import partial
from itertools import pairwise
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import yaml
from click.testing import CliRunner
from factories import ITEMS, make_answers, tiny_content
from numpy.testing import assert_array_equal

from svclib import cli, factor, moments, partitions
from svclib import params as params_module
from svclib.cycle import grading, partitioned, state
from svclib.cycle.answers import flags, raw, valid
from svclib.cycle.steps import weighting
from svclib.errors import InputErrors, ParamError, SvcError
from svclib.partitions.layout import Layout
from svclib.reliability import by_dimension, coefficients
from svclib.reliability.summed import alpha_of_sums
from svclib.screening import summary

READ = ["unit", "subject", "weight", "seconds", *ITEMS]


def here(fn, of, tasks):
    """Every slice in this very process."""
    return map(partial(fn, of), tasks)


def answers(n: int = 60, *, weighted: bool = False) -> pd.DataFrame:
    frame = make_answers(7, n)
    frame.loc[frame["subject"] == "内部监督", ["q04", "q05"]] = np.nan  # not asked
    frame.loc[::13, ["q01", "q02", "q03", "q04"]] = np.nan  # incomplete
    frame.loc[::17, "seconds"] = 3.0  # hasty
    if weighted:
        frame["weight"] = np.random.default_rng(3).uniform(0.5, 2, len(frame))
    return frame


def cycle(folder: Path, frame: pd.DataFrame, cuts: tuple[int, ...] = (), **changes) -> Path:
    """A params file whose responses lie in parts of `frame`, cut at rows `cuts`."""
    content = tiny_content()
    del content["dimensions"]["过程"]
    content["dimensions"]["体验"]["weight"] = 1
    content["grades"].pop("limits")
    parts = folder / "answers"
    parts.mkdir(parents=True)
    edges = [0, *cuts, len(frame)]
    for k, (a, b) in enumerate(pairwise(edges)):
        frame.iloc[a:b].to_parquet(parts / f"part-{k:02d}.parquet", index=False, row_group_size=7)
    pd.DataFrame({"unit": ["甲", "乙"]}).to_csv(folder / "units.csv", index=False)
    params = {"name": "parts", "cycle": "2026Q2", "framework": "framework.yaml", "draws": 200}
    params["data"] = {"units": "units.csv", "responses": "answers"}
    params["screening"] = {"exclude": ["missing", "speed"]}
    for name, text in (("framework", content), ("params", params | changes)):
        (folder / f"{name}.yaml").write_text(
            yaml.safe_dump(text, allow_unicode=True, sort_keys=False), encoding="utf-8"
        )
    return folder / "params.yaml"


def layout_of(file: Path) -> Layout:
    return partitioned.layout(params_module.load(file))


def reduced(file: Path, size: int = partitions.SLICE) -> partitions.Reduced:
    layout = layout_of(file)
    parts = [partitions.reduce_slice(layout, pieces) for pieces in partitions.slices(layout, size)]
    return partitions.merge(parts)


def refused(call: Callable[[], object], *told: str) -> None:
    """An error that says all of `told`."""
    with pytest.raises(SvcError) as caught:
        call()
    assert [text for text in told if text not in str(caught.value)] == []


def test_four_rows_by_hand(tmp_path):
    rows = {"unit": ["甲", "甲", "乙", "甲"], "subject": "客户", "seconds": [60, 60, 60, 2]}
    codes = {"q01": [5, 4, 3, 1], "q02": [5, 9, 3, 1], "q03": [4, 4, 3, 1], "q04": [5, None, 3, 1]}
    frame = pd.DataFrame(rows | codes | {"q05": [1, 2, 3, 1]})
    found = partitions.reduce(layout_of(cycle(tmp_path, frame)), here)
    tables = found.tables
    assert tables.cells.keys["unit"].tolist() == ["乙", "甲"]
    assert_array_equal(tables.cells.sums, [1, 2])  # the last row was answered in 2 seconds
    # Σx of q01 … q05, then how many answered: 9 is a missing code, q05 is reversed
    assert_array_equal(tables.totals.sums[1], [9, 5, 8, 5, 9, 2, 1, 2, 1, 2])
    assert tables.totals.sums.dtype == np.int64
    gone = found.rules.frame("rows").set_index(["unit", "rule"])["rows"]
    assert gone["甲", "speed"] == 1
    assert gone["甲", ""] == 3


@pytest.mark.parametrize("weighted", [False, True])
def test_any_cut_into_parts_gives_the_same_bits(tmp_path, weighted):
    frame = answers(weighted=weighted)[READ]
    cuts = [(), (1,), (3, 50, 51, 90), tuple(range(10, 120, 10))]
    found = [reduced(cycle(tmp_path / str(k), frame, cut), size=32) for k, cut in enumerate(cuts)]
    for other in found[1:]:
        for name in moments.FIELDS:
            one, two = getattr(found[0].tables, name), getattr(other.tables, name)
            pd.testing.assert_frame_equal(one.keys, two.keys)
            assert one.sums.tobytes() == two.sums.tobytes()
        for key, scale in found[0].scales.items():
            assert [t.sums.tobytes() for t in scale] == [t.sums.tobytes() for t in other.scales[key]]


def test_whole_numbers_do_not_depend_on_the_slices(tmp_path):
    file = cycle(tmp_path, answers()[READ], (40,))
    one, two = reduced(file), reduced(file, size=11)
    assert one.tables.cross.sums.tobytes() == two.tables.cross.sums.tobytes()


def test_clusters_are_kept_as_one_file_keeps_them(tmp_path):
    frame = answers(weighted=True).assign(cluster=lambda t: "k" + (t.index % 9).astype(str))
    file = cycle(tmp_path, frame[[*READ, "cluster"]], (30, 70), screening={"exclude": []})
    found = reduced(file, size=50).tables
    own = frame.assign(q05=6 - frame["q05"])
    wanted = moments.reduce(own, list(found.items), psu="cluster")
    pd.testing.assert_frame_equal(found.psu_totals.keys, wanted.psu_totals.keys, check_dtype=False)
    np.testing.assert_allclose(found.psu_totals.sums, wanted.psu_totals.sums, rtol=1e-12)


@pytest.mark.parametrize("weighted", [False, True])
def test_scores_and_grades_are_those_of_the_rows(tmp_path, weighted):
    frame = answers(weighted=weighted)
    file = cycle(tmp_path, frame[READ], (30, 70))
    found = partitioned.evaluate(params_module.load(file), here)
    text = file.read_text("utf-8").replace("answers", "one.parquet")
    frame[["respondent", *READ]].to_parquet(tmp_path / "one.parquet", index=False)
    (tmp_path / "one.yaml").write_text(text, encoding="utf-8")
    params = params_module.load(tmp_path / "one.yaml")
    whole = state.load(params)
    marks = flags(whole, [params.cycle])
    kept = valid(whole, marks, [params.cycle])
    weights = weighting(whole, {"exclusions": marks})["weights"]
    made = grading.scored(whole, kept, weights, params.cycle)
    exact = {"rtol": 1e-9} if not weighted else {"rtol": 0.02, "atol": 0.02}  # one leverage for all rows
    for name in ("indicator_scores", "totals", "contributions", "grades", "grade_probability"):
        wanted = partitioned.checked(name, made[name])
        pd.testing.assert_frame_equal(found[name], wanted, check_dtype=False, **exact)
    screened = summary(raw(whole, [params.cycle]), marks, params.screening)
    both = found["screening"].merge(screened, on=["unit", "rule"], suffixes=("", "_one"))
    assert len(both) == len(found["screening"]) == 6
    assert_array_equal(both[["n_rows", "n_excluded"]], both[["n_rows_one", "n_excluded_one"]])
    alphas = by_dimension(kept, params.framework)["reliability"].query("variant == 'raw' and stat == 'alpha'")
    both = found["reliability"].merge(alphas, on=["subject", "dimension"], suffixes=("", "_one"))
    assert_array_equal(both[["n", "complete_share"]], both[["n_one", "complete_share_one"]])
    np.testing.assert_allclose(both["estimate"], both["estimate_one"], rtol=1e-9)


@pytest.mark.parametrize("weighted", [False, True])
def test_alpha_of_sums_is_alpha_of_the_rows(weighted):
    rows = make_answers(4, 80)
    x = rows[["q01", "q02", "q03"]]
    weight = np.random.default_rng(1).uniform(0.5, 2, len(x)) if weighted else np.ones(len(x))
    keys = rows.assign(unit="u", subject="s")
    sums = [
        moments.alpha_tables(keys, list(x), weights=factor).sums[0] for factor in (np.sqrt(weight), weight)
    ]
    complete = int(x.notna().all(axis=1).sum())
    found = alpha_of_sums(*sums, complete=complete, answered=int(x.notna().any(axis=1).sum())).iloc[0]
    sample = factor.sample(x, weights=weight if weighted else None)
    wanted = coefficients(sample, ["alpha.raw"], ci="adf_wald").iloc[0]
    pd.testing.assert_series_equal(found, wanted, check_dtype=False, rtol=1e-3 if weighted else 1e-9)


@pytest.mark.parametrize(
    ("x", "note"),
    [
        (np.ones((9, 1)), "single_item"),
        (np.ones((9, 2)), "constant_total"),
        (np.eye(2), "too_few"),
        (np.column_stack([np.arange(9.0), -(np.arange(9.0) ** 1.5)]), "negative_estimate"),
    ],
)
def test_alpha_of_sums_says_why_it_is_missing(x, note):
    v = np.column_stack([np.ones(len(x)), x, (x**2).sum(axis=1), x.sum(axis=1) ** 2])
    found = alpha_of_sums(v.T @ v, v.T @ v, complete=len(x), answered=len(x)).iloc[0]
    assert found["note"] == note
    assert np.isnan(found["estimate"]) == (note != "negative_estimate")


def test_slices_are_runs_of_rows_over_all_parts(tmp_path):
    layout = layout_of(cycle(tmp_path, answers()[READ], (5, 50)))
    lengths = [[piece.rows for piece in run] for run in partitions.slices(layout, 40)]
    assert lengths == [[5, 35], [10, 30], [40]]


def test_everything_wrong_is_said_at_once(tmp_path):
    frame = answers()[READ]
    frame.loc[3, "unit"], frame.loc[9, "q01"], frame.loc[40:41, "weight"] = "丙", 7, 0
    file = cycle(tmp_path, frame, (40,))
    refused(
        lambda: partitioned.evaluate(params_module.load(file), here),
        "answers/part-00.parquet, row 4, unit: unknown unit: 丙",
        "answers/part-00.parquet, row 10, q01: outside 1-5: 7",
        "answers/part-01.parquet, row 1, weight: 2 cells weight not above 0: 0",
    )


def test_codes_outside_the_scale_may_be_left_out(tmp_path):
    frame = answers()[READ]
    frame.loc[9, "q01"] = 7
    rules = {"exclude": [], "out_of_range": "exclude"}
    found = partitions.reduce(layout_of(cycle(tmp_path, frame, screening=rules)), here)
    assert found.answered.where(item="q01").sums.sum() == frame["q01"].notna().sum() - 1


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"screening": {"exclude": ["duplicate"]}}, "duplicate compares a row with others"),
        ({"panel": True}, "panel: respondents of two cycles cannot be paired in parts"),
        ({"reliability": {"missing": "fiml"}}, "reliability: missing: in parts only complete answers"),
        ({"data": {"units": "units.csv", "responses": "units.csv"}}, "is not a folder of parts"),
        ({"data": {"responses": "answers"}}, "data.units: not given beside a folder of parts"),
        ({"data": {"units": "units.csv", "responses": "answers/x-*.parquet"}}, "no Parquet part is there"),
    ],
)  # fmt: skip
def test_what_parts_cannot_do_is_refused(tmp_path, changes, told):
    file = cycle(tmp_path, answers(5)[READ], **changes)
    refused(lambda: partitioned.evaluate(params_module.load(file), here), told)


def test_strata_are_refused_not_ignored(tmp_path):
    with pytest.raises(SvcError, match="strata are not known in a folder of parts"):
        layout_of(cycle(tmp_path, answers(5)[READ].assign(stratum="a")))


def command(*argv: object) -> tuple[int, str]:
    done = CliRunner().invoke(cli.main, [*map(str, argv), "--lang", "en"])
    return done.exit_code, done.output


def test_check_counts_parts_and_rows_and_names_reduce(tmp_path):
    code, said = command("check", cycle(tmp_path, answers()[READ], (40,)))
    assert (code, "read: columns of 2 Parquet parts with 120 rows in all, 2 units" in said) == (0, True)
    assert "svclib reduce checks the rows and evaluates this cycle; svclib run does not" in said


def test_calls_about_single_answers_do_not_stand_in_the_way(tmp_path):
    (tmp_path / "calls.csv").write_text("受访者编号,部门,核查结果\nr1,甲,属实\n", encoding="utf-8")
    data = {"units": "units.csv", "responses": "answers", "audit": "calls.csv"}
    assert command("check", cycle(tmp_path, answers(5)[READ], data=data))[0] == 0


def test_check_of_parts_lists_everything_at_once(tmp_path):
    file = cycle(tmp_path, answers().drop(columns="q01")[[c for c in READ if c != "q01"]], panel=True)
    file.write_text(file.read_text("utf-8") + "sead: 3\n", encoding="utf-8")
    (tmp_path / "units.csv").write_text("unit,parent\n甲,甲\n乙,\n", encoding="utf-8")
    code, said = command("check", file)
    assert code == 2
    for told in ("sead", "panel: respondents of two cycles", "units.csv, row 2", "no column for q01"):
        assert told in said


def test_run_of_parts_names_reduce_and_writes_nothing(tmp_path):
    file = cycle(tmp_path / "in", answers(5)[READ])
    code, said = command("run", file, "--out", tmp_path / "out")
    assert code == 2
    assert "in/answers: a folder of parts cannot be read as one file. Evaluate it by svclib reduce" in said
    assert not (tmp_path / "out").exists()


def test_parts_must_be_written_alike(tmp_path):
    file = cycle(tmp_path, answers()[READ], (40,))
    frame = answers()[READ].rename(columns={"q02": "other"}).astype({"q03": "str"})
    frame.to_parquet(tmp_path / "answers" / "part-99.parquet", index=False)
    (tmp_path / "answers" / "part-98.parquet").write_bytes(b"junk")
    refused(
        lambda: layout_of(file),
        "answers/part-98.parquet: not a Parquet file",
        "answers/part-99.parquet, q02: no such column",
        "answers/part-99.parquet, q03: cells of type",
    )


def test_a_column_of_the_parts_may_be_missing_or_mapped(tmp_path):
    frame = answers()[READ]
    with pytest.raises(InputErrors, match="no column for q01"):
        layout_of(cycle(tmp_path / "a", frame.drop(columns="q01")))
    data = {"units": "units.csv", "responses": {"path": "answers", "columns": {"q01": "first"}}}
    renamed = cycle(tmp_path / "b", frame.rename(columns={"q01": "first"}), data=data)
    assert layout_of(renamed).columns["q01"] == "first"


def test_a_part_not_as_it_was_is_refused_with_the_machine_that_reads_it(tmp_path):
    layout = layout_of(cycle(tmp_path, answers()[READ], (40,)))
    (first, second), host = layout.parts, platform.node()
    shutil.copy(second.path, first.path)
    seen = (
        f"part-00.parquet in {tmp_path / 'answers'} has 80 rows as {host} sees it, 40 where the command began"
    )
    refused(lambda: partitions.reduce(layout, here), seen, "Let nobody write there meanwhile")
    Path(first.path).unlink()
    gone = f"{host} cannot read part-00.parquet in {tmp_path / 'answers'} ("
    refused(lambda: partitions.reduce(layout, here), gone, "a disk in common that every worker sees")


def test_an_item_nobody_answered_is_not_taken_for_incomplete_rows(tmp_path):
    file = cycle(tmp_path, answers()[READ].assign(q04=np.nan))
    with pytest.raises(ParamError, match="item q04 of subject 客户 is asked and answered by nobody"):
        partitions.reduce(layout_of(file), here)
