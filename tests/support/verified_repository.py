"""Small Git and DVC repositories, and `tools/verify.py` run on them as a user does."""

import subprocess
import sys
from pathlib import Path

from repository_environment import repository_environment

VERIFY = Path(__file__).parents[2] / "tools" / "verify.py"


class VerifiedRepository:
    """A repository in the folder `repo` of one that holds all else it touches."""

    def __init__(self, home: Path):
        self.home = home
        self.root = home / "repo"
        # What the golden test leaves behind lies here.
        self.temporary = home / "tmp"
        self.environment = repository_environment(home) | {
            "DVC_NO_ANALYTICS": "1",
            "TMPDIR": str(self.temporary),
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
