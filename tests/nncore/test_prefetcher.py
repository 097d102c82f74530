"""Ahead: results in order, no more begun than there are threads for, nothing left behind."""

import threading

import pytest

from nncore.parallel import Prefetcher

WAIT = 60


def numbered(count, seen):
    """Yield tasks that note their number when they are done."""
    return (lambda number=number: seen.append(number) or number for number in range(count))


@pytest.mark.parametrize("threads", [0, 1, 2, 5])
@pytest.mark.parametrize("count", [0, 1, 2, 20])
def test_results_come_in_order(threads, count):
    assert list(Prefetcher(threads).map(numbered(count, []))) == list(range(count))


def test_results_come_in_order_even_if_a_later_one_is_there_first():
    second = threading.Event()

    def slow():
        assert second.wait(WAIT)
        return 1

    assert list(Prefetcher(2).map([slow, lambda: second.set() or 2])) == [1, 2]


def test_without_threads_a_task_is_done_when_it_is_asked_for():
    seen, here = [], threading.get_ident()
    results = Prefetcher(0).map(lambda n=n: seen.append(n) or threading.get_ident() for n in (1, 2))
    assert next(results) == here
    assert seen == [1]


@pytest.mark.parametrize("threads", [1, 2, 3])
def test_the_next_tasks_are_done_while_a_result_is_in_use_and_no_others(threads):
    """Which takes the threads only, so that the rest can be waited for without a clock."""
    begun = [threading.Event() for _ in range(20)]
    for place, _ in enumerate(Prefetcher(threads).map(event.set for event in begun)):
        assert all(event.wait(WAIT) for event in begun[: place + threads + 1])
        assert not any(event.is_set() for event in begun[place + threads + 1 :])


@pytest.mark.parametrize("threads", [0, 2])
def test_what_a_task_raises_reaches_who_asks_for_its_result(threads):
    results = Prefetcher(threads).map([lambda: 1, lambda: 1 / 0, lambda: 3])
    assert next(results) == 1
    with pytest.raises(ZeroDivisionError):
        next(results)


def test_when_it_is_left_half_way_all_that_was_begun_has_ended():
    begun, go_on, ended = threading.Event(), threading.Event(), []

    def slow():
        begun.set()
        assert go_on.wait(WAIT)
        ended.append(True)

    ahead = Prefetcher(1)
    results = ahead.map([lambda: 1, slow, lambda: ended.append(False)])
    next(results)
    assert begun.wait(WAIT)
    threading.Timer(0.01, go_on.set).start()
    results.close()
    assert ended == [True]
    assert list(ahead.map([lambda: 2])) == [2]


def test_the_next_round_begins_afresh():
    ahead, seen = Prefetcher(2), []
    assert next(ahead.map(numbered(9, seen))) == 0
    assert list(ahead.map(numbered(3, []))) == [0, 1, 2]
    assert len(seen) <= 3
