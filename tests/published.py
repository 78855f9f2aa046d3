"""Published runs of a small office, made without a kernel: tables, lock and manifest in a folder."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml
from tiny_office import Office, answers, content

from svclib import cycle, params
from svclib.columns import TABLES
from svclib.run import manifest

UNITS = {"甲": 85.0, "乙 <b>": 70.0}


def office(folder: Path, plan: dict[str, Any] | None = None, marks: int = 4, **said: Any) -> Path:
    """Params file of 2026Q2, with the quarter before as its baseline."""
    plan = plan or content()
    plan["dimensions"]["体验"] = {"weight": 100, "indicators": {"态度": RATED}}
    plan["dimensions"] |= {k: v | {"weight": 50} for k, v in plan["dimensions"].items()}
    shares = {"服务": 30, "效率": 30, "体验": 40}
    plan["dimensions"] = {k: v | {"weight": shares[k]} for k, v in plan["dimensions"].items()}
    of = Office(folder, plan)
    for name, shift, start in (("2026Q1", 0.0, 0), ("2026Q2", 2.0, 10)):
        given = [
            row for unit in UNITS for row in answers(unit, {"电话": [marks, 5, 4, 3, 5, 4]}, start=start)
        ]
        values = {u: dict.fromkeys(("准时", "整洁", "产量", "节约"), v + shift) for u, v in UNITS.items()}
        chain = {"baseline": "2026Q1.yaml"} if shift else {}
        file = of.cycle(name, values, sheets={"responses": given}, **chain, **said)
    return file


RATED = {"kind": "rating", "items": ["q1"], "scale": [1, 5], "score": {1: 0, 5: 100}, "weight": 1}


def publish(file: Path, run_dir: Path, **record: Any) -> Path:
    """Evaluate a cycle and write it as a run is published."""
    found = params.load(file)
    for name, frame in cycle.evaluate(found).items():
        folder = run_dir / ("private" if TABLES[name].private else "tables")
        folder.mkdir(parents=True, exist_ok=True)
        frame.to_parquet(folder / f"{name}.parquet", index=False)
    (run_dir / "report.zh.html").write_text("<p>报告</p>", encoding="utf-8")
    lock = yaml.safe_dump(manifest.plain(found, base=file.parent), allow_unicode=True, sort_keys=False)
    (run_dir / "params.lock.yaml").write_text(lock, encoding="utf-8")
    body = manifest.body(manifest.chain(found), run_dir=run_dir, notebooks=[]) | record
    manifest.write(run_dir, run_dir.name, body, {"params_file": file.name, "seconds": {}})
    return run_dir
