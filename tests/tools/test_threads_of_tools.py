"""Tools that compare one thread with several train networks that several threads share."""

from itertools import pairwise

from nncore.training.step import MIN_PART_PRODUCTS
from tools import kernels
from tools.reduced_pipeline import NETWORKS


def test_kernels_trains_on_four_threads(pools):
    """And with the same result as on one."""
    assert kernels.training_digest("exact", 4) == kernels.training_digest("exact", 1)
    assert pools == [3]


def test_the_first_network_of_the_reduced_pipeline_is_shared_by_four_threads():
    model, train = (NETWORKS["adam"][section] for section in ("model", "train"))
    weights = sum(a * b for a, b in pairwise([784, *model["hidden"], 10]))
    assert train["batch_size"] * weights >= 4 * MIN_PART_PRODUCTS
