from __future__ import annotations

import html
import re
from html.parser import HTMLParser
from pathlib import Path

import pandas as pd
import pytest
import tiny_cycle
from nbformat.v4 import new_notebook, new_output

from svclib import columns
from svclib.errors import DataError
from svclib.run import execute, export, formulas, methods, site

execute.quicken_jupyter()


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run of notebooks with outputs, exported."""
    folder = tmp_path_factory.mktemp("run")
    units = export.safe_names(tiny_cycle.UNITS)
    result = tiny_cycle.code("x = 1")
    result.outputs = [
        new_output("display_data", {"image/png": tiny_cycle.PNG}, metadata={}),
        new_output(
            "display_data", {"image/png": tiny_cycle.PNG}, metadata={"image/png": {"alt": "各单位得分"}}
        ),
        new_output("display_data", {"text/html": "<table class='svc'><tr><td>1 &lt; 2</td></tr></table>"}),
        new_output("display_data", {"text/html": "<p>本期改善</p>"}, metadata={"lang": "zh"}),
        new_output("display_data", {"text/html": "<p>Improved now</p>"}, metadata={"lang": "en"}),
        new_output("stream", name="stderr", text="careful"),
        new_output("stream", name="stdout", text="a < b"),
    ]
    golden = tiny_cycle.code("print('gold')", "nbval-check-output")
    golden.outputs = [new_output("stream", name="stdout", text="gold 84.20")]
    away = tiny_cycle.code("'away'", "remove-output")
    away.outputs = [new_output("execute_result", {"text/plain": "REMOVED"}, execution_count=1)]
    cells = [
        tiny_cycle.prose("# 数据质量", "zh"),
        tiny_cycle.prose("# Data quality", "en"),
        tiny_cycle.prose("## 表格\n\n[标准](https://example.org/std)", "zh"),
        tiny_cycle.prose("## Tables", "en"),
        *(result, golden, away),
        tiny_cycle.prose("## 二\n\n### 三", "zh"),
        tiny_cycle.prose("secret", "remove-cell"),
    ]
    books = folder / "notebooks"
    tiny_cycle.notebook(books / "10_data_quality.ipynb", *cells)
    tiny_cycle.notebook(books / "90_report.ipynb", *cells)
    for unit, name in units.items():
        heading = tiny_cycle.prose(f"# {html.escape(unit)}")
        tiny_cycle.notebook(books / "units" / f"{name}.ipynb", heading)
    offer = {"zh": "2026年第二季度", "en": "2026 Q2"}
    (folder / "结果.xlsx").write_bytes(b"")
    for name in site.RECORDS:
        (folder / name).write_text("{}", encoding="utf-8")
    for name, private in (("totals", False), ("exclusions", True)):
        place = folder / ("private" if private else "tables")
        place.mkdir()
        columns.empty(name).to_parquet(place / f"{name}.parquet", index=False)
    files = {"zh": [("结果.xlsx", "结果工作簿 <下载>")]}
    assert export.export_run(folder, ("zh", "en"), offer=offer, units=units, files=files) == []
    return folder


@pytest.fixture(scope="module")
def pages(folder: Path) -> dict[str, str]:
    """The exported pages by path."""
    return {p.relative_to(folder).as_posix(): p.read_text(encoding="utf-8") for p in folder.rglob("*.html")}


class Links(HTMLParser):
    """Collects every href and src, and whether the tags balance."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.links: list[str] = []
        self.images: list[dict[str, str | None]] = []
        self.open: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.links += [value or "" for name, value in attrs if name in ("href", "src")]
        if tag == "img":
            self.images.append(dict(attrs))
        if tag not in ("img", "meta", "br", "hr", "link", "input"):
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def strip_code(text: str) -> str:
    return re.sub(r"<style>.*?</style>|base64,[^\"]*", "", text, flags=re.DOTALL)


class TestPages:
    def test_files(self, pages: dict[str, str]) -> None:
        assert len(pages) == 2 + 2 + 4 + 6
        assert {"report.zh.html", "report.en.html", "notebooks/10_data_quality.en.html"} <= set(pages)

    def test_nothing_comes_from_the_network(self, pages: dict[str, str]) -> None:
        for name, text in pages.items():
            assert not re.search(r"""(src|href)\s*=\s*["']?(https?:)?//""", text), name
            assert not re.search(r"url\(\s*[\"']?(https?:)?//|@import", text), name
            assert "<script" not in text, name
        assert "标准 (https://example.org/std)" in pages["report.zh.html"]

    def test_markup_balances_and_local_links_lead_somewhere(self, folder: Path, pages: dict[str, str]):
        for name, text in pages.items():
            found = Links(text)
            assert not found.open, name
            for link in found.links:
                if link.startswith("#"):
                    assert f'id="{link[1:]}"' in text, (name, link)
                elif not link.startswith("data:"):
                    assert ((folder / name).parent / link.partition("#")[0]).is_file(), (name, link)

    def test_every_character_has_a_glyph_in_the_embedded_font(self, pages: dict[str, str]) -> None:
        for name, text in pages.items():
            visible = html.unescape(re.sub(r"<[^>]*>", "", strip_code(text)))
            missing = {ch for ch in visible if not ch.isspace()} - export.glyphs() - export.ASCII
            assert not missing, (name, missing)
            assert text.index('font-family: "svc", "Noto') > 0
            assert "@font-face" in text

    def test_embedded_font_holds_the_characters_asked_for(self) -> None:
        import base64
        import io

        from fontTools.ttLib import TTFont

        face = export.font_face("质量Aa1")
        data = base64.b64decode(re.search(r"base64,([^)]*)", face).group(1))
        assert set(TTFont(io.BytesIO(data)).getBestCmap()) == set(map(ord, "质量Aa1"))
        assert face == export.font_face("1质量aA")

    def test_missing_glyph_is_reported(self, tmp_path: Path) -> None:
        tiny_cycle.notebook(tmp_path / "notebooks" / "90_report.ipynb", tiny_cycle.prose("# 猫😀"))
        said = export.export_run(tmp_path, ["zh"], offer={"zh": "x"}, units={}, files={})
        assert said == ["no glyph in the shipped font for 😀"]

    def test_prose_of_the_other_language_is_left_out(self, pages: dict[str, str]) -> None:
        assert "Data quality" not in strip_code(pages["report.zh.html"])
        assert "数据质量" not in strip_code(pages["report.en.html"])
        assert '<html lang="zh-CN">' in pages["report.zh.html"]
        assert "<title>Data quality</title>" in pages["report.en.html"]

    def test_output_marked_with_a_language_stays_on_its_pages(self, pages: dict[str, str]) -> None:
        for name in ("report", "notebooks/10_data_quality"):
            assert "本期改善" in pages[f"{name}.zh.html"]
            assert "Improved now" in pages[f"{name}.en.html"]
            assert "Improved now" not in pages[f"{name}.zh.html"]
            assert "本期改善" not in pages[f"{name}.en.html"]

    def test_language_switch(self, pages: dict[str, str]) -> None:
        assert '<a href="report.en.html" lang="en" hreflang="en">English</a>' in pages["report.zh.html"]
        assert '<a href="10_data_quality.zh.html"' in pages["notebooks/10_data_quality.en.html"]
        assert '<a href="../report.en.html">' in pages["notebooks/10_data_quality.en.html"]

    def test_report_hides_code_and_analysis_folds_it(self, pages: dict[str, str]) -> None:
        assert "x = 1" not in pages["report.zh.html"]
        analysis = pages["notebooks/10_data_quality.zh.html"]
        assert re.search(r"<details class=\"code\"><summary>代码</summary><pre><code>x = 1", analysis)
        assert "params_file" not in strip_code(analysis)

    def test_outputs_by_tag(self, pages: dict[str, str]) -> None:
        report, analysis = pages["report.zh.html"], pages["notebooks/10_data_quality.zh.html"]
        for text in (report, analysis):
            assert "REMOVED" not in text
            assert "secret" not in text
            assert "a &lt; b" in text
            assert re.search(r"<summary>核对值</summary>\s*<div class=\"output\"><pre>gold 84.20", text)
        assert "careful" in analysis
        assert "careful" not in report

    def test_images_have_alt_texts(self, pages: dict[str, str]) -> None:
        alts = [image["alt"] for image in Links(pages["report.zh.html"]).images]
        assert alts == ["图：表格", "各单位得分"]
        assert Links(pages["report.en.html"]).images[0]["alt"] == "Figure: Tables"

    def test_tables_scroll_in_their_own_box(self, pages: dict[str, str]) -> None:
        assert re.search(r'<div class="scroll" tabindex="0"><table class=.svc.>', pages["report.zh.html"])
        assert "1 &lt; 2" in pages["report.zh.html"]

    def test_contents_list(self, pages: dict[str, str]) -> None:
        text = pages["report.zh.html"]
        assert '<li class="h2"><a href="#s1">表格</a></li>' in text
        assert '<li class="h3"><a href="#s3">三</a></li>' in text

    def test_unit_names_are_escaped(self, pages: dict[str, str]) -> None:
        assert not [name for name, text in pages.items() if "<b>" in text]
        assert any("<title>甲/乙 &lt;b&gt;</title>" in text for text in pages.values())
        assert ">甲/乙 &lt;b&gt;</a>" in pages["report.zh.html"]

    def test_every_page_has_the_same_font(self, pages: dict[str, str]) -> None:
        faces = [re.search(r"@font-face .*?base64,([^)]*)", text).group(1) for text in pages.values()]
        assert len(set(faces)) == 1


class TestSite:
    def test_report_leads_to_the_reviewers_pages(self, pages: dict[str, str]) -> None:
        assert 'href="review/index.zh.html">复核入口' in pages["report.zh.html"]
        index = pages["review/index.en.html"]
        for link in ("tables.en.html", "methods.en.html", "../manifest.json", "../notebooks/90_report.ipynb"):
            assert f'href="{link}"' in index
        assert 'href="../review/index.zh.html"' in pages["notebooks/10_data_quality.zh.html"]

    def test_table_says_what_a_row_is_and_what_columns_mean(self, pages: dict[str, str]) -> None:
        text = pages["review/tables.zh.html"]
        assert re.search(
            r'id="totals"><summary><code>totals</code>.*?行数 0 · 一行是 周期 × 被评价单位', text
        )
        assert "<td><code>score</code></td>" in text
        assert 'href="tables/totals.csv"' in text

    def test_private_tables_are_neither_exported_nor_linked(self, folder: Path, pages: dict[str, str]):
        assert not [name for name, text in pages.items() if "private/" in text or 'id="exclusions"' in text]
        assert not list((folder / "review").rglob("exclusions*"))

    def test_private_table_in_the_public_folder_is_left_out(self, tmp_path: Path) -> None:
        (tmp_path / "tables").mkdir()
        columns.empty("exclusions").to_parquet(tmp_path / "tables" / "exclusions.parquet", index=False)
        found, _ = site.pages(tmp_path, [], ["en"])
        assert not [page for page in found if 'id="exclusions"' in page.main]
        assert list((tmp_path / "review" / "tables").iterdir()) == []

    def test_missing_text_of_methods_is_said(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(site, "TEXTS", tmp_path)
        found, said = site.pages(tmp_path, [], ["zh"])
        assert [page.name for page in found] == ["index", "tables"]
        assert said == ["method.zh.md is not in docs, so the page of methods is left out"]


TEXT = """# Methods

<a id="weighting"></a>
## Weights

<a id="method-ahp"></a>
### AHP

Formula $\\sqrt x$, table `weights.method`, see [entropy](#method-entropy) and [AHP](method.md#method-ahp).

<a id="method-entropy"></a>
### Entropy

`weights.method`

<a id="grades"></a>
## Grades

<a id="cuts"></a>
### Cuts

`grades.grade`, [columns](tables.md#weights)
"""


class TestMethods:
    WEIGHTS = pd.DataFrame({"node": ["a", "b"], "method": ["ahp:3;equal", "equal"]})

    def used(self, **tables: pd.DataFrame) -> list[str]:
        return [part.title for part in methods.used(methods.sections(TEXT), tables)]

    def test_section_counts_when_its_id_occurs_in_a_cell(self) -> None:
        assert self.used(weights=self.WEIGHTS) == ["Weights", "AHP"]
        assert self.used(weights=self.WEIGHTS.iloc[1:]) == []

    def test_section_without_ids_counts_when_its_table_has_rows(self) -> None:
        assert self.used(grades=pd.DataFrame({"grade": ["好"]})) == ["Grades", "Cuts"]
        assert self.used(grades=pd.DataFrame({"grade": []})) == []

    def test_links_lead_to_pages_of_the_run_or_are_text(self) -> None:
        ahp, cuts = (methods.sections(TEXT)[i].body for i in (1, 4))
        assert methods.linked(ahp, {"method-ahp"}, set(), dictionary="t.html").endswith(
            "see entropy and [AHP](#method-ahp)."
        )
        assert "[columns](t.html#weights)" in methods.linked(cuts, set(), {"weights"}, dictionary="t.html")

    @pytest.mark.parametrize("lang", ["zh", "en"])
    def test_every_id_of_the_texts_is_one_of_a_column(self, lang: str) -> None:
        found = methods.sections((site.TEXTS / site.TEXT[lang]).read_text(encoding="utf-8"))
        assert len(found) > 50
        known = {(part.ids[0], value) for part in found for _, value in part.codes}
        assert {("alpha", "alpha"), ("method-ahp", "ahp")} <= known


class TestFormulas:
    def test_formula_in_prose_is_drawn_with_its_source_as_alt_text(self, tmp_path: Path) -> None:
        book = tmp_path / "notebooks" / "90_report.ipynb"
        tiny_cycle.notebook(book, tiny_cycle.prose("# A\n\nWith $x<y$ and\n\n$$\\frac{a}{b}$$\n\n5 $ each"))
        export.export_run(tmp_path, ["en"], offer={"en": "x"}, units={}, files={})
        text = (tmp_path / "report.en.html").read_text(encoding="utf-8")
        assert '<svg class="formula" role="img" aria-label="x&lt;y"' in text
        assert '<svg class="formula block" role="img" aria-label="\\frac{a}{b}"' in text
        assert "5 $ each" in text
        assert "$$" not in text

    @pytest.mark.parametrize(
        ("short", "full"), [("\\frac12", "\\frac{1}{2}"), ("\\sqrt x", "\\sqrt{x}"), ("a\\le b", "a\\leq b")]
    )
    def test_short_forms_of_tex_are_drawn_as_the_full_ones(self, short: str, full: str) -> None:
        assert formulas.drawn(short).partition("<path")[2] == formulas.drawn(full).partition("<path")[2]

    def test_size_follows_the_text(self) -> None:
        one, two = (re.search(r"width:([\d.]+)em", formulas.drawn(tex)) for tex in ("x", "xx"))
        assert 0.3 < float(one.group(1)) < float(two.group(1)) < 1.5

    @pytest.mark.parametrize("tex", ["\\nosuch{x}", "\\frac{1}", "\\text{\U0001f600}"])
    def test_what_cannot_be_drawn_is_refused(self, tex: str) -> None:
        with pytest.raises(DataError, match=re.escape(f"formula ${tex}$ cannot be drawn")):
            formulas.drawn(tex)

    def test_words_in_chinese_are_drawn(self) -> None:
        assert formulas.drawn(r"\text{得分}").count("M") > formulas.drawn(r"\text{}x").count("M")

    @pytest.mark.parametrize("lang", ["zh", "en"])
    def test_every_formula_of_the_texts_can_be_drawn(self, lang: str) -> None:
        text = (site.TEXTS / site.TEXT[lang]).read_text(encoding="utf-8")
        found = re.findall(r"\$\$(.+?)\$\$|\$([^$\n]+?)\$", text, re.DOTALL)
        assert len(found) > 50
        for pair in found:
            assert formulas.drawn("".join(pair)).startswith("<svg")


class TestOffline:
    @pytest.mark.parametrize(
        "text",
        [
            '<img src="https://a.org/b.png">',
            "<script src=//a.org/x.js></script>",
            "<style>@import '//a.org'</style>",
            "<p style='background:url(http://a.org/b)'>",
            '<link href="http://a.org/c.css">',
        ],
    )
    def test_remote_assets_are_refused(self, text: str) -> None:
        with pytest.raises(DataError, match=r"a\.org.*Embed it"):
            export.offline(text)

    def test_namespaces_and_prose_are_not_links(self) -> None:
        text = '<svg xmlns="http://www.w3.org/2000/svg"></svg> see http://a.org'
        assert export.offline(text) == text

    def test_link_whose_text_is_the_address_is_printed_once(self) -> None:
        assert export.offline('<a class="x" href="http://a.org/?a=1&amp;b">http://a.org/?a=1&amp;b</a>') == (
            "http://a.org/?a=1&amp;b"
        )


class TestSafeNames:
    def test_plain_names_stay(self) -> None:
        assert export.safe_names(["食堂", "Unit-1"]) == {"食堂": "食堂", "Unit-1": "Unit-1"}

    @pytest.mark.parametrize("unit", ["../x", "a/b", "a\\b", "", ".", "CON", "x" * 300, "a b", "甲：乙?"])
    def test_others_are_made_safe(self, unit: str) -> None:
        name = export.safe_names([unit])[unit]
        assert re.fullmatch(r"[\w-]{1,60}", name)
        assert name != "CON"

    def test_names_differ_where_case_is_ignored(self) -> None:
        names = export.safe_names(["ab", "AB", "a/b", "a?b"])
        assert len({name.casefold() for name in names.values()}) == 4


def test_select_keeps_the_original() -> None:
    book = new_notebook(cells=[tiny_cycle.code("1", "remove-output")])
    book.cells[0].outputs = [new_output("stream", text="x")]
    assert export.select(book, "zh", show_code=True).cells[0].outputs == []
    assert book.cells[0].outputs
