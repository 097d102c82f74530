"""On a full disk a stage ends in one line and leaves no half file; later it makes up for it."""

import subprocess

import pytest
from stage_runs import lose_outputs

OPTIONS = ("--model", "disk/models/m.npz", "--reports", "disk/reports", "--checkpoints", "disk/c")
WRITTEN = {
    "models/m.npz": "models/model.npz",
    **{
        f"reports/{name}": f"reports/{name}"
        for name in ("history.csv", "train.json", "weights.csv")
    },
}


@pytest.fixture
def disk(stages):
    """Return a function that makes a disk of so many KiB in the folder `disk`, or resizes it."""
    folder = stages["disk"]
    folder.mkdir()
    mounted = []

    def make(size):
        options = f"{'remount,' if mounted else ''}size={size}k"
        command = ["mount", "-t", "tmpfs", "-o", options, "tmpfs", str(folder)]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode:
            pytest.skip(f"needs to mount a small disk: {done.stderr.strip()}")
        mounted.append(size)

    yield make
    if mounted:
        subprocess.run(["umount", str(folder)], check=True)


def refused(done, stage):
    """Return whether a stage ended in one line about the disk."""
    lines = done.errors.splitlines()
    return done.code == 1 and len(lines) == 1 and lines[0].startswith(f"{stage}: [Errno ")


def whole(stages, finished):
    """Return the names of the files on the disk, each of which must be whole."""
    existing = {name for name in WRITTEN if stages[f"disk/{name}"].exists()}
    for name in existing:
        written, expected = stages[f"disk/{name}"], finished[WRITTEN[name]]
        assert written.read_bytes() == expected.read_bytes()
    return existing


# Pages of 4 KiB: the first checkpoints, the later ones, the model or a table find no room.
@pytest.mark.parametrize("size", [4, 8, 12, 16, 20, 24, 28, 32])
def test_a_training_on_a_full_disk_ends_in_a_line_and_goes_on_with_room(
    stages, finished, disk, size
):
    disk(size)
    done = stages.run("train", *OPTIONS)
    if len(whole(stages, finished)) < len(WRITTEN):
        assert refused(done, "train"), done
        assert stages.strays() == []
    disk(1000)
    assert stages.run("train", *OPTIONS).code == 0
    assert whole(stages, finished) == set(WRITTEN)


def test_after_a_full_disk_training_goes_on_from_the_epoch_that_found_room(stages, disk):
    disk(20)
    stages.run("train", *OPTIONS)
    disk(1000)
    assert "resuming after epoch" in stages.run("train", *OPTIONS).output


@pytest.mark.parametrize("largest", [0, 150, 1000])
@pytest.mark.parametrize("stage", ["fetch", "preprocess", "train", "evaluate", "report"])
def test_a_stage_that_cannot_write_ends_in_a_line_and_makes_up_for_it(
    stages, finished, stage, largest
):
    """By a limit on the size of files, which needs no rights."""
    lose_outputs(stages, stage)
    done = stages.run(stage, LARGEST_FILE=str(largest))
    before = finished.outputs()
    assert all(before[name] == content for name, content in stages.outputs().items())
    if stages.outputs() != before:
        assert refused(done, stage), done
    stages.complete(stage)
    assert stages.outputs() == before
