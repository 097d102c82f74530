"""An AArch64 Python in a folder, which qemu-user runs: nothing is installed into the system.

Debian's packages of Python for arm64 and the AArch64 wheels of requirements.lock that the stages
need are downloaded and unpacked into build/aarch64. DVC is not among them: it stays on this
computer.

    python -m tools.aarch64    # prepare it, unless it is there
"""

import hashlib
import os
import re
import shutil
import subprocess
import sys
import tomllib
from importlib.metadata import requires
from pathlib import Path

from packaging.markers import Marker
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[1]
FOLDER = ROOT / "build" / "aarch64"
LOCK = ROOT / "requirements.lock"
EMULATOR = "qemu-aarch64"
PROGRAMS = {EMULATOR: "qemu-user", "apt-get": "apt", "dpkg-deb": "dpkg"}
# What PyPI calls the C libraries of Linux that a wheel may be built for.
PLATFORMS = ("manylinux_2_28_aarch64", "manylinux_2_17_aarch64", "manylinux2014_aarch64")
# Name, version, marker and hashes of a package in a lock file.
_LOCKED = re.compile(
    r"^([\w.-]+)(==[^\s;\\]+)(?: ; ([^\\\n]+?))?( \\\n(?:    .*\n)+)", re.MULTILINE
)


class PreparationError(Exception):
    """What is missing, or what a download has ended with."""


def command(kernels: str | None = None) -> tuple[str, ...]:
    """Return the words that run the prepared Python, with OpenBLAS's choice of kernels or another.

    `-cpu max` has all that qemu emulates, SVE and SME among it.
    """
    root = FOLDER / "root"
    chosen = () if kernels is None else (f"OPENBLAS_CORETYPE={kernels}",)
    homes = (f"PYTHONHOME={root / 'usr'}", f"PYTHONPATH={FOLDER / 'wheels'}")
    emulator = (EMULATOR, "-cpu", "max", "-L", str(root), str(root / "usr" / "bin" / "python3"))
    return ("env", *homes, *chosen, *emulator)


def is_prepared() -> bool:
    """Return whether the folder has what this lock file names."""
    record = FOLDER / "lock"
    return record.exists() and record.read_text(encoding="ascii") == _lock_digest()


def prepare() -> None:
    """Download and unpack what is missing, after saying so.

    Raises
    ------
    PreparationError
        A program is missing, or a download has failed.
    """
    if is_prepared():
        return
    missing = [
        f"{name} (Debian: {package})"
        for name, package in PROGRAMS.items()
        if not shutil.which(name)
    ]
    if missing:
        raise PreparationError(f"expected {', '.join(PROGRAMS)}; got no {' and no '.join(missing)}")
    print(
        f"{FOLDER.relative_to(ROOT)}: downloads Debian's Python for arm64 (16 MB) and the AArch64"
    )
    print("wheels of requirements.lock that stages need (60 MB); installs nothing", flush=True)
    shutil.rmtree(FOLDER, ignore_errors=True)
    _unpack_debian(FOLDER / "apt", FOLDER / "root")
    _unpack_wheels(FOLDER / "root", FOLDER / "wheels")
    (FOLDER / "lock").write_text(_lock_digest(), encoding="ascii")


def _lock_digest() -> str:
    return hashlib.sha256(LOCK.read_bytes()).hexdigest()


def _unpack_debian(apt: Path, root: Path) -> None:
    """Fetch Python and all that it depends on, by an apt that knows only `apt` and arm64."""
    for folder in ("lists/partial", "archives/partial"):
        (apt / folder).mkdir(parents=True)
    (apt / "status").touch()
    settings = {
        "APT::Architecture": "arm64",
        "APT::Architectures": "arm64",
        "APT::Sandbox::User": "",
        "Debug::NoLocking": "1",
        "Dir::Cache": apt,
        "Dir::State": apt,
        "Dir::State::status": apt / "status",
    }
    options = [word for key, value in settings.items() for word in ("-o", f"{key}={value}")]
    _call("apt-get", *options, "update")
    download = ("--download-only", "--no-install-recommends", "--yes")
    _call("apt-get", *options, "install", *download, "python3", "libstdc++6")
    for package in sorted(apt.glob("archives/*.deb")):
        _call("dpkg-deb", "--extract", package, root)


def _unpack_wheels(root: Path, wheels: Path) -> None:
    """Install into `wheels` what the stages need, with the hashes of the lock file."""
    version = (root / "usr" / "bin" / "python3").readlink().name.removeprefix("python")
    needed = wheels.with_suffix(".lock")
    needed.write_text("".join(text for _, text in chosen_packages(version)), encoding="utf-8")
    pip = (sys.executable, "-m", "pip", "install", "--disable-pip-version-check", "--quiet")
    options = ("--no-compile", "--no-deps", "--only-binary=:all:", "--require-hashes")
    platforms = [word for name in PLATFORMS for word in ("--platform", name)]
    target: tuple[str | Path, ...] = ("--target", wheels, "--requirement", needed)
    _call(*pip, *options, "--python-version", version, *platforms, *target)


def chosen_packages(version: str) -> list[tuple[str, str]]:
    """Return names and lines, with hashes, of what the stages need of the lock file.

    The lines have no marker, which pip would apply to this computer's Python. `version` is that of
    the other Python, such as 3.11.
    """
    environment = {
        "platform_machine": "aarch64",
        "python_full_version": f"{version}.0",
        "python_version": version,
    }
    names = _names(environment)
    return [
        (name, f"{name}{pin}{hashes}")
        for name, pin, marker, hashes in _LOCKED.findall(LOCK.read_text(encoding="utf-8"))
        if name in names and (not marker or Marker(marker).evaluate(environment))
    ]


def _names(environment: dict[str, str]) -> set[str]:
    """Return what the stages import, and what that depends on."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    given: list[str] = [*project["dependencies"], *project["optional-dependencies"]["pipeline"]]
    result: set[str] = set()
    left = [name for line in given if (name := Requirement(line).name) != "dvc"]
    while left:
        name = canonicalize_name(left.pop())
        if name not in result:
            result.add(name)
            lines = map(Requirement, requires(name) or ())
            extra = environment | {"extra": ""}
            left += [line.name for line in lines if not line.marker or line.marker.evaluate(extra)]
    return result


def _call(*words: str | Path) -> None:
    done = subprocess.run(
        list(map(str, words)),
        capture_output=True,
        text=True,
        env=os.environ | {"LC_ALL": "C.UTF-8"},
        check=False,
    )
    if done.returncode:
        message = (done.stderr.strip().splitlines() or ["no message"])[-1]
        raise PreparationError(f"{words[0]} ended with exit code {done.returncode}: {message}")


if __name__ == "__main__":
    try:
        prepare()
    except PreparationError as error:
        sys.exit(f"aarch64: {error}")
