"""The whole pipeline on an emulated AArch64 processor must give the committed bytes.

`make arm` clones HEAD, deletes there what the pipeline makes, and runs it from nothing: DVC on this
computer, each stage by the AArch64 Python of tools/aarch64.py. Files and dvc.lock must come out as
they are committed, pictures and page included. The exit code is 1 where one does not.
"""

import os
import shlex
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from tools import aarch64
from tools.golden_files import ROOT, artefacts, differences, git


def main() -> int:
    """Run the pipeline and compare; return the exit code."""
    try:
        aarch64.prepare()
    except aarch64.PreparationError as error:
        print(f"arm: {error}")
        return 1
    commit = git(ROOT, "log", "-1", "--format=%h").strip()
    print(f"arm {commit}: every stage on an emulated AArch64, about half an hour", flush=True)
    start = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="arm-") as name:
        folder = clone(Path(name))
        command = [sys.executable, "-m", "dvc", "repro", "--no-run-cache"]
        code = subprocess.run(command, cwd=folder, env=environment(Path(name)), check=False)
        if code.returncode:
            print(f"arm: dvc repro ended with exit code {code.returncode}, see above")
            return 1
        faults, count = differences(folder), len(artefacts(folder))
    for fault in faults:
        print(f"  {fault}")
    if not faults:
        print(f"{count} files, each as committed, in {time.monotonic() - start:.0f} s")
    return 1 if faults else 0


def clone(workspace: Path) -> Path:
    """Return a clone of HEAD without anything that the pipeline makes."""
    folder = workspace / "nncore"
    subprocess.run(["git", "clone", "--quiet", "--no-hardlinks", ROOT, folder], check=True)
    for path in (folder / "dvc.lock", *(folder / "reports").rglob("*.*")):
        path.unlink(missing_ok=True)
    return folder


def environment(workspace: Path) -> dict[str, str]:
    """Return this environment, with the AArch64 Python as `python` and no cache of another run."""
    python = workspace / "bin" / "python"
    python.parent.mkdir()
    python.write_text(f'#!/bin/sh\nexec {shlex.join(aarch64.command())} "$@"\n', encoding="utf-8")
    python.chmod(0o755)
    return os.environ | {
        "DVC_SITE_CACHE_DIR": str(workspace / "site"),
        "PATH": f"{python.parent}{os.pathsep}{os.environ['PATH']}",
        # Their files would be those of this computer's Python.
        "PYTHONDONTWRITEBYTECODE": "1",
    }


if __name__ == "__main__":
    sys.exit(main())
