"""Generate the synthetic demo year: `python -m data.demo.generate` rewrites the CSV files beside it.

Nothing here describes a real organisation, person or answer.  Every number follows from
`parameters.csv` (percentages, minutes, counts per quarter; no `on_time`: delivers
nothing), the tables in these modules and the seed; `truth.csv` states what was planted.
The true parameters of 2026Q1 and 2026Q2 are identical except for what `model` plants.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from . import inspections, model, office, people, records, training, truth
from .model import CYCLES, SEED, UNITS, Case


def generate(seed: int = SEED, *, planted: bool = True, cycles: Sequence[str] = CYCLES) -> dict[str, Any]:
    """Make the demo data of `cycles` as frames keyed by file name without `.csv`.

    Keys: units, units_until_2026Q1, judgments, truth, the sheets that serve every cycle,
    and per cycle `<cycle>/responses`, `<cycle>/kpis` and, in 2026, `<cycle>/<sheet>`
    (inspections and training in 2026Q2 alone).
    With `planted=False` nothing changes between 2026Q1 and 2026Q2 and no unit meets the
    veto.  A cycle's data do not depend on which other cycles are asked for.
    """
    cases = [Case(cycle, planted) for cycle in cycles]
    frames = records.units() | {"judgments": records.judgments(), "truth": truth.truth(cases)}
    frames |= office.shared()
    for case in cases:
        # The second stream serves what was added after the answers, so that they stay as they are.
        rngs, extra = ([_stream(seed, case, u, *more) for u in UNITS] for more in ((), (1,)))
        answers = people.responses(rngs, extra, case)
        frames[f"{case.cycle}/responses"] = answers
        frames[f"{case.cycle}/kpis"] = records.kpis(rngs, extra, case)
        if case.cycle in (model.BEFORE, model.NOW):
            made = office.sheets(extra, answers, case)
            frames |= {f"{case.cycle}/{name}": frame for name, frame in made.items()}
        if case.cycle == model.NOW:
            third = [_stream(seed, case, u, 2) for u in UNITS]
            frames[f"{case.cycle}/inspections"] = inspections.inspections(third, case)
            fourth = [_stream(seed, case, u, 3) for u in UNITS]
            frames[f"{case.cycle}/training"] = training.training(fourth)
    return frames


def _stream(seed: int, case: Case, unit: Any, *more: int) -> np.random.Generator:
    return np.random.default_rng([seed, CYCLES.index(case.cycle), unit.Index, *more])


def write(folder: Path, seed: int = SEED, **options: Any) -> list[Path]:
    """Write `generate(seed, **options)` below `folder`, as UTF-8 with BOM for Excel; return the files."""
    paths = []
    for name, frame in generate(seed, **options).items():
        path = Path(folder) / f"{name}.csv"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(frame.to_csv(index=False, lineterminator="\n").encode("utf-8-sig"))
        paths.append(path)
    return paths


if __name__ == "__main__":
    for written in write(Path(__file__).parent):
        sys.stdout.write(f"{written}\n")
