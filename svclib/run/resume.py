"""The record of a run's steps: what each was made from and what it wrote, so that only the rest runs again.

A step is done when it ended well, its key is what it would be now, and every file it wrote still
has the hash it had.  The record is replaced as one file after each step.  It is private: it holds
hashes of private tables.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from svclib.run import manifest, publish

if TYPE_CHECKING:
    from svclib.run.keys import Parts

NAME = f"{manifest.PRIVATE}/steps.json"
EXPORT = "export"
_VERSION = 1


@dataclass
class Entry:
    """One step: the parts of its key, the hash of each file it wrote, and how it failed, if it did."""

    parts: Parts
    languages: Sequence[str]
    outputs: dict[str, str] = field(default_factory=dict)
    seconds: float = 0.0
    failure: str = ""

    def fits(self, parts: Parts, languages: Sequence[str]) -> bool:
        """Whether the step ended well and was made from just this."""
        return not self.failure and self.parts == parts and set(languages) <= set(self.languages)

    def intact(self, folder: Path) -> bool:
        """Whether every file the step wrote is as it was."""
        found = {name: folder / name for name in self.outputs}
        return all(p.is_file() and manifest.file_hash(p) == self.outputs[n] for n, p in found.items())


def _entry(each: Mapping[str, Any], codes: Mapping[str, Any]) -> Entry:
    parts = {**each["parts"], "code": codes[each["parts"]["code"]["of"]]}
    own: Any = {**each, "parts": parts}
    return Entry(**own)


class Record:
    """The entries of one folder by label, such as "40_scores_grades" or "91_unit_report 食堂"."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        found = _read(folder / NAME)
        codes = found.get("codes", {})
        self.facts: dict[str, str] = found.get("facts", {})
        self.entries = {label: _entry(each, codes) for label, each in found.get("steps", {}).items()}

    def save(self) -> None:
        """Replace the file of the record at once; functions that steps share are written once."""
        codes: dict[str, Mapping[str, str]] = {}
        steps = {}
        for label, each in self.entries.items():
            of = manifest.digest(each.parts["code"])[:16]
            codes[of] = each.parts["code"]
            steps[label] = {**vars(each), "parts": {**each.parts, "code": {"of": of}}}
        content = {"version": _VERSION, "facts": self.facts, "codes": codes, "steps": steps}
        path = self.folder / NAME
        path.parent.mkdir(exist_ok=True)
        beside = path.with_name(f".{path.name}")
        beside.write_text(json.dumps(content, ensure_ascii=False, sort_keys=True), encoding="utf-8")
        publish.sync(beside)
        beside.replace(path)
        publish.sync(path.parent)

    def put(self, label: str, entry: Entry) -> None:
        """Record what became of a step."""
        self.entries[label] = entry
        self.save()

    def forget(self, label: str) -> None:
        """Drop a step that is to run again, with the files it wrote."""
        entry = self.entries.pop(label, None)
        self.save()
        for name in entry.outputs if entry else ():
            (self.folder / name).unlink(missing_ok=True)

    def done(self, label: str, parts: Parts, languages: Sequence[str]) -> bool:
        """Whether the step needs not run again."""
        entry = self.entries.get(label)
        return entry is not None and entry.fits(parts, languages) and entry.intact(self.folder)

    def adopt(self, label: str, entry: Entry, source: Path) -> None:
        """Take over a step that another run did."""
        self.forget(label)
        for name in entry.outputs:
            target = self.folder / name
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(source / name, target)
        self.put(label, entry)

    def tables(self) -> dict[str, str]:
        """Hash of each table that the recorded steps wrote, by its path; some are in private too."""
        files = {name: found for entry in self.entries.values() for name, found in entry.outputs.items()}
        return {name: found for name, found in files.items() if Path(name).parts[0] in manifest.TABLE_FOLDERS}


def hashes(folder: Path, names: Iterable[str]) -> dict[str, str]:
    """Hash of each file of `folder` that is there."""
    return {name: manifest.file_hash(folder / name) for name in sorted(names) if (folder / name).is_file()}


def unchanged(folder: Path | None, stamp: str, labels: Iterable[str] = ()) -> bool:
    """Whether a published run was made from every byte that `stamp` stands for, and is whole."""
    if folder is None or not stamp or Record(folder).facts.get("stamp") != stamp:
        return False
    return whole(folder) and set(labels) <= set(Record(folder).entries)


def whole(folder: Path) -> bool:
    """Whether every file of a published run is as the manifest has it, and its steps' as they wrote it."""
    if not (folder / manifest.NAME).is_file():
        return False
    files: dict[str, str] = dict(manifest.read(folder)["files"])
    for entry in Record(folder).entries.values():
        files |= entry.outputs
    return hashes(folder, files) == files


def changed(entry: Entry, parts: Parts, languages: Sequence[str]) -> list[tuple[str, list[str]]]:
    """What differs between the key of a step then and now: kind, names; languages that are missing."""
    found = []
    for kind in sorted(entry.parts.keys() | parts.keys()):
        old, new = entry.parts.get(kind, {}), parts.get(kind, {})
        names = sorted(name for name in old.keys() | new.keys() if old.get(name) != new.get(name))
        found += [(kind, names)] if names else []
    added = [lang for lang in languages if lang not in entry.languages]
    return found + ([("languages", added)] if added else [])


def _read(path: Path) -> dict[str, Any]:
    """The content of a record, empty where it is missing or damaged: then every step runs again."""
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) and found.get("version") == _VERSION else {}
