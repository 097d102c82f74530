"""The environment of Git and DVC in a test: nothing of this user's, nothing of another test's."""

import os
import sys
from pathlib import Path


def repository_environment(home: Path) -> dict[str, str]:
    """Return variables with which Git and DVC read and write only in `home`."""
    roles = ("AUTHOR", "COMMITTER")
    return {
        "DVC_GLOBAL_CONFIG_DIR": str(home / "global"),
        "DVC_SITE_CACHE_DIR": str(home / "site"),
        "DVC_SYSTEM_CONFIG_DIR": str(home / "system"),
        "GIT_CONFIG_GLOBAL": os.devnull,
        "GIT_CONFIG_NOSYSTEM": "1",
        "HOME": str(home),
        "LC_ALL": "C.UTF-8",
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
        **{f"GIT_{role}_NAME": "Tester" for role in roles},
        **{f"GIT_{role}_EMAIL": "tester@example.org" for role in roles},
    }
