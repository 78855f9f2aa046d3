"""Targets: met or missed by the rule on the published value, and what to aim at next."""

from svclib.targets.aims import Aim, Aims, aims_in_force, met, on_target, target_range
from svclib.targets.judged import judge_steps, judge_targets
from svclib.targets.proposals import Next, next_sheet, propose

__all__ = [
    "Aim",
    "Aims",
    "Next",
    "aims_in_force",
    "judge_steps",
    "judge_targets",
    "met",
    "next_sheet",
    "on_target",
    "propose",
    "target_range",
]
