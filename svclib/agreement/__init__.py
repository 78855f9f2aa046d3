"""Do raters of the same objects agree: intraclass correlations, kappas, alpha, W; test and retest."""

from svclib.agreement.coefficients import LEVELS, VARIANTS, agreement
from svclib.agreement.retest import retest
from svclib.agreement.used import by_experts, by_inspection

__all__ = ["LEVELS", "VARIANTS", "agreement", "by_experts", "by_inspection", "retest"]
