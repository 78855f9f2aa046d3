"""Names, ids and values of result tables as words of one language."""

from __future__ import annotations

import tomllib
from collections.abc import Callable
from functools import cache
from importlib import resources
from typing import Any

import pandas as pd

from svclib.errors import ParamError
from svclib.tables.numbers import fmt, odds, p_text, percent

Label = Callable[[str, str], str]

LANGUAGES = ("zh", "en")


def _set(names: str) -> frozenset[str]:
    return frozenset(names.split())


# Shares are stored as fractions and printed in percent.
PERCENT = _set(
    "differ_share "
    "share missing_share complete_share floor_share ceiling_share coverage probability confidence "
    "population_share return_rate valid_rate rate in_time_share fed_back_share repeat_share cumulative "
    "time_share compliance gap rate_low rate_high min_rate share_others identical best_share "
    "trained_share pass_share spent_share in_force achieved achieved_stretch elapsed "
    "p_weights p_both p_first spread share_low share_high agree_share rel_change "
    "share_se right right_se same same_se ungraded "
    "share_family se_family share_proposed attained wanted power"
)
ODDS = _set("probability p_weights p_both p_first")
P_VALUES = _set(
    "p p_delta p_diff p_beyond p_equiv p_diff_adj p_beyond_adj p_equiv_adj p_exact p_more p_more_adj "
    "mahalanobis_p "
    "p_uneven "
    "p_adj p_noise p_noise_adj p_plain"
)
# Columns whose values are identifiers of the framework: the caller's `label` translates them.
NAMES = _set(
    "other explained "
    "unit name subject channel dimension indicator node parent item group grade by_cut next_grade limited_by "
    "clause last_grade measure owner step a b expert cycle baseline matter action advice grade_before "
    "grade_after worst_item part member head grade_all grade_kept grade_strict channel_a channel_b "
    "partner category course cause dropped flip_grade other_subject"
)
# Columns that hold several such names, joined by ";".
LISTS = frozenset({"found0", "found1", "flips", "pilot_units", "comparison_units"})
# Columns whose values are ids of the workbench: the words files translate them.
CODES = _set(
    "check standard "
    "model rotation operator quadrant timing controlled mark "
    "status verdict strength reason rule kind method design family adjust stat variant missing judgement "
    "mid_on effect_name by invariance level source flags note ri_table definition type decision outcome "
    "problem aspect object "
    "change_part principle criterion evidence proposal field scenario stability stop excluded_why "
    "raised_by comparison trend every chart variation assurance set_by attainable detectable case purpose"
)
# Texts with a meaning of their own in a name column, and the term for it.
SPECIAL = {
    ("subject", ""): "all_subjects",
    ("unit", ""): "all_units",
    ("unit", "*"): "all_units",
    ("parent", ""): "top_level",
    ("channel", ""): "no_channel",
    ("subject", "*"): "small_groups",
    ("channel", "*"): "small_groups",
    ("expert", ""): "group",
    ("expert", "group"): "group",
    ("category", ""): "uncategorised",
}
DECIMALS: dict[str, int] = {
    **dict.fromkeys(
        _set(
            "weight weight_low weight_median weight_high off_group weight_at_flip move local global "
            "effective credibility r_drop if_dropped omega_if_dropped cr cr_if_fixed max_cr"
        ),
        3,
    ),
    **dict.fromkeys(_set("cfi rmsea srmr delta_cfi delta_rmsea"), 3),
    **dict.fromkeys(_set("lambda_max consistency_index ri p_superiority"), 3),
    **dict.fromkeys(_set("membership importance importance_mean"), 3),
    **dict.fromkeys(_set("rsr percentile probit fitted intercept slope"), 4),
    **dict.fromkeys(PERCENT | {"df"}, 1),
    **dict.fromkeys(
        _set(
            "required_n n_finite rank_shift rank rank_low rank_high group_rank confidence population issued "
            "overdue_days n_passed cost_planned cost_actual saving"
        ),
        0,
    ),
}


@cache
def words(lang: str) -> dict[str, Any]:
    """Words of one language: `codes`, `terms`, `templates`, `plots`, from words/<lang>.toml."""
    if lang not in LANGUAGES:
        raise ParamError(f"language {lang!r} is unknown; choose one of {list(LANGUAGES)}")
    text = resources.files("svclib").joinpath("words", f"{lang}.toml").read_text(encoding="utf-8")
    return tomllib.loads(text)


def code(column: str, value: str, lang: str, label: Label | None = None) -> str:
    """Word for an id in a code column; several ids may be joined by ";".

    An id may carry values: "excluded:专家3,专家5" gives the word for "excluded" and the two names,
    translated by `label` where given.

    Raises
    ------
    ParamError
        The words file has no word for the id: no raw id may reach a reader.
    """
    listed = (_word(column, part.strip(), lang, label) for part in value.split(";") if part.strip())
    return words(lang)["terms"]["id_separator"].join(listed)


def _word(column: str, part: str, lang: str, label: Label | None) -> str:
    """Word for one id, "id" or "id:value,value"; an id may have a word for one of its values."""
    known: dict[str, str] = words(lang)["codes"].get(column, {})
    if part in known:
        return known[part]
    name, _, rest = part.partition(":")
    name = name.strip().replace(" ", "_")
    if name not in known:
        raise ParamError(
            f"words/{lang}.toml [codes.{column}] has no word for {name!r}; known: {sorted(known)}. "
            "Add it to both files."
        )
    if not rest.strip():
        return known[name]
    terms, values = words(lang)["terms"], [v.strip() for v in rest.split(",")]
    shown = [label(v, lang) for v in values] if label else values
    return known[name] + terms["colon"] + terms["list_separator"].join(shown)


def cell(column: str, value: Any, lang: str, label: Label, decimals: int) -> str:
    """One value of a glossary column as text in one language."""
    if isinstance(value, str):
        return _cell_text(column, value, lang, label)
    if pd.api.types.is_bool(value):
        return words(lang)["terms"]["yes" if value else "no"]
    if column in ODDS:
        return odds(value, decimals)
    if column in PERCENT:
        return percent(value, decimals)
    if column in P_VALUES:
        return p_text(value)
    return str(value) if pd.api.types.is_integer(value) else fmt(value, decimals)


def _cell_text(column: str, value: str, lang: str, label: Label) -> str:
    if (column, value) in SPECIAL:
        return words(lang)["terms"][SPECIAL[column, value]]
    if column in LISTS and value:
        return words(lang)["terms"]["list_separator"].join(label(name, lang) for name in value.split(";"))
    if column in CODES:
        return code(column, value, lang, label)
    return label(value, lang) if value and column in NAMES else value
