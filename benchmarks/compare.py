"""Seconds per epoch of nncore and its peers, side by side.

    python -m benchmarks.compare --help

The peers of a network run in turns, one epoch each, in processes that stay; each round begins with
another one. MNIST is taken where NNCORE_MIRROR names a source, see the stage fetch.
"""

import argparse
import json
import platform
import tempfile
from contextlib import ExitStack
from dataclasses import asdict
from pathlib import Path

from benchmarks import dataset
from benchmarks.networks import CONTESTS, Contest
from benchmarks.peers import PEERS, Peer, Running
from benchmarks.picture import draw
from benchmarks.results import Result, faults
from benchmarks.serving import UnavailableError
from benchmarks.system import processor
from benchmarks.table import table


def measured(
    contest: Contest, peers: list[Peer], data: Path, threads: int, rounds: int
) -> list[Result]:
    """Return the results of the peers that can train this network with so many threads."""
    with ExitStack() as stack:
        running = []
        for peer in peers:
            if peer.enters(contest, threads):
                try:
                    running.append(stack.enter_context(Running(peer, contest, data, threads)))
                except UnavailableError as error:
                    print(error, flush=True)
        results = [
            Result(
                network=contest.name,
                batch=contest.settings.batch_size,
                threads=threads,
                peer=process.peer.name,
                version=process.version,
                preparation=process.preparation,
            )
            for process in running
        ]
        pairs = list(zip(running, results, strict=True))
        for number in range(rounds + 1):
            turn = number % len(pairs)
            for process, result in pairs[turn:] + pairs[:turn]:
                seconds, loss = process.epoch()
                if number:
                    result.seconds.append(seconds)
                if loss is not None:
                    result.losses.append(loss)
    return results


def main() -> None:
    """Measure, print a table and write it with a JSON and a picture for each number of threads."""
    options = _options()
    results: list[Result] = []
    wrong: list[str] = []
    peers = [peer for peer in PEERS if not options.peers or peer.name in options.peers]
    with tempfile.TemporaryDirectory() as folder:
        data = dataset.write(Path(folder), options.images)
        for threads in options.threads:
            for name in options.networks:
                found = measured(CONTESTS[name], peers, Path(folder), threads, options.rounds)
                results += found
                wrong += faults(found)
                print(f"{name}, {threads} threads: measured", flush=True)
    tables = {threads: table(results, threads) for threads in options.threads}
    text = "\n\n".join(f"Threads: {threads}\n\n{rows}" for threads, rows in tables.items())
    print(f"\n{data}\n\n{text}")
    options.out.mkdir(parents=True, exist_ok=True)
    (options.out / "compare.md").write_text(f"{data}\n\n{text}\n", encoding="utf-8")
    report = {
        "data": data,
        "processor": processor(),
        "python": platform.python_version(),
        "results": [asdict(result) for result in results],
        "faults": wrong,
    }
    (options.out / "compare.json").write_text(json.dumps(report, indent=2) + "\n", encoding="utf-8")
    for threads in options.threads:
        draw(results, threads, options.out / f"compare-{threads}.png")
    if wrong:
        raise SystemExit("\n".join(wrong))


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Seconds per epoch of nncore and its peers.")
    parser.add_argument("--images", type=int, default=60_000, help="in an epoch")
    parser.add_argument("--rounds", type=int, default=9, help="timed epochs of each peer")
    parser.add_argument("--threads", type=int, nargs="+", default=[1, 2], choices=[1, 2])
    parser.add_argument("--networks", nargs="+", default=list(CONTESTS), choices=list(CONTESTS))
    parser.add_argument("--peers", nargs="+", choices=[peer.name for peer in PEERS])
    parser.add_argument("--out", type=Path, default=Path("build", "benchmarks"))
    return parser.parse_args()


if __name__ == "__main__":
    main()
