"""Which pools of threads are made."""

import concurrent.futures

import pytest


@pytest.fixture
def pools(monkeypatch):
    """Collect the sizes of pools of threads."""
    sizes = []

    class Watched(concurrent.futures.ThreadPoolExecutor):
        def __init__(self, size, **options):
            sizes.append(size)
            super().__init__(size, **options)

    monkeypatch.setattr(concurrent.futures, "ThreadPoolExecutor", Watched)
    return sizes
