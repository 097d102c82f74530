"""How much longer the stage train computes with its journal, and while a browser watches it.

The network of params.yaml is trained in turns without a journal, with one, and with one that
`python -m stages.watch` sends to a reader. Times are those of the processor, user and system, so
that other programs disturb them little. The model must have the same bytes each time.

    dvc repro preprocess
    python -m benchmarks.speed.journal_cost [--rounds 7]
"""

import argparse
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from http.client import HTTPConnection
from pathlib import Path
from urllib.parse import urlsplit

from benchmarks.speed.options import positive
from nncore.text_tables import format_table

VARIANTS = ("no journal", "journal", "watched")


def main() -> None:
    """Print the processor time of each variant, and its median ratio to that without a journal."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=positive, default=7, metavar="N", help="default: 7")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        # One training that loads what is read from the disk.
        _train(Path(folder), "no journal")
        rounds = [_run_round(Path(folder), number) for number in range(options.rounds)]
        if len({model for seconds in rounds for _, model in seconds.values()}) > 1:
            raise SystemExit("expected the same model with and without a journal, got another")
    rows: list[tuple[str, ...]] = [("training", "rounds", "seconds", "ratio", "from", "to")]
    for name in VARIANTS:
        seconds = [times[name][0] for times in rounds]
        ratios = [times[name][0] / times["no journal"][0] for times in rounds]
        figures = statistics.median(ratios), min(ratios), max(ratios)
        shown = f"{statistics.median(seconds):.2f}", *(f"{value:.4f}" for value in figures)
        rows.append((name, str(len(rounds)), *shown))
    print(format_table(rows, "<>"))


def _run_round(folder: Path, number: int) -> dict[str, tuple[float, bytes]]:
    """Return the processor time in seconds and the model of each variant."""
    # Each is the first one in every third round.
    first = number % len(VARIANTS)
    return {name: _train(folder, name) for name in (*VARIANTS[first:], *VARIANTS[:first])}


def _train(folder: Path, variant: str) -> tuple[float, bytes]:
    journal = folder / "journal"
    for name in ("journal", "checkpoints"):
        shutil.rmtree(folder / name, ignore_errors=True)
    outputs = {name: folder / name for name in ("model", "reports", "checkpoints")}
    options = [text for name, path in outputs.items() for text in (f"--{name}", str(path))]
    environment = os.environ | {"NNCORE_JOURNAL": "" if variant == "no journal" else str(journal)}
    command = [sys.executable, "-m", "stages.train", *options]
    if variant != "watched":
        return _processor_seconds(command, environment), outputs["model"].read_bytes()
    with _watch(journal):
        return _processor_seconds(command, environment), outputs["model"].read_bytes()


def _processor_seconds(command: list[str], environment: dict[str, str]) -> float:
    process = subprocess.Popen(  # noqa: S603  this project's stage
        command, env=environment, stdout=subprocess.DEVNULL
    )
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise SystemExit(f"train: expected exit code 0, got {process.returncode}")
    return usage.ru_utime + usage.ru_stime


@contextmanager
def _watch(journal: Path) -> Iterator[None]:
    """Watch a folder of journals, and read all events as a browser does."""
    journal.mkdir()
    server = subprocess.Popen(  # noqa: S603  this project's program
        [sys.executable, "-m", "stages.watch", "--port", "0", "--journal", str(journal)],
        stdout=subprocess.PIPE,
        text=True,
    )
    if server.stdout is None:
        raise SystemExit("watch: expected an address, got nothing")
    address = urlsplit(server.stdout.readline().split()[0]).netloc
    reader = threading.Thread(target=_read_events, args=(address, journal), daemon=True)
    reader.start()
    try:
        yield
    finally:
        server.terminate()
        server.wait()
        reader.join()


def _read_events(address: str, journal: Path) -> None:
    wait = threading.Event().wait
    while not (names := [path.stem for path in journal.glob("*.jsonl")]):
        wait(0.05)
    with closing(HTTPConnection(address)) as connection:
        connection.request("GET", f"/events?run={names[0]}")
        response = connection.getresponse()
        while response.readline():
            pass


if __name__ == "__main__":
    main()
