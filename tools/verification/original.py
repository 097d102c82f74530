"""The repository that is verified, at its last commit."""

from dataclasses import dataclass
from pathlib import Path

from tools.verification.commands import DVC, RefusalError, git, run_command

CLONE = ("git", "-c", "core.quotePath=false", "clone", "--quiet", "--no-hardlinks")


@dataclass(frozen=True)
class Original:
    """What is verified: a commit of a Git repository, and the folder of a DVC project in it."""

    name: str
    repository: Path
    folder: str
    commit: str

    @property
    def project(self) -> Path:
        """Return the project's folder."""
        return self.repository / self.folder

    def clone(self, target: Path) -> Path:
        """Clone the commit; return the project's folder there."""
        run_command([*CLONE, str(self.repository), str(target)], self.repository)
        if git(target, "rev-parse", "HEAD").strip() != self.commit:
            git(target, "checkout", "--quiet", "--detach", self.commit)
        return target / self.folder

    @property
    def is_local(self) -> bool:
        """Whether it is a folder of this user, not a clone of an address or a bare repository."""
        return self.name == str(self.project)

    def where_projects_are(self) -> str:
        """Return what to do if its folder is no DVC project but another folder is; else ""."""
        listing = ("ls-tree", "-r", "-z", "--full-tree", "--name-only", self.commit)
        files = [Path(name) for name in git(self.repository, *listing).split("\0")]
        projects = sorted(
            file.parents[1] for file in files if file.parts[-2:] == (".dvc", "config")
        )
        if not projects:
            return ""
        if self.is_local:
            folders = ", ".join(str(self.repository / project) for project in projects)
            return f"--repo takes the folder of a DVC project: {folders}"
        folders = ", ".join(project.as_posix() for project in projects)
        return f"clone it and take the folder of a DVC project there for --repo: {folders}"

    def how_to_pull(self) -> str:
        """Return what to do about inputs that are missing."""
        if self.is_local:
            # There a remote may have a relative address, or stand in .dvc/config.local.
            return f"type dvc pull in {self.name}, then verify again"
        return "clone it, type dvc pull in the clone and verify that"

    def caches(self) -> list[Path]:
        """Return the folder of DVC's cache."""
        if not (self.project / ".dvc").is_dir():
            return []
        return [Path(run_command([*DVC, "cache", "dir"], self.project).splitlines()[-1])]


def find_original(repository: str, workspace: Path) -> Original:
    """Return the repository of a path, or that of an address, which is cloned into `workspace`."""
    folder, name = Path(repository), repository
    if not folder.exists() and ":" not in repository:
        raise RefusalError(f"expected a folder or an address of a repository, got {repository!r}")
    if not folder.exists() or _is_bare(folder):
        target = workspace / "original"
        address = str(folder.resolve()) if folder.exists() else repository
        try:
            run_command([*CLONE, address, str(target)], workspace)
        except RefusalError as error:
            raise RefusalError(f"expected a repository, got {repository!r}; {error}") from None
        folder = target
    else:
        name = str(folder.resolve())
    folder = folder.resolve()
    try:
        top = Path(git(folder, "rev-parse", "--show-toplevel").strip())
        inside = git(folder, "rev-parse", "--show-prefix").strip()
    except (RefusalError, NotADirectoryError) as error:
        if isinstance(error, RefusalError) and "not a git repository" not in str(error):
            raise RefusalError(f"expected a Git repository, got {folder}; {error}") from None
        raise RefusalError(
            f"expected a Git repository, got {folder}; type git init there and commit"
        ) from None
    try:
        commit = git(top, "rev-parse", "--verify", "--quiet", "HEAD^{commit}").strip()
    except RefusalError:
        raise RefusalError(f"expected a commit in {folder}, got none; type git commit") from None
    return Original(name, top, inside, commit)


def _is_bare(folder: Path) -> bool:
    try:
        return git(folder, "rev-parse", "--is-bare-repository").strip() == "true"
    except (RefusalError, NotADirectoryError):
        return False
