"""The peer JAX: a whole epoch compiled as one program, ahead of the first."""

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp

from benchmarks.peers.protocol import Epoch, Task, serve
from benchmarks.speed.networks import Contest

# Nested lists and tuples of arrays, which JAX calls a pytree.
State = Any
HIDDEN = {"relu": jax.nn.relu, "sigmoid": jax.nn.sigmoid}


def prepare(task: Task) -> Epoch:
    """Compile the epoch; the time that this takes is the peer's time to make ready."""
    images, targets = jnp.asarray(task.data.inputs), jnp.asarray(task.data.targets)
    orders = task.contest.orders(len(images))
    parameters = [tuple(map(jnp.array, layer)) for layer in zip(*task.contest.start(), strict=True)]
    state = parameters, jax.tree.map(jnp.zeros_like, parameters)
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
    architecture, settings = contest
    hidden, momentum = HIDDEN[str(architecture.activation)], contest.momentum

    def loss_of(parameters: State, x: jax.Array, y: jax.Array) -> jax.Array:
        for weight, bias in parameters[:-1]:
            x = hidden(x @ weight + bias)
        weight, bias = parameters[-1]
        z = x @ weight + bias
        if architecture.loss == "cross_entropy":
            return -jnp.sum(y * jax.nn.log_softmax(z)) / len(y)
        return jnp.mean(jnp.square(jax.nn.sigmoid(z) - y))

    def step(state: State, x: jax.Array, y: jax.Array) -> tuple[State, jax.Array]:
        parameters, velocity = state
        loss, gradient = jax.value_and_grad(loss_of)(parameters, x, y)
        if momentum:
            gradient = velocity = jax.tree.map(lambda v, g: momentum * v + g, velocity, gradient)
        parameters = jax.tree.map(lambda p, g: p - settings.lr * g, parameters, gradient)
        return (parameters, velocity), loss * len(y)

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


if __name__ == "__main__":
    serve(prepare, f"JAX {jax.__version__}")
