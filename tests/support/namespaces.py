"""Linux namespaces in which a program lacks a resource, and which tests need the resource."""

import subprocess
import sys

from stage_runs import Done, Stages

from stages.shared.shared_memory import SharedMemoryError, require_shared_memory

# Commands that start another one in a namespace of its own, which Linux may let any user do.
_WITHOUT = {
    "loopback": ("unshare", "--map-root-user", "--net"),
    "shared memory": (
        *("unshare", "--map-root-user", "--mount"),
        *("sh", "-c", 'mount -t tmpfs -o ro tmpfs /dev/shm && exec "$@"', "sh"),
    ),
}


def missing_shared_memory() -> str:
    """Return why a test that needs shared memory can't run here, or nothing."""
    try:
        require_shared_memory("this test", "leave it out")
    except SharedMemoryError as error:
        return str(error)
    return ""


def can_run_without(resource: str) -> bool:
    """Return whether this user may run a program without such a resource."""
    try:
        done = subprocess.run([*_WITHOUT[resource], "true"], capture_output=True, check=False)
    except FileNotFoundError:
        return False
    return done.returncode == 0


def run_without(resource: str, stages: Stages, stage: str, **environment: str) -> Done:
    """Run a stage to its end without the loopback interface or shared memory."""
    done = subprocess.run(
        [*_WITHOUT[resource], sys.executable, "-m", f"stages.{stage}"],
        cwd=stages.root,
        env=stages.environment | environment,
        capture_output=True,
        text=True,
        check=False,
    )
    return Done(done.returncode, done.stdout, done.stderr)
