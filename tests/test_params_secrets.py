"""Secrets by reference: resolved where they are used, written nowhere."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from svclib.errors import ParamError
from svclib.params.secrets import Secret, SecretRef, masked, references, resolve, traces

URL = "postgresql+psycopg://reader:p%40ss-w0rd@db.example/survey"
ADAPTER = TypeAdapter(Secret)


def test_a_reference_gives_the_value_of_the_process_and_holds_none(monkeypatch):
    monkeypatch.setenv("SURVEY_DB", URL)
    ref = ADAPTER.validate_python({"env": "SURVEY_DB"})
    assert resolve(ref) == URL
    told = repr(ref) + str(ref) + json.dumps(ref.model_dump())
    assert "p%40ss" not in told
    assert "SURVEY_DB" in told


@pytest.mark.parametrize("written", [URL, {"env": URL}, {"env": "A", "value": URL}, {"url": URL}, 5, None])
def test_anything_but_a_reference_is_refused_and_never_repeated(written):
    with pytest.raises(ValidationError) as caught:
        ADAPTER.validate_python(written)
    error = caught.value.errors()[0]
    assert "p%40ss" not in error["msg"] + str(error.get("ctx"))
    assert "{env: NAME}" in error["ctx"]["remedy"]


def test_a_variable_that_is_not_set_is_an_error_that_says_where_to_set_it(monkeypatch):
    monkeypatch.delenv("SURVEY_DB", raising=False)
    with pytest.raises(ParamError, match=r"'SURVEY_DB' is not set. Set it where svclib runs"):
        resolve(SecretRef(env="SURVEY_DB"))
    monkeypatch.setenv("EMPTY_ONE", "")
    with pytest.raises(ParamError, match="'EMPTY_ONE' is not set"):
        resolve(SecretRef(env="EMPTY_ONE"))


def test_messages_of_other_libraries_lose_the_url_and_the_password(monkeypatch):
    monkeypatch.setenv("SURVEY_DB", URL)
    told = masked(f"cannot reach {URL}: password p@ss-w0rd wrong", [SecretRef(env="SURVEY_DB")])
    assert told == "cannot reach {env: SURVEY_DB}: password {env: SURVEY_DB} wrong"


def test_traces_are_the_value_and_the_password_but_no_short_text():
    assert traces(URL) == [
        URL,
        "postgresql+psycopg://reader:p@ss-w0rd@db.example/survey",
        "reader:p%40ss-w0rd",
        "p%40ss-w0rd",
        "p@ss-w0rd",
    ]
    assert traces("abc") == []
    assert traces("http://[::1") == ["http://[::1"]  # no URL, but a text all the same


@given(st.text("aZ9%@:/-.", min_size=4), st.text("aZ9%@:/-."))
def test_no_secret_survives_masking(value, around):
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("A_SECRET", value)
        told = masked(f"{around}{value}|{value}{around}", [SecretRef(env="A_SECRET")])
    assert not any(value in part for part in told.split("{env: A_SECRET}"))


def test_references_are_found_in_models_and_in_plain_settings():
    nested = {"data": {"responses": {"sql": "select 1", "url": {"env": "B"}}, "kpis": [{"env": "A"}]}}
    assert [r.env for r in references(nested)] == ["A", "B"]
    assert [r.env for r in references((SecretRef(env="C"), {"x": SecretRef(env="C")}))] == ["C"]
    assert references({"env": 3, "b": "env"}) == []
