"""Delphi rounds: how far experts agree on weights, importance and cuts, whether opinions still
move, when to stop, and what they then propose.  Nothing is ever applied.

Agreement per item follows what Delphi studies use most (Diamond et al. 2014, *Journal of Clinical
Epidemiology* 67, 401-409; von der Gracht 2012, *Technological Forecasting and Social Change* 79,
1525-1536): the share of experts who agree, the interquartile range, the coefficient of variation,
each against a cut of `policy.toml`.  An item is stable when neither its median nor half of its
experts move much and no common shift is detected.  A panel that is stable but not agreed is a
result too: more rounds will not change it (Dajani, Sincoff & Talley 1979).
"""

from svclib.delphi.proposals import snippet
from svclib.delphi.rounds import TABLES, Rules, p_of_concordance, review

__all__ = ["TABLES", "Rules", "p_of_concordance", "review", "snippet"]
