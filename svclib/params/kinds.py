"""What each kind of cycle must say, and must not."""

from __future__ import annotations

import datetime as dt
from typing import Any

from svclib.errors import ParamError, nearest
from svclib.framework import Framework
from svclib.framework.yamlfile import Document
from svclib.params.settings import ParamsFile

_OF_KIND = {"annual": ("annual", "Add annual: {from: [params files of its cycles]}."),
            "ad_hoc": ("scope", "Add scope: {event, day, window: {start, end}}.")}  # fmt: skip


def check(written: ParamsFile, framework: Framework | None, doc: Document) -> None:
    """Add what is wrong with the kind of a cycle, its days and its scope to `doc`."""
    for kind, (field, remedy) in _OF_KIND.items():
        given = getattr(written, field) is not None
        if written.kind == kind and not given and field not in (doc.data or {}):
            doc.add((), f"a cycle of kind {kind} has no {field}", remedy)
        if given and written.kind != kind:
            doc.add((field,), f"{field} belongs to kind {kind}, not {written.kind}", f"Remove {field}.")
    if written.kind == "ad_hoc" and (written.baseline or written.history):
        remedy = "Remove baseline and history: the days before the event are what it is compared with."
        doc.add(("baseline",), "an ad-hoc cycle stays out of the regular chain", remedy)
    _days(written, doc)
    if framework is not None:
        _scope(written, framework, doc)
        _criterion(written, framework, doc)
        _phases(written, framework, doc)
        _moves(written, framework, doc)
        _annual(written, framework, doc)


def _days(written: ParamsFile, doc: Document) -> None:
    period, day = written.period, written.as_of
    if period and day and not period.start <= day <= period.end:
        found = f"{day} is not between {period.start} and {period.end}"
        doc.add(("as_of",), found, "Give a day of the period.")
    for position, phase in enumerate(written.phases):
        last = last_day(written)
        if last is None or phase.day > last:
            found = f"a phase from {phase.day}, and the cycle ends on {last or 'no day given'}"
            doc.add(("phases", position, "from"), found, "Give a day within the cycles read, and a period.")
    scope = written.scope
    if scope and not scope.window.start < scope.day <= scope.window.end:
        found = f"{scope.day} is not within the window {scope.window.start} to {scope.window.end}"
        doc.add(("scope", "day"), found, "Let the window begin before the event and end on or after it.")


def _scope(written: ParamsFile, framework: Framework, doc: Document) -> None:
    known = [i.name for i in framework.indicators]
    for position, name in enumerate(written.scope.indicators if written.scope else ()):
        if name not in known:
            key = ("scope", "indicators", position)
            doc.add(key, f"unknown indicator {name!r}", "Name one of the framework.", nearest(name, known))


def _moves(written: ParamsFile, framework: Framework, doc: Document) -> None:
    known = [i.name for i in framework.indicators]
    for course, names in written.training.moves.items():
        for name in names:
            if name not in known:
                key = ("training", "moves", course)
                doc.add(
                    key, f"unknown indicator {name!r}", "Name one of the framework.", nearest(name, known)
                )


def _criterion(written: ParamsFile, framework: Framework, doc: Document) -> None:
    name = written.reliability.criterion
    known = [*(i.name for i in framework.indicators if i.items), *framework.items]
    if name and name not in known:
        remedy = "Name an indicator or an item of the framework that is rated."
        doc.add(("reliability", "criterion"), f"{name!r} is not rated", remedy, nearest(name, known))


def _phases(written: ParamsFile, framework: Framework, doc: Document) -> None:
    known = [i.name for i in framework.indicators]
    for position, phase in enumerate(written.phases):
        for name in phase.indicators:
            if name not in known:
                remedy, key = "Name one of the framework.", ("phases", position, "indicators")
                doc.add(key, f"unknown indicator {name!r}", remedy, nearest(name, known))


def _annual(written: ParamsFile, framework: Framework, doc: Document) -> None:
    labels: tuple[str, ...] = framework.grades.labels
    annual = written.annual
    if annual is None:
        return
    if annual.min_cycles > len(annual.cycles):
        found = f"min_cycles is {annual.min_cycles} of {len(annual.cycles)} cycles"
        doc.add(("annual", "min_cycles"), found, "Ask for at most as many as there are.")
    for position, rule in enumerate(annual.rules):
        key: tuple[Any, ...] = ("annual", "rules", position)
        for field in ("grade", "result"):
            name = getattr(rule, field)
            if name not in labels:
                remedy = f"Use one of {', '.join(labels)}."
                doc.add((*key, field), f"unknown grade {name!r}", remedy, nearest(name, labels))
        if rule.at_least > len(annual.cycles):
            found = f"{rule.at_least} of {len(annual.cycles)} cycles can never happen"
            doc.add((*key, "at_least"), found, "Ask for at most as many as there are.")


def last_day(written: Any) -> dt.date | None:
    """The day on which overdue and targets in force are judged: as_of, else the end of the period."""
    if written.as_of is not None:
        return written.as_of
    return written.period.end if written.period is not None else None


def partial(params: Any, as_of: dt.date | str) -> Any:
    """The parameters of a partial period: what is known by `as_of`, published as a draft only."""
    try:
        day = as_of if isinstance(as_of, dt.date) else dt.date.fromisoformat(as_of)
    except ValueError as error:
        raise ParamError(f"as_of={as_of!r} is not a day; write it as 2026-05-31") from error
    if params.kind == "annual":
        raise ParamError("as_of: an annual result has no partial period; evaluate its cycles instead")
    period = params.period
    if period is None or not period.start <= day <= period.end:
        known = f"{period.start} to {period.end}" if period else "not given"
        raise ParamError(
            f"as_of={day} is not a day of the period ({known}); see period: in {params.file.name}"
        )
    return params.model_copy(update={"as_of": day, "status": "draft"})
