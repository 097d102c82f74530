"""The peer JAX: a whole epoch compiled as one program, ahead of the first."""

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp

from benchmarks.peers.protocol import Epoch, Task, serve
from benchmarks.speed.networks import Contest

# Nested lists and tuples of arrays, which JAX calls a pytree.
State = Any
# A number, or an array of no dimensions.
Rate = Any
HIDDEN = {"relu": jax.nn.relu, "sigmoid": jax.nn.sigmoid}


def prepare(task: Task) -> Epoch:
    """Compile the epoch; the time that this takes is the peer's time to make ready."""
    images, targets = jnp.asarray(task.data.inputs), jnp.asarray(task.data.targets)
    orders = task.contest.orders(len(images))
    parameters = [tuple(map(jnp.array, layer)) for layer in zip(*task.contest.start(), strict=True)]
    state = parameters, first_moments(task.contest, parameters)
    rows = jnp.arange(len(images))
    program = jax.jit(_program(task.contest), donate_argnums=0)
    compiled = program.lower(state, images, targets, rows).compile()

    def epoch() -> float:
        nonlocal state
        state, total = compiled(state, images, targets, jnp.asarray(next(orders), rows.dtype))
        return float(total) / len(images)

    return epoch


def _program(contest: Contest) -> Callable[..., Any]:
    """Return the function of an epoch: state, images, targets and order to state and loss."""
    settings = contest.settings
    loss_of, update = make_loss(contest), make_update(contest)

    def step(state: State, x: jax.Array, y: jax.Array) -> tuple[State, jax.Array]:
        parameters, moments = state
        loss, gradient = jax.value_and_grad(loss_of)(parameters, x, y)
        return update(parameters, moments, gradient, settings.lr), loss * len(y)

    def program(
        state: State, images: jax.Array, targets: jax.Array, order: jax.Array
    ) -> tuple[State, jax.Array]:
        full = len(order) // settings.batch_size * settings.batch_size
        batches = order[:full].reshape(-1, settings.batch_size)
        state, losses = jax.lax.scan(
            lambda state, rows: step(state, images[rows], targets[rows]), state, batches
        )
        total = losses.sum()
        if full < len(order):
            # The last batch is a short one.
            rows = order[full:]
            state, loss = step(state, images[rows], targets[rows])
            total += loss
        return state, total

    return program


def make_loss(contest: Contest) -> Callable[..., jax.Array]:
    """Return the function of the mean loss: parameters, images and targets to a number."""
    architecture = contest.architecture
    hidden = HIDDEN[str(architecture.activation)]

    def loss_of(parameters: State, x: jax.Array, y: jax.Array) -> jax.Array:
        for weight, bias in parameters[:-1]:
            x = hidden(x @ weight + bias)
        weight, bias = parameters[-1]
        z = x @ weight + bias
        if architecture.loss == "cross_entropy":
            return -jnp.sum(y * jax.nn.log_softmax(z)) / len(y)
        return jnp.mean(jnp.square(jax.nn.sigmoid(z) - y))

    return loss_of


def first_moments(contest: Contest, parameters: State) -> State:
    """Return what the update rule keeps beside the parameters, before its first step."""
    if contest.settings.optimizer.name == "adam":
        m, v = (jax.tree.map(jnp.zeros_like, parameters) for _ in range(2))
        return m, v, jnp.zeros(())
    return jax.tree.map(jnp.zeros_like, parameters)


def make_update(contest: Contest) -> Callable[..., State]:
    """Return the function of an update: parameters, moments, gradient and rate to the new ones."""
    optimizer, momentum = contest.settings.optimizer, contest.momentum
    beta1, beta2 = optimizer.beta1, optimizer.beta2
    tree_map = jax.tree.map

    def momentum_update(parameters: State, velocity: State, gradient: State, lr: Rate) -> State:
        if momentum:
            gradient = velocity = tree_map(lambda v, g: momentum * v + g, velocity, gradient)
        return tree_map(lambda p, g: p - lr * g, parameters, gradient), velocity

    def adam_update(parameters: State, moments: State, gradient: State, lr: Rate) -> State:
        # Kingma & Ba (ICLR 2015), algorithm 1
        m, v, t = moments
        t += 1
        m = tree_map(lambda m, g: beta1 * m + (1 - beta1) * g, m, gradient)
        v = tree_map(lambda v, g: beta2 * v + (1 - beta2) * g * g, v, gradient)
        rate, factor = lr / (1 - beta1**t), 1 / (1 - beta2**t)
        parameters = tree_map(
            lambda p, m, v: p - rate * m / (jnp.sqrt(factor * v) + optimizer.epsilon),
            *(parameters, m, v),
        )
        return parameters, (m, v, t)

    return adam_update if optimizer.name == "adam" else momentum_update


if __name__ == "__main__":
    serve(prepare, f"JAX {jax.__version__}")
