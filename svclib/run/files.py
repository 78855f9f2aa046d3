"""The files an office passes on, made from the tables of a finished run."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from svclib import actions, tables, targets, wording
from svclib.cycle import Context
from svclib.deliver import annual, lists, notice, results
from svclib.deliver.page import Page
from svclib.run.export import safe_names

RESULTS, NOTICES = "结果.xlsx", "notices"
MEASURES, REFERRALS, ALERTS = "整改措施表.xlsx", "转办清单.xlsx", "alerts.csv"
TARGETS = "下期目标建议表.xlsx"
NEEDED = ("grades", "contributions", "indicator_scores", "targets")
NEEDED_OF_YEAR = ("grades", "totals", "annual")


def deliver(ctx: Context) -> dict[str, str]:
    """Write every file into the run; return relative path → id of its title in the words.

    A partial run without the tables that the files show gets none.
    """
    run_dir, lang, of_year = ctx.run_dir, ctx.languages[0], ctx.params.annual
    needed = NEEDED if of_year is None else NEEDED_OF_YEAR
    if run_dir is None or not all((run_dir / "tables" / f"{name}.parquet").is_file() for name in needed):
        return {}
    found = _tables(ctx, run_dir)
    facts = ctx.masthead(lang)[1]
    page = Page(found, ctx.framework, lang, ctx.label, ctx.state.above)
    if of_year is not None:
        annual.write(run_dir / RESULTS, page, of_year, facts=facts)
        return {RESULTS: "results"}
    results.write(run_dir / RESULTS, page, facts=facts)
    made = {RESULTS: "results"} | _warnings(ctx, found, run_dir, lang) | _lists(ctx, found, run_dir, lang)
    made |= _targets(ctx, found, run_dir)
    return made | dict.fromkeys(_notices(ctx, found, run_dir / NOTICES, lang), "notice")


def _warnings(ctx: Context, found: dict[str, pd.DataFrame], run_dir: Path, lang: str) -> dict[str, str]:
    """The warnings of the cycle, also where there are none: a scheduler looks for the file."""
    if "alerts" not in found:
        return {}
    lists.alerts(run_dir / ALERTS, found["alerts"], lang=lang, label=ctx.label)
    return {ALERTS: "alerts"}


def _lists(ctx: Context, found: dict[str, pd.DataFrame], run_dir: Path, lang: str) -> dict[str, str]:
    """The sheet of measures for the next cycle, and what is passed on to whom."""
    if not {"actions", "losses", "referrals", "alerts"} <= set(found):
        return {}
    shown = found["actions"], found["losses"], found["targets"]
    rows = actions.next_sheet(*shown, ctx.framework, alerts=found["alerts"])
    names = [i.name for i in ctx.framework.indicators]
    lists.measures(run_dir / MEASURES, rows, units=ctx.units, indicators=names)
    if found["referrals"].empty:
        return {MEASURES: "measures"}
    lists.referrals(run_dir / REFERRALS, found["referrals"], lang=lang, label=ctx.label)
    return {MEASURES: "measures", REFERRALS: "referrals"}


def _targets(ctx: Context, found: dict[str, pd.DataFrame], run_dir: Path) -> dict[str, str]:
    """The targets proposed, as the sheet of the next cycle; none where nothing could be proposed."""
    proposals = found.get("target_proposals")
    rows = pd.DataFrame() if proposals is None else targets.next_sheet(proposals, ctx.framework)
    if proposals is None or rows.empty:
        return {}
    why = wording.target_proposals(proposals.loc[rows.index], "zh", ctx.label, brief=True)["text"]
    lists.targets(run_dir / TARGETS, rows, list(why))
    return {TARGETS: "targets_next"}


def _tables(ctx: Context, run_dir: Path) -> dict[str, pd.DataFrame]:
    """Public tables of the run, rows of the current cycle, units in the order of the units file."""
    names = sorted(path.stem for path in (run_dir / "tables").glob("*.parquet"))
    frames = {name: ctx.table(name) for name in names}
    now = {name: ctx.current(frame) if "cycle" in frame else frame for name, frame in frames.items()}
    return {name: ctx.in_order(frame) if "unit" in frame else frame for name, frame in now.items()}


def _notices(ctx: Context, found: dict[str, pd.DataFrame], folder: Path, lang: str) -> list[str]:
    units = notice.wanted(found["grades"], found["targets"])
    if not units:
        return []
    folder.mkdir()
    heads = dict(ctx.state.inputs[ctx.params.cycle].units[["unit", "head"]].to_numpy())
    title, written = ctx.masthead(lang)[0], []
    for unit, stem in safe_names(units).items():
        row = found["grades"][found["grades"]["unit"] == unit]
        plan = ctx.framework
        why = wording.grades(row, lang, ctx.label, scale=plan.grades.scale, own=plan.own_scales)["text"]
        facts = {"cycle": ctx.params.cycle, "unit": unit, "head": heads[unit], "title": title}
        listed = notice.matters(unit, found, ctx.framework)
        path = notice.write(folder / f"{stem}.docx", facts, listed, list(why), lang=lang, label=ctx.label)
        written.append(f"{folder.name}/{path.name}")
    return written


def present(run_dir: Path) -> dict[str, str]:
    """The files of a finished run, as `deliver` returned them."""
    single = {RESULTS: "results", ALERTS: "alerts", MEASURES: "measures", REFERRALS: "referrals"}
    single[TARGETS] = "targets_next"
    notices = sorted((run_dir / NOTICES).glob("*.docx"))
    made = {name: word for name, word in single.items() if (run_dir / name).is_file()}
    return made | {f"{NOTICES}/{path.name}": "notice" for path in notices}


def titles(made: dict[str, str], lang: str) -> list[tuple[str, str]]:
    """Links of the files: relative path and what stands there."""
    words: dict[str, str] = tables.words(lang)["files"]
    return [(path, words[name].format(name=Path(path).stem)) for path, name in made.items()]
