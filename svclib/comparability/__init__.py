"""May two cycles be compared, and what of a change is the mix of those asked, or chance coming back?"""

from __future__ import annotations

from svclib.comparability.regression import Rebound, Spread, rebound, spread

__all__ = ["Rebound", "Spread", "rebound", "spread"]
