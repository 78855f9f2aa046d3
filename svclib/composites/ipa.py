"""Importance-performance analysis: where an indicator lies between two cross-hairs.

Martilla, J. A., & James, J. C. (1977). Importance-performance analysis. Journal of Marketing, 41(1), 77-79.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

QUADRANTS = {
    (True, True): "keep_up",
    (True, False): "concentrate",
    (False, False): "low_priority",
    (False, True): "overkill",
}


def importance_performance(frame: pd.DataFrame) -> pd.DataFrame:
    """The quadrant of every indicator within its unit, by each method.

    Parameters
    ----------
    frame : unit, method (of the importance), indicator, importance, performance (points 0-100)

    Returns
    -------
    DataFrame
        The rows with importance_mean and performance_mean, the cross-hairs: plain means over
        the unit's indicators, and quadrant; a value on a cross-hair counts as high.
    """
    mean = frame.groupby(["unit", "method"], sort=False)[["importance", "performance"]].transform("mean")
    high = [np.round(frame[c] - mean[c], 9) >= 0 for c in ("importance", "performance")]
    return frame.assign(
        importance_mean=mean["importance"],
        performance_mean=mean["performance"],
        quadrant=[QUADRANTS[bool(a), bool(b)] for a, b in zip(*high, strict=True)],
    )
