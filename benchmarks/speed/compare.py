"""Seconds per epoch of nncore and its peers, side by side.

    python -m benchmarks.speed.compare --help

The peers of a network run in turns, one epoch each, in processes that stay; each round begins with
another one. MNIST is taken where NNCORE_MIRROR names a source, see the stage fetch.
"""

import argparse
import json
import tempfile
from contextlib import ExitStack
from dataclasses import asdict
from functools import partial
from pathlib import Path

from benchmarks.peers.process import PEERS, Peer, PeerProcess
from benchmarks.peers.protocol import UnavailableError
from benchmarks.speed import dataset
from benchmarks.speed.networks import CONTESTS, Contest
from benchmarks.speed.options import add_out, positive
from benchmarks.speed.picture import draw
from benchmarks.speed.result import LeftOut, Result, faults, format_threads
from benchmarks.speed.table import table
from benchmarks.system import machine


def measure(
    contest: Contest, peers: list[Peer], data: Path, threads: int, rounds: int
) -> tuple[list[Result], list[LeftOut]]:
    """Return the results of the peers with so many threads, and those that can't run here."""
    left_out = []
    with ExitStack() as stack:
        running = []
        for peer in peers:
            try:
                running.append(stack.enter_context(PeerProcess(peer, contest.name, data, threads)))
            except UnavailableError as error:
                left_out.append(LeftOut(contest.name, threads, peer.name, str(error)))
                print(left_out[-1], flush=True)
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
            turn = number % max(len(pairs), 1)
            for process, result in pairs[turn:] + pairs[:turn]:
                answer = process.epoch()
                if number:
                    result.seconds.append(answer["seconds"])
                if answer["loss"] is not None:
                    result.losses.append(answer["loss"])
    return results, left_out


def main() -> None:
    """Measure, print a table and write it with a JSON and a picture for each number of threads."""
    options = _options()
    entries = _entries(options)
    results: list[Result] = []
    left_out: list[LeftOut] = []
    wrong: list[str] = []
    with tempfile.TemporaryDirectory() as folder:
        data = dataset.write(Path(folder), options.images)
        for (threads, name), peers in entries.items():
            measured, missing = measure(
                CONTESTS[name], peers, Path(folder), threads, options.rounds
            )
            results += measured
            left_out += missing
            wrong += faults(measured)
            print(f"{name}, {format_threads(threads)}: measured", flush=True)
    numbers = sorted({result.threads for result in results})
    text = "\n\n".join(f"Threads: {threads}\n\n{table(results, threads)}" for threads in numbers)
    print(f"\n{data}\n\n{text}")
    options.out.mkdir(parents=True, exist_ok=True)
    (options.out / "compare.md").write_text(f"{data}\n\n{text}\n", encoding="utf-8")
    report = {
        "data": data,
        **machine(),
        "results": [asdict(result) for result in results],
        "left_out": [asdict(entry) for entry in left_out],
        "faults": wrong,
    }
    (options.out / "compare.json").write_text(json.dumps(report, indent=2) + "\n", encoding="utf-8")
    for threads in numbers:
        draw(results, threads, options.out / f"compare-{threads}.png")
    if wrong:
        raise SystemExit("\n".join(wrong))


def _entries(options: argparse.Namespace) -> dict[tuple[int, str], list[Peer]]:
    """Return who enters, for each number of threads and network with which anyone does."""
    chosen = [peer for peer in PEERS if not options.peers or peer.name in options.peers]
    entries = {
        (threads, name): [peer for peer in chosen if peer.enters(CONTESTS[name])]
        for threads in options.threads
        for name in options.networks
    }
    if not any(entries.values()):
        raise SystemExit("expected a peer that can train a network so, got none: see --peers")
    return {key: peers for key, peers in entries.items() if peers}


def _options() -> argparse.Namespace:
    names = [peer.name for peer in PEERS]
    lists = (("networks", CONTESTS), ("peers", names))
    parser = argparse.ArgumentParser(
        description="Seconds per epoch of nncore and its peers, side by side.",
        epilog="\n\n".join("\n  ".join([f"{kind}:", *entries]) for kind, entries in lists),
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add = parser.add_argument
    add("--images", type=positive, default=60_000, metavar="N", help="in an epoch (default: 60000)")
    add("--rounds", type=positive, default=9, metavar="N", help="timed epochs of each (default: 9)")
    add("--threads", type=int, nargs="+", default=[1, 2], choices=[1, 2], help="default: both")
    add = partial(add, nargs="+", metavar="NAME")
    add("--networks", default=list(CONTESTS), choices=list(CONTESTS), help="default: all")
    add("--peers", choices=names, help="default: all; quote a name with spaces")
    add_out(parser)
    return parser.parse_args()


if __name__ == "__main__":
    main()
