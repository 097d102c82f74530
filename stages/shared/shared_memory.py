"""Shared memory of this machine, by which processes of Dask and of MPICH work together."""

from nncore.errors import NncoreError


class SharedMemoryError(NncoreError):
    """A machine without shared memory."""


def require_shared_memory(user: str, alternative: str) -> None:
    """Check that this process can create a semaphore.

    Linux keeps semaphores and shared memory alike as files in /dev/shm. In some containers and
    sandboxes it is missing, or can't be written to.

    Parameters
    ----------
    user : what needs it
    alternative : what a person can do without it

    Raises
    ------
    SharedMemoryError
        No semaphore can be created.
    """
    # A training in one process starts sooner without it.
    from multiprocessing import get_all_start_methods, get_context  # noqa: PLC0415

    # Beside a semaphore of "spawn", Linux and macOS start a process; Windows has nothing else.
    method = "fork" if "fork" in get_all_start_methods() else "spawn"
    try:
        get_context(method).Lock()
    except OSError as error:
        raise SharedMemoryError(
            f"{user} needs a /dev/shm that this user can write to, got: {error.strerror}; "
            f"mount a tmpfs there, or {alternative}"
        ) from error
