"""The measurement of growth: its images are those of a data set, and it ends with its results."""

import json
import mmap
import shutil
import subprocess
import sys
from threading import Semaphore
from types import SimpleNamespace

import numpy as np
import pytest

from benchmarks import system
from benchmarks.growth import growth, idx_images, own_memory, table_rows
from benchmarks.growth.results import Cost, Size
from nncore.data.idx import read_images, read_labels
from stages.shared.datasets import DATASET_FILE, FILES
from stages.shared.fingerprint import ROOT


def written(folder, *arguments):
    """Return the content of each file that the generator writes."""
    idx_images.write(folder, *arguments)
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def test_made_up_images_have_the_files_of_a_fetched_data_set(tmp_path):
    assert set(written(tmp_path, 1)) == {*FILES.values(), DATASET_FILE}


def test_made_up_images_are_read_back_as_many_as_were_asked_for(tmp_path):
    idx_images.write(tmp_path, 230, 100)
    assert read_images(tmp_path / FILES["train_images"]).shape == (230, 28, 28)
    assert read_labels(tmp_path / FILES["train_labels"]).shape == (230,)
    assert len(read_images(tmp_path / FILES["test_images"])) == 1_000


@pytest.mark.parametrize("piece", [1, 7, 230, 1_000])
def test_no_byte_depends_on_the_size_of_the_pieces(tmp_path, piece):
    assert written(tmp_path / "a", 230, piece) == written(tmp_path / "b", 230, 100)


def test_a_larger_set_begins_as_a_smaller_one(tmp_path):
    smaller, larger = tmp_path / "smaller", tmp_path / "larger"
    idx_images.write(smaller, 100)
    idx_images.write(larger, 150)
    for name, read in (("train_images", read_images), ("train_labels", read_labels)):
        assert (read(larger / FILES[name])[:100] == read(smaller / FILES[name])).all()


def test_the_images_of_a_class_are_lit_alike_but_for_a_tenth(tmp_path):
    idx_images.write(tmp_path, 5_000)
    lit = read_images(tmp_path / FILES["train_images"]).reshape(5_000, -1) > 0
    labels = read_labels(tmp_path / FILES["train_labels"])
    usual = np.array([lit[labels == label].mean(axis=0) > 0.5 for label in range(10)])
    # The class with which an image has most in common. Noise is dark in 1 of 256 pixels.
    shown = (lit[:, np.newaxis] == usual).sum(axis=2).argmax(axis=1)
    # Of the tenth drawn anew, a tenth draw the same label again.
    assert (shown == labels).mean() == pytest.approx(0.91, abs=0.02)


def test_a_run_on_distorted_copies_has_files_of_its_own(tmp_path):
    source, out = tmp_path / "source", tmp_path / "out"
    idx_images.write(source, 300)
    command = [sys.executable, "-m", "benchmarks.growth", "--images", "2000", "--rounds", "1"]
    command += ["--timed", "1", "--folder", str(tmp_path / "folder"), "--out", str(out)]
    command += ["--dtype", "uint8", "--distort", str(source), "--name", "copies"]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True)
    assert {path.name for path in out.iterdir()} == {"copies.json", "copies.md", "copies.png"}


def test_without_images_to_distort_it_says_how_to_get_them(monkeypatch, tmp_path):
    assert refusal(monkeypatch, "--folder", tmp_path, "--distort", tmp_path) == (
        f"{tmp_path}: expected what fetch leaves, got none; "
        "run: dvc repro sources && dvc --cd recipes repro fetch@mnist"
    )


@pytest.mark.parametrize("dtype", ["float32", "uint8"])
def test_a_run_ends_with_a_table_a_record_and_a_picture(tmp_path, dtype):
    folder, out = tmp_path / "images", tmp_path / "out"
    folder.mkdir()
    command = [sys.executable, "-m", "benchmarks.growth", "--images", "2000", "--rounds", "1"]
    command += ["--timed", "1", "--folder", str(folder), "--out", str(out), "--dtype", dtype]
    done = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True)
    assert "\n| 2,000 " in done.stdout
    after = {"float32": "3,176", "uint8": "824"}[dtype]
    assert f"785 bytes before preprocess, {after} after" in done.stdout
    assert done.stdout.endswith((out / "growth.md").read_text(encoding="utf-8"))
    assert (out / "growth.png").read_bytes().startswith(b"\x89PNG")
    report = json.loads((out / "growth.json").read_bytes())
    assert report.keys() == {"network", "dtype", "processor", "python", "physical_memory", "sizes"}
    (size,) = report["sizes"]
    assert size.keys() == {"images", "start", "preprocess", "mapped", "in_memory"}
    assert size["images"] == 2_000
    for kind in ("preprocess", "mapped", "in_memory"):
        assert size[kind].keys() == {"seconds", "peak", "own", "disk_reads"}
        assert len(size[kind]["seconds"]) == 1
    assert size["mapped"]["own"] < size["mapped"]["peak"]
    assert list(folder.iterdir()) == []


def refusal(monkeypatch, *arguments):
    """Return the line with which a run ends before it has made an image."""
    monkeypatch.setattr(idx_images, "write", None)
    monkeypatch.setattr(sys, "argv", ["growth", *map(str, arguments)])
    with pytest.raises(SystemExit) as ended:
        growth.main()
    return ended.value.code


def test_a_disk_that_is_too_small_is_refused_in_one_line(monkeypatch, tmp_path):
    monkeypatch.setattr(shutil, "disk_usage", lambda _: SimpleNamespace(free=10_000_000_000))
    assert refusal(monkeypatch, "--folder", tmp_path) == (
        f"{tmp_path}: expected 16.0 GB, got 10.0 GB free; give another --folder or fewer --images"
    )


def test_a_memory_that_is_too_small_is_refused_in_one_line(monkeypatch, tmp_path):
    monkeypatch.setattr(shutil, "disk_usage", lambda _: SimpleNamespace(free=20_000_000_000))
    monkeypatch.setattr(growth, "physical_memory", lambda: 8_000_000_000)
    assert refusal(monkeypatch, "--folder", tmp_path) == (
        "memory: expected 12.9 GB, got 8.0 GB; give fewer --images"
    )


def test_kilobytes_of_proc_are_1024_bytes():
    assert system.megabytes("VmHWM:\t    2000 kB\nVmRSS:\t    1000 kB\n", "VmRSS") == 1.024


def test_memory_that_is_freed_before_the_end_counts(monkeypatch):
    samples = Semaphore(0)

    def counted(*arguments):
        sample = system.megabytes(*arguments)
        samples.release()
        return sample

    monkeypatch.setattr(own_memory, "megabytes", counted)
    with own_memory.OwnMemory() as own:
        # Not malloc's, which may take and keep what the process already has.
        held = mmap.mmap(-1, 40_000_000, mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
        held.write(b"x" * len(held))
        while samples.acquire(blocking=False):
            pass
        # The first of two may have begun before.
        samples.acquire()
        samples.acquire()
        held.close()
        after = system.megabytes(own_memory.process_status(), "RssAnon")
    assert own.most >= after + 35


def size(*, mapped, in_memory, disk_reads=0):
    """Return a size that was measured in two rounds."""
    costs = (Cost(mapped, 1.0, 1.0, disk_reads), Cost(in_memory, 1.0, 1.0, 0))
    return Size(1_000, 0.5, Cost([1.0, 1.0], 1.0), *costs)


def test_speed_is_that_of_processes_one_after_the_other():
    """Half as fast in the first round, a quarter in the second, in which all is slower."""
    mapped = [2.0, 2.0, 9.0, 40.0, 40.0, 10.0]
    in_memory = [1.0, 5.0, 1.0, 10.0, 10.0, 90.0]
    assert size(mapped=mapped, in_memory=in_memory).speed() == (0.5 + 0.25) / 2


def test_notes_name_reads_from_the_disk_where_there_were_some():
    measured = {"mapped": [1.0, 1.0], "in_memory": [1.0, 1.0]}
    assert "disk" not in growth.notes([size(**measured)], "float32")
    notes = growth.notes([size(**measured, disk_reads=1_234)], "float32")
    assert notes.endswith("waited for the disk: 1,000 images mapped, 1,234 pages.")


def test_a_table_begins_as_a_larger_one_and_has_fifty_columns(tmp_path):
    for rows in (10_005, 20_010):
        table_rows.write_table(tmp_path / f"{rows}.csv", rows)
    smaller, larger = (
        (tmp_path / f"{rows}.csv").read_text().splitlines() for rows in (10_005, 20_010)
    )
    # Numbers of a block are drawn before its categories.
    assert smaller[:10_001] == larger[:10_001]
    assert (len(smaller), len(larger)) == (10_006, 20_011)
    assert {line.count(",") for line in larger} == {49}


def test_the_measurement_of_tables_ends_with_a_row_for_each_size(tmp_path):
    command = [sys.executable, "-m", "benchmarks.growth.table_rows", "--rows", "300", "600"]
    done = subprocess.run(
        [*command, "--rounds", "1", "--folder", tmp_path],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    header, *rows = done.stdout.splitlines()
    assert header.split()[0] == "rows"
    assert [row.split()[0] for row in rows] == ["300", "600"]
    assert all(float(cell) > 0 for row in rows for cell in row.split()[2:])
    assert not list(tmp_path.iterdir())
