"""`svclib run --as-of` through the command line: published beside the cycle, never instead of it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, NamedTuple

import openpyxl
import pandas as pd
import pytest
import tiny_cycle
import yaml
from click.testing import CliRunner
from tiny_office import Office, answers, content, rated

from svclib import cli
from svclib.run import publish

DAY = "2026-05-31"
REPORT = """\
from IPython.display import HTML
from svclib import cycle
ctx = cycle.open(params_file, run_dir, language, as_of)
for step in ("10", "20", "30", "40", "50", "60", "70", "90"):
    saved = ctx.save(ctx.step(step))
HTML("<p>" + ctx.masthead("zh")[1] + "</p>")"""


def office(folder: Path) -> Path:
    """Params file of a cycle of 甲: rated 5 in May and 1 in June, with complaints in both."""
    plan = rated()
    plan["dimensions"]["体验"]["weight"] = 0.5
    record = content()["dimensions"]["服务"]["indicators"]["准时"] | {"weight": 1}
    plan["dimensions"]["服务"] = {"weight": 0.5, "indicators": {"准时": record}}
    marks = [
        *answers("甲", {"电话": [5] * 6}, when="2026-05-31 23:00"),
        *answers("甲", {"电话": [1] * 6}, when="2026-06-01 08:00", start=10),
    ]
    events = [
        {"编号": str(k), "部门": "甲", "类别": "投诉", "原因": "延误", "开始时间": opened, "办结时间": closed}
        for k, (opened, closed) in enumerate(
            [("2026-05-04 09:00", "2026-05-04 11:00"), ("2026-05-30 09:00", "2026-06-02 09:00"),
             ("2026-06-03 09:00", "2026-06-03 10:00")]
        )
    ]  # fmt: skip
    period = {"start": "2026-04-01", "end": "2026-06-30"}
    return Office(folder, plan).cycle(
        "2026Q2", {"甲": {"准时": 80}}, status="official", period=period, languages=["zh"],
        sheets={"responses": marks, "events": events},
    )  # fmt: skip


def run(params: Path, out: Path, *more: str) -> None:
    books = ["--notebooks", str(params.parent / "notebooks"), "--jobs", "1", "--no-units"]
    done = CliRunner().invoke(cli.main, ["run", str(params), "--out", str(out), *books, *more])
    assert done.exit_code == 0, done.output


class Published(NamedTuple):
    """The current run of a cycle."""

    path: Path

    def table(self, name: str) -> pd.DataFrame:
        (file,) = self.path.glob(f"*/{name}.parquet")
        return pd.read_parquet(file)

    @property
    def lock(self) -> dict[str, Any]:
        return yaml.safe_load((self.path / "params.lock.yaml").read_text(encoding="utf-8"))

    @property
    def hash(self) -> str:
        return json.loads((self.path / "manifest.json").read_text(encoding="utf-8"))["body_hash"]


def current(home: Path) -> Published:
    path = publish.current(home)
    assert path is not None
    return Published(path)


@pytest.mark.slow
def test_a_partial_period_is_published_beside_the_cycle_as_a_draft(tmp_path: Path):
    params, out = office(tmp_path), tmp_path / "reports"
    report = tmp_path / "notebooks" / "90_report.ipynb"
    tiny_cycle.notebook(report, tiny_cycle.prose("# 报告"), tiny_cycle.code(REPORT))
    run(params, out)
    home = out / "office"
    whole = current(home / "2026Q2")
    before = (whole.path, whole.hash)
    run(params, out, "--as-of", DAY)
    assert sorted(path.name for path in home.iterdir() if path.is_dir()) == ["2026Q2", f"2026Q2@{DAY}"]
    again, part = current(home / "2026Q2"), current(home / f"2026Q2@{DAY}")
    assert (again.path, again.hash) == before
    assert part.hash != whole.hash
    _holds_what_was_known(whole, part)
    _says_so(whole, part)


def _holds_what_was_known(whole: Published, part: Published) -> None:
    # 0.5·50 + 0.5·80 with all answers, 0.5·100 + 0.5·80 with those of May
    assert [p.table("grades").loc[0, "published"] for p in (whole, part)] == [65.0, 90.0]
    assert part.table("exclusions")["rule"].tolist() == ["after_as_of"] * 6
    told = [p.table("complaints").set_index("unit").loc["甲"] for p in (whole, part)]
    # the complaint of June has not come in by the end of May, and one of May is still open
    assert [(row["n"], row["n_open"]) for row in told] == [(3, 0), (2, 1)]


def _says_so(whole: Published, part: Published) -> None:
    assert [(p.lock["status"], p.lock["as_of"]) for p in (whole, part)] == [
        ("official", None),
        ("draft", DAY),
    ]
    pages = [(p.path / "report.zh.html").read_text(encoding="utf-8") for p in (whole, part)]
    assert ["征求意见稿" in page for page in pages] == [False, True]
    books = [openpyxl.load_workbook(p.path / "结果.xlsx")["总分与等级"] for p in (whole, part)]
    head = [cell.value for cell in books[0][1]]
    assert [book.cell(2, head.index("公布得分") + 1).value for book in books] == [65.0, 90.0]


def test_a_day_outside_the_period_is_refused_and_nothing_written(tmp_path: Path):
    params, out = office(tmp_path), tmp_path / "reports"
    done = CliRunner().invoke(cli.main, ["run", str(params), "--out", str(out), "--as-of", "2026-07-01"])
    assert done.exit_code == 2
    assert "2026-07-01" in done.output
    assert not out.exists()
