"""The documentation says only what is there: names, tables, thresholds, anchors, links."""

from __future__ import annotations

import ast
import importlib
import importlib.util
import re
import shutil
import subprocess
from functools import cache
from pathlib import Path
from typing import get_args

import pytest
import yaml
from pydantic import BaseModel

from svclib import framework, policy
from svclib.cli import main
from svclib.cli.base import ALERTS_RAISED, INPUT_INVALID, MISMATCH, STEP_FAILED, UNDER_WAY
from svclib.columns import TABLES
from svclib.framework.names import Kind
from svclib.framework.weighting import WeightMethod
from svclib.params.settings import ParamsFile
from svclib.run.formulas import drawn
from svclib.tables.words import words

ROOT = Path(__file__).parents[1]
DOCS = ROOT / "docs"
METHODS = ("method.md", "method.zh.md")
PAGES = sorted([*DOCS.glob("*.md"), ROOT / "README.md", ROOT / "README.zh-CN.md"])
TICKED = re.compile(r"`([^`\n]+)`")
IDS = re.compile(r'<a id="([^"]+)"></a>')
# Code columns every value of which has a section of its own to be linked to.
ANCHORED = (
    *("method", "kind", "stat", "chart", "rotation", "model", "design", "change_part", "verdict", "trend"),
    *("standard", "operator", "quadrant", "adjust"),
)
SCREENED = ("missing", "duplicate", "straight_line", "speed", "longstring", "irv", "mahalanobis", "even_odd",
            "near_duplicate", "burst", "out_of_range", "veto", "cap", "warn", "outside", "run_of_seven",
            "trend_of_seven", "two_of_three", "funnel_998", "consecutive", "in_year", "grade")  # fmt: skip
LABELS = {
    "method.md": ("Asks", "Formula", "Source", "Here", "Refused, marked", "Code, table", "Limits"),
    "method.zh.md": ("问题", "公式", "出处", "做法", "拒绝与标注", "代码与结果表", "局限"),
}


@cache
def read(name):
    return (DOCS / name).read_text(encoding="utf-8")


def sections(text):
    """Sections of the third level with the anchors before them."""
    return [part for part in re.split(r"\n(?=<a id=)", text) if re.search(r"^### ", part, re.M)]


def named(dotted):
    """The object a dotted name stands for."""
    parts = dotted.split(".")
    for cut in range(len(parts), 0, -1):
        try:
            found = importlib.import_module(".".join(parts[:cut]))
        except ModuleNotFoundError:
            continue
        for part in parts[cut:]:
            found = getattr(found, part)
        return found
    raise AssertionError(dotted)


def default(model, path):
    """Default of a field reached through nested models."""
    first, *rest = path.split(".")
    field = model.model_fields[first]
    value = field.get_default(call_default_factory=True)
    if not rest:
        return value
    models = [type(value), field.annotation, *get_args(field.annotation)]
    inner = next(m for m in models if isinstance(m, type) and issubclass(m, BaseModel))
    return default(inner, ".".join(rest))


def ticked(name):
    text = re.sub(r"```.*?```", "", read(name), flags=re.S)
    return [t.strip() for t in TICKED.findall(text)]


@pytest.mark.parametrize("name", METHODS)
def test_every_name_of_the_library_exists_and_every_constant_is_as_told(name):
    told = [t for t in ticked(name) if re.match(r"svclib\.[a-z_.]+[A-Za-z_]", t)]
    assert len(told) > 150
    for text in told:
        dotted, _, value = text.partition(" = ")
        found = named(dotted)
        if value:
            assert str(found) == value, text


@pytest.mark.parametrize("name", METHODS)
def test_every_threshold_is_that_of_the_policy_file(name):
    told = [t for t in ticked(name) if t.startswith("policy.")]
    assert len(told) > 50
    for text in told:
        rule, _, value = text.removeprefix("policy.").partition(" = ")
        assert [float(v) for v in value.split(",")] == [cut.at for cut in policy.rule(rule).cuts], text


@pytest.mark.parametrize("name", METHODS)
@pytest.mark.parametrize(("prefix", "model"), [("params.", ParamsFile), ("framework.", framework.Framework)])
def test_every_default_is_that_of_the_model(name, prefix, model):
    told = [t for t in ticked(name) if t.startswith(prefix)]
    assert told
    for text in told:
        path, given, value = text.removeprefix(prefix).partition(" = ")
        found = default(model, path)
        assert not given or str(found) == value, text


@pytest.mark.parametrize("name", METHODS)
def test_every_table_and_column_is_in_the_inventory(name):
    told = [t for t in ticked(name) if re.fullmatch(r"[a-z_]+\.[a-z][a-z0-9_]*", t)]
    told = [t for t in told if t.split(".")[0] not in ("svclib", "policy", "params", "framework")]
    assert len(told) > 100
    pairs = [text.split(".") for text in told]
    assert [p for p in pairs if p[0] not in TABLES or p[1] not in TABLES[p[0]].all_columns] == []


def fields(model, seen):
    """Names of all fields of a model and of those inside it."""
    if model in seen:
        return set()
    seen.add(model)
    names = set(model.model_fields) | {f.alias for f in model.model_fields.values() if f.alias}
    for field in model.model_fields.values():
        for inner in re.findall(r"svclib\.[\w.]+", str(field.annotation)):
            try:
                found = named(inner)
            except (AssertionError, AttributeError):
                continue
            if isinstance(found, type) and issubclass(found, BaseModel):
                names |= fields(found, seen)
    return names


@pytest.mark.parametrize("name", METHODS)
def test_every_id_is_one_of_the_words_tables_or_fields(name):
    codes = words("en")["codes"]
    known = set(TABLES) | {c for t in TABLES.values() for c in t.all_columns}
    known |= {code for of in codes.values() for code in of} | set(codes)
    known |= (
        fields(ParamsFile, set()) | fields(framework.Framework, set()) | {"check", "start", "each", "floor"}
    )
    told = {t for t in ticked(name) if re.fullmatch(r"[a-z][a-z0-9_]*", t)}
    assert told - known == set()


def test_every_code_that_tables_hold_has_an_anchor():
    codes, anchors = words("en")["codes"], set(IDS.findall(read("method.md")))
    wanted = {f"{column}-{code}" for column in ANCHORED for code in codes[column]}
    wanted |= {f"method-{m}" for m in get_args(WeightMethod) if m != "combine"}
    wanted |= {f"kind-{kind}" for kind in get_args(Kind)} | {f"rule-{rule}" for rule in SCREENED}
    assert wanted - anchors == set()
    assert anchors.issuperset({"combine", "delphi", "invariance", "rtm", "like-for-like", "alpha"})


def test_both_languages_have_the_same_sections_and_thresholds():
    here, there = (read(name) for name in METHODS)
    assert IDS.findall(here) == IDS.findall(there)
    assert len(set(IDS.findall(here))) == len(IDS.findall(here))
    quoted = [sorted(t for t in ticked(n) if " = " in t or t.startswith("svclib.")) for n in METHODS]
    assert quoted[0] == quoted[1]


@pytest.mark.parametrize("name", METHODS)
def test_every_section_has_all_its_parts(name):
    for part in sections(read(name)):
        title = re.search(r"^### (.+)$", part, re.M)
        assert title is not None
        found = re.findall(r"^\*\*([^*]+)\*\*", part, re.M)
        assert tuple(found) == LABELS[name], title[1]
        assert "`svclib." in part, title[1]


@cache
def anchors(page):
    """What a link to a page may name: anchors, and titles as they are turned into some."""
    text = page.read_text(encoding="utf-8")
    titles = re.findall(r"^#+ (.+)$", text, re.M)
    return {re.sub(r"[^\w\- ]", "", t).strip().lower().replace(" ", "-") for t in titles} | set(
        IDS.findall(text)
    )


@pytest.mark.parametrize("page", PAGES, ids=lambda p: p.name)
def test_links_resolve_and_stay_inside(page):
    text = page.read_text(encoding="utf-8")
    for target in re.findall(r"\]\(([^)\s]+)\)", text):
        assert not target.startswith(("http:", "https:", "/")), target
        path, _, anchor = target.partition("#")
        to = (page.parent / path).resolve() if path else page
        assert to.exists(), target
        assert not anchor or anchor in anchors(to), target


@pytest.mark.parametrize("page", PAGES, ids=lambda p: p.name)
def test_files_named_in_code_exist(page):
    for path in re.findall(
        r"`((?:tests|templates|notebooks|params|data|docs|svclib)/[\w./-]+)`", page.read_text("utf-8")
    ):
        assert (ROOT / path).exists(), path


def test_the_data_dictionary_is_fresh():
    """`python docs/make_tables.py` writes it anew."""
    spec = importlib.util.spec_from_file_location("make_tables", DOCS / "make_tables.py")
    assert spec is not None
    assert spec.loader is not None
    maker = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(maker)
    assert read("tables.md") == maker.text()


def code_lines(page):
    """Lines of code blocks, and code within sentences."""
    text = page.read_text(encoding="utf-8")
    blocks = re.findall(r"^```\w*\n(.*?)^```", text, flags=re.S | re.M)
    rest = re.sub(r"^```.*?^```", "", text, flags=re.S | re.M)
    return [line for block in blocks for line in block.splitlines()] + TICKED.findall(rest)


@pytest.mark.parametrize("page", PAGES, ids=lambda p: p.name)
def test_every_command_and_option_exists(page):
    for line in code_lines(page):
        for name, rest in re.findall(r"(?:^|[\s\"])svclib ([a-z]+)((?:(?!&&|svclib ).)*)", line):
            assert name in main.commands, line
            known = {option for p in main.commands[name].params for option in p.opts}
            assert set(re.findall(r"--[a-z][a-z-]*", rest)) <= known, line


@pytest.mark.parametrize("name", ["recipes.md", "recipes.zh.md"])
def test_scripts_of_the_recipes_can_be_read(name):
    blocks = re.findall(r"^```(\w+)\n(.*?)^```", read(name), flags=re.S | re.M)
    for language, code in blocks:
        if language == "python":
            ast.parse(code)
        elif language == "yaml":
            assert "data" in yaml.safe_load(code)
        elif language == "bash" and shutil.which("bash"):
            subprocess.run(["bash", "-n"], input=code, text=True, check=True)
    assert [language for language, _ in blocks].count("python") == 1


@pytest.mark.slow
def test_every_formula_can_be_drawn():
    """As the pages of a run show them, without a script."""
    texts = [re.sub(r"`[^`\n]+`", "", read(name)) for name in METHODS]
    found = {
        tex
        for text in texts
        for pair in re.findall(r"\$\$(.+?)\$\$|\$([^$\n]+)\$", text, re.S)
        for tex in pair
    }
    assert len(found) > 150
    for tex in sorted(found - {""}):
        assert "<svg" in drawn(tex.strip())


def test_recipes_tell_every_exit_code():
    for name in ("recipes.md", "recipes.zh.md"):
        told = {int(code) for code in re.findall(r"^\| (\d) \|", read(name), re.M)}
        assert told == {0, STEP_FAILED, INPUT_INVALID, MISMATCH, ALERTS_RAISED, UNDER_WAY}
