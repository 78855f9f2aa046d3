"""A run from its plan: steps, exported pages and files, manifest, publication."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, ExitStack
from functools import cache
from pathlib import Path

import yaml

from svclib import cycle, sources
from svclib.cycle import Context, State, snapshot
from svclib.errors import InputErrors, StepFailed
from svclib.run import (
    Plan,
    Run,
    chain,
    execute,
    export,
    files,
    graph,
    index,
    kernels,
    keys,
    locking,
    manifest,
    publish,
    reach,
    resume,
    stamp,
    stays,
    unchanged,
)
from svclib.run.chain import Job
from svclib.run.execute import Pool
from svclib.run.reach import Sources
from svclib.run.resume import Entry, Record

# Code that makes everything besides the executed notebooks and their tables.
EXPORT_CODE = ("svclib.run.assemble._export", "svclib.run.assemble._write_records")


def make(plan: Plan) -> Run:
    """Check the input, execute what is not done, publish; see `run_cycle`."""
    with ExitStack() as stack:
        own = stack.enter_context(_workers(plan))  # they import while the input is checked
        problems = sources.check(plan.params.file)
        if problems:
            raise InputErrors(problems)
        inputs, state = manifest.input_hashes(plan.cycles), cycle.load(plan.params)
        code = Sources(reach.package())
        steps = graph.build(plan.notebooks, annual=plan.params.kind == "annual", sources=code)
        steps = graph.chosen(steps, plan.only, units=plan.units)
        with locking.held(plan.home, plan.say), stack.pop_all() as inner:
            publish.complete(plan.home)
            if found := unchanged(plan):
                return found
            basis = keys.basis(plan.cycles, state, inputs)
            job = _job(plan, state, basis, cache(lambda: _pool(plan, own, inner)))
            try:
                return _run(plan, job, steps, code)
            except OSError as error:
                message = f"{error.filename or plan.home}: cannot be written ({error.strerror})"
                raise StepFailed(f"{message}; nothing published. Make room, then run again") from error


def _workers(plan: Plan) -> AbstractContextManager[execute.Workers]:
    """What executes notebooks on this machine."""
    way = kernels.chosen(plan.engine, len(stamp.notebook_files(plan.notebooks)))
    jobs = plan.jobs or min(4, 2 * (os.cpu_count() or 1))  # one may start while two others still draw
    return execute.workers(jobs, engine=way, timeout=plan.timeout)


def _pool(plan: Plan, own: execute.Workers, stack: ExitStack) -> Pool:
    """What executes notebooks, here or also on a cluster; asked for when the first has to run."""
    if not plan.scheduler:
        return own
    from svclib.run import cluster

    return stack.enter_context(cluster.shared(own, plan.scheduler))


def _job(plan: Plan, state: State, basis: keys.Basis, pool: Callable[[], Pool]) -> Job:
    staged = publish.staging(plan.home, partial=bool(plan.only))
    if plan.force:
        publish.prune(staged, ())
    record = Record(staged)
    record.facts = {
        "stamp": "" if plan.only else plan.stamp,
        "params_file": manifest.plain(plan.params.file, base=plan.home),
        "as_of": str(plan.params.as_of or ""),
    }
    others = [] if plan.force else [Record(path) for path in publish.earlier(plan.home) if path != staged]
    return Job(plan.params, state, staged, basis, record, others, pool, plan.say)


def _run(plan: Plan, job: Job, steps: list[graph.Step], code: Sources) -> Run:
    run_id = publish.new_run_id()
    with snapshot.kept(job.params, job.state, job.staged):
        chain.run(job, steps)
    if job.failed:
        raise StepFailed(_told(plan, job, run_id))
    labels = [label for found in job.labels.values() for label in found]
    outputs = {label: manifest.digest(job.record.entries[label].outputs) for label in labels}
    parts = keys.of_export(EXPORT_CODE, code, job.basis, outputs)
    done = publish.current(plan.home)
    same = done is not None and Record(done).done(resume.EXPORT, parts, ()) and resume.whole(done)
    if done is not None and same and not plan.only and not plan.force:
        return stays(plan, done)
    _clean(job, labels)
    _export(job)
    job.record.put(resume.EXPORT, Entry(parts, (), _exported(job)))
    elapsed = time.perf_counter() - plan.begun
    body_hash = _write_records(job, run_id, [step.notebook for step in steps], elapsed)
    path = publish.publish(job.staged, plan.home, run_id, switch=not plan.only)
    index.write(plan.home.parents[1])
    return Run(run_id, path, body_hash, time.perf_counter() - plan.begun)


def _told(plan: Plan, job: Job, run_id: str) -> str:
    """What failed, and where it is to be seen."""
    message = "\n".join(outcome.failure for outcome in job.failed.values())
    notebooks = [outcome.task.output for outcome in job.failed.values()]
    kept = publish.keep_failed(plan.home, run_id, notebooks, message)
    return f"{message}\nnothing published; the failed notebook is in {kept}\nthe next run goes on from here"


def _clean(job: Job, labels: list[str]) -> None:
    """Leave in the staging folder only what the steps of this run wrote."""
    job.record.entries = {label: job.record.entries[label] for label in labels}
    job.record.save()
    made = {name for each in job.record.entries.values() for name in each.outputs}
    publish.prune(job.staged, {resume.NAME, *made})


def _exported(job: Job) -> dict[str, str]:
    known = {name for each in job.record.entries.values() for name in each.outputs}
    found = manifest.file_hashes(job.staged).items()
    return {name: each for name, each in found if name not in known and name != resume.NAME}


def _export(job: Job) -> None:
    begun = time.perf_counter()
    params = job.params
    plain = f"{params.name} {params.cycle}"
    offer = {lang: getattr(params.title, lang) or plain for lang in params.languages}
    made = files.deliver(Context(params, job.staged, tuple(params.languages), given=job.state))
    links = {lang: files.titles(made, lang) for lang in params.languages}
    for line in export.export_run(job.staged, params.languages, offer=offer, units=job.names, files=links):
        job.say(f"warning: {line}")
    job.seconds["export"] = round(time.perf_counter() - begun, 2)
    job.say(f"export  ok  {job.seconds['export']:.1f} s")


def _write_records(job: Job, run_id: str, notebooks: list[Path], elapsed: float) -> str:
    params = job.params
    lock = manifest.plain(params, base=params.file.parent)
    text = yaml.safe_dump(lock, allow_unicode=True, sort_keys=False)
    (job.staged / "params.lock.yaml").write_text(text, encoding="utf-8")
    content = manifest.body(job.basis.cycles, run_dir=job.staged, notebooks=notebooks)
    _unmoved(job.basis.files, content["inputs"])
    shown = chain.relative(params.file)
    volatile = {"seconds": job.seconds, "elapsed": round(elapsed, 2), "params_file": shown}
    return manifest.write(job.staged, run_id, content, volatile)


def _unmoved(before: Mapping[str, str], after: Mapping[str, str]) -> None:
    """Refuse to publish numbers beside inputs they were not computed from."""
    moved = ", ".join(name for name in sorted(before) if before[name] != after[name])
    if moved:
        raise StepFailed(f"{moved}: changed while the run was under way; nothing published. Run it again")
