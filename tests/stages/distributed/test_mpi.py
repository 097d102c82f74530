"""Training under an MPI launcher: the same files from any number of ranks, whatever happens to one.

Real processes; where there is no MPI, these tests are left out.
"""

import os
import shutil
import subprocess
from importlib.util import find_spec
from pathlib import Path

import pytest
from namespaces import can_run_without, missing_shared_memory, run_without
from pipeline_repository import ROOT
from pipeline_repository import copy as copy_repository
from stage_runs import copy, lose_outputs

from nncore.model_file import load

HAS_MPI = bool(shutil.which("mpiexec") and find_spec("mpi4py"))
# Without them ranks train, but libraries of MPICH and of Open MPI complain among what ranks print.
HAS_SYS = all(Path("/sys", name).is_dir() for name in ("class/net", "devices/system/cpu"))
MISSING = missing_shared_memory()
pytestmark = [
    pytest.mark.skipif(not HAS_MPI, reason="needs an MPI: pip install '.[mpi]'"),
    pytest.mark.skipif(bool(MISSING), reason=MISSING),
    pytest.mark.skipif(not HAS_SYS, reason="needs a /sys; mount it, or leave this test out"),
]
# Open MPI starts nothing for root, and no more ranks than there are cores, unless it is told to.
OPEN_MPI = {
    "OMPI_ALLOW_RUN_AS_ROOT": "1",
    "OMPI_ALLOW_RUN_AS_ROOT_CONFIRM": "1",
    "PRTE_MCA_rmaps_default_mapping_policy": ":oversubscribe",
}
MOMENTUM = {"name: adam": "name: momentum"}
# In a rank's place: rank 1 kills itself when its third epoch begins.
DYING = """\
#!/bin/sh
[ "${PMI_RANK:-${OMPI_COMM_WORLD_RANK:-}}" != 1 ] || export PYTHONPATH="$0.folder:$PYTHONPATH"
exec "$@"
"""
KILL = """\
import os
import signal
import sys

epochs = 0


def count(frame, event, argument):
    global epochs
    if event == "call" and frame.f_code.co_name == "run_epoch":
        epochs += 1
        if epochs == 3:
            os.kill(os.getpid(), signal.SIGKILL)


sys.setprofile(count)
"""


def launch(stages, command, **environment):
    return stages.run("train", NNCORE_LAUNCH=command, **OPEN_MPI, **environment)


def train(stages, ranks):
    done = launch(stages, f"mpiexec -n {ranks}")
    assert (done.code, done.errors) == (0, "")
    return done


def change(stages, changes):
    text = stages["params.yaml"].read_text(encoding="utf-8")
    for old, new in changes.items():
        assert text.count(old) == 1
        text = text.replace(old, new)
    stages["params.yaml"].write_text(text, encoding="utf-8")


@pytest.fixture
def dying(stages):
    """Return a launcher of two ranks of which one dies."""
    script = stages.home / "dying"
    script.write_text(DYING, encoding="ascii")
    script.chmod(0o755)
    folder = stages.home / "dying.folder"
    folder.mkdir()
    (folder / "sitecustomize.py").write_text(KILL, encoding="ascii")
    return f"mpiexec -n 2 {script}"


@pytest.mark.parametrize("ranks", [1, 2, 3])
def test_ranks_write_the_files_of_one_process(stages, finished, ranks):
    """With dropout, distortions and Adam."""
    lose_outputs(stages, "train")
    train(stages, ranks)
    assert stages.outputs() == finished.outputs()


@pytest.mark.parametrize("ranks", [2, 4])
def test_ranks_write_the_files_of_one_process_with_momentum_too(stages, tmp_path, ranks):
    change(stages, MOMENTUM)
    lose_outputs(stages, "train")
    alone = copy(stages, tmp_path / "alone")
    alone.complete("train")
    train(stages, ranks)
    assert stages.outputs() == alone.outputs()


def test_fast_ranks_come_close_to_the_weights_of_one_process(stages, tmp_path):
    """No closer: their sums are rounded in another order."""
    change(stages, {"model:": "numerics: fast\nmodel:"})
    alone = copy(stages, tmp_path / "alone")
    alone.complete("train")
    train(stages, 2)
    weights, expected = (
        load(folder["models/model.npz"]).network.parameters for folder in (stages, alone)
    )
    assert weights == pytest.approx(expected, rel=1e-4, abs=1e-5)


def test_a_person_reads_what_one_process_says(stages):
    assert train(stages, 2).output == stages.complete("train").output


def test_a_rank_that_dies_ends_the_run_with_one_line(stages, dying):
    done = launch(stages, dying)
    (line,) = done.errors.splitlines()
    assert done.code == 1
    assert line.startswith(f"train: expected all ranks to end well, got exit code 9 from {dying}: ")
    assert line.endswith("; run again, to go on from the last finished epoch")


def test_a_rank_that_dies_leaves_no_output(stages, dying):
    lose_outputs(stages, "train")
    before = stages.outputs()
    launch(stages, dying)
    assert stages.outputs() == before


@pytest.mark.parametrize("ranks", [None, 1, 2])
def test_after_a_death_any_number_of_ranks_goes_on_to_the_same_bytes(
    stages, finished, dying, ranks
):
    lose_outputs(stages, "train")
    launch(stages, dying)
    done = train(stages, ranks) if ranks else stages.complete("train")
    assert "resuming after epoch" in done.output
    assert stages.outputs() == finished.outputs()


def test_what_all_ranks_refuse_is_said_once(stages):
    change(stages, {"lr: 0.05": "lr: 1.0e+30", "{name: adam}": "{name: sgd}"})
    done = launch(stages, "mpiexec -n 2")
    line, hint = done.errors.splitlines()
    assert hint == "train: python -m stages.diagnose looks for the cause"
    assert (done.code, line[:33]) == (1, "train: training diverged in epoch")


def test_ranks_without_an_image_in_the_last_batch_change_no_byte(stages, tmp_path):
    """Of 60 images in batches of 29, two are left for three ranks."""
    change(stages, {"lr: 0.05": "lr: 0.05\n  batch_size: 29"})
    alone = copy(stages, tmp_path / "alone")
    alone.complete("train")
    train(stages, 3)
    assert stages.outputs() == alone.outputs()


def test_a_launcher_of_another_mpi_is_refused_in_one_line(stages):
    """Each process would train alone, and all write the same files."""
    done = launch(stages, "env OMPI_COMM_WORLD_SIZE=2")
    (line,) = done.errors.splitlines()
    assert line.startswith("train: expected mpi4py to find the 2 processes of the launcher, got 1")


@pytest.mark.skipif(not shutil.which("mpichversion"), reason="needs MPICH")
@pytest.mark.skipif(not can_run_without("shared memory"), reason="needs unshare and its rights")
def test_without_shared_memory_it_says_once_what_to_do(stages):
    done = run_without("shared memory", stages, "train", NNCORE_LAUNCH="mpiexec -n 2")
    refusal = (
        "train: MPICH needs a /dev/shm that this user can write to, got: Read-only file system; "
        "mount a tmpfs there, or train without NNCORE_LAUNCH, to the same model\n"
    )
    assert (done.code, done.output.strip(), done.errors) == (1, "", refusal)


def test_a_pipeline_of_ranks_has_the_lock_of_one_process(base, tmp_path):
    """The launcher leaves no trace in what Git knows."""
    repos = [copy_repository(base, tmp_path / name) for name in ("one", "ranks")]
    for repo in repos:
        repo.set(train__epochs=3)
    repos[1].environment |= OPEN_MPI | {"NNCORE_LAUNCH": "mpiexec -n 2"}
    for repo in repos:
        repo.output("dvc", "repro")
    one, ranks = ((repo.lock(), repo.reports()) for repo in repos)
    assert one == ranks


def can_make_hosts():
    """Return whether this user may make network namespaces, and the launcher is MPICH's."""
    if not (shutil.which("ip") and shutil.which("mpichversion")) or os.geteuid():
        return False
    name = f"nncore-try-{os.getpid()}"
    made = subprocess.run(["ip", "netns", "add", name], capture_output=True, check=False)
    subprocess.run(["ip", "netns", "delete", name], capture_output=True, check=False)
    return made.returncode == 0


@pytest.mark.skipif(not can_make_hosts(), reason="needs root, ip netns and MPICH")
def test_two_hosts_write_the_files_of_one_process(stages, finished):
    lose_outputs(stages, "train")
    done = subprocess.run(
        [ROOT / "tools" / "two_hosts.sh", "python", "-m", "stages.train"],
        cwd=stages.root,
        env=stages.environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert stages.outputs() == finished.outputs()
