"""What a run of a pipeline has made, held against a commit."""

import io
import os
import subprocess
from collections.abc import Iterable
from functools import cached_property
from pathlib import Path

from tools.verification.clones import Stage
from tools.verification.commands import git
from tools.verification.comparison import INPUTS, Lines, outputs
from tools.verification.differences import compare
from tools.verification.lock import Key, lock_differences, lock_entries


class CommitComparison:
    """A clone in which the pipeline has run, and the commit of which it is a clone."""

    def __init__(self, project: Path, commit: str, stages: Iterable[Stage]) -> None:
        self._project = project
        self._commit = commit
        self._stages = list(stages)

    @cached_property
    def has_lock(self) -> bool:
        """Whether the commit has a dvc.lock of the pipeline."""
        return any(self._locks.values())

    @cached_property
    def tracked(self) -> set[str]:
        """The files of the commit, by their paths in the project."""
        listed = git(self._project, "ls-tree", "-r", "--name-only", "-z", self._commit)
        return set(filter(None, listed.split("\0")))

    def differences(self, stage: Stage) -> Lines:
        """Return a line for each file and each entry of the lock in which a stage differs."""
        entries = self._entries[stage.lock] if stage.lock else {}
        stage_entries = {key: text for key, text in entries.items() if key[0] == stage.entry}
        lines = {
            INPUTS: [
                f"{stage.lock}: {' '.join(filter(None, key))}: {text}"
                for key, text in stage_entries.items()
                if key[1] != "outs"
            ]
        }
        for out in outputs(stage):
            files = [path for path in self._changed if path == out.path or _below(path, out.path)]
            if not self._locks.get(stage.lock):
                files = [path for path in files if path in self.tracked]
            key = (stage.entry, "outs", out.written)
            if files:
                lines[out.path] = [f"{path}: {self._difference(path)}" for path in files]
            elif key in stage_entries:
                lines[out.path] = [f"{stage.lock}: {' '.join(key)}: {stage_entries[key]}"]
        return {name: differing for name, differing in lines.items() if differing}

    def has_entry(self, stage: Stage) -> bool:
        """Whether a committed lock says from which inputs a stage has been made."""
        blob = self._locks.get(stage.lock)
        return blob is not None and any(
            key[0] == stage.entry for key in lock_entries(blob.decode())
        )

    def others(self) -> list[str]:
        """Return a line for whatever else is not as committed."""
        outs = [out.path for stage in self._stages for out in outputs(stage)]
        stages = {(stage.lock, stage.entry) for stage in self._stages}
        changed = [
            path
            for path in self._changed
            if path not in self._locks
            and not any(path == out or _below(path, out) for out in outs)
            and not _below(path, ".dvc")
        ]
        lines = [f"{path}: not as committed, and no output of a stage" for path in changed]
        for lock, entries in self._entries.items():
            alone = {key[0] for key in entries if (lock, key[0]) not in stages}
            lines += [f"{lock}: {name}: no such stage" for name in sorted(alone)]
            if lock in self._changed and not entries and self._locks[lock]:
                lines.append(f"{lock}: the same entries in another order or form")
        return lines

    @cached_property
    def _changed(self) -> list[str]:
        """Whatever Git sees as changed in the project's folder, or not ignored and new."""
        changed = git(
            self._project, "diff", "--name-only", "--no-renames", "--relative", "-z", self._commit
        )
        new = git(self._project, "ls-files", "--others", "--exclude-standard", "-z")
        return sorted({*filter(None, changed.split("\0")), *filter(None, new.split("\0"))})

    @cached_property
    def _locks(self) -> dict[str, bytes | None]:
        """The committed locks of the pipeline, by path; None for those that are not committed."""
        locks = {stage.lock for stage in self._stages if stage.lock}
        return {lock: self._blob(lock) for lock in sorted(locks)}

    @cached_property
    def _entries(self) -> dict[str, dict[Key, str]]:
        """The entries that differ, of each lock that is committed."""
        entries: dict[str, dict[Key, str]] = {}
        for lock, blob in self._locks.items():
            file = self._project / lock
            produced = file.read_text(encoding="utf-8") if file.is_file() else ""
            entries[lock] = {} if blob is None else lock_differences(blob.decode(), produced)
        return entries

    def _blob(self, path: str) -> bytes | None:
        command = ["git", "cat-file", "blob", f"{self._commit}:./{path}"]
        done = subprocess.run(command, cwd=self._project, capture_output=True, check=False)
        return None if done.returncode else done.stdout

    def _difference(self, path: str) -> str:
        committed, file = self._blob(path), self._project / path
        if committed is None:
            return "not committed"
        if file.is_symlink():
            return f"{os.fsdecode(committed)[:80]!r} | link to {file.readlink()}"
        if not file.is_file():
            return "only in the commit"
        with file.open("rb") as stream:
            return compare(io.BytesIO(committed), stream) or "another file mode"


def _below(path: str, folder: str) -> bool:
    return path.startswith(f"{folder}/")
