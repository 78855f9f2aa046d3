"""Early warning: declared thresholds, control charts and funnels, each kept apart from the others."""

from svclib.monitoring.charts import CHARTS, Phase, Spec, control_chart
from svclib.monitoring.funnels import funnel, standing
from svclib.monitoring.limits import CONSTANTS, attribute_limits, xmr_limits
from svclib.monitoring.rules import RULES, named_rules
from svclib.monitoring.signals import signals
from svclib.monitoring.thresholds import AMBER, RED, alerts, warning_edge

__all__ = [
    "AMBER",
    "CHARTS",
    "CONSTANTS",
    "RED",
    "RULES",
    "Phase",
    "Spec",
    "alerts",
    "attribute_limits",
    "control_chart",
    "funnel",
    "named_rules",
    "signals",
    "standing",
    "warning_edge",
    "xmr_limits",
]
