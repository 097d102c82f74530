"""Print the stages of the DVC project in the current folder, in the order of its graph, as JSON.

A process of its own: DVC reads its configuration and writes to its folders where it is imported.
"""

import json
import os
import sys
from contextlib import suppress
from pathlib import Path
from typing import Any

import networkx as nx  # type: ignore[import-untyped]
from dvc.dvcfile import FileIsGitIgnored
from dvc.exceptions import DvcException, PrettyDvcException
from dvc.repo import Repo


def describe(stage: Any, root: str) -> dict[str, Any]:  # noqa: ANN401  DVC has no types
    """Return what the golden test asks of a stage; paths are relative to the project."""
    file = Path(stage.path_in_repo)
    local = [entry for entry in stage.deps if entry.protocol == "local" and not stage.is_import]
    return {
        "name": stage.addressing,
        # Its name in the lock, which lies in the folder of its dvc.yaml.
        "entry": getattr(stage, "name", ""),
        "frozen": bool(stage.cmd and stage.frozen),
        "runs": bool(stage.cmd and not stage.frozen),
        # A `.dvc` file has no lock beside it.
        "lock": file.with_suffix(".lock").as_posix() if file.suffix == ".yaml" else "",
        "deps": [_relative(entry.fs_path, root) for entry in local],
        "written_deps": [entry.def_path for entry in local],
        "outs": [
            {
                "path": _relative(out.fs_path, root) if out.is_in_repo else str(out),
                "written": out.def_path,
                "inside": out.is_in_repo,
                "cached": out.use_cache,
                "hash": out.hash_info.value if out.hash_info else None,
            }
            for out in stage.outs
        ],
    }


def _relative(path: str, root: str) -> str:
    return Path(os.path.relpath(path, root)).as_posix()


def main() -> int:
    """Print the list; return the exit code."""
    try:
        with Repo() as repo:
            stages = nx.dfs_postorder_nodes(repo.index.graph)
            json.dump([describe(stage, repo.root_dir) for stage in stages], sys.stdout)
    except DvcException as error:
        _explain(error)
        return 1
    return 0


def _explain(error: BaseException) -> None:
    """Print an error as DVC does: with the place in a file if there is one, else its causes."""
    if isinstance(error, PrettyDvcException):
        # It raises ValueError if it has nothing to add.
        with suppress(ValueError):
            error.__pretty_exc__()
            return
    causes = []
    cause: BaseException | None = error
    while cause is not None:
        causes.append(str(cause))
        cause = cause.__cause__
    print(*filter(None, causes), sep=": ", file=sys.stderr)
    if isinstance(error, FileIsGitIgnored):
        print("delete its line in .gitignore and commit it", file=sys.stderr)


if __name__ == "__main__":
    raise SystemExit(main())
