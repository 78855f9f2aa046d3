"""One glossary of every returned column and one inventory of every result table.

A column that is not in `GLOSSARY`, or a table that is not in `TABLES`, cannot be
written or read: `checked` refuses it.  Result tables are unrounded, one question per
row, sorted by their key.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import pandas as pd

from svclib.errors import DataError


class Column(NamedTuple):
    """Header in Chinese and English, storage type, and whether empty cells are allowed."""

    zh: str
    en: str
    dtype: str = "float"
    nullable: bool = True


def _text(zh: str, en: str) -> Column:
    return Column(zh, en, "str", nullable=False)


def _count(zh: str, en: str) -> Column:
    return Column(zh, en, "int", nullable=False)


def _flag(zh: str, en: str) -> Column:
    return Column(zh, en, "bool", nullable=False)


# An empty text ("") means "does not apply"; an empty number (NaN) means "not available".
GLOSSARY: dict[str, Column] = {
    "cycle": _text("周期", "Cycle"),
    "baseline": _text("对比周期", "Baseline cycle"),
    "unit": _text("被评价单位", "Unit"),
    "name": _text("名称", "Name"),
    "group": _text("分组", "Group"),
    "head": _text("负责人", "Head"),
    "source": _text("数据来源", "Source"),
    "row": _count("行号", "Row"),
    "respondent": _text("受访者编号", "Respondent"),
    "subject": _text("评价主体", "Evaluator"),
    "channel": _text("渠道", "Channel"),
    "rule": _text("规则", "Rule"),
    "detail": _text("说明", "Detail"),
    "excluded": _flag("是否剔除", "Excluded"),
    "n_rows": _count("收回问卷数", "Returned"),
    "n_flagged": _count("标记数", "Flagged"),
    "n_excluded": _count("剔除数", "Excluded"),
    "n": _count("有效样本量", "Valid n"),
    "n_all": _count("剔除前样本量", "n before exclusion"),
    "n_kept": _count("剔除后样本量", "n after exclusion"),
    "n_missing": _count("缺失数", "Missing"),
    "n_items": _count("题项数", "Items"),
    "share": Column("占比", "Share"),
    "missing_share": Column("缺失率", "Missing share"),
    "complete_share": Column("完整作答占比", "Complete share"),
    "floor_share": Column("最低分占比", "Share at the floor"),
    "ceiling_share": Column("最高分占比", "Share at the ceiling"),
    "cut": Column("判定界值", "Cut"),
    "estimate_all": Column("剔除前估计", "Estimate before exclusion"),
    "estimate_kept": Column("剔除后估计", "Estimate after exclusion"),
    "effect": Column("剔除的影响", "Effect of exclusion"),
    "dimension": _text("维度", "Dimension"),
    "indicator": _text("指标", "Indicator"),
    "item": _text("题项", "Item"),
    "stat": _text("统计量", "Statistic"),
    "variant": _text("形式", "Variant"),
    "definition": _text("定义", "Definition"),
    "missing": _text("缺失处理", "Missing data"),
    "estimate": Column("估计值", "Estimate"),
    "se": Column("标准误", "SE"),
    "df": Column("自由度", "df"),
    "ci_low": Column("置信下限", "CI lower limit"),
    "ci_high": Column("置信上限", "CI upper limit"),
    "confidence": Column("置信水平", "Confidence level"),
    "method": _text("方法", "Method"),
    "judgement": _text("判断", "Judgement"),
    "note": _text("备注", "Note"),
    "mean": Column("均值", "Mean"),
    "sd": Column("标准差", "SD"),
    "r_drop": Column("校正题总相关", "Corrected item-total r"),
    "if_dropped": Column("删题后 α", "Alpha if dropped"),
    "change": Column("变化", "Change"),
    "node": _text("节点", "Node"),
    "parent": _text("上级", "Parent"),
    "level": _text("层级", "Level"),
    "local": Column("层内权重", "Local weight"),
    "global": Column("总权重", "Global weight"),
    "effective": Column("有效权重", "Effective weight"),
    "relative": _flag("相对方法", "Relative method"),
    "expert": _text("专家", "Expert"),
    "credibility": Column("专家权重", "Credibility"),
    "weight": Column("权重", "Weight"),
    "lambda_max": Column("最大特征根", "Largest eigenvalue"),
    "consistency_index": Column("一致性指标 CI", "Consistency index"),
    "ri": Column("随机指标 RI", "Random index"),
    "ri_table": _text("RI 表", "RI table"),
    "cr": Column("一致性比率 CR", "Consistency ratio"),
    "max_cr": Column("CR 上限", "CR limit"),
    "passed": _flag("是否通过", "Passed"),
    "a": _text("甲", "A"),
    "b": _text("乙", "B"),
    "value": Column("指标值", "Value"),
    "implied": Column("其余判断推出的值", "Implied value"),
    "cr_if_fixed": Column("改后 CR", "CR if revised"),
    "kind": _text("指标类型", "Kind"),
    "measure": _text("计量单位", "Unit of measure"),
    "score": Column("得分", "Score"),
    "score_low": Column("得分下限", "Score lower limit"),
    "score_high": Column("得分上限", "Score upper limit"),
    "status": _text("状态", "Status"),
    "coverage": Column("数据覆盖率", "Coverage"),
    "published": Column("公布得分", "Published score"),
    "contribution": Column("贡献分", "Contribution"),
    "lost": Column("失分", "Points lost"),
    "by_cut": _text("按分数线", "Grade by cut"),
    "grade": _text("等级", "Grade"),
    "last_grade": _text("上期等级", "Last grade"),
    "limited_by": _text("限制对象", "Limited by"),
    "clause": _text("条款", "Clause"),
    "limit_value": Column("限制界值", "Limit"),
    "found_value": Column("实际值", "Found"),
    "reason": _text("依据", "Grounds"),
    "next_grade": _text("上一等级", "Next grade"),
    "distance": Column("距上一等级", "Points to next grade"),
    "rank": Column("名次", "Rank"),
    "rank_low": Column("名次下限", "Best plausible rank"),
    "rank_high": Column("名次上限", "Worst plausible rank"),
    "probability": Column("概率", "Probability"),
    "draws": _count("抽样次数", "Draws"),
    "seed": _count("随机种子", "Seed"),
    "design": _text("比较设计", "Design"),
    "n0": _count("上期样本量", "n baseline"),
    "n1": _count("本期样本量", "n current"),
    "n_paired": _count("两期共有", "Present in both"),
    "n_clusters": _count("群数", "Clusters"),
    "estimate0": Column("上期", "Baseline value"),
    "estimate1": Column("本期", "Current value"),
    "gain": Column("改善量", "Gain"),
    "ci90_low": Column("90%下限", "90% lower limit"),
    "ci90_high": Column("90%上限", "90% upper limit"),
    "mid": Column("最小有意义变化", "Minimal important difference"),
    "mid_on": _text("最小有意义变化的口径", "MID on"),
    "p_diff": Column("p(有差异)", "p (differs)"),
    "p_beyond": Column("p(超过MID)", "p (beyond MID)"),
    "p_equiv": Column("p(等效)", "p (equivalent)"),
    "p_diff_adj": Column("校正p(有差异)", "adjusted p (differs)"),
    "p_beyond_adj": Column("校正p(超过MID)", "adjusted p (beyond MID)"),
    "p_equiv_adj": Column("校正p(等效)", "adjusted p (equivalent)"),
    "p_exact": Column("精确中p", "exact mid-p"),
    "p_superiority": Column("优势概率", "P(superiority)"),
    "family": _text("检验族", "Family"),
    "n_tests": _count("族内检验数", "Tests in family"),
    "adjust": _text("多重比较校正", "Adjustment"),
    "verdict": _text("结论", "Verdict"),
    "strength": _text("强度", "Strength"),
    "flags": _text("标记", "Flags"),
    "required_n": Column("所需样本量", "Required n"),
    "target": Column("目标值", "Target"),
    "warn": Column("预警值", "Warning value"),
    "certain": _flag("把握充足", "Certain"),
    "owner": _text("责任人", "Owner"),
    "step": _text("环节", "Step"),
    "threshold": Column("界值", "Threshold"),
    "claim": _text("结论编号", "Claim id"),
    "template": _text("模板", "Template"),
    "lang": _text("语言", "Language"),
    "text": _text("文字", "Text"),
    "table": _text("依据表", "Supporting table"),
    "key": _text("依据行", "Supporting row"),
}


class Table(NamedTuple):
    """Inventory entry: the step that makes it, its unique key, its columns."""

    step: str
    key: tuple[str, ...]
    columns: tuple[str, ...]
    private: bool = False

    @property
    def all_columns(self) -> tuple[str, ...]:
        """Key columns first, then the others."""
        return (*self.key, *self.columns)


def _table(step: str, key: str, columns: str, *, private: bool = False) -> Table:
    return Table(step, tuple(key.split()), tuple(columns.split()), private)


# fmt: off
TABLES: dict[str, Table] = {
    # 10 data quality
    "exclusions": _table("10", "cycle source row rule", "respondent unit excluded value cut detail",
                         private=True),
    "screening": _table("10", "cycle unit rule", "n_rows n_flagged n_excluded share cut"),
    "screening_effect": _table("10", "cycle unit indicator subject",
                               "n_all n_kept estimate_all estimate_kept effect"),
    "response_profile": _table("10", "cycle unit subject channel", "n_rows n_excluded n"),
    "item_profile": _table("10", "cycle subject item",
                           "dimension indicator n n_missing missing_share mean sd floor_share ceiling_share"),
    # 20 reliability
    "reliability": _table("20", "cycle subject dimension stat variant",
                          "n_items n complete_share estimate se df ci_low ci_high confidence "
                          "method missing definition judgement note"),
    "item_analysis": _table("20", "cycle subject dimension item",
                            "indicator n mean sd floor_share ceiling_share r_drop if_dropped "
                            "change ci_low ci_high note"),
    # 30 weights
    "weights": _table("30", "node", "parent level local global effective method relative note"),
    "consistency": _table("30", "parent expert",
                          "n_items lambda_max consistency_index ri ri_table cr max_cr passed credibility"),
    "expert_weights": _table("30", "parent expert item", "weight credibility"),
    "judgement_review": _table("30", "parent expert a b", "value implied cr cr_if_fixed"),
    # 40 scores and grades
    "indicator_scores": _table("40", "cycle unit indicator subject",
                               "dimension kind measure n value se df ci_low ci_high score score_low "
                               "score_high status method note"),
    "totals": _table("40", "cycle unit node",
                     "level score score_low score_high coverage published status"),
    "contributions": _table("40", "cycle unit indicator",
                            "dimension weight score contribution lost"),
    "grades": _table("40", "cycle unit",
                     "n published by_cut grade status reason limited_by clause limit_value found_value "
                     "next_grade distance coverage rank rank_low rank_high"),
    "grade_probability": _table("40", "cycle unit grade", "probability draws seed"),
    # 50 improvement
    "changes": _table("50", "baseline cycle unit level node",
                      "kind measure design n0 n1 n_paired n_clusters estimate0 estimate1 change gain se df "
                      "ci_low ci_high confidence ci90_low ci90_high mid mid_on p_diff p_beyond p_equiv "
                      "p_diff_adj p_beyond_adj p_equiv_adj p_exact p_superiority family n_tests adjust "
                      "verdict strength flags required_n method reason"),
    # 60 monitoring and targets
    "targets": _table("60", "cycle unit indicator",
                      "value ci_low ci_high target warn status certain owner step"),
    "alerts": _table("60", "cycle unit indicator", "level rule value threshold owner step"),
    "history": _table("60", "cycle unit node", "level score published grade"),
    # 90 report
    "board": _table("90", "cycle unit",
                    "published score_low score_high grade last_grade change verdict status reason clause "
                    "limited_by rank rank_low rank_high n"),
    "claims": _table("90", "claim lang", "template text table key"),
}
# fmt: on


def sort_by_key(name: str, frame: pd.DataFrame) -> pd.DataFrame:
    """Rows of table `name` in key order, columns in inventory order."""
    entry = TABLES[name]
    return frame[list(entry.all_columns)].sort_values(list(entry.key), kind="stable", ignore_index=True)


def checked(name: str, frame: pd.DataFrame) -> pd.DataFrame:
    """Return `frame` typed, ordered and proven against the inventory entry `name`.

    Raises
    ------
    DataError
        Unknown table, missing or unknown columns, a value of the wrong type, an empty
        cell where none is allowed, or two rows with the same key.
    """
    if name not in TABLES:
        raise DataError(f"table {name!r} is not in the inventory; known: {sorted(TABLES)}")
    entry = TABLES[name]
    wanted, found = set(entry.all_columns), set(frame.columns)
    if wanted != found:
        missing, unknown = sorted(wanted - found), sorted(found - wanted)
        raise DataError(f"table {name!r}: missing columns {missing}, unknown {unknown}")
    typed = pd.DataFrame({c: _typed(name, c, frame[c]) for c in entry.all_columns})
    twice = typed.duplicated(list(entry.key))
    if twice.any():
        key = typed.loc[twice, list(entry.key)].iloc[0].to_dict()
        raise DataError(f"table {name!r}: {int(twice.sum())} rows repeat a key, first {key}")
    return typed.sort_values(list(entry.key), kind="stable", ignore_index=True)


_STORAGE: dict[str, Any] = {"float": "float64", "int": "int64", "bool": "bool", "str": "str"}


def _typed(table: str, column: str, values: pd.Series) -> pd.Series:
    spec = GLOSSARY[column]
    if not spec.nullable and values.isna().any():
        raise DataError(f"table {table!r}: column {column!r} has {int(values.isna().sum())} empty cells")
    if spec.dtype == "str" and len(values) and not values.map(lambda v: isinstance(v, str)).all():
        raise DataError(f"table {table!r}: column {column!r} must hold text, found {values.dtype}")
    try:
        return values.astype(_STORAGE[spec.dtype]).reset_index(drop=True)
    except (TypeError, ValueError) as error:
        raise DataError(f"table {table!r}: column {column!r} is not {spec.dtype}: {error}") from error


def empty(name: str) -> pd.DataFrame:
    """A table of the inventory with no rows and the declared types."""
    columns = TABLES[name].all_columns
    return pd.DataFrame({c: pd.Series(dtype=_STORAGE[GLOSSARY[c].dtype]) for c in columns})


def header(column: str, lang: str) -> str:
    """Header of a glossary column in `lang` ("zh" or "en")."""
    return GLOSSARY[column].zh if lang == "zh" else GLOSSARY[column].en
