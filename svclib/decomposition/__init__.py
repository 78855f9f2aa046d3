"""Where the change of a unit's published score comes from, without a remainder.

The total is a tree of weighted means: evaluators in an indicator, indicators in a dimension,
dimensions in the total.  At every node the change is split by the midpoint weights of both
cycles, Δ Σwx = Σ w̄Δx + Σ (x̄ − m̄)Δw with m̄ the mean of both ends (Kitagawa 1955, JASA 50; for
two factors the Shapley value, Shorrocks 2013, J. Econ. Inequal. 11); a geometric mean by
logarithmic means (LMDI-I; Ang 2004, Energy Policy 32).  Nothing depends on an order, and
exchanging the cycles changes every sign and no size.  Weights that changed because something
applies in one cycle only are *coverage*; where the written weights changed as well, each takes
the mean of what it does first and what it does last.

Limits (一票否决, 限档) act on the grade and not on the score: they have no part here.
"""

from __future__ import annotations

from svclib.decomposition.parts import Ends, decompose, largest, points_of
from svclib.decomposition.rules import Published, rescored
from svclib.decomposition.tree import Side, evaluators

__all__ = ["Ends", "Published", "Side", "decompose", "evaluators", "largest", "points_of", "rescored"]
