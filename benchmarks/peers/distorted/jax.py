"""The peer JAX: many images are distorted at once in jit, then trained on by one program.

With the option thread, another thread distorts the next images meanwhile.
"""

from collections.abc import Callable
from functools import partial

import jax
import jax.numpy as jnp
import numpy as np

from benchmarks.accuracy.race import BATCH, rates
from benchmarks.accuracy.strength import SIDE
from benchmarks.peers.distorted.affine import affine_maps
from benchmarks.peers.distorted.protocol import Parameters, Trainer, serve
from benchmarks.peers.jax import State, first_moments, make_loss, make_update
from benchmarks.peers.protocol import Task
from benchmarks.speed.networks import Contest
from nncore.arrays import Floats
from nncore.config.augment import AugmentSettings
from nncore.data.augment import smoothing_matrix
from nncore.parallel import Prefetcher

# Distorted at once; a multiple of the batch.
IMAGES_PER_GATHER = 1024


def prepare(task: Task) -> Trainer:
    """Compile both programs; the time that this takes is the peer's time to make ready."""
    contest, count = task.contest, len(task.data.inputs)
    images, targets = jnp.asarray(task.data.inputs), jnp.asarray(task.data.targets)
    start = [tuple(map(jnp.array, layer)) for layer in zip(*contest.start(), strict=True)]
    state: State = start, first_moments(contest, start)
    distort = make_distorter(contest.settings.augment)

    def gather(images: jax.Array, targets: jax.Array, rows: jax.Array, key: jax.Array) -> State:
        x, y = distort(images[rows], key), targets[rows]
        return x.reshape(-1, BATCH, x.shape[1]), y.reshape(-1, BATCH, y.shape[1])

    # Gathers of two sizes, the last of an epoch being smaller: two compilations of each program.
    gather_of, train_on, key = {}, {}, jax.random.key(contest.settings.seed)
    for size in {min(IMAGES_PER_GATHER, count), count % IMAGES_PER_GATHER} - {0}:
        arguments = images, targets, jnp.arange(size), key
        gather_of[size] = jax.jit(gather).lower(*arguments).compile()
        steps = jax.jit(make_steps(contest), donate_argnums=0)
        rate = np.zeros(size // BATCH, np.float32)
        train_on[size] = steps.lower(state, *gather_of[size](*arguments), rate).compile()
    orders, prefetcher = contest.orders(count), Prefetcher(int("thread" in task.options))
    epochs = iter(range(1, contest.settings.epochs + 1))

    def run(rows: jax.Array, epoch_key: jax.Array, start: int) -> State:
        key = jax.random.fold_in(epoch_key, start)
        return jax.block_until_ready(gather_of[len(rows)](images, targets, rows, key))

    def epoch() -> float:
        nonlocal state
        number, total = next(epochs), 0.0
        order = jnp.asarray(next(orders), jnp.int32)
        rate = np.array(rates(contest, number, count), np.float32)
        epoch_key = jax.random.fold_in(key, number)
        starts = range(0, count, IMAGES_PER_GATHER)
        tasks = (partial(run, order[s : s + IMAGES_PER_GATHER], epoch_key, s) for s in starts)
        for begin, (x, y) in zip(starts, prefetcher.map(tasks), strict=True):
            first, size = begin // BATCH, len(x) * BATCH
            state, loss = train_on[size](state, x, y, rate[first : first + len(x)])
            total += loss
        return float(total) / count

    def distort_ramps(ramps: Floats) -> Floats:
        ramp_key = jax.random.fold_in(key, int(ramps[0, 1] > 0))
        return np.asarray(jax.jit(distort)(jnp.asarray(ramps), ramp_key))

    def parameters() -> Parameters:
        weights, biases = zip(*state[0], strict=True)
        return [np.asarray(weight) for weight in weights], [np.asarray(bias) for bias in biases]

    return Trainer(epoch, parameters, distort_ramps)


def make_steps(contest: Contest) -> Callable[..., State]:
    """Return the function of a gather's steps: state, batches and rates to state and loss."""
    loss_of, update = make_loss(contest), make_update(contest)

    def step(state: State, batch: State) -> State:
        parameters, moments = state
        x, y, rate = batch
        loss, gradient = jax.value_and_grad(loss_of)(parameters, x, y)
        return update(parameters, moments, gradient, rate), loss * len(y)

    def steps(state: State, images: jax.Array, targets: jax.Array, rate: jax.Array) -> State:
        state, losses = jax.lax.scan(step, state, (images, targets, rate))
        return state, losses.sum()

    return steps


def make_distorter(settings: AugmentSettings) -> Callable[[jax.Array, jax.Array], jax.Array]:
    """Return the function of random distortions in nncore's family: images and key to images.

    jax.scipy.ndimage.map_coordinates for each image would take a third longer.
    """
    smooth = jnp.asarray(smoothing_matrix(SIDE, settings.sigma), jnp.float32)
    centre, width = (SIDE - 1) / 2, SIDE + 3
    offsets = jnp.arange(SIDE) - centre

    def sources(count: int, key: jax.Array) -> jax.Array:
        affine_key, noise_key = jax.random.split(key)
        draws = jax.random.uniform(affine_key, (count, 6), minval=-1, maxval=1)
        maps = affine_maps(jnp, settings, draws)
        noise = jax.random.uniform(noise_key, (count, 2, SIDE, SIDE), minval=-1, maxval=1)
        down = maps[:, :, :1] * offsets + maps[:, :, 2:] + centre
        across = maps[:, :, 1:2] * offsets
        grid: jax.Array = down[..., jnp.newaxis] + across[:, :, jnp.newaxis]
        return grid + settings.alpha * (smooth @ noise @ smooth)

    def distort(images: jax.Array, key: jax.Array) -> jax.Array:
        count = len(images)
        # A margin of zeros, as nncore has it: every source has four neighbours.
        planes = jnp.pad(images.reshape(count, SIDE, SIDE), ((0, 0), (1, 2), (1, 2)))
        source = jnp.clip(sources(count, key) + 1, 0, SIDE + 1)
        floor = jnp.floor(source)
        y, x = (source - floor).reshape(count, 2, -1).transpose(1, 0, 2)
        index = (floor[:, 0] * width + floor[:, 1]).astype(jnp.int32).reshape(count, -1)
        above, above_right, below, below_right = (
            jnp.take_along_axis(planes.reshape(count, -1), index + corner, axis=1, mode="clip")
            for corner in (0, 1, width, width + 1)
        )
        top, bottom = above + x * (above_right - above), below + x * (below_right - below)
        return top + y * (bottom - top)

    return distort


if __name__ == "__main__":
    serve(prepare, f"JAX {jax.__version__}")
