"""A worker's processes: one for trial after trial of a sweep, and another where it must be."""

import pytest

from stages.sweeps import worker
from stages.sweeps.worker import run_request


class Double:
    """A process that responds with its number, or ends with a code that is a request's note."""

    started = 0

    def __init__(self):
        type(self).started += 1
        self.number, self.open = self.started, True

    def send(self, request):
        code = request.get("end", {}).get(self.number)
        return {"result": self} if code is None else code

    def end(self):
        self.open = False


@pytest.fixture(autouse=True)
def _doubles(monkeypatch):
    monkeypatch.setattr(worker, "TrialProcess", Double)
    monkeypatch.setattr(worker, "_idle", {})
    monkeypatch.setattr(Double, "started", 0)


def ran(sweep="a", end=()):
    return run_request({"end": dict(end)}, sweep)["result"]


def test_trials_of_a_sweep_share_a_process():
    assert ran() is ran()


def test_another_sweep_has_another_process_and_ends_those_before():
    first = ran("a")
    second = ran("b")
    assert (second.number, first.open, second.open) == (2, False, True)


def test_a_trial_whose_process_is_killed_may_be_begun_again():
    ran()
    with pytest.raises(ChildProcessError):
        ran(end={1: -9})
    assert ran().number == 2


def test_in_place_of_a_process_that_has_waited_too_long_there_is_another():
    ran()
    assert ran(end={1: 0}).number == 2


def test_a_process_that_fails_at_its_first_request_is_not_begun_again():
    response = run_request({"end": {1: 1}}, "a")
    assert response == {"refused": "expected a trial to end with a response, got exit code 1"}


def test_threads_of_a_worker_have_a_process_each(monkeypatch):
    """A trial within a trial stands for one at the same time."""
    inner = []

    def send(self, _):
        if not inner:
            inner.append(self)
            inner.append(ran())
        return {"result": self}

    monkeypatch.setattr(Double, "send", send)
    assert ran() is inner[0]
    assert inner[0] is not inner[1]
