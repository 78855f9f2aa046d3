from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import headless
import pytest
import tiny_cycle
from nbformat.v4 import new_output

from svclib import columns
from svclib.run import execute, export, pdf

execute.quicken_jupyter()

CARDS = "".join(
    f"<div class='card'><span class='label'>第{i}档</span><span class='value'>"
    f"<span class='grade-chip grade-{i}'>等级</span></span><span class='note'>本期与上期</span></div>"
    for i in range(1, 5)
)
VERDICTS = "".join(f"<span class='verdict {v}'>{v}</span> " for v in ("improved", "declined", "equivalent"))
WIDE = (
    "<table class='svc'><thead><tr>" + "<th scope='col'>很长的指标名称</th>" * 40 + "</tr></thead><tbody><tr>"
    + "<td class='num'>84.20</td>" * 40 + "</tr></tbody></table>"
)  # fmt: skip
LONG = "A" * 120
SIZES = {"desktop": (1280, 900), "phone": (375, 812)}


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folder of an exported report that shows every kind of element."""
    folder = tmp_path_factory.mktemp("run")
    cell = tiny_cycle.code("pass")
    cell.outputs = [
        new_output("display_data", {"text/html": f"<div class='cards'>{CARDS}</div>"}),
        new_output("display_data", {"text/html": f"<p class='lead'>总分84.2，{VERDICTS}</p>"}),
        new_output("display_data", {"text/html": WIDE}),
        new_output("display_data", {"text/html": "<div class='callout warn'><p>有效样本不足</p></div>"}),
        new_output("stream", name="stdout", text="部门  得分\n食堂  84.2\n" + LONG),
    ]
    heads = [tiny_cycle.prose(f"## 第{i}节\n\n说明文字，共三句。{LONG}\n\n$$\\bar x={i}$$") for i in range(4)]
    titles = [tiny_cycle.prose("# 评价报告", "zh"), tiny_cycle.prose("# Evaluation report", "en")]
    tiny_cycle.notebook(folder / "notebooks" / "90_report.ipynb", *titles, cell, *heads)
    tiny_cycle.notebook(folder / "notebooks" / "10_data_quality.ipynb", tiny_cycle.prose("# 数据质量"), cell)
    (folder / "tables").mkdir()
    columns.empty("totals").to_parquet(folder / "tables" / "totals.parquet", index=False)
    export.export_run(folder, ("zh", "en"), offer={"zh": "演示", "en": "Demo"}, units={}, files={})
    return folder


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """Headless Chromium of this machine, without its Chinese fonts."""
    with headless.chromium(tmp_path_factory.mktemp("browser")) as chromium:
        yield chromium


@contextmanager
def opened(browser: Any, path: Path, size: str) -> Iterator[Any]:
    """A page at one window size, offline; a request, an error or a message on the console fails the test."""
    width, height = SIZES[size]
    context = browser.new_context(viewport={"width": width, "height": height}, offline=True)
    page, heard = context.new_page(), []
    page.on("request", lambda r: heard.append(r.url) if not r.url.startswith(("file:", "data:")) else None)
    page.on("console", lambda message: heard.append(message.text))
    page.on("pageerror", lambda error: heard.append(str(error)))
    page.goto(path.as_uri())
    page.evaluate("document.fonts.ready.then(() => true)")
    yield page
    assert not heard
    context.close()


@pytest.fixture(params=sorted(SIZES))
def page(request: pytest.FixtureRequest, browser: Any, report: Path) -> Iterator[Any]:
    """The Chinese report opened at one window size."""
    with opened(browser, report / "report.zh.html", request.param) as shown:
        yield shown


PAGES = [
    f"{name}.{lang}.html"
    for name in ("report", "notebooks/10_data_quality", "review/index", "review/tables", "review/methods")
    for lang in ("zh", "en")
]


@pytest.mark.parametrize("name", PAGES)
@pytest.mark.parametrize("size", sorted(SIZES))
def test_every_page_fits_and_is_quiet(browser: Any, report: Path, name: str, size: str) -> None:
    with opened(browser, report / name, size) as page:
        assert page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")
        assert page.locator("h1").count() == 1


# A character no font has; where it looks like a letter, the letter is a box too.
NOWHERE = "\ue123"
INKED = ("h1", "h2", "p", "td", "th", "pre", ".card .value", ".verdict", ".callout p", ".top nav a")


def drawn(page: Any, selector: str, text: str) -> bytes:
    """Pixels of one element of the page while it says `text`."""
    element = page.locator(selector).first
    was = element.inner_html()
    element.evaluate("(e, text) => { e.textContent = text; }", text)
    seen = element.screenshot(animations="disabled")
    element.evaluate("(e, html) => { e.innerHTML = html; }", was)
    return seen


@pytest.mark.slow
@pytest.mark.parametrize("media", ["screen", "print"])
@pytest.mark.parametrize("lang", ["zh", "en"])
def test_no_letter_is_a_box(browser: Any, report: Path, media: str, lang: str) -> None:
    """By pixels: the text of a page, and of its PDF, is there also where boxes are shown."""
    with opened(browser, report / f"report.{lang}.html", "desktop") as page:
        page.emulate_media(media=media)
        shown = [s for s in INKED if page.locator(s).first.is_visible()]
        assert len(shown) >= len(INKED) - 1
        for selector in shown:
            boxes, *letters = (drawn(page, selector, text * 3) for text in (NOWHERE, "评", "价"))
            assert len({boxes, *letters}) == 3, selector


@pytest.mark.parametrize("size", sorted(SIZES))
def test_contents_list_leads_to_its_heading(browser: Any, report: Path, size: str) -> None:
    with opened(browser, report / "report.zh.html", size) as page:
        page.add_style_tag(content="html { scroll-behavior: auto; }")
        if size == "phone":
            page.locator(".jump").click()
        link = page.locator(".contents a").nth(3)
        heading = page.locator(link.get_attribute("href"))
        link.click()
        assert heading.inner_text() == link.inner_text()
        top = heading.bounding_box()["y"]
        assert 0 <= top < SIZES[size][1]


def test_code_unfolds_with_one_click(browser: Any, report: Path) -> None:
    with opened(browser, report / "notebooks" / "10_data_quality.zh.html", "desktop") as page:
        code = page.locator("details.code pre").first
        assert not code.is_visible()
        page.locator("details.code summary").first.click()
        assert code.is_visible()


def test_entry_of_a_table_unfolds_where_a_link_leads(browser: Any, report: Path) -> None:
    with opened(browser, report / "review" / "tables.zh.html", "phone") as page:
        page.locator("#totals summary").click()
        assert page.locator("#totals table").is_visible()
        assert page.locator("#totals td").first.inner_text().startswith("cycle")


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_system_browser_prints_the_report_with_its_font(browser: Any, report: Path, lang: str) -> None:
    program = pdf.browser()
    assert program is not None
    assert browser.is_connected()
    (made,) = pdf.printed([report / f"report.{lang}.html"], program)
    content = made.read_bytes()
    assert len(re.findall(rb"/Type\s*/Page[^s]", content)) >= 1
    assert b"/FontFile" in content


def test_page_never_scrolls_sideways(page: Any) -> None:
    assert page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")


def test_wide_table_scrolls_in_its_box(page: Any) -> None:
    box = page.locator(".scroll").first
    inner, outer, shown = box.evaluate("e => [e.scrollWidth, e.clientWidth, innerWidth]")
    assert outer <= shown
    assert inner > outer


def test_embedded_font_is_loaded_and_used(page: Any) -> None:
    assert page.evaluate("document.fonts.check('16px svc', '评价报告')")
    assert page.evaluate("[...document.fonts].every(f => f.status === 'loaded')")


def test_chinese_is_drawn_as_different_glyphs(page: Any) -> None:
    """Boxes for missing glyphs all look the same; so drawn characters must differ as pixels."""
    drawn = page.evaluate(
        """() => { const c = document.createElement('canvas'), g = c.getContext('2d');
        c.width = c.height = 40; g.font = '32px svc';
        return [...'评价报告等级'].map(ch => { g.clearRect(0, 0, 40, 40); g.fillText(ch, 4, 34);
        return c.toDataURL(); }); }"""
    )
    assert len(set(drawn)) == len(drawn)


def test_headings_cards_and_language_link_are_visible(page: Any) -> None:
    assert page.locator("h1").inner_text() == "评价报告"
    assert page.locator(".card").count() == 4
    page.get_by_role("link", name="English").click()
    assert page.locator("h1").inner_text() == "Evaluation report"


COLOURED = [
    *(f".grade-{i}" for i in range(1, 5)),
    ".improved",
    ".declined",
    ".equivalent",
    "th",
    ".card .note",
]


@pytest.mark.parametrize("selector", COLOURED)
def test_contrast_is_at_least_4_5(page: Any, selector: str) -> None:
    """WCAG 2.1, 1.4.3: contrast of text against its background."""
    colours = page.locator(selector).first.evaluate(
        """e => { const rgb = s => s.match(/[\\d.]+/g).map(Number); let b = e, back;
        do { back = rgb(getComputedStyle(b).backgroundColor); b = b.parentElement; }
        while (back[3] === 0 && b);
        return [rgb(getComputedStyle(e).color), back[3] === 0 ? [255, 255, 255] : back]; }"""
    )
    dark, light = sorted(map(luminance, colours))
    assert (light + 0.05) / (dark + 0.05) >= 4.5


def luminance(rgb: list[float]) -> float:
    """Relative luminance of sRGB, WCAG 2.1."""
    parts = [c / 255 for c in rgb[:3]]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("notebook", "params", "worst"),
    [
        ("91_unit_report", "2026Q2", ("装卸部", "冷链部", "配送三部", "应急保障部")),
        ("93_annual_unit_report", "2025-26", ("装卸部", "车队管理部", "应急保障部")),
    ],
)
def test_every_unit_page_of_the_demo_prints_to_one_sheet(
    browser: Any, tmp_path: Path, notebook: str, params: str, worst: tuple[str, ...]
):
    """The worst of the demo: most changes, most overdue measures, no grade; in both languages."""
    root = Path(__file__).resolve().parent.parent
    units = {unit: unit for unit in worst}
    books = tmp_path / "notebooks" / "units"
    books.mkdir(parents=True)
    source = {"params_file": str(root / f"params/demo/{params}.yaml"), "run_dir": "", "as_of": ""}
    told = {"language": "zh,en", **source}
    tasks = [
        execute.Task(
            label=unit,
            notebook=root / "notebooks" / f"{notebook}.ipynb",
            output=books / f"{unit}.ipynb",
            parameters={**told, "unit": unit},
            archived={**told, "unit": unit},
        )
        for unit in units
    ]
    with execute.workers(2) as pool:
        assert [done.result().failure for done in [pool.submit(task) for task in tasks]] == [""] * len(units)
    export.export_run(tmp_path, ("zh", "en"), offer={"zh": "演示", "en": "Demo"}, units=units, files={})
    page = browser.new_page()
    for path in sorted((tmp_path / "units").glob("*.html")):
        page.goto(path.as_uri())
        printed = page.pdf(format="A4", prefer_css_page_size=True)
        assert len(re.findall(rb"/Type\s*/Page[^s]", printed)) == 1, path.name
