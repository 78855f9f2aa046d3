"""`python -m benchmarks.bench_simulate`: simulated cycles of the demo framework.

They come in pairs, a baseline and what follows it, drawn with a known truth and evaluated by the
steps of a report.  The budget is 1,000 cycles in ten minutes on two cores, 1.2 s of processor time
each.  One that is missed ends with exit code 1.
"""

from __future__ import annotations

import sys
from pathlib import Path

from benchmarks.timing import HEAD, line, peak, seconds
from svclib import cycle, simulate
from svclib.cycle import populations, simulation

PARAMS = Path(__file__).resolve().parent.parent / "params" / "demo" / "2026Q2.yaml"
SECONDS, MEGABYTES = 1.2, 500.0
PAIRS = 5


def main() -> int:
    """Print both comparisons; 1 when a budget is missed."""
    ctx = cycle.open(str(PARAMS))
    job = populations.prepare(ctx.state, ctx.table("exclusions"), ctx.table("weights"))
    cases = simulate.cases(("unchanged",), sizes=(1.0,))

    def run() -> None:
        simulation.run(job, cases, replications=PAIRS, seed=1)

    print(HEAD)
    bad = line("a simulated cycle, s", seconds(run) / (2 * PAIRS), "budget", SECONDS, 1)
    bad += line("memory beyond the data, MB", peak(run), "budget", MEGABYTES, 1)
    return int(bad > 0)


if __name__ == "__main__":
    sys.exit(main())
