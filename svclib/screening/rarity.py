"""How surprising an answer is: what makes an equal run or an equal form worth a second look.

Where 85 % of the answers are fives, two forms of fives are two satisfied customers.  Every
answer is therefore weighed by how often people of the same overall level give it to that
item; equal answers count as evidence only where chance would not produce them.
"""

from __future__ import annotations

import numpy as np
from scipy.special import gammaln

LEVELS = 16
OWN = 30.0  # weight, in rows, of a respondent's own mix of answers beside his level's
CHANCE = float(np.log2(1000))  # bits beyond chance: one collection of answers in a thousand


def surprise(codes: np.ndarray, positions: np.ndarray) -> np.ndarray:
    """Bits of surprise of every answer, −log2 p, 0 where unanswered.

    p = (m_c + 30 f_c)/(m + 30): of the m rows whose mean position falls into the same
    sixteenth of the scale, m_c give this code to this item; f_c is the share of the code among
    the row's own answers.  Where few are so dissatisfied, f_c rules, and someone who finds
    everything bad is as unsurprising as someone who finds everything good.

    Parameters
    ----------
    codes : (n, k), comparable between items, NaN = unanswered
    positions : (n, k), 0 = worst to 1 = best
    """
    n, k = codes.shape
    answered = ~np.isnan(codes)
    count = answered.sum(axis=1)
    values, flat = np.unique(codes[answered], return_inverse=True)
    cat = np.zeros((n, k), dtype=np.int64)
    cat[answered] = flat
    total = np.where(answered, positions, 0.0).sum(axis=1)
    level = np.rint(LEVELS * np.divide(total, count, out=np.zeros(n), where=count > 0)).astype(np.int64)
    cell = level[:, None] * k + np.arange(k)
    of_level = np.bincount(cell[answered], minlength=(LEVELS + 1) * k)
    given = np.bincount(
        (cell * len(values) + cat)[answered], minlength=(LEVELS + 1) * k * max(len(values), 1)
    )
    row = np.arange(n)[:, None] * len(values) + cat
    own = np.bincount(row[answered], minlength=n * len(values))
    share = own[np.where(answered, row, 0)] / np.maximum(count, 1)[:, None] if len(values) else cell * 0.0
    p = (given[cell * len(values) + cat] + OWN * share) / (of_level[cell] + OWN)
    return np.where(answered, -np.log2(np.where(answered, p, 1.0)), 0.0)


def arrangement(codes: np.ndarray) -> np.ndarray:
    """Bits of one arrangement of a row's answers: log2 of n!/Π n_c!, (n,); 0 for one code throughout."""
    answered = ~np.isnan(codes)
    bits = gammaln(answered.sum(axis=1) + 1)
    for value in np.unique(codes[answered]):
        bits = bits - gammaln((codes == value).sum(axis=1) + 1)
    return bits / np.log(2)
