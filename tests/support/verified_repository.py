"""Small Git and DVC repositories, and `tools/verify.py` run on them as a user does."""

import os
import subprocess
import sys
from pathlib import Path

VERIFY = Path(__file__).parents[2] / "tools" / "verify.py"


class VerifiedRepository:
    """A repository in the folder `repo` of one that holds all else it touches."""

    def __init__(self, home: Path):
        self.home = home
        self.root = home / "repo"
        # What the golden test leaves behind lies here.
        self.temporary = home / "tmp"
        self.environment = {
            "DVC_GLOBAL_CONFIG_DIR": str(home / "global"),
            "DVC_NO_ANALYTICS": "1",
            "DVC_SITE_CACHE_DIR": str(home / "site"),
            "DVC_SYSTEM_CONFIG_DIR": str(home / "system"),
            "GIT_CONFIG_GLOBAL": os.devnull,
            "GIT_CONFIG_NOSYSTEM": "1",
            "HOME": str(home),
            "LC_ALL": "C.UTF-8",
            "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
            "TMPDIR": str(self.temporary),
            **{f"GIT_{role}_NAME": "Tester" for role in ("AUTHOR", "COMMITTER")},
            **{f"GIT_{role}_EMAIL": "tester@example.org" for role in ("AUTHOR", "COMMITTER")},
        }

    def run(self, *command: str) -> None:
        """Run a command that must succeed."""
        subprocess.run(
            command, cwd=self.root, env=self.environment, check=True, capture_output=True
        )

    def commit(self) -> None:
        self.run("git", "add", "--all")
        self.run("git", "commit", "--quiet", "--message", "commit")

    def start(self, *options: str, python: tuple[str, ...] = ()) -> subprocess.Popen[str]:
        """Start the golden test on this repository, from another folder."""
        return subprocess.Popen(
            [sys.executable, *python, VERIFY, "--repo", self.root, *options],
            cwd=self.home,
            env=self.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def verify(self, *options: str, python: tuple[str, ...] = ()) -> tuple[int, str]:
        """Run the golden test; return its exit code and what it printed."""
        with self.start(*options, python=python) as process:
            output, _ = process.communicate()
        return process.returncode, output


def create(home: Path, files: dict[str, str]) -> VerifiedRepository:
    """Return a repository with some files, committed; a DVC project, as `dvc init` makes it."""
    repository = VerifiedRepository(home)
    dvc = {".dvc/config": "", ".dvc/.gitignore": "/config.local\n/tmp\n/cache\n"}
    for path, text in {**dvc, **files}.items():
        file = repository.root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
    repository.temporary.mkdir()
    repository.run("git", "init", "--quiet")
    repository.commit()
    return repository
