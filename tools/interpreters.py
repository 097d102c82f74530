"""Other Pythons and other releases of NumPy, in folders below build.

What is downloaded is said first, and kept. Nothing is installed into the system.
"""

import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]
BUILD = ROOT / "build"
# Those of pyproject.toml's requires-python that are released.
VERSIONS = ("3.11", "3.12", "3.13", "3.14")


def other_pythons() -> list[str]:
    """Return the versions of the other Pythons on PATH."""
    this = f"{sys.version_info.major}.{sys.version_info.minor}"
    return [version for version in VERSIONS if version != this and _starts(f"python{version}")]


def _starts(name: str) -> bool:
    """Return whether a program starts: a version manager puts names on PATH that do not."""
    if shutil.which(name) is None:
        return False
    return not subprocess.run([name, "--version"], capture_output=True, check=False).returncode


def python_environment(version: str) -> str:
    """Return the path of the Python of a virtual environment with the locked packages."""
    return str(BUILD / f"python-{version}" / ".venv" / "bin" / "python")


def install_python_packages(version: str) -> None:
    """Make that environment, unless it is there, by tools/install.py, which says what it does."""
    folder = BUILD / f"python-{version}"
    folder.mkdir(parents=True, exist_ok=True)
    program, lock = ROOT / "tools" / "install.py", ROOT / "requirements.lock"
    subprocess.run([f"python{version}", str(program), str(lock)], cwd=folder, check=True)


def numpy_folder(version: str) -> Path:
    """Return a folder for PYTHONPATH that has a release of NumPy, and nothing else."""
    return BUILD / f"numpy-{version}"


def download_numpy(version: str) -> None:
    """Fill that folder, unless it is there."""
    folder = numpy_folder(version)
    if folder.exists():
        return
    print(f"{folder.relative_to(ROOT)}: downloads NumPy {version}", flush=True)
    part = BUILD / f"{folder.name}.part"
    shutil.rmtree(part, ignore_errors=True)
    pip = (sys.executable, "-m", "pip", "install", "--disable-pip-version-check", "--quiet")
    subprocess.run([*pip, "--no-deps", "--target", str(part), f"numpy=={version}"], check=True)
    part.rename(folder)
