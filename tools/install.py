"""Install into .venv what a lock file names, unless it is there: exact versions, with their hashes.

    python3 tools/install.py requirements.lock        # what the pipeline needs
    python3 tools/install.py requirements-dev.lock    # all: tests, sweeps, MPI, ONNX, scikit-learn

It needs nothing but Python, and changes nothing outside .venv. A new .venv gets the newest pip. A
lock file of another date with the same versions installs nothing; other versions replace those in
.venv.
"""

import os
import re
import subprocess
import sys
import venv
from pathlib import Path

VENV = Path(".venv")
PYTHON = VENV / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
# The versions that this program has installed.
INSTALLED = VENV / "installed.txt"
_PIN = re.compile(r"^[\w.-]+==[^\s;]+", re.MULTILINE)
_PIP = ("-m", "pip", "--disable-pip-version-check")
# Python compiles a module when it is first imported: most of a package never is.
_OPTIONS = (
    "--no-compile",
    "--no-deps",
    "--progress-bar",
    "off",
    "--require-hashes",
    "--requirement",
)


def main() -> None:
    """Install the packages of the lock file that the command line names."""
    if len(sys.argv) != 2:
        sys.exit(f"usage: {sys.argv[0]} LOCKFILE")
    if sys.version_info < (3, 11):  # noqa: UP036  nothing else has looked
        got = sys.version.split()[0]
        sys.exit(f"Python 3.11 or later is needed, got {got}; with make: make PYTHON=python3.12")
    lock = Path(sys.argv[1])
    if not lock.is_file():
        sys.exit(f"{lock}: expected a lock file, got none")
    pins = set(_PIN.findall(lock.read_text(encoding="utf-8")))
    known = set(INSTALLED.read_text(encoding="utf-8").splitlines()) if INSTALLED.exists() else set()
    if PYTHON.exists() and pins <= known:
        return
    if not _works():
        print(f"{VENV}: a new virtual environment", flush=True)
        # As `python -m venv` does: a copy of some of macOS's Pythons does not start.
        venv.create(VENV, clear=True, symlinks=os.name != "nt", with_pip=True)
        # Python's own pip may be old and slow, but it does where no newer one can be had at once.
        newer = ["install", "--retries", "0", "--no-compile", "--upgrade", "pip"]
        subprocess.run([str(PYTHON), *_PIP, *newer], capture_output=True, check=False)
        known = set()
    # Until pip has succeeded, nobody knows what is there.
    INSTALLED.unlink(missing_ok=True)
    _install(lock, len(pins))
    names = {pin.split("==")[0] for pin in pins}
    others = {pin for pin in known if pin.split("==")[0] not in names}
    INSTALLED.write_text("".join(f"{pin}\n" for pin in sorted(pins | others)), encoding="utf-8")


def _works() -> bool:
    """Return whether .venv has a Python and a pip; a Python may be removed beneath it."""
    try:
        command = [str(PYTHON), *_PIP, "--version"]
        return not subprocess.run(command, capture_output=True, check=False).returncode
    except OSError:
        return False


def _install(lock: Path, packages: int) -> None:
    """Run pip, and show how far it is."""
    command = [str(PYTHON), *_PIP, "install", *_OPTIONS, str(lock)]
    count = 0
    print(f"{lock}: at most {packages} packages", flush=True)
    # pip's warnings and errors go to standard error as they are.
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, errors="replace") as pip:
        for line in pip.stdout or ():
            if line.startswith(("Collecting ", "Processing ")):
                count += 1
                print(f"\rpackage {count}", end="", flush=True)
            elif line.startswith("Installing "):
                print("; installing all … ", end="", flush=True)
    if pip.returncode:
        sys.exit(f"\n{lock}: pip ended with exit code {pip.returncode}, see above")
    print("done")


if __name__ == "__main__":
    main()
