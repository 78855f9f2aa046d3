"""The index page: every current run, every unit, both languages."""

from __future__ import annotations

import html
from pathlib import Path

import pandas as pd
import pytest
import yaml

from svclib.run import index, publish

FACTS = {
    "title": {"zh": "第一季度 <评价>", "en": "First quarter"},
    "status": "draft",
    "framework": {"grades": {"scale_en": {"优": "A"}, "decimals": 1}},
}


def publish_run(out: Path, cycle: str, rows: list[tuple[str, float, str, str]]) -> Path:
    home = out / "demo" / cycle
    run_id = publish.new_run_id()
    staged = publish.staging(home, partial=False)
    board = pd.DataFrame(rows, columns=["unit", "published", "grade", "status"])
    (staged / "tables").mkdir()
    board.to_parquet(staged / "tables" / "board.parquet")
    (staged / "params.lock.yaml").write_text(yaml.safe_dump(FACTS, allow_unicode=True), encoding="utf-8")
    (staged / "units").mkdir()
    for lang, title in (("zh", "一部"), ("en", "Unit 1")):
        (staged / f"report.{lang}.html").write_text("x", encoding="utf-8")
        page = staged / "units" / f"甲.{lang}.html"
        above = {"zh": "上级：<东区>", "en": "Parent: East"}[lang]
        text = f'<title>{title}</title>{"x" * 5000}<span class="parent">{html.escape(above)}</span>'
        page.write_text(text, encoding="utf-8")
    return publish.publish(staged, home, run_id)


@pytest.fixture
def out(tmp_path: Path) -> Path:
    publish_run(tmp_path, "2026Q1", [("甲", 91.25, "优", "graded"), ("乙", float("nan"), "", "small_sample")])
    publish_run(tmp_path, "2026Q1", [("甲", 92.35, "优", "graded"), ("乙", float("nan"), "", "small_sample")])
    return tmp_path


def test_only_current_runs_with_links_that_exist(out: Path):
    pages = index.write(out)
    assert [p.name for p in pages] == ["index.html", "index.en.html"]
    text = pages[0].read_text(encoding="utf-8")
    current = publish.current(out / "demo" / "2026Q1")
    assert current is not None
    assert text.count(current.name) == 2  # the report and the page of 甲; 乙 has none
    assert "91.3" not in text
    for part in text.split('href="')[1:]:
        target = part.split('"')[0]
        assert target.startswith("#") or (out / target).is_file(), target


def test_words_of_each_language_and_escaped_titles(out: Path):
    zh, en = (path.read_text(encoding="utf-8") for path in index.write(out))
    assert "第一季度 &lt;评价&gt;" in zh
    assert "92.4 优" in zh
    assert "样本不足" in zh
    assert "92.4 A" in en
    assert "Unit 1" in en
    assert "上级：&lt;东区&gt;" in zh
    assert en.count("Parent: East") == 1  # 乙 has no page that would tell
    assert "Draft" in en


def test_an_empty_folder_says_so(tmp_path: Path):
    zh, _ = index.write(tmp_path)
    assert "还没有已发布的结果" in zh.read_text(encoding="utf-8")
