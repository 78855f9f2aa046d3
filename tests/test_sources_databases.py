"""Queries of a database as sources: what files can do, read only, in a fixed order, without the address."""

from __future__ import annotations

import builtins
import os
import sqlite3
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from test_sources import DEFAULT, Home

from svclib import convert, params, sources, workbook
from svclib.errors import InputErrors, Problem
from svclib.params.content import plain
from svclib.params.secrets import SecretRef
from svclib.sources import databases, files
from svclib.sources.cells import Cells, UnreadableError
from svclib.sources.preview import previews
from svclib.wording import messages

ENV = "SVCLIB_TEST_DATABASE"
URL = {"env": ENV}
READ = "SELECT * FROM answers"


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The data of `Home` as tables of an SQLite file, whose address is in the environment."""
    path = tmp_path / "服务 service.db"
    monkeypatch.setenv(ENV, f"sqlite:///{path}")
    names = {"responses": "answers", "units": "units"}
    for source, table in names.items():
        head, *rows = (line.split(",") for line in DEFAULT[source].splitlines())
        columns = ", ".join(f'"{h}" TEXT' for h in head)
        run(path, f"CREATE TABLE {table} ({columns})")
        for row in rows:
            run(path, f"INSERT INTO {table} VALUES ({', '.join('?' * len(row))})", [c or None for c in row])
    return path


def run(path: Path, statement: str, values: Any = ()) -> None:
    with sqlite3.connect(path) as connection:
        connection.execute(statement, values)
    connection.close()


@pytest.fixture
def home(tmp_path: Path, file: Path) -> Home:  # noqa: ARG001 - its address is set
    made = Home(tmp_path)
    made.entries["responses"] = {"sql": READ, "url": URL}
    made.entries["units"] = {"sql": "SELECT * FROM units", "url": URL}
    return made


def read(statement: str, env: str = ENV) -> Cells:
    return databases.read(statement, SecretRef(env=env), "responses (sql)")


def refused(statement: str = READ) -> Problem:
    with pytest.raises(UnreadableError) as caught:
        read(statement)
    return caught.value.problem


# ---- what queries give


def test_a_query_gives_what_the_file_gives(home: Home):
    asked = home.read()
    home.entries |= {"responses": "responses.csv", "units": "units.csv"}
    filed = home.read()
    assert asked.units.equals(filed.units)
    same = filed.responses.assign(row=filed.responses["row"] - 1)  # a query has no header row
    assert asked.responses.equals(same)


def test_rows_are_sorted_unless_the_query_orders_them(file: Path):
    run(file, "INSERT INTO answers (受访者编号, 部门) VALUES ('R0', 'A')")
    assert list(read(READ).body[0]) == ["R0", "R1", "R2", "R3"]
    assert list(read(f"{READ} ORDER BY 受访者编号 DESC").body[0]) == ["R3", "R2", "R1", "R0"]
    assert list(read(READ).rows) == [1, 2, 3, 4]


def test_the_hash_is_that_of_the_rows(file: Path):
    before = read(READ).sha256
    assert read("SELECT * FROM (SELECT * FROM answers ORDER BY 受访者编号 DESC)").sha256 == before
    entry = params.DataSource.model_validate({"sql": READ, "url": URL, "rows": {"部门": "A"}})
    assert files.content_hash(entry) == before  # of all that is read, as of a file
    run(file, "UPDATE answers SET q01 = '4' WHERE 受访者编号 = 'R1'")
    assert read(READ).sha256 != before


def test_types_of_sqlite(file: Path):
    run(file, "CREATE TABLE t (编号 TEXT, a INTEGER, b REAL, c NUMERIC, d DATE)")
    big = 2**62 + 1
    run(file, "INSERT INTO t VALUES (?, ?, ?, ?, ?)", ["007", big, 4.5, 3, "2026-06-05"])
    run(file, "INSERT INTO t VALUES ('  8 ', NULL, 2.0, NULL, NULL)")
    cells = read("SELECT *, 1 = 1 AS yes, '100%' AS share, ':name' AS colon FROM t")
    assert cells.headers == ("编号", "a", "b", "c", "d", "yes", "share", "colon")
    assert cells.body.to_numpy().tolist() == [
        ["007", str(big), "4.5", "3", "2026-06-05", "1", "100%", ":name"],
        ["8", "", "2", "", "", "1", "100%", ":name"],
    ]


def test_columns_values_and_rows_work_as_for_files(home: Home, file: Path):
    run(file, "ALTER TABLE answers ADD COLUMN 年份 INTEGER")
    run(file, "UPDATE answers SET 年份 = CASE 受访者编号 WHEN 'R3' THEN 2025 ELSE 2026 END")
    run(file, "ALTER TABLE answers RENAME COLUMN q01 TO 态度题")
    run(file, "UPDATE answers SET 态度题 = '非常满意' WHERE 受访者编号 = 'R1'")
    home.entries["responses"] |= {
        "rows": {"年份": 2026}, "columns": {"q01": "态度题"}, "values": {"q01": {"非常满意": 5}},
    }  # fmt: skip
    got = home.read().responses
    assert list(got["respondent"]) == ["R1", "R2"]
    assert list(got["q01"]) == [5, 4]


def test_a_preset_is_for_queries_too(home: Home, file: Path):
    run(file, "ALTER TABLE answers RENAME COLUMN 受访者编号 TO 序号")
    run(file, "UPDATE answers SET q01 = 'A.非常满意' WHERE 序号 = 'R1'")
    home.entries["responses"]["preset"] = "wjx"
    got = home.read().responses
    assert list(got["respondent"]) == ["R1", "R2", "R3"]
    assert got["q01"].iloc[0] == 5


def test_any_sheet_of_the_catalogue_may_be_a_query(home: Home, file: Path):
    run(file, "CREATE TABLE t (unit TEXT, indicator TEXT, target REAL)")
    run(file, "INSERT INTO t VALUES ('A', '态度', 4.5)")
    home.entries["targets"] = {"sql": "SELECT unit 部门, indicator 指标, target 目标值 FROM t", "url": URL}
    assert list(home.read().sheets["targets"]["target"]) == [4.5]


# ---- what is wrong with the rows


def test_problems_name_the_query_the_row_and_the_column(home: Home, file: Path):
    run(file, "UPDATE answers SET 部门 = '丙', q02 = '很好' WHERE 受访者编号 = 'R2'")
    found = home.problems()
    assert "responses (sql), row 2, 部门: unknown unit: 丙. Add it to the units, or correct it." in found
    assert any(p.startswith("responses (sql), row 2, q02: not a number: 很好.") for p in found)


def test_rows_with_problems_are_shown(home: Home, file: Path):
    run(file, "UPDATE answers SET q02 = '7' WHERE 受访者编号 = 'R1'")
    path = home.file()
    (made,) = previews(params.load(path), sources.check(path))
    assert made.file == "responses (sql)"
    assert made.rows.iloc[0, :2].tolist() == ["1", "R1"]
    assert made.bad[0].sum() == 1


def test_a_lacking_column_is_told_with_those_there_are(home: Home, file: Path):
    run(file, "ALTER TABLE answers DROP COLUMN 部门")
    (told,) = [p for p in home.problems() if "no column unit" in p]
    assert told.startswith("responses (sql), unit: no column unit (部门). Add it, or map it under columns:.")
    assert "The file has 受访者编号, 评价主体" in told


def test_an_empty_result_is_told(home: Home):
    home.entries["responses"]["sql"] = "SELECT * FROM answers WHERE 1 = 0"
    assert "responses (sql): the query gives no rows. Check its conditions" in "\n".join(home.problems())


def test_an_empty_sheet_is_one_nobody_filled_in(home: Home, file: Path):
    run(file, "CREATE TABLE t (部门 TEXT, 指标 TEXT, 目标值 REAL)")
    home.entries["targets"] = {"sql": "SELECT * FROM t", "url": URL}
    assert "targets" not in home.read().sheets


@pytest.mark.usefixtures("file")
def test_columns_without_a_text_are_told_at_once():
    told = refused("SELECT x'00ff' AS photo, 1 AS a, x'01' AS scan")
    assert told.found == "neither text nor number nor time in column photo (bytes), scan (bytes)"
    assert "CAST" in told.remedy


def test_a_log_needs_an_order(home: Home, file: Path):
    fields = "number, assignment_group, opened_at, resolved_at, closed_at"
    run(file, f"CREATE TABLE log ({fields})")
    for state in ("?", "2/6/2026 10:00"):
        run(file, "INSERT INTO log VALUES ('T1', 'A', '1/6/2026 10:00', ?, '?')", [state])
    entry = {"sql": "SELECT * FROM log", "url": URL, "preset": "servicenow"}
    home.entries["events"] = entry
    assert "responses" not in "".join(home.problems())
    assert "events (sql), sql: the rows have no order" in "".join(home.problems())
    home.entries["events"] = entry | {"sql": "SELECT * FROM log ORDER BY rowid"}
    assert home.read().sheets["events"]["closed"].tolist() == ["2026-06-02 10:00:00"]


# ---- what is wrong with the database


def test_everything_wrong_is_listed_at_once(home: Home, monkeypatch: pytest.MonkeyPatch):
    home.entries["responses"]["sql"] = "SELECT * FROM answer"
    home.entries["units"]["sql"] = "SELECT 部门名 FROM units"
    home.entries["kpis"] = {"sql": READ, "url": {"env": "SVCLIB_TEST_DATABSE"}}
    home.entries["targets"] = {"sql": "SELECT FROM WHERE", "url": URL}
    monkeypatch.setenv("SVCLIB_TEST_OTHER", "mysterydb://x")
    home.entries["events"] = {"sql": READ, "url": {"env": "SVCLIB_TEST_OTHER"}}
    found = "\n".join(home.problems())
    assert "responses (sql): no table 'answer' in the database." in found
    assert "There is answers, units. Did you mean 'answers'?" in found
    assert "units (sql): no column '部门名' in the tables queried." in found
    assert "There is 部门, 名称, 分组. Did you mean '部门'?" in found
    assert "kpis (sql): environment variable 'SVCLIB_TEST_DATABSE' is not set." in found
    assert f"Did you mean '{ENV}'?" in found
    assert 'targets (sql): the database refuses the query: near "FROM": syntax error.' in found
    assert "events (sql): databases of type mysterydb are not known." in found


def test_what_rests_on_an_unreachable_source_is_not_called_wrong(home: Home, monkeypatch: Any):
    home.put("audit", "受访者编号,核查结果,日期\nR1,未联系上,2026-06-26\n")
    head = "数据,部门,指标,列,原值,新值,依据,批准人,批准日期\n"
    home.put("corrections", f"{head}指标数据,A,事故率,分子,1,0,责任认定书,张,2026-07-06\n")
    home.entries |= {"audit": "audit.csv", "corrections": "corrections.csv", "units": "units.csv"}
    assert home.problems() == []
    monkeypatch.setenv(ENV, "sqlite:////nowhere/service.db")
    home.entries["kpis"] = home.entries["responses"]
    found = home.problems()
    assert len(found) == 2
    assert all(" (sql): no database file 'service.db'." in p for p in found)


@pytest.mark.parametrize(
    ("address", "found"),
    [
        ("postgresql://svc:pa@ss-word@localhost/x", "the address of the database is not readable"),
        ("postgresql://svc:pa/ss-word@localhost/x", "the address of the database is not readable"),
        ("postgresql://svc:pass:word-word@localhost/x", "the address of the database is not readable"),
        ("pass-word", "the address of the database is not readable"),
        ("sqlite:///service.db", "the address of an SQLite file is not absolute"),
        ("sqlite://", "the address of an SQLite file is not absolute"),
        ("sqlite:////nowhere/service.db", "no database file 'service.db'"),
        ("mysql+pymysql://svc:pass-word@localhost/x", "the driver of the database is not installed"),
        ("postgresql://svc:pass-word@127.0.0.1:9/x", "the database cannot be reached"),
    ],
)
def test_an_address_that_does_not_work(address: str, found: str, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv(ENV, address)
    told = refused()
    assert told.found.startswith(found)
    shown = messages.translated(InputErrors([told]), "zh") + str(told)
    assert not any(part in shown for part in ("ss-word", "word-word", "pass-word"))
    assert "问卷（sql）" in shown


def test_a_mistaken_name_of_an_sqlite_file_makes_none(tmp_path: Path, file: Path, monkeypatch: Any):
    monkeypatch.setenv(ENV, f"sqlite:///{tmp_path / '服务 servce.db'}")
    assert refused().nearest == file.name
    assert not (tmp_path / "服务 servce.db").exists()


def test_a_file_that_is_no_database(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    (tmp_path / "x.db").write_bytes(b"no database at all, but long enough to be looked at" * 40)
    monkeypatch.setenv(ENV, f"sqlite:///{tmp_path / 'x.db'}")
    assert refused().found == "the database refuses the query: file is not a database"


def test_an_sqlite_file_is_opened_read_only(file: Path):
    before = file.read_bytes()
    for statement in ("DELETE FROM answers", "CREATE TABLE more (a)"):
        assert "readonly" in refused(statement).found
    assert file.read_bytes() == before


@pytest.mark.parametrize("package", ["sqlalchemy", "psycopg"])
def test_a_missing_package_is_told_with_what_to_install(package: str, monkeypatch: pytest.MonkeyPatch):
    kept = builtins.__import__

    def lacking(name: str, *args: Any, **more: Any) -> Any:
        if name.split(".")[0] == package:
            raise ImportError(f"No module named {package!r}")
        return kept(name, *args, **more)

    monkeypatch.setenv(ENV, "postgresql://localhost/x")
    monkeypatch.setattr(builtins, "__import__", lacking)
    told = refused()
    assert "is not installed" in told.found
    assert "install" in told.remedy.casefold()


# ---- what params say


@pytest.mark.parametrize(
    ("entry", "found"),
    [
        ({"sql": READ}, "sql without url"),
        ({"path": "a.csv", "url": URL}, "url without sql"),
        ({"path": "a.csv", "sql": READ, "url": URL}, "both path and sql"),
        ({"columns": {"unit": "x"}}, "neither path nor sql"),
        ({"sql": READ, "url": URL, "sheet": "x"}, "sheet is given for a query"),
        ({"sql": "DROP TABLE answers", "url": URL}, "a statement that begins with 'DROP'"),
        ({"sql": READ, "url": "postgresql://a:pass-word@b/c"}, "a secret stands in the file"),
        ({"sql": READ, "url": {"env": "postgresql://a:pass-word@b/c"}}, "env does not name"),
    ],
)
def test_entries_that_are_refused(home: Home, entry: dict[str, Any], found: str):
    home.entries["responses"] = entry
    told = home.problems()
    assert any(p.startswith("2026Q2.yaml, line") and found in p for p in told)
    assert "pass-word" not in "\n".join(told)


def test_records_of_a_run_show_the_reference_only(home: Home, file: Path):
    shown = str(plain(params.load(home.file()), base=home.folder))
    assert ENV in shown
    assert file.name not in shown


def test_the_workbook_says_the_same(home: Home, tmp_path: Path):
    (book,) = convert.convert(home.file(), tmp_path / "方案.xlsx")
    assert workbook.read(book).params.data["data"]["responses"] == {"sql": READ, "url": URL}
    assert sources.read(params.load(book)).responses.equals(home.read().responses)


# ---- a real server


@pytest.fixture(scope="session")
def postgres() -> str:
    """Address of the server that `.ci/postgres` starts."""
    address = os.environ.get("SVCLIB_TEST_POSTGRES", "")
    if not address:
        pytest.skip("SVCLIB_TEST_POSTGRES is not set; `.ci/postgres COMMAND` sets it")
    return address


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch, postgres: str) -> Iterator[Any]:
    """A schema of its own on the server; gives a function that runs statements in it."""
    import sqlalchemy

    schema = f"t{uuid.uuid4().hex}"
    engine = sqlalchemy.create_engine(postgres, isolation_level="AUTOCOMMIT")
    monkeypatch.setenv(ENV, f"{postgres}?options=-csearch_path%3D{schema}")

    def execute(statement: str) -> None:
        with engine.connect() as connection:
            connection.exec_driver_sql(f"SET search_path = {schema}")
            connection.execution_options(no_parameters=True).exec_driver_sql(statement)

    with engine.connect() as connection:
        connection.exec_driver_sql(f"CREATE SCHEMA {schema}")
    yield execute
    with engine.connect() as connection:
        connection.exec_driver_sql(f"DROP SCHEMA {schema} CASCADE")
    engine.dispose()


def test_types_of_postgresql(server: Any):
    server("""CREATE TABLE "答卷" ("编号" text, "部门" varchar(9), a numeric(30, 4), b bigint, c real,
        d date, e timestamp, f timestamptz, g boolean, h interval, i uuid, j time)""")
    server("""INSERT INTO "答卷" VALUES ('007', '甲 部', 12345678901234567890.5000, 9007199254740993, 4.1,
        '2026-06-05', '2026-06-05 12:46:42.5', '2026-06-05 12:46:42+00', true, '3 minutes 47 seconds',
        '00000000-0000-0000-0000-000000000001', '08:30')""")
    server("""INSERT INTO "答卷" ("编号", a) VALUES ('008', 'NaN')""")
    cells = read("""SELECT * FROM "答卷" WHERE "编号" LIKE '%0%'""")
    assert cells.headers[:3] == ("编号", "部门", "a")
    first, second = cells.body.to_numpy().tolist()
    assert first[:5] == ["007", "甲 部", "12345678901234567890.5", "9007199254740993", "4.1"]
    assert first[5:7] == ["2026-06-05", "2026-06-05 12:46:42.500000"]
    assert first[8:] == ["True", "227", "00000000-0000-0000-0000-000000000001", "08:30:00"]
    assert second == ["008", *[""] * 11]


def test_times_with_a_zone_are_the_clock_of_the_database(server: Any):
    server("CREATE TABLE t (at timestamptz)")
    server("INSERT INTO t VALUES ('2026-06-05 20:00:00+00')")
    assert read("SELECT at FROM t").body.iloc[0, 0].startswith("2026-06-0")
    shown = read("SELECT at AT TIME ZONE 'Asia/Shanghai' AS at FROM t").body.iloc[0, 0]
    assert shown == "2026-06-06 04:00:00"


def test_a_cycle_from_a_server_is_that_from_files(home: Home, server: Any):
    for source, table in (("responses", "answers"), ("units", "units")):
        head, *rows = (line.split(",") for line in DEFAULT[source].splitlines())
        named = ", ".join(f'"{h}" text' for h in head)
        server(f"CREATE TABLE {table} ({named})")
        for row in rows:
            values = ", ".join(f"'{c}'" if c else "NULL" for c in row)
            server(f"INSERT INTO {table} VALUES ({values})")
    asked = home.read()
    home.entries |= {"responses": "responses.csv", "units": "units.csv"}
    filed = home.read().responses
    assert asked.responses.equals(filed.assign(row=filed["row"] - 1))


def test_a_server_is_only_read(server: Any):
    server("CREATE TABLE t (a int)")
    server("CREATE FUNCTION put() RETURNS int LANGUAGE sql AS 'INSERT INTO t VALUES (1) RETURNING a'")
    assert "read-only transaction" in refused("SELECT put()").found
    assert len(read("SELECT * FROM t").body) == 0


def test_what_a_server_does_not_have(server: Any, postgres: str, monkeypatch: pytest.MonkeyPatch):
    server("CREATE TABLE answers (部门 text, q01 int)")
    table, column = refused("SELECT * FROM answer"), refused("SELECT q02, 部门 FROM answers")
    assert (table.found, table.nearest) == ("no table 'answer' in the database", "answers")
    assert (column.found, column.nearest) == ("no column 'q02' in the tables queried", "q01")
    assert refused("SELECT 部门::int + 'a' FROM answers").found.startswith("the database refuses the query")
    secret = postgres.split("@")[0].rpartition(":")[2]
    monkeypatch.setenv(ENV, postgres.replace(secret, f"{secret}no"))
    told = refused()
    assert told.found.startswith("the database refuses the user or the password")
    assert secret not in str(told)
    monkeypatch.setenv(ENV, postgres.replace("/postgres", "/nowhere"))
    assert 'database "nowhere" does not exist' in refused().found


def test_large_results_come_in_batches(server: Any):
    server("CREATE TABLE t AS SELECT n, 'x' || n AS text FROM generate_series(1, 25000) n")
    cells = read("SELECT * FROM t ORDER BY n")
    assert len(cells.body) == 25000
    assert cells.body.iloc[-1].tolist() == ["25000", "x25000"]


@pytest.mark.usefixtures("server")
def test_types_without_text_on_a_server():
    told = refused("SELECT 'x'::bytea AS photo, ARRAY[1, 2] AS list, '{}'::json AS more, 1 AS a").found
    assert told == "neither text nor number nor time in column photo (bytes), list (list), more (dict)"
