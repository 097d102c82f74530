"""What Linux reports of the machine and of a process."""

import os
import platform
import re
from pathlib import Path


def processor() -> str:
    """Return the processor's name, as far as the system reports it."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="ascii", errors="ignore").splitlines()
    except OSError:
        lines = []
    names = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(names, platform.processor())


def machine() -> dict[str, str]:
    """Return what a measurement depends on beside this project: the processor and Python."""
    return {"processor": processor(), "python": platform.python_version()}


def physical_memory() -> int:
    """Return the bytes of memory that the machine has."""
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")


def megabytes(status: str, field: str) -> float:
    """Return a field of /proc/PID/status, see proc(5), in units of 10⁶ bytes.

    VmHWM is the peak of all memory in use, mapped pages of files included. Unlike getrusage's
    ru_maxrss it does not begin with the peak of the process that started this one. RssAnon is the
    memory now in use that is no file's.
    """
    match = re.search(rf"^{field}:\s*(\d+) kB$", status, re.MULTILINE)
    if not match:
        raise SystemExit(f"/proc/PID/status: expected a line {field}, got none; Linux has it")
    return int(match[1]) * 1024 / 1e6
