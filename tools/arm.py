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
from tools.reduced_pipeline import environment_of_any_processor
from tools.verification import clones
from tools.verification.commands import RefusalError
from tools.verification.commit import CommitComparison
from tools.verification.comparison import artefacts, count
from tools.verification.original import find_original

REPRODUCE = (sys.executable, "-m", "dvc", "repro", "--no-run-cache")


def main() -> int:
    """Run the pipeline and compare; return the exit code."""
    try:
        aarch64.prepare()
    except aarch64.PreparationError as error:
        print(f"arm: {error}")
        return 1
    with tempfile.TemporaryDirectory(prefix="arm-") as name:
        workspace = Path(name)
        try:
            original = find_original(str(aarch64.ROOT), workspace)
        except RefusalError as error:
            print(f"arm: {error}")
            return 1
        print(
            f"arm {original.commit[:7]}: every stage on an emulated AArch64, half an hour or more"
        )
        project = original.clone(workspace / "nncore")
        stages = clones.read_stages(project, original, dict(os.environ))
        clones.use_own_cache(project)
        clones.delete_outputs(project, stages)
        sys.stdout.flush()
        start = time.monotonic()
        done = subprocess.run(REPRODUCE, cwd=project, env=environment(workspace), check=False)
        if done.returncode:
            print(f"arm: dvc repro ended with exit code {done.returncode}, see above")
            return 1
        seconds = time.monotonic() - start
        commit = CommitComparison(project, original.commit, stages)
        differences = (lines for stage in stages for lines in commit.differences(stage).values())
        faults = [line for lines in differences for line in lines]
        faults += commit.others()
        files = count(artefacts(project, stages), stages)
    for fault in faults:
        print(f"  {fault}")
    if not faults:
        print(f"{files}, each as committed, in {seconds:.0f} s")
    return 1 if faults else 0


def environment(workspace: Path) -> dict[str, str]:
    """Return this environment, with the AArch64 Python as `python` and no cache of another run."""
    python = workspace / "bin" / "python"
    python.parent.mkdir()
    python.write_text(f'#!/bin/sh\nexec {shlex.join(aarch64.command())} "$@"\n', encoding="utf-8")
    python.chmod(0o755)
    return environment_of_any_processor() | {
        "DVC_SITE_CACHE_DIR": str(workspace / "site"),
        "PATH": f"{python.parent}{os.pathsep}{os.environ['PATH']}",
        # Those files would be this computer's.
        "PYTHONDONTWRITEBYTECODE": "1",
    }


if __name__ == "__main__":
    sys.exit(main())
