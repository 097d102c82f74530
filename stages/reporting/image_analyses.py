"""The analyses of a model of images that take long, in threads: damage, and the map of layers.

The number of threads changes no bit.
"""

from collections.abc import Iterator
from concurrent.futures import FIRST_EXCEPTION, Future, ThreadPoolExecutor, wait
from contextlib import contextmanager
from functools import partial
from typing import Any, Final, NamedTuple

import numpy as np

from nncore.analysis.robustness import DAMAGES, Pixels, damage_curve
from nncore.arrays import Indices
from nncore.data.dataset import Images
from nncore.data.resampling import ImageGrid
from nncore.model import Model
from nncore.parallel import one_blas_thread
from stages.page.images.activation_map import ActivationMap
from stages.reporting.activation_map import activation_map
from stages.shared.numerics import available_cores
from stages.shared.report_inputs import Predictions, spread_rows

# Bounds of the number of test images that are damaged, and the products of a parameter and an image
# that may take time: some ten seconds. The lower bound comes first: with 100 million
# parameters it takes minutes.
DAMAGED_IMAGES: Final = (100, 1000)
MAX_PRODUCTS: Final = 10_000_000_000
DAMAGE_SEED: Final = 1
# Each thread has a block of damaged images, up to 240 MB, and a float64 copy of the weights. A
# larger network has one thread.
MAX_THREADS: Final = 2
MAX_WEIGHTS_OF_THREADS: Final = 50_000_000


class ImageAnalyses(NamedTuple):
    """Results of the analyses.

    Attributes
    ----------
    damage : by kind of damage, the accuracy at each strength
    activation_map : of test images in each layer
    """

    damage: dict[str, list[float]]
    activation_map: ActivationMap


def thread_count(model: Model) -> int:
    """Return the number of threads whose memory is bounded: 2, or 1 for a large network."""
    if model.network.weight_count > MAX_WEIGHTS_OF_THREADS:
        return 1
    return min(available_cores(), MAX_THREADS)


def analyse_images(
    model: Model, images: Images, predictions: Predictions, damaged: Indices, *, threads: int
) -> ImageAnalyses:
    """Return the analyses of the test images.

    Parameters
    ----------
    images : (n, inputs), floats or `Uint8Images`
    damaged : rows of the images that are damaged
    threads : `thread_count` gives it
    """
    with _thread_pool(threads) as pool:
        layers = pool.submit(activation_map, model, images, predictions)
        curves = _submit_damages(pool, model, images, predictions, damaged)
        futures: list[Future[Any]] = [layers, *curves.values()]
        # One after the other, an error would wait for the results before it.
        done, _ = wait(futures, return_when=FIRST_EXCEPTION)
        for future in done:
            future.result()
        damage = {name: curve.result() for name, curve in curves.items()}
        return ImageAnalyses(damage, layers.result())


@contextmanager
def _thread_pool(threads: int) -> Iterator[ThreadPoolExecutor]:
    """Yield a pool; an error of the block cancels what has not begun."""
    # Threads of a BLAS wait actively for each other: beside other work, products take longer. Some
    # libraries have a limit for the process, which ends here, some have one for each thread.
    with one_blas_thread():
        pool = ThreadPoolExecutor(threads, initializer=one_blas_thread)
        try:
            yield pool
        finally:
            pool.shutdown(cancel_futures=True)


def choose_damaged(model: Model, test_images: int) -> Indices:
    """Return the test images that are damaged: evenly spread, as many as the work allows."""
    strengths = sum(len(damage.strengths) for damage in DAMAGES.values())
    least, most = DAMAGED_IMAGES
    affordable = MAX_PRODUCTS // (model.network.parameters.size * strengths)
    count = min(max(least, min(most, affordable)), test_images)
    return spread_rows(count, test_images)


def _submit_damages(
    pool: ThreadPoolExecutor, model: Model, images: Images, predictions: Predictions, rows: Indices
) -> dict[str, Future[list[float]]]:
    """Submit the accuracies on the test images at `rows`, damaged in each way."""
    (height, width, *channels), normalization = model.pixels()
    table = normalization.table()
    # The darkest and the brightest pixel value have the first and the last number.
    pixels = Pixels(
        ImageGrid(height, width, float(table[0]), *channels), abs(float(table[-1] - table[0]))
    )
    index_of = {name: index for index, name in enumerate(model.class_names)}
    labels = np.empty(len(images), np.int64)
    labels[predictions.numbers] = [index_of[name] for name in predictions.actual]
    curve = partial(
        damage_curve, model.network, images, labels, rows, pixels=pixels, seed=DAMAGE_SEED
    )
    return {name: pool.submit(curve, damage=damage) for name, damage in DAMAGES.items()}
