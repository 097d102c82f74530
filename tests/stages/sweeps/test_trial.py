"""A trial: what train would have given, or refused where it would not be that."""

import json
import os
import subprocess
import sys
from contextlib import contextmanager
from dataclasses import replace
from hashlib import sha256
from queue import SimpleQueue

import numpy as np
import pytest
from stage_runs import copy

from nncore.model_file import load
from stages.shared.fingerprint import ROOT
from stages.shared.params import load_params
from stages.sweeps import trial
from stages.sweeps.origin import origin, trial_key
from stages.sweeps.run import cache_result, load_cached_result
from stages.sweeps.trial import TrialRequest, TrialResult
from stages.sweeps.worker import TrialProcess


@pytest.fixture(scope="module")
def source(finished):
    """Return the origin of the training that `finished` has run."""
    return origin("exact", finished["data/processed"])


def request_of(stages, origin, **changes):
    """Return the request of the training that `stages` has run."""
    params, processed = load_params(stages["params.yaml"]), stages["data/processed"]
    whole = TrialRequest(params=params, processed=str(processed), origin=origin)
    return whole.model_copy(update=changes).model_dump(mode="json")


def other(params, **changes):
    return params.model_copy(update={"train": replace(params.train, **changes)})


@contextmanager
def trainer():
    with pytest.MonkeyPatch.context() as environment:
        # As for the stages of these tests: in fast arithmetic bits depend on the kernels.
        for name in [name for name in os.environ if name.startswith("OPENBLAS_")]:
            environment.delenv(name)
        process = TrialProcess()
    yield process
    process.end()


@pytest.fixture(scope="module")
def response():
    """Return a function from requests to the responses of one process."""
    with trainer() as process:
        yield process.send


@pytest.fixture(scope="module")
def answered(response, finished, source):
    return response(request_of(finished, source))["result"]


def test_a_trial_has_the_weights_of_train(finished, answered):
    trained = load(finished["models/model.npz"]).network.parameters
    assert answered["weights"] == sha256(trained.tobytes()).hexdigest()


def test_a_fast_trial_has_the_weights_of_a_fast_train(finished, response, answered, tmp_path):
    """In a process that has trained exactly before."""
    stages = copy(finished, tmp_path / "copy")
    text = stages["params.yaml"].read_text(encoding="utf-8")
    stages["params.yaml"].write_text(f"numerics: fast\n{text}", encoding="utf-8")
    stages.complete("train")
    trained = load(stages["models/model.npz"]).network.parameters
    weights = response(request_of(stages, origin("fast", stages["data/processed"])))["result"]
    assert weights["weights"] == sha256(trained.tobytes()).hexdigest() != answered["weights"]


def test_a_trial_has_the_metrics_of_train(finished, answered):
    metrics = json.loads(finished["reports/train.json"].read_bytes())
    assert {name: answered[name] for name in ("epochs", "kept_epoch", "parameters")} == {
        name: metrics[name] for name in ("epochs", "kept_epoch", "parameters")
    }
    for part in ("train", "validation"):
        for measure, value in metrics[part].items():
            assert float(f"{answered[f'{part}_{measure}']:.6g}") == value


def test_a_trial_after_others_in_one_process_is_what_it_would_be_alone(finished, source, answered):
    params = load_params(finished["params.yaml"])
    with trainer() as process:
        for seed in (2, 3):
            process.send(request_of(finished, source, params=other(params, seed=seed)))
        assert process.send(request_of(finished, source))["result"] == answered


@pytest.mark.parametrize("name", ["code", "data", "numerics"])
def test_a_worker_on_which_something_is_not_the_same_refuses(response, finished, source, name):
    (refusal,) = response(request_of(finished, source | {name: "another"})).values()
    assert refusal.startswith(f"the {name} of a worker must be those of the sweep (another), got ")


def test_a_worker_without_the_data_refuses(response, finished, tmp_path):
    given = request_of(finished, {}, processed=str(tmp_path))
    missing = tmp_path / "preprocessing.json"
    assert response(given) == {"refused": f"{missing}: No such file or directory"}


def test_a_process_that_trains_ends_when_its_worker_has_ended(finished):
    params = load_params(finished["params.yaml"])
    endless = request_of(finished, {}, params=other(params, epochs=10**9))
    done = subprocess.run(
        [sys.executable, "-m", "stages.sweeps.trial"],
        cwd=ROOT,
        input=json.dumps(endless).encode() + b"\n",
        capture_output=True,
        check=False,
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, b"", b"")


def test_a_process_that_trains_ends_silently_when_its_response_has_no_reader():
    """Its worker is killed, and it responds before it notices the end of the requests."""
    reader, writer = os.pipe()
    os.close(reader)
    with (
        os.fdopen(writer, "wb") as responses,
        subprocess.Popen(
            [sys.executable, "-m", "stages.sweeps.trial"],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=responses,
            stderr=subprocess.PIPE,
        ) as process,
    ):
        process.stdin.write(b"{}\n")
        process.stdin.flush()
        # The pipe of the requests stays open.
        assert (process.wait(), process.stderr.read()) == (0, b"")


def test_a_part_of_a_request_is_no_request(monkeypatch, tmp_path):
    """A worker that is killed while it writes leaves one."""
    requests, codes = SimpleQueue(), []
    (tmp_path / "requests").write_bytes(b'{"a": 1}\n{"b"')
    monkeypatch.setattr(os, "_exit", codes.append)
    with (tmp_path / "requests").open() as stdin:
        monkeypatch.setattr(sys, "stdin", stdin)
        trial.receive(requests)
    assert (requests.get(), requests.empty(), codes) == (b'{"a": 1}\n', True, [0])


def test_a_process_with_a_fault_is_not_taken_for_a_killed_one():
    code = "from stages.sweeps import trial; trial._respond = lambda _: 1 / 0; trial.main()"
    with subprocess.Popen(
        [sys.executable, "-c", code],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as process:
        process.stdin.write(b"{}\n")
        process.stdin.flush()
        # The pipe of the requests stays open.
        last = process.stderr.read().splitlines()[-1]
        assert (process.wait(), last) == (1, b"ZeroDivisionError: division by zero")


def test_a_process_that_trains_ends_when_no_request_comes():
    code = "from stages.sweeps import trial; trial.IDLE = 0.0; trial.main()"
    with subprocess.Popen([sys.executable, "-c", code], cwd=ROOT, stdin=subprocess.PIPE) as process:
        # Its end of the pipe stays open.
        assert process.wait() == 0


def test_a_trials_name_depends_on_its_settings_and_its_seed(finished):
    params = load_params(finished["params.yaml"])
    values = {"code": "1"}
    keys = {trial_key(values, other(params, **change)) for change in ({}, {"lr": 1.0}, {"seed": 2})}
    assert len(keys) == 3


def test_a_trials_name_does_not_depend_on_the_sweep(finished):
    params = load_params(finished["params.yaml"])
    swept = params.model_copy(update={"sweep": {"seeds": [1]}})
    assert trial_key({}, swept) == trial_key({}, params)


def test_a_trials_origin_has_the_data_in_it(finished, tmp_path):
    stages = copy(finished, tmp_path / "copy")
    before = origin("exact", stages["data/processed"])
    images = np.load(stages["data/processed/train_images.npy"], mmap_mode="r+")
    images[0, 0] += 1
    images.flush()
    after = origin("exact", stages["data/processed"])
    assert {name for name in before if before[name] != after[name]} == {"data"}


def test_a_result_is_kept_to_the_last_bit(tmp_path):
    result = TrialResult(status="finished", validation_loss=0.1 + 0.2)
    cache_result(tmp_path, "key", result)
    assert load_cached_result(tmp_path, "key") == result


@pytest.mark.parametrize("content", ["", "{}", "[1]", '{"status": "lost"}', '{"status": 1}'])
def test_what_is_no_result_counts_as_none(tmp_path, content):
    (tmp_path / "key.json").write_text(content)
    assert load_cached_result(tmp_path, "key") is None
