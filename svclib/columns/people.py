"""Which result tables count people in groups small enough to know them, and which do not.

Every public table stands in exactly one of the two: a new one has to say what it is.  A unit's own
score over everybody who rated it is no such group: the unit is its subject, and `min_responses` decides.
"""

from __future__ import annotations

from typing import NamedTuple


class People(NamedTuple):
    """How a table shows groups of people; small rows are left out unless `merged` or `masked` is given.

    Attributes
    ----------
    sizes : columns that count the people of a row
    margins : rows that share these columns add up to a number that is published as well
    cells : columns that hold subject and channel of the answers behind a row, by unit; a row
        with several, such as a difference of two subjects, has several pairs
    merged : columns added up where small rows become one
    merge_by : columns that rows made one have in common; the other texts of the key become "*"
    masked : columns emptied, counts set to 0, in small rows that stay
    whole : column and value of rows that are totals and no cells
    """

    sizes: tuple[str, ...]
    margins: tuple[tuple[str, ...], ...] = ()
    cells: tuple[tuple[str, str], ...] = ()
    merged: tuple[str, ...] = ()
    merge_by: tuple[str, ...] = ()
    masked: tuple[str, ...] = ()
    whole: tuple[str, str] | None = None


def _people(sizes: str, *margins: str, cells: str = "", **more: str) -> People:
    """Columns as one text; a cell as "subject" or "subject/channel"."""
    pairs = tuple((subject, channel) for subject, _, channel in (c.partition("/") for c in cells.split()))
    merged, by, masked = (tuple(more.get(name, "").split()) for name in ("merged", "merge_by", "masked"))
    column, _, value = more.get("whole", "").partition("=")
    of = tuple(tuple(margin.split()) for margin in margins)
    whole = (column, value) if column else None
    return People(tuple(sizes.split()), of, pairs, merged, by, masked, whole)


PEOPLE: dict[str, People] = {
    # answers by subject and channel: what the others are judged by
    "response_profile": _people(
        "n_rows n", cells="subject/channel", merged="n_rows n_excluded n", merge_by="cycle unit"
    ),
    "collection": _people(
        "", cells="subject/channel", merged="population issued returned n_valid", merge_by="cycle source unit"
    ),
    "mix": _people("", cells="subject/channel"),
    "channels": _people("n", cells="subject/channel_a subject/channel_b"),
    "distribution": _people("n"),
    "indicator_scores": _people(
        "n", "cycle unit indicator", "cycle indicator subject", cells="subject", whole="subject="
    ),
    "screening_effect": _people(
        "n_all n_kept", "cycle unit indicator", "cycle indicator subject", cells="subject", whole="subject="
    ),
    "subject_gaps": _people("n n_other", cells="subject other_subject"),
    "gaps": _people("n", "cycle unit indicator", cells="subject", whole="subject="),
    # comments and training
    "concerns": _people("n", "cycle unit", "cycle category", masked="n share cumulative"),
    "training": _people("n_due n_assessed n_rated", "cycle course", whole="unit=*"),
    "training_effects": _people("n", "cycle course mark", whole="unit=*"),
    # everybody of one subject or group, over all units
    **dict.fromkeys(
        ("item_map", "item_profile", "item_analysis", "reliability", "measurement", "invariance", "adequacy",
         "eigenvalues", "efa", "fit", "loadings", "validity", "discriminant", "drivers", "interviewers"),
        _people("n"),
    ),
    **dict.fromkeys(("reliability_change", "reliability_groups"), _people("n0 n1")),
}  # fmt: skip

NOBODY: dict[str, str] = {
    "units and what they lost, gained or have to do": (
        "screening screening_headline unusual authenticity totals contributions grades adjustments "
        "composites rsr_distribution fuzzy ipa cut_proposals annual revision grade_probability "
        "grade_stability rank_stability breakpoints drop_one scenarios robustness changes comparability "
        "like_for_like decomposition controlled_changes targets target_proposals losses levers "
        "consequences alerts trends period_changes control_points control_charts funnel history problems "
        "referrals actions spending appeals board parents parent_grades"
    ),
    "records and cases of the service": (
        "kpi_sources complaints causes steps step_targets timeline references"
    ),
    "experts and inspectors, who act in an office": (
        "consistency expert_weights expert_spread weight_spread judgement_review agreement delphi_items "
        "delphi_rounds delphi_proposals findings"
    ),
    "the system of indicators itself": (
        "principles proposals smart indicator_map redundancy weights weight_methods freeze"
    ),
    "plans and simulations": (
        "misgrading grade_consistency verdict_rates false_claims sample_plan power cut_risk"
    ),
    "words": "quotes claims",  # comments.code quotes only where many said the same
}  # fmt: skip
