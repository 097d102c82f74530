"""What ends a sweep: in one line each, and with what has finished kept."""

import socket
import subprocess
import sys
import threading
from contextlib import ExitStack, suppress

import pytest
from namespaces import can_run_without, run_without
from sweep_runs import READY, SWEEP, prepare, trial_files

pytest.importorskip("distributed", reason="the extra dask")

DASK = [sys.executable, "-m", "dask"]
LOOPBACK = ("--host", "127.0.0.1", "--dashboard-address", "127.0.0.1:0")
# The stage with little patience.
HASTY = """\
from stages.shared.command import run
from stages.sweep import sweep
from stages.sweeps import cluster

cluster.FIRST_PATIENCE = 0.1
run(sweep)
"""


def elsewhere(stages):
    """Return where a process starts that does not find the project."""
    return {
        "cwd": stages.home,
        "env": stages.environment | {"PYTHONPATH": str(stages.home / "python")},
    }


def without(stages, module):
    """Let no process of a folder import a module."""
    with (stages.home / "python" / "sitecustomize.py").open("a", encoding="utf-8") as file:
        file.write(f"sys.modules[{module!r}] = None\n")


def test_a_wrong_number_of_workers_is_refused(fresh):
    done = fresh.run("sweep", NNCORE_DASK_WORKERS="none")
    refusal = "NNCORE_DASK_WORKERS must be a number of workers, at least 1, got 'none'"
    assert (done.code, done.errors) == (1, f"sweep: {refusal}\n")


def test_a_trial_that_can_not_be_ends_the_sweep_before_any_training(fresh):
    path = fresh["params.yaml"]
    path.write_text(path.read_text().replace(SWEEP, SWEEP.replace("lr: [0.1", "lr: [0.0, 0.1")))
    done = fresh.run("sweep")
    refusal = "train.lr must be a finite number above 0, got 0.0"
    assert (done.code, trial_files(fresh)) == (1, [])
    assert done.errors.endswith(f"train.lr=0.0, model.hidden=[4]: {refusal}\n")


def test_without_validation_images_there_is_no_sweep(fresh):
    path = fresh["params.yaml"]
    path.write_text(
        path.read_text().replace("held_out: 20", "held_out: 0").replace("keep: best", "keep: last")
    )
    fresh.complete("preprocess")
    done = fresh.run("sweep")
    refusal = "preprocess.validation.held_out must be above 0 for a sweep"
    assert (done.code, done.errors.startswith(f"sweep: {refusal}")) == (1, True)


@pytest.mark.parametrize(("victim", "ended"), [("worker", "workers"), ("itself", "processes")])
def test_a_trial_that_always_ends_what_it_runs_in_ends_the_sweep_in_one_line(fresh, victim, ended):
    done = fresh.run("sweep", NNCORE_DASK_WORKERS="1", STRIKE="always", VICTIM=victim)
    refusal = f"sweep: expected a trial to finish, got 4 {ended} that ended during it; "
    assert (done.code, done.errors.startswith(refusal)) == (1, True)
    assert len(done.errors.splitlines()) == 1


def test_without_dask_it_says_what_to_install(fresh):
    without(fresh, "distributed")
    done = fresh.run("sweep")
    assert done.errors.startswith("sweep: a sweep needs the extra dask, got: ")
    assert (done.code, done.errors.endswith("; run: python -m pip install '.[dask]'\n")) == (
        1,
        True,
    )


@pytest.mark.skipif(not can_run_without("shared memory"), reason="needs unshare and its rights")
def test_without_shared_memory_it_says_what_to_do(stages):
    done = run_without("shared memory", prepare(stages), "sweep")
    refusal = (
        "sweep: a sweep on this machine needs a /dev/shm that this user can write to, "
        "got: Read-only file system; "
        "mount a tmpfs there, or let NNCORE_DASK name a Dask scheduler\n"
    )
    assert (done.code, done.errors) == (1, refusal)


@pytest.mark.skipif(not can_run_without("loopback"), reason="needs unshare and its rights")
def test_a_cluster_that_can_not_start_ends_the_sweep_in_one_line(fresh):
    patience = {"DASK_DISTRIBUTED__COMM__TIMEOUTS__CONNECT": "1s"}
    done = run_without("loopback", fresh, "sweep", **patience)
    refusal = (
        "sweep: a sweep on this machine must start its workers, "
        "got OSError: [Errno 101] Network is unreachable; "
        "check the loopback interface and your limits, or let NNCORE_DASK name a Dask scheduler\n"
    )
    assert (done.code, done.errors) == (1, refusal)


def test_without_optuna_it_says_what_to_install(fresh):
    without(fresh, "optuna")
    path = fresh["params.yaml"]
    path.write_text(path.read_text().replace("sweep:\n", "sweep:\n  method: optuna\n"))
    done = fresh.run("sweep")
    assert done.errors.startswith("sweep: sweep.method optuna needs the extra optuna, got: ")
    assert (done.code, done.errors.endswith("; run: python -m pip install '.[optuna]'\n")) == (
        1,
        True,
    )


@pytest.mark.parametrize(
    ("address", "fault"),
    [
        ("scheduler", "missing port number in address 'scheduler'"),
        ("http://127.0.0.1:1", "unknown address scheme 'http'"),
        ("127.0.0.1:1", "Timed out trying to connect to 127.0.0.1:1"),
    ],
)
def test_an_address_without_a_scheduler_is_refused(fresh, address, fault):
    done = fresh.execute("-c", HASTY, NNCORE_DASK=address)
    refusal = (
        "NNCORE_DASK must be the address of a Dask scheduler with a worker, as in "
        f"tcp://127.0.0.1:8786, got {address}: {fault}"
    )
    assert (done.code, len(done.errors.splitlines())) == (1, 1)
    assert refusal in done.errors


@pytest.mark.allow_hosts(["127.0.0.1"])
@pytest.mark.parametrize(
    ("banner", "fault"),
    [
        (b"", "no response"),
        (b"SSH-2.0-OpenSSH_9.2\r\n", "Unable to allocate"),
        (b"\xff" * 64, "Maximum allowed dimension exceeded"),
    ],
    ids=["silent", "SSH", "noise"],
)
def test_another_service_than_a_scheduler_is_refused_soon(fresh, banner, fault):
    with ExitStack() as stack:
        service = stack.enter_context(socket.create_server(("127.0.0.1", 0)))

        def serve():
            with suppress(OSError):
                while True:
                    connection = stack.enter_context(service.accept()[0])
                    connection.sendall(banner)

        thread = threading.Thread(target=serve)
        thread.start()
        address = f"tcp://127.0.0.1:{service.getsockname()[1]}"
        done = fresh.execute("-c", HASTY, NNCORE_DASK=address)
        service.shutdown(socket.SHUT_RDWR)
        thread.join()
    assert (done.code, len(done.errors.splitlines())) == (1, 1)
    assert "must be the address of a Dask scheduler with a worker" in done.errors
    assert f"got {address}: {fault}" in done.errors


def test_an_encrypted_address_without_certificates_is_refused(fresh):
    done = fresh.execute("-c", HASTY, NNCORE_DASK="tls://127.0.0.1:1")
    assert (done.code, len(done.errors.splitlines())) == (1, 1)
    assert "got tls://127.0.0.1:1: TLS expects a `ssl_context` argument" in done.errors


@pytest.fixture
def scheduler(fresh):
    """Return the address of a scheduler that listens and does not find the project."""
    ready = fresh.home / "ready.py"
    ready.write_text(READY, encoding="ascii")
    with (
        (fresh.home / "log").open("w") as log,
        subprocess.Popen(
            [*DASK, "scheduler", "--port", "0", "--preload", str(ready), *LOOPBACK],
            stdout=subprocess.PIPE,
            stderr=log,
            text=True,
            **elsewhere(fresh),
        ) as process,
    ):
        yield process.stdout.readline().strip()
        process.kill()


def test_a_worker_that_does_not_know_the_project_is_refused(fresh, scheduler):
    with (
        (fresh.home / "worker-log").open("w") as log,
        subprocess.Popen(
            [*DASK, "worker", scheduler, "--nthreads", "1", "--no-nanny", *LOOPBACK],
            stdout=log,
            stderr=log,
            **elsewhere(fresh),
        ) as worker,
    ):
        done = fresh.run("sweep", NNCORE_DASK=scheduler)
        worker.kill()
    refusal = (
        "sweep: each worker must be started with python -m dask worker in a clone of this commit, "
        "got one where: "
    )
    assert (done.code, done.errors.splitlines()) == (
        1,
        [f"{refusal}ModuleNotFoundError: No module named 'stages'; finished trials are kept"],
    )
