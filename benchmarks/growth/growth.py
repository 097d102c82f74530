"""What a data set costs as it grows: time for each image, and memory.

    python -m benchmarks.growth --help

Made-up images, or distorted copies of MNIST's, go through the stage preprocess. Then a network
trains on what it wrote, once memory-mapped, as the stage train does, and once read into memory, in
turns. All are processes of their own, one at a time.
"""

import argparse
import json
import math
import shutil
import tempfile
from dataclasses import asdict
from pathlib import Path
from statistics import median

from benchmarks.growth import distorted_images, idx_images
from benchmarks.growth.picture import draw
from benchmarks.growth.processes import measure_preprocess, measure_training
from benchmarks.growth.results import Size, table
from benchmarks.growth.training import NETWORK
from benchmarks.speed.networks import CLASSES, CONTESTS, INPUTS
from benchmarks.speed.options import add_out, positive
from benchmarks.system import machine, physical_memory
from stages.shared.datasets import FILES

IMAGES = (60_000, 250_000, 1_000_000, 4_000_000)
# Bytes of an image and its label, before preprocess.
RAW = INPUTS + 1
# Bytes of a pixel after it; a label is as many float32 numbers as there are classes.
PIXEL = {"float32": 4, "uint8": 1}
# Bytes beside the images: of a process, and of the test images.
SPARE = 200_000_000


def measure(images: int, start: float, folder: Path, options: argparse.Namespace) -> Size:
    """Return what so many images cost; their files are in `folder` meanwhile."""
    write_images(folder / "raw", images, options)
    preprocess = measure_preprocess(folder, options.rounds, options.dtype)
    # Neither the disk nor the page cache need hold them any longer.
    shutil.rmtree(folder / "raw")
    training = measure_training(folder, options.rounds, epochs=math.ceil(options.timed / images))
    return Size(images, start, preprocess, **training)


def write_images(folder: Path, images: int, options: argparse.Namespace) -> None:
    """Write so many images as the stage fetch leaves a data set."""
    if options.distort:
        distorted_images.write(folder, images, options.distort)
    else:
        idx_images.write(folder, images)


def main() -> None:
    """Measure, print a table and write it with a JSON and a picture."""
    options = _options()
    options.folder.mkdir(parents=True, exist_ok=True)
    if options.distort and not (options.distort / FILES["train_images"]).is_file():
        fetch = "dvc repro sources && dvc --cd recipes repro fetch@mnist"
        raise SystemExit(f"{options.distort}: expected what fetch leaves, got none; run: {fetch}")
    _check_room(max(options.images), options.folder, processed_bytes(options.dtype))
    with tempfile.TemporaryDirectory(dir=options.folder) as name:
        write_images(Path(name, "raw"), 1, options)
        start = median(measure_preprocess(Path(name), options.rounds, options.dtype).seconds)
    sizes = []
    for images in sorted(set(options.images)):
        with tempfile.TemporaryDirectory(dir=options.folder) as name:
            sizes.append(measure(images, start, Path(name), options))
        print(f"{images:,} images: measured", flush=True)
    text = f"{table(sizes)}\n\n{notes(sizes, options.dtype)}\n"
    print(f"\n{text}", end="")
    options.out.mkdir(parents=True, exist_ok=True)
    (options.out / f"{options.name}.md").write_text(text, encoding="utf-8")
    report = {
        "network": NETWORK,
        "dtype": options.dtype,
        **machine(),
        "physical_memory": physical_memory(),
        "sizes": [asdict(size) for size in sizes],
    }
    (options.out / f"{options.name}.json").write_text(
        json.dumps(report, indent=2) + "\n", encoding="utf-8"
    )
    draw(sizes, options.out / f"{options.name}.png")


def processed_bytes(dtype: str) -> int:
    """Return the bytes of an image and its label after preprocess."""
    return PIXEL[dtype] * INPUTS + 4 * CLASSES


def notes(sizes: list[Size], dtype: str) -> str:
    """Return what the columns are."""
    start, rounds = sizes[0].start, len(sizes[0].preprocess.seconds)
    batch = CONTESTS[NETWORK].settings.batch_size
    return f"""\
- preprocess: time of the whole stage, median over the rounds ({rounds}). µs / image excludes the
  {start:.2f} s that the stage takes with one image.
- train: {NETWORK}, batch {batch}, one thread; medians of the epochs. Each round ({rounds}) has one
  process of each kind, in turns. Each process first trains for one epoch that is not measured.
- peak MB: VmHWM, in 10⁶ bytes. It includes the pages of mapped files, which the operating system
  reclaims whenever it needs memory.
- own MB: the maximum of RssAnon, sampled every 20 ms of the timed epochs. It does not include the
  pages of mapped files.
- speed: median over the rounds; each round compares the medians of two processes' epochs.
- An image: {RAW} bytes before preprocess, {processed_bytes(dtype):,} after.{_disk_reads(sizes)}"""


def _disk_reads(sizes: list[Size]) -> str:
    """Return a line with the trainings that had to wait for the disk, if any had to."""
    trainings = [
        f"{size.images:,} images {place}, {cost.disk_reads:,} pages"
        for size in sizes
        for place, cost in (("mapped", size.mapped), ("in memory", size.in_memory))
        if cost.disk_reads
    ]
    return f"\n- Trainings that waited for the disk: {'; '.join(trainings)}." if trainings else ""


def _check_room(images: int, folder: Path, processed: int) -> None:
    """End the program where so many images would not fit on the disk or in memory."""
    disk, memory = images * (RAW + processed) + SPARE, images * processed + SPARE
    free, advice = shutil.disk_usage(folder).free, "fewer --images"
    if free < disk:
        raise SystemExit(f"{folder}: {_lack(disk, free)} free; give another --folder or {advice}")
    if physical_memory() < memory:
        raise SystemExit(f"memory: {_lack(memory, physical_memory())}; give {advice}")


def _lack(needed: int, got: int) -> str:
    return f"expected {needed / 1e9:.1f} GB, got {got / 1e9:.1f} GB"


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="What a data set costs as it grows.")
    parser.add_argument(
        "--images", type=positive, nargs="+", default=IMAGES, metavar="N", help="sizes"
    )
    parser.add_argument(
        "--rounds", type=positive, default=3, metavar="N", help="processes of each kind"
    )
    parser.add_argument(
        "--timed",
        type=positive,
        default=1_000_000,
        metavar="N",
        help="images in a process's epochs, at least",
    )
    parser.add_argument(
        "--folder", type=Path, default=Path(tempfile.gettempdir()), help="on a disk, for the images"
    )
    parser.add_argument(
        "--dtype", choices=PIXEL, default="float32", help="that preprocess writes (float32)"
    )
    parser.add_argument(
        "--distort",
        type=Path,
        metavar="FOLDER",
        help="where fetch left MNIST, to train on distorted copies of it",
    )
    parser.add_argument("--name", default="growth", help="of the results' files (growth)")
    add_out(parser)
    return parser.parse_args()
