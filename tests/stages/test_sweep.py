"""The sweep on a real cluster: the same tables from any number of workers, whatever happens."""

import csv
import os
import signal
import socket
import subprocess
import sys
from contextlib import suppress

import pytest
from stage_runs import copy
from sweep_runs import OUTPUTS, READY, SWEEP, run_sweep, settings, strike, tables, trial_files

pytest.importorskip("distributed", reason="the extra dask")

# A scheduler with a worker, and both of them anew when the scheduler has ended. All end with the
# standard input.
SUPERVISOR = """\
import os
import signal
import socket
import subprocess
import sys
import threading


def end():
    sys.stdin.read()
    os.killpg(0, signal.SIGKILL)


threading.Thread(target=end, daemon=True).start()
pid, ready = sys.argv[1:]
# A socket that never listens: no other process is given the port while there is no scheduler.
place = socket.socket()
place.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
place.bind(("127.0.0.1", 0))
port = str(place.getsockname()[1])
loopback = ["--host", "127.0.0.1", "--dashboard-address", "127.0.0.1:0"]
while True:
    dask = [sys.executable, "-m", "dask"]
    options = ["--port", port, "--preload", ready, *loopback]
    scheduler = subprocess.Popen([*dask, "scheduler", *options])
    with open(pid, "w") as file:
        file.write(str(scheduler.pid))
    options = ["--nthreads", "1", "--no-nanny", *loopback]
    worker = subprocess.Popen([*dask, "worker", "tcp://127.0.0.1:" + port, *options])
    scheduler.wait()
    worker.kill()
    worker.wait()
"""


@pytest.fixture
def supervised(fresh):
    """Return the address of a scheduler that is started anew when it ends."""
    ready, pid = fresh.home / "ready.py", fresh.home / "pid"
    ready.write_text(READY, encoding="ascii")
    with (
        (fresh.home / "log").open("w") as log,
        subprocess.Popen(
            [sys.executable, "-c", SUPERVISOR, str(pid), str(ready)],
            cwd=fresh.root,
            env=fresh.environment | {"STRIKE": str(fresh.home / "strike"), "VICTIM": str(pid)},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=log,
            text=True,
            process_group=0,
        ) as process,
    ):
        yield process.stdout.readline().strip()


def rows(stages):
    with stages["sweep/trials.csv"].open(newline="") as file:
        return list(csv.DictReader(file))


def test_each_setting_is_trained_with_each_seed(finished_sweep):
    tried = {(row["setting"], row["train.seed"]) for row in rows(finished_sweep)}
    assert tried == {(number, seed) for number in "1234" for seed in "12"}


def test_the_best_setting_is_first(finished_sweep):
    means = [setting["mean"] for setting in settings(finished_sweep) if setting["mean"] is not None]
    assert means == sorted(means, reverse=True)


def test_a_trial_that_diverges_is_a_row_that_says_so(finished_sweep):
    *others, first, second = rows(finished_sweep)
    for row in (first, second):
        assert row["status"] == "diverged"
        assert row["note"].startswith("training diverged in epoch 1: expected finite losses")
    assert {row["status"] for row in others} == {"finished"}


def test_nothing_listens_or_calls_beyond_the_loopback_interface(finished_sweep):
    lines = (finished_sweep.home / "addresses").read_text().splitlines()
    assert {line.split()[1] for line in lines} == {"127.0.0.1"}


def test_no_process_of_a_sweep_asks_for_a_fixed_port(finished_sweep):
    lines = (finished_sweep.home / "addresses").read_text().splitlines()
    assert {line for line in lines if line.startswith("socket.bind")} == {"socket.bind 127.0.0.1 0"}


@pytest.mark.enable_socket
def test_a_sweep_is_silent_while_dasks_usual_port_is_taken(fresh):
    with socket.socket() as listener:
        # Whoever else has the port takes it as well as this test does.
        with suppress(OSError):
            listener.bind(("127.0.0.1", 8787))
            listener.listen()
        assert run_sweep(fresh).errors == ""


@pytest.mark.parametrize(("numerics", "notes"), [("exact", 0), ("fast", 1)])
def test_a_sweep_says_in_one_line_that_it_is_fast_and_nothing_if_exact(fresh, numerics, notes):
    path = fresh["params.yaml"]
    one_trial = "sweep: {seeds: [1], space: {model: {hidden: [[4]]}}}\n"
    text = path.read_text(encoding="utf-8").replace(SWEEP, one_trial)
    path.write_text(f"numerics: {numerics}\n{text}", encoding="utf-8")
    printed = [
        line for line in run_sweep(fresh, 1).output.splitlines() if line.startswith("numerics")
    ]
    note = (
        "numerics: fast; another processor, NumPy, number of threads or ranks may give other bytes"
    )
    assert printed == [note] * notes


def test_one_worker_gives_the_same_tables_as_two(fresh, finished_sweep):
    run_sweep(fresh, 1)
    assert tables(fresh) == tables(finished_sweep)


def test_after_a_worker_is_killed_in_a_trial_the_tables_are_the_same(fresh, finished_sweep):
    run_sweep(fresh, **strike(fresh))
    assert not (fresh.home / "strike").exists()
    assert tables(fresh) == tables(finished_sweep)


def test_after_a_process_that_trains_is_killed_the_tables_are_the_same(fresh, finished_sweep):
    run_sweep(fresh, **strike(fresh), VICTIM="itself")
    assert not (fresh.home / "strike").exists()
    assert tables(fresh) == tables(finished_sweep)


def test_an_interrupted_sweep_ends_without_a_traceback_and_goes_on_where_it_was(
    fresh, finished_sweep
):
    with subprocess.Popen(
        [sys.executable, "-m", "stages.sweep"],
        cwd=fresh.root,
        env=fresh.environment | {"NNCORE_DASK_WORKERS": "1"},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        process_group=0,
    ) as process:
        process.stdout.readline()
        # To the whole group, as a terminal sends it.
        os.killpg(process.pid, signal.SIGINT)
        errors = process.communicate()[1]
    assert (process.returncode, errors) == (130, b"")
    finished = len(trial_files(fresh))
    assert finished >= 1
    assert f"{finished} of 8 trials were finished before" in run_sweep(fresh).output
    assert tables(fresh) == tables(finished_sweep)


def test_after_a_scheduler_is_restarted_the_tables_are_the_same(fresh, supervised, finished_sweep):
    strike(fresh)
    run_sweep(fresh, NNCORE_DASK=supervised)
    assert not (fresh.home / "strike").exists()
    assert tables(fresh) == tables(finished_sweep)


def test_trials_that_have_finished_are_not_trained_again(finished_sweep, tmp_path):
    stages = copy(finished_sweep, tmp_path / "copy")
    for name in OUTPUTS:
        stages["sweep"].joinpath(name).unlink()
    times = [path.stat().st_mtime_ns for path in trial_files(stages)]
    assert "8 of 8 trials were finished before" in run_sweep(stages).output
    assert [path.stat().st_mtime_ns for path in trial_files(stages)] == times
    assert tables(stages) == tables(finished_sweep)


def test_only_what_is_new_is_trained_in_a_larger_sweep(finished_sweep, tmp_path):
    stages = copy(finished_sweep, tmp_path / "copy")
    path = stages["params.yaml"]
    path.write_text(path.read_text().replace("seeds: [1, 2]", "seeds: [1, 2, 3]"))
    assert "8 of 12 trials were finished before" in run_sweep(stages).output


def test_a_damaged_result_is_trained_again(finished_sweep, tmp_path):
    stages = copy(finished_sweep, tmp_path / "copy")
    path = trial_files(stages)[3]
    sound = path.read_bytes()
    path.write_bytes(sound[:100])
    assert "7 of 8 trials were finished before" in run_sweep(stages).output
    assert path.read_bytes() == sound


def test_twice_optuna_gives_the_same_tables_on_any_number_of_workers(fresh):
    pytest.importorskip("optuna", reason="the extra optuna")
    path = fresh["params.yaml"]
    # With fewer than ten results its sampler draws at random.
    space = "train: {lr: {low: 0.001, high: 0.3, log: true}}, model: {hidden: [[4], []]}"
    section = f"sweep: {{method: optuna, space: {{{space}}}, search: {{trials: 15, batch: 3}}}}\n"
    path.write_text(path.read_text().replace(SWEEP, section))
    run_sweep(fresh, 1)
    first = tables(fresh)
    for file in trial_files(fresh):
        file.unlink()
    run_sweep(fresh, 2)
    assert tables(fresh) == first
