"""Which checkpoint a training goes on from, which are kept, and what becomes of damaged ones."""

import errno
import os
import shutil
import subprocess
import sys

import pytest
from pipeline_repository import ROOT
from stage_runs import lose_outputs
from trainings import make_training, result, run, state

from stages.shared.resume import delete_checkpoints, only_training, resume, write_checkpoint


@pytest.fixture
def folder(tmp_path):
    """Return a folder in which a training has left the checkpoints of the epochs 3 and 4."""
    training = make_training()
    for _ in range(4):
        run(training, 1)
        write_checkpoint(training, tmp_path / "checkpoints")
    return tmp_path / "checkpoints"


def names(folder):
    return sorted(path.name for path in folder.iterdir())


def damage(path):
    """Lose the second half of a file."""
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def test_the_last_two_are_kept(folder):
    assert names(folder) == ["epoch-000003.npz", "epoch-000004.npz"]


def test_the_newest_is_gone_on_from(folder, capsys):
    assert state(resume(make_training, folder)) == state(run(make_training(), 4))
    newest = folder / "epoch-000004.npz"
    assert capsys.readouterr().out == f"resuming after epoch 4, from {newest}\n\n"


def test_the_newest_by_number_not_by_name(tmp_path):
    training = make_training(epochs=3)
    for name in ("epoch-000009.npz", "epoch-000010.npz"):
        run(training, 1)
        write_checkpoint(training, tmp_path)
        shutil.move(tmp_path / f"epoch-{len(training.history) - 1:06}.npz", tmp_path / name)
    assert len(resume(lambda: make_training(epochs=3), tmp_path).history) == 3


def test_where_the_newest_is_damaged_the_one_before_is_gone_on_from(folder):
    damage(folder / "epoch-000004.npz")
    assert state(resume(make_training, folder)) == state(run(make_training(), 3))


def test_a_damaged_one_is_set_aside_with_a_line(folder, capsys):
    damage(folder / "epoch-000004.npz")
    resume(make_training, folder)
    assert names(folder) == ["epoch-000003.npz", "epoch-000004.damaged"]
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith(f"{folder / 'epoch-000004.npz'}: expected an nncore checkpoint, got: ")
    assert line.endswith("; set aside as epoch-000004.damaged until this training ends")


@pytest.mark.parametrize("kind", ["folder", "link"])
def test_what_is_no_file_is_set_aside_too(folder, kind, capsys):
    path = folder / "epoch-000005.npz"
    path.mkdir() if kind == "folder" else path.symlink_to("nowhere")
    assert state(resume(make_training, folder)) == state(run(make_training(), 4))
    assert names(folder) == ["epoch-000003.npz", "epoch-000004.npz", "epoch-000005.damaged"]
    assert capsys.readouterr().err == (
        f"{path}: expected a file; set aside as epoch-000005.damaged\n"
    )


def test_a_second_training_is_refused_while_the_first_runs(tmp_path):
    """In another process: a lock holds for the whole of one."""
    folder = tmp_path / "checkpoints"
    program = f"""
from pathlib import Path
from stages.shared.resume import only_training
with only_training(Path({str(folder)!r})):
    pass
"""

    command = [sys.executable, "-c", program]

    def second():
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
        return done.stderr

    with only_training(folder):
        fault = (
            f"{tmp_path / 'checkpoints.lock'}: another process runs this training; wait for it\n"
        )
        assert second().endswith(f"BusyError: {fault}")
    assert second() == ""


def test_a_file_system_without_locks_is_no_hindrance(tmp_path, monkeypatch):
    def refuse(*_):
        raise OSError(errno.ENOLCK, "No locks available")

    monkeypatch.setattr("fcntl.flock", refuse)
    with only_training(tmp_path / "checkpoints"):
        pass


def test_with_none_sound_training_begins_anew(folder, capsys):
    for path in folder.iterdir():
        damage(path)
    assert state(resume(make_training, folder)) == state(make_training())
    assert len(capsys.readouterr().err.splitlines()) == 2


def test_the_checkpoint_of_another_training_is_set_aside(folder):
    training = resume(lambda: make_training(seed=2), folder)
    assert state(training) == state(make_training(seed=2))


def test_without_a_folder_training_begins_anew_and_says_nothing(tmp_path, capsys):
    assert state(resume(make_training, tmp_path / "none")) == state(make_training())
    assert capsys.readouterr() == ("", "")


def test_after_damage_training_ends_as_an_uninterrupted_one(folder):
    damage(folder / "epoch-000004.npz")
    assert result(run(resume(make_training, folder))) == result(run(make_training()))


def test_forgotten_checkpoints_are_gone_the_damaged_too(folder):
    damage(folder / "epoch-000004.npz")
    resume(make_training, folder)
    delete_checkpoints(folder)
    assert not folder.exists()


def test_nothing_to_forget_is_no_fault(tmp_path):
    delete_checkpoints(tmp_path / "none")


def test_what_a_killed_process_was_writing_does_no_harm_and_goes(folder):
    (folder / ".epoch-000005.npz.99999.tmp").write_bytes(b"half a")
    training = resume(make_training, folder)
    assert len(training.history) == 5
    write_checkpoint(run(training, 1), folder)
    assert names(folder) == ["epoch-000004.npz", "epoch-000005.npz"]


@pytest.fixture
def killed(finished, stages):
    """Return a folder in which training was killed, and its checkpoint folder."""
    lose_outputs(stages, "train")
    stages.stop("train", int((finished.home / "calls-train").read_text()) * 2 // 3)
    (folder,) = (path for path in stages[".checkpoints"].iterdir() if path.is_dir())
    return stages, folder


def test_the_stage_goes_on_from_a_checkpoint(killed, finished):
    stages, folder = killed
    newest = max(folder.glob("*.npz"))
    epoch, place = int(newest.stem.removeprefix("epoch-")), os.path.relpath(newest, stages.root)
    assert f"resuming after epoch {epoch}, from {place}\n" in stages.complete("train").output
    assert stages.outputs() == finished.outputs()


def test_the_stage_forgets_its_checkpoints_once_all_is_written(killed):
    stages, folder = killed
    stages.complete("train")
    assert not folder.exists()


def test_the_stage_says_which_checkpoint_is_damaged_and_ends_in_the_same_bytes(killed, finished):
    stages, folder = killed
    newest = max(folder.glob("*.npz"))
    damage(newest)
    done = stages.complete("train")
    assert done.errors.endswith(f"; set aside as {newest.stem}.damaged until this training ends\n")
    assert stages.outputs() == finished.outputs()


def other_seed(stages):
    path = stages["params.yaml"]
    path.write_text(path.read_text(encoding="utf-8") + "  seed: 2\n", encoding="utf-8")


def other_data(stages):
    path = stages["data/processed/train_images.npy"]
    path.write_bytes(path.read_bytes()[:-4] + b"\0\0\0\0")


@pytest.mark.parametrize("change", [other_seed, other_data], ids=["parameters", "data"])
def test_another_training_does_not_go_on_from_it(killed, change):
    stages, folder = killed
    change(stages)
    assert "resuming after" not in stages.complete("train").output
    assert folder.exists()
