"""Communicators without MPI: between threads of one process, or of a rank without others."""

import threading
from concurrent.futures import ThreadPoolExecutor
from functools import reduce
from typing import NamedTuple

import numpy as np


class IsolatedRank(NamedTuple):
    """A rank of several, whose sums and maxima are of its own arrays alone."""

    rank: int
    size: int

    def sum(self, array):
        pass

    def maximum(self, array):
        pass

    def allgather(self, value):
        return [value] * self.size


class ThreadRank:
    """The rank of a thread."""

    def __init__(self, rank, size, values, barrier):
        self.rank = rank
        self.size = size
        self._values = values
        self._barrier = barrier

    def allgather(self, value):
        self._values[self.rank] = value
        self._barrier.wait()
        values = list(self._values)
        self._barrier.wait()
        return values

    def sum(self, array):
        self._combine(np.add, array)

    def maximum(self, array):
        self._combine(np.maximum, array)

    def _combine(self, operation, array):
        """Start with the last rank: exact sums have no order."""
        array[...] = reduce(operation, self.allgather(array.copy())[::-1])


def run_ranks(size, function):
    """Return what `function` of a communicator returns in each of `size` threads, by rank."""
    values, barrier = [None] * size, threading.Barrier(size)

    def run(rank):
        try:
            return function(ThreadRank(rank, size, values, barrier))
        except BaseException:
            barrier.abort()
            raise

    with ThreadPoolExecutor(size) as pool:
        return [future.result() for future in [pool.submit(run, rank) for rank in range(size)]]
