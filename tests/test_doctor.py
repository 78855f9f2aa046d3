"""The doctor: what is in order and what is not, of an installation and of a finished run."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import docx
import openpyxl
import pandas as pd
import pytest
import tiny_cycle
import yaml
from click.testing import CliRunner

from svclib import cli, columns, doctor, run
from svclib.deliver import sheet
from svclib.doctor import installed
from svclib.doctor.texts import texts
from svclib.errors import DataError
from svclib.run import manifest
from svclib.tables import words
from svclib.wording import doctor as wording

PROFILE = {
    "cycle": "2026Q1",
    "unit": "食堂",
    "subject": ["客户", "内部", "三方"],
    "channel": "电话",
    "n_excluded": 0,
}


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("doctor")
    params = tiny_cycle.write(home / "in")
    books = params.parent / "notebooks"
    return run.run_cycle(params, out=home / "out", notebooks=books, engine="plain", say=lambda _: None).path


@pytest.fixture
def copy(published: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(published, tmp_path / published.name))


def levels(path: Path) -> dict[str, str]:
    return {one.check: one.level for one in doctor.finished(path)}


def test_a_sound_run_is_in_order(published: Path) -> None:
    assert set(levels(published).values()) == {"ok"}


def test_a_changed_and_an_added_file_are_named(copy: Path) -> None:
    (copy / "report.zh.html").write_text("改过", encoding="utf-8")
    (copy / "new.txt").write_text("x", encoding="utf-8")
    one = next(f for f in doctor.finished(copy) if f.check == "unchanged")
    assert (one.level, one.facts["n"]) == ("error", 2)
    assert {"new.txt", "report.zh.html"} == set(one.facts["listed"].split(", "))


def test_a_body_that_was_edited_does_not_pass(copy: Path) -> None:
    record = json.loads((copy / manifest.NAME).read_text("utf-8"))
    record["body"]["seed"] = 7
    (copy / manifest.NAME).write_text(json.dumps(record), encoding="utf-8")
    assert levels(copy)["unchanged"] == "error"


def test_missing_pages_and_notebooks_that_failed_are_incomplete(copy: Path) -> None:
    (copy / "report.en.html").unlink()
    assert levels(copy)["complete"] == "error"


def test_a_pointer_to_nothing_is_an_error_and_none_a_note(copy: Path) -> None:
    assert levels(copy)["current"] == "note"
    (copy.parent / "current").write_text("20200101T000000Z-00000000\n", encoding="utf-8")
    assert levels(copy)["current"] == "error"


def test_tables_of_single_people_must_not_be_public(copy: Path) -> None:
    pd.DataFrame({"respondent": ["甲"]}).to_parquet(copy / "tables" / "exclusions.parquet")
    assert levels(copy)["separate"] == "error"


def test_a_secret_in_a_table_or_a_workbook_is_found(copy: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    lock = copy / "params.lock.yaml"
    settings = yaml.safe_load(lock.read_text("utf-8"))
    settings["data"]["responses"] = {"sql": "select 1", "url": {"env": "SURVEY_DB"}}
    lock.write_text(yaml.safe_dump(settings, allow_unicode=True), encoding="utf-8")
    monkeypatch.delenv("SURVEY_DB", raising=False)
    assert levels(copy)["unset"] == "note"
    monkeypatch.setenv("SURVEY_DB", "postgresql://reader:hunter22@db/survey")
    assert levels(copy)["secrets"] == "ok"
    pd.DataFrame({"note": ["password hunter22"]}).to_parquet(copy / "tables" / "notes.parquet")
    one = next(f for f in doctor.finished(copy) if f.check == "secrets")
    assert (one.level, one.facts["listed"]) == ("error", "tables/notes.parquet (SURVEY_DB)")
    assert "hunter22" not in wording.line(one.check, one.level, one.facts, "zh")


@pytest.mark.parametrize("text", ["/home/zhang/data.csv", "C:\\\\Users\\\\zhang\\\\x", f"{Path.home()}/x"])
def test_paths_of_a_home_are_found_also_in_a_workbook(copy: Path, text: str) -> None:
    book = openpyxl.Workbook()
    book.worksheets[0]["A1"] = text
    book.save(copy / "x.xlsx")
    assert levels(copy)["homes"] == "error"


def test_a_page_that_loads_from_the_network_is_found(copy: Path) -> None:
    page = copy / "report.zh.html"
    page.write_text(page.read_text("utf-8") + '<img src="//cdn.example/x.png">', encoding="utf-8")
    assert levels(copy)["offline"] == "error"


def test_a_small_group_in_a_public_table_is_found(copy: Path) -> None:
    frame = pd.DataFrame(PROFILE | {"n_rows": [30, 3, 9], "n": [30, 3, 9]})
    columns.checked("response_profile", frame).to_parquet(copy / "tables" / "response_profile.parquet")
    one = next(f for f in doctor.finished(copy) if f.check == "suppressed")
    assert (one.level, one.facts["listed"]) == ("error", "tables/response_profile.parquet (2)")


def test_a_small_group_in_a_sheet_of_the_reviewer_is_found(copy: Path) -> None:
    frame = pd.DataFrame(PROFILE | {"unit": "=1", "n_rows": [30, 3, 9], "n": [30, 3, 9]})
    whole = copy / "private" / "whole" / "response_profile.parquet"
    whole.parent.mkdir(parents=True)
    columns.checked("response_profile", frame).to_parquet(whole)
    sheet.csv(copy / "review" / "tables" / "response_profile.csv", columns.checked("response_profile", frame))
    one = next(f for f in doctor.finished(copy) if f.check == "suppressed")
    assert (one.level, one.facts["listed"]) == ("error", "review/tables/response_profile.csv (2)")


def test_pictures_are_not_read_as_text(tmp_path: Path) -> None:
    page = tmp_path / "x.html"
    page.write_text('<img src="data:image/png;base64,/home/AAAA=="> 正文', encoding="utf-8")
    assert list(texts(page)) == ['<img src="data:image/png;"> 正文', " 正文"]


def test_texts_are_found_as_they_are_read(tmp_path: Path) -> None:
    secret = 'a&"b\\<c'
    (tmp_path / "x.html").write_text("<p>a&amp;&quot;b\\&lt;<b>c</b></p>", encoding="utf-8")
    (tmp_path / "x.json").write_text(json.dumps({"k": [1, {"x": ['a&"b', "\\<c"]}]}), encoding="utf-8")
    book = openpyxl.Workbook()
    book.worksheets[0]["A1"] = secret
    book.save(tmp_path / "x.xlsx")
    letter = docx.Document()
    paragraph = letter.add_paragraph(secret[:3])
    paragraph.add_run(secret[3:]).bold = True
    letter.save(str(tmp_path / "x.docx"))
    for path in tmp_path.iterdir():
        assert any(secret in text for text in texts(path)), path.name


def test_the_checklist_counts_what_is_kept(copy: Path) -> None:
    kept = {one.check: one.level for one in doctor.practice(copy)}
    assert len(kept) == 8
    assert kept["rap_inputs_hashed"] == kept["rap_seeded"] == kept["rap_documented"] == "ok"
    (copy / "params.lock.yaml").unlink()
    assert {one.check: one.level for one in doctor.practice(copy)}["rap_documented"] == "note"


def test_a_folder_without_a_run_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"no manifest\.json there"):
        doctor.finished(tmp_path)


def test_pins_of_a_lock_file_follow_their_markers() -> None:
    lines = ["a==1.0 \\", "    --hash=sha256:00", "b-c==2.1 ; python_version < '3' \\", "    --hash=x"]
    lock = "\n".join([*lines, "d==3 ; python_version >= '3'", ""])
    assert installed.pinned(lock) == {"a": "1.0", "d": "3"}


@pytest.mark.slow
def test_this_installation_has_no_error(tmp_path: Path) -> None:
    found = doctor.installation(tmp_path / "reports")
    assert {one.check for one in found if one.level == "error"} == set()
    assert {"python", "packages", "font", "writable", "space", "kernel", "demo"} <= {
        one.check for one in found
    }


def test_a_folder_that_cannot_be_written_is_an_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(**_: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(installed.tempfile, "NamedTemporaryFile", refuse)
    found = next(iter(installed._folders(tmp_path)))
    assert (found.check, found.level, found.facts["why"]) == ("writable", "error", "Permission denied")


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_every_finding_has_its_sentence(lang: str, copy: Path) -> None:
    known = words(lang)["doctor"]
    for one in [*doctor.finished(copy), *doctor.practice(copy)]:
        assert one.check in known[one.level]
    assert set(known["ok"]) >= set(known["error"])


@pytest.mark.parametrize(("lang", "told"), [("zh", "没有发现错误"), ("en", "Nothing is wrong")])
def test_the_command_says_it_in_both_languages_and_exits_by_it(copy: Path, lang: str, told: str) -> None:
    result = CliRunner().invoke(cli.main, ["doctor", str(copy), "--lang", lang])
    assert (result.exit_code, told in result.output) == (0, True), result.output
    (copy / "report.zh.html").unlink()
    assert CliRunner().invoke(cli.main, ["doctor", str(copy), "--lang", lang]).exit_code == 1
