"""The demo is synthetic, reproducible bit for bit, and says truthfully what was planted."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from data.demo import events, generate, inspections, model, people, records, texts
from data.demo.model import Case
from svclib import framework, params
from svclib.sources import catalog

ROOT = Path(__file__).parents[1]
FOLDER = ROOT / "data" / "demo"
COMPARED = ("2026Q1", "2026Q2")


@pytest.fixture(scope="module")
def year():
    return generate.generate()


@pytest.fixture(scope="module")
def truth(year):
    return year["truth"]


def _changed(truth):
    moved = truth[truth["quantity"].isin(["planted_change", "planted_direction"]) & (truth["text"] != "none")]
    return {(row.unit, row.indicator): row.text for row in moved.itertuples()}


def test_generator_reproduces_the_committed_files(tmp_path):
    for path in generate.write(tmp_path):
        name = path.relative_to(tmp_path)
        # Git may check text out with CRLF; the content is what is promised.
        assert path.read_bytes() == (FOLDER / name).read_bytes().replace(b"\r\n", b"\n"), name


def test_every_committed_csv_comes_from_the_generator(year):
    committed = {p.relative_to(FOLDER).with_suffix("").as_posix() for p in FOLDER.rglob("*.csv")}
    assert committed == {*year, "parameters"}


def test_labelled_synthetic(year):
    readme = (FOLDER / "README.md").read_text("utf-8")
    assert "合成" in readme
    assert "synthetic" in readme
    for cycle in model.CYCLES:
        assert year[f"{cycle}/responses"]["受访者编号"].str.startswith(f"SYN-{cycle}-").all()
        title = params.load(ROOT / "params" / "demo" / f"{cycle}.yaml").title
        assert "合成" in title.zh
        assert "synthetic" in title.en


def test_framework_and_generator_agree():
    system = framework.load(ROOT / "params" / "demo" / "framework.yaml")
    assert system.subjects == pytest.approx(model.SUBJECTS)
    assert list(system.items) == sorted(model.ITEMS, key=system.items.index)
    assert {d.name: {i.name for i in d.indicators} for d in system.dimensions} == {
        name: set(indicators) for name, indicators in model.DIMENSIONS.items()
    }
    for number, (name, (raters, _)) in enumerate(model.RATINGS.items()):
        assert system.indicator(name).items == tuple(model.ITEMS[3 * number : 3 * number + 3])
        assert set(system.indicator(name).subjects or system.subjects) == set(raters)


def test_truth_lists_exactly_the_planted_changes(truth):
    assert _changed(truth) == {
        ("冷链部", "服务态度"): "improved",
        ("冷链部", "沟通反馈"): "improved",
        ("冷链部", "投诉处理率"): "improved",
        ("冷链部", "客户体验"): "improved",
        ("冷链部", "total"): "improved",
        ("配送三部", "服务规范"): "declined",
        ("配送三部", "任务完成率"): "declined",
        ("配送三部", "准时送达率"): "declined",
        ("配送三部", "服务质量"): "declined",
        ("配送三部", "流程效率"): "declined",
        ("配送三部", "total"): "declined",
    }
    values = truth[truth["quantity"] == "true_value"].pivot_table(
        index=["unit", "indicator"], columns="cycle", values="value"
    )
    moved = (values["2026Q2"] - values["2026Q1"]).round(6)
    rebounds = {("装卸部", indicator): 0.6 for indicator in model.RATINGS}
    mixed = {("配送二部", "沟通反馈"): -0.502917}
    assert moved[moved != 0].to_dict() == pytest.approx(model.PLANTED | rebounds | mixed)


def test_nothing_planted_changes_nothing():
    truth = generate.generate(3, planted=False, cycles=COMPARED)["truth"]
    values = truth[truth["quantity"] == "true_value"].pivot_table(
        index=["unit", "indicator"], columns="cycle", values="value"
    )
    assert _changed(truth) == {}
    assert values["2026Q1"].equals(values["2026Q2"].rename("2026Q1"))
    assert "veto" not in set(truth["quantity"])


def test_a_cycle_does_not_depend_on_the_others(year):
    alone = generate.generate(cycles=("2026Q2",))
    pd.testing.assert_frame_equal(alone["2026Q2/responses"], year["2026Q2/responses"])
    pd.testing.assert_frame_equal(alone["2026Q2/kpis"], year["2026Q2/kpis"])


def test_other_seeds_give_other_data(year):
    other = generate.generate(1, cycles=("2026Q2",))["2026Q2/responses"]
    assert not other[model.ITEMS].equals(year["2026Q2/responses"][model.ITEMS])


@pytest.mark.parametrize("cycle", model.CYCLES)
def test_planted_facts_are_in_the_data(year, cycle):
    rows, kpis = year[f"{cycle}/responses"], year[f"{cycle}/kpis"]
    assert (rows["部门"] == model.SMALL).sum() == 6
    today = rows["部门"].replace(dict.fromkeys(model.HALVES, model.MERGED))
    sizes = pd.crosstab(today, rows["评价主体"]).drop(model.SMALL)
    assert sizes["客户"].between(58, 111).all()
    assert (sizes[["内部监督", "第三方"]] == people.N_RATERS).all(axis=None)
    trained = kpis[kpis["指标"] == "安全培训覆盖率"]
    assert trained["分子"].equals(trained["分母"].rename("分子"))
    accidents = kpis[kpis["指标"] == "安全事故率"].set_index("部门")
    over = 1000 * accidents["分子"] / accidents["分母"] > 2
    assert list(over[over].index) == ([model.VETO] if cycle in COMPARED else [])
    assert rows["受访者编号"].duplicated().sum() == 6


def test_ids_are_no_panel(year):
    ids = [set(year[f"{cycle}/responses"]["受访者编号"]) for cycle in model.CYCLES]
    assert sum(map(len, ids)) == len(set.union(*ids))


def test_answers_average_to_the_true_values():
    """Pooled over seeds, observed means of the blended ratings sit on the stated truth (no bias > 0.03)."""
    names = {u.unit: u for u in model.UNITS if u.unit != model.SMALL}
    case, gaps = Case("2026Q2", planted=True), []
    for seed in range(6):
        rows = generate.generate(seed, cycles=("2026Q2",))["2026Q2/responses"]
        rows = rows[rows["调查员"] != people.HELPER].reset_index(drop=True)
        answers = rows[model.ITEMS].astype(float).replace(9.0, np.nan)
        means = answers.groupby([rows["部门"], rows["评价主体"]]).mean()
        for column, (indicator, (raters, _)) in enumerate(model.RATINGS.items()):
            items = model.ITEMS[3 * column : 3 * column + 3]
            for unit in names.values():
                seen = sum(model.SUBJECTS[s] * means.loc[(unit.unit, s), items].mean() for s in raters)
                value = seen / sum(model.SUBJECTS[s] for s in raters)
                gaps.append((unit.unit, indicator, value - model.true_value(unit, indicator, case)))
    bias = pd.DataFrame(gaps, columns=["unit", "indicator", "gap"]).groupby("indicator")["gap"].mean()
    assert bias.abs().max() < 0.03


def test_one_expert_contradicts_himself(year):
    judged = year["judgments"]
    assert judged.groupby("专家").size().eq(10).all()
    ratios = judged["判断值"].map(lambda text: 1 / float(text[2:]) if text.startswith("1/") else float(text))
    consistency = {}
    for expert, rows in judged.assign(ratio=ratios).groupby("专家"):
        matrix = pd.DataFrame(1.0, index=list(model.DIMENSIONS), columns=list(model.DIMENSIONS))
        for row in rows.itertuples():
            matrix.loc[row.甲, row.乙], matrix.loc[row.乙, row.甲] = row.ratio, 1 / row.ratio
        largest = np.linalg.eigvals(matrix.to_numpy()).real.max()
        consistency[expert] = (largest - 5) / 4 / 1.12  # Saaty's random index of order 5
    assert [e for e, ratio in consistency.items() if ratio > 0.10] == [records.INCONSISTENT[0]]


@pytest.mark.parametrize("cycle", COMPARED)
def test_every_sheet_follows_the_catalog(year, cycle):
    shared = {"targets", "benchmarks", "keywords", "delphi"}
    made = {name.removeprefix(f"{cycle}/") for name in year if name.startswith(cycle)}
    left = {"exposure"} | ({"corrections", "inspections", "training"} if cycle == "2026Q1" else set())
    assert made | shared == {"responses", "kpis", *catalog.SHEETS} - left
    for name in (made & {*catalog.SHEETS}) | shared:
        frame, sheet = year[name if name in shared else f"{cycle}/{name}"], catalog.SHEETS[name]
        headers = {field.zh: field for field in sheet.fields.values()}
        assert set(frame.columns) <= set(headers), name
        assert {h for h, field in headers.items() if field.required} <= set(frame.columns), name
        key = [sheet.fields[k].zh for k in sheet.key if k != "row" and sheet.fields[k].zh in frame]
        assert not key or not frame.duplicated(key).any(), name
        for header in frame.columns:
            field = headers[header]
            cells = frame[header].astype(str)
            assert not field.required or (cells != "").all(), (name, header)
            assert not field.choices or set(cells) <= {"", *field.choices}, (name, header)


def test_the_merged_unit_has_the_answers_and_counts_of_both(year):
    units = year["units"].set_index("部门")
    assert units.loc["仓储部", ["替代", "生效日期"]].tolist() == ["仓储一部；仓储二部", "2026-04-01"]
    before = year["units_until_2026Q1"]["部门"]
    assert set(before) == {*units.index, "仓储一部", "仓储二部"} - {"仓储部"}
    rows, kpis = year["2026Q1/responses"], year["2026Q1/kpis"]
    halves = rows[rows["部门"].isin(model.HALVES)]
    assert halves.groupby("评价主体").size().to_dict() == {"客户": 70, "内部监督": 12, "第三方": 12}
    assert halves.groupby(["部门", "评价主体"]).size().min() == 6
    assert "仓储部" not in set(rows["部门"]) | set(kpis["部门"])
    reported = kpis[kpis["部门"].isin(model.HALVES)].groupby("指标").size()
    assert (reported == 2).all()


def test_channels_gain_while_the_crude_mean_falls(year, truth):
    means, sizes, whole = {}, {}, {}
    for cycle in COMPARED:
        rows = year[f"{cycle}/responses"]
        rows = rows[(rows["部门"] == "配送二部") & (rows["评价主体"] == "客户")]
        mean = rows[["q04", "q05", "q06"]].astype(float).replace(9.0, np.nan).mean(axis=1)
        means[cycle], whole[cycle] = mean.groupby(rows["渠道"]).mean(), mean.mean()
        sizes[cycle] = rows["渠道"].value_counts()
    gained = means["2026Q2"] - means["2026Q1"]
    assert (gained > 0).all()
    assert (gained < 0.25).all()
    assert whole["2026Q2"] - whole["2026Q1"] < -0.5
    assert (sizes["2026Q1"]["电话"], sizes["2026Q2"]["电话"]) == (73, 15)
    assert min(s.min() for s in sizes.values()) >= 15
    told = truth[(truth["unit"] == "配送二部") & (truth["indicator"] == "沟通反馈")].set_index("quantity")
    assert told.loc["like_for_like_change", "value"] == pytest.approx(0.0803, abs=1e-4)
    assert told.loc["crude_change", "value"] == pytest.approx(-0.5029, abs=1e-4)


def test_the_shift_of_channels_is_expected_to_move_the_mean_as_the_truth_says():
    unit = next(u for u in model.UNITS if u.unit == "配送二部")._replace(customers=20000)
    seen = []
    for cycle in COMPARED:
        rng = np.random.default_rng(1)
        rows = people._subject_rows(rng, unit, "客户", Case(cycle, planted=True))
        answers = rows[["q04", "q05", "q06"]].replace(9.0, np.nan)
        seen.append(float(np.nanmean(answers)))
    assert seen[1] - seen[0] == pytest.approx(-0.503, abs=0.03)


def test_the_lowest_unit_had_a_bad_quarter_and_comes_back(year):
    def mean(cycle):
        rows = year[f"{cycle}/responses"]
        return (
            rows.loc[rows["部门"] == "装卸部", model.ASKED].astype(float).replace(9.0, np.nan).mean().mean()
        )

    around = [mean(c) for c in ("2025Q3", "2025Q4", "2026Q2")]
    assert max(around) - min(around) < 0.2
    assert mean("2026Q1") < min(around) - 0.4


def test_induced_answers_are_all_five_in_one_evening_by_one_interviewer(year):
    rows = year["2026Q2/responses"]
    induced = rows[rows["调查员"] == "D-05"]
    assert set(induced["部门"]) == {"采购部"}
    assert len(induced) == 9
    assert (induced[model.ASKED] == 5).all(axis=None)
    assert set(induced["渠道"]) == {"网络"}
    started, ended = pd.to_datetime(induced["开始时间"]), pd.to_datetime(induced["结束时间"])
    assert started.max() - started.min() < pd.Timedelta(minutes=30)
    assert ((ended - started).dt.total_seconds() >= 2 * len(model.ASKED)).all()  # no speeders
    assert "D-05" not in set(year["2026Q1/responses"]["调查员"])
    audit = year["2026Q2/audit"].merge(rows[["受访者编号", "部门"]].drop_duplicates("受访者编号"))
    told = audit[audit["部门"] == "采购部"]["核查结果"].value_counts().to_dict()
    assert told == {"不属实": 4, "属实": 3, "未联系上": 1}
    others = audit[audit["部门"] != "采购部"]
    assert set(others["核查结果"]) == {"属实", "未联系上"}
    assert others.groupby("部门").size().drop("应急保障部").eq(5).all()
    assert "不属实" not in set(year["2026Q1/audit"]["核查结果"])


def test_late_open_and_repeated_complaints_of_one_unit(year):
    for seed in (model.SEED, 5):
        found = year if seed == model.SEED else generate.generate(seed, cycles=("2026Q2",))
        mine = found["2026Q2/events"].query("部门 == '装卸部' and 类别 == '投诉'")
        assert len(mine) == 24
        assert (mine["办结时间"] > mine["应办结时间"]).sum() == 10
        still = mine[mine["办结时间"] == ""]
        assert len(still) == 2
        assert (still["应办结时间"] < "2026-06-30").all()
        repeats = mine[mine["重复于"] != ""]
        assert len(repeats) == 5
        first = mine.set_index("编号").loc[repeats["重复于"]]
        assert (first["开始时间"].to_numpy() < repeats["开始时间"].to_numpy()).all()
        assert first["原因"].tolist() == repeats["原因"].tolist()


def test_events_are_in_order_and_transport_is_slowest_in_one_unit(year):
    for cycle in COMPARED:
        every = year[f"{cycle}/events"]
        assert (every["应办结时间"] > every["开始时间"]).all()
        closed = every[every["办结时间"] != ""]
        assert (closed["办结时间"] > closed["开始时间"]).all()
        answered = closed[closed["响应时间"] != ""]
        assert (answered["响应时间"] < answered["办结时间"]).all()
        orders = every[every["类别"] == "订单"]
        assert orders.groupby("编号").size().eq(4).all()
        hours = pd.to_datetime(orders["办结时间"]) - pd.to_datetime(orders["开始时间"])
        taken = hours.groupby([orders["部门"], orders["环节"]]).sum()
        slowest = dict(taken.groupby(level=0).idxmax().to_list())
        transport = [unit for unit, step in slowest.items() if step == "运输"]
        assert transport == (["配送三部"] if cycle == "2026Q2" else [])


def test_the_storm_is_in_the_complaints_of_three_units(year):
    events_ = year["2026Q2/events"]
    storm = events_[events_["原因"] == events.STORM_CAUSE]
    assert storm.groupby("部门").size().to_dict() == {"冷链部": 3, "配送一部": 3, "配送二部": 3}
    assert storm["开始时间"].between("2026-05-20 14:00", "2026-05-22 23:59").all()


@pytest.mark.parametrize("cycle", COMPARED)
def test_return_rates_are_those_of_the_parameters(year, cycle):
    sheet, rows = year[f"{cycle}/collection"], year[f"{cycle}/responses"]
    asked = sheet[(sheet["数据"] == "问卷") & (sheet["评价主体"] == "客户")]
    issued = asked.groupby("部门")["发放数"].sum().astype(float)
    rate = rows[rows["评价主体"] == "客户"].groupby("部门").size() / issued
    rate = rate.drop("应急保障部")
    assert list(rate[rate < 0.5].index) == ["调度中心"]
    assert rate.drop("调度中心").between(0.55, 0.92).all()
    peopled = asked[asked["部门"] != "应急保障部"]
    assert (peopled["总体数"].astype(int) >= peopled["发放数"].astype(int)).all()
    owed = sheet[(sheet["数据"] == "指标数据") & (sheet["发放数"] != "")]
    assert dict(zip(owed["部门"], owed["发放数"], strict=True)) == (
        {"装卸部": 10} if cycle == "2026Q2" else {}
    )


def test_the_appeal_corrects_the_one_wrong_number(year):
    appeal = year["2026Q2/appeals"].query("处理结果 == '采纳'")
    assert list(appeal["部门"]) == ["包装部"]
    fix = year["2026Q2/corrections"].iloc[0]
    assert fix[["部门", "指标", "列", "原值", "新值", "申诉编号"]].tolist() == [
        "包装部", "安全事故率", "分子", "1", "0", appeal["申诉编号"].iloc[0],
    ]  # fmt: skip
    kpis = year["2026Q2/kpis"].set_index(["部门", "指标"])
    assert str(kpis.loc[("包装部", "安全事故率"), "分子"]) == fix["原值"]


def test_bonus_points_pass_their_cap_and_are_the_same_in_both_cycles(year):
    system = framework.load(ROOT / "params" / "demo" / "framework.yaml")
    items = system.adjustments.items
    net = {}
    for cycle in COMPARED:
        rows = year[f"{cycle}/adjustments"]
        sign = {"bonus": 1, "deduction": -1}
        points = [
            sign[items[m].type] * items[m].points * n for m, n in zip(rows["事项"], rows["次数"], strict=True)
        ]
        net[cycle] = (
            pd.Series(points).groupby(rows["部门"]).sum().rename(dict.fromkeys(model.HALVES, "仓储部"))
        )
    assert net["2026Q1"].to_dict() == net["2026Q2"].to_dict() == {"客服部": 4, "仓储部": -1}
    assert system.adjustments.max_bonus == 3


def test_measures_tell_of_one_success_and_two_overdue(year):
    done = year["2026Q2/actions"]
    unfinished = done["状态"].isin(["未启动", "进行中"])
    late = done[unfinished & (done["完成期限"] < "2026-06-30")]
    assert list(late["部门"]) == ["装卸部", "装卸部"]
    assert set(done[done["可推广"] == "是"]["部门"]) == {"冷链部"}
    assert (done[done["可推广"] == "是"]["经验"] != "").all()


def test_comments_belong_to_their_unit_and_hold_a_keyword(year):
    everything = {s: category for category, pool in texts.COMMENTS.items() for s in pool}
    for sentence, category in everything.items():
        assert any(word in sentence for word in texts.KEYWORDS[category]), sentence
    for cycle in COMPARED:
        rows = year[f"{cycle}/responses"]
        customers = rows[rows["评价主体"] == "客户"]
        said = customers[customers["意见"] != ""]
        assert 0.08 < len(said) / len(customers) < 0.16
        case = Case(cycle, planted=True)
        for unit, sentence in zip(said["部门"], said["意见"], strict=True):
            whole = model.MERGED if unit in model.HALVES else unit
            assert everything[sentence] in {"表扬", *texts.weak_spots(whole, case)}
    others = year["2026Q2/responses"].query("评价主体 != '客户'")
    assert (others[["服务项目", "服务人员", "客群", "调查员", "意见"]] == "").all(axis=None)


def test_inspections_follow_the_checklist_and_one_check_in_ten_is_seen_by_two(year, truth):
    rows = year["2026Q2/inspections"]
    checklist = pd.read_csv(ROOT / "templates" / "library" / "检查细则.csv")
    groups = checklist.set_index("检查项")["组别"]
    assert groups.loc[list(inspections.CHECKS)].value_counts().to_dict() == dict.fromkeys(groups.unique(), 2)
    seen = rows.groupby(["部门", "日期", "检查项"])["检查员"].nunique()
    assert len(seen) == len(model.UNITS) * 3 * len(inspections.CHECKS)
    assert (seen == 2).sum() == len(seen) / 10
    lax = truth.loc[truth["quantity"] == "lax_inspector"].iloc[0]
    failed = (rows["结果"] == "不符合").groupby(rows["检查员"]).mean()
    assert failed.idxmin() == lax["text"]
    assert failed[lax["text"]] < failed.drop(lax["text"]).min() / 2


def test_every_category_step_and_cause_has_its_english():
    plan = framework.load(ROOT / "params" / "demo" / "framework.yaml")
    frames = [pd.read_csv(path, dtype=str) for path in FOLDER.glob("*/events.csv")]
    frames.append(pd.read_csv(FOLDER / "keywords.csv", dtype=str))
    told = [f[c].dropna() for f in frames for c in ("类别", "环节", "原因") if c in f]
    names = sorted(set(pd.concat(told)))
    assert len(names) > 15
    assert [name for name in names if plan.label(name, "en") == name] == []
