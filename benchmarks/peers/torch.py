"""The peer PyTorch: its own layers, losses and fused optimizers; eager or by torch.compile."""

from collections.abc import Callable
from itertools import pairwise
from typing import Any

import torch
from torch import nn

from benchmarks.peers.protocol import Epoch, Task, UnavailableError, serve
from benchmarks.speed.networks import Contest
from nncore.data.batches import SAMPLES_PER_GATHER

ACTIVATIONS = {"relu": nn.ReLU, "sigmoid": nn.Sigmoid}


def prepare(task: Task) -> Epoch:
    """Return an epoch that gathers many batches at a time, as nncore does."""
    torch.set_num_threads(task.threads)
    architecture, settings = task.contest.architecture, task.contest.settings
    model = make_model(task.contest)
    images = torch.from_numpy(task.data.inputs)
    targets = torch.from_numpy(task.data.targets)
    criterion: nn.Module = nn.MSELoss()
    if architecture.loss == "cross_entropy":
        # Softmax is in this loss; class numbers are its fast way.
        criterion, targets = nn.CrossEntropyLoss(), targets.argmax(dim=1)

    def eager_loss(x: torch.Tensor, y: torch.Tensor) -> torch.Tensor:
        loss: torch.Tensor = criterion(model(x), y)
        return loss

    loss_of: Callable[[Any, Any], Any] = eager_loss
    if "compiled" in task.options:
        loss_of = _compiled(eager_loss, images, targets, settings.batch_size)
    optimizer = make_optimizer(model, task.contest)
    orders = task.contest.orders(len(images))
    stretch = max(SAMPLES_PER_GATHER // settings.batch_size, 1) * settings.batch_size

    def epoch() -> float:
        losses, counts = [], []
        for rows in torch.from_numpy(next(orders)).split(stretch):
            gathered = torch.index_select(images, 0, rows).split(settings.batch_size)
            gathered_targets = torch.index_select(targets, 0, rows).split(settings.batch_size)
            for x, y in zip(gathered, gathered_targets, strict=True):
                optimizer.zero_grad()
                loss = loss_of(x, y)
                loss.backward()
                optimizer.step()
                losses.append(loss.detach())
                counts.append(len(x))
        return float(torch.stack(losses) @ torch.tensor(counts, dtype=torch.float32)) / len(images)

    return epoch


Loss = Callable[[torch.Tensor, torch.Tensor], torch.Tensor]


def _compiled(loss_of: Loss, images: torch.Tensor, targets: torch.Tensor, batch: int) -> Loss:
    """Compile forward and backward for full batches and for the last, short one.

    No weight changes, and each step begins without the gradients that this leaves.
    """
    compiled: Loss = torch.compile(loss_of, dynamic=False)
    sizes = {min(batch, len(images)), len(images) % batch} - {0}
    try:
        for size in sorted(sizes):
            compiled(images[:size], targets[:size]).backward()
    except Exception as error:
        raise UnavailableError(str(error).splitlines()[0]) from error
    return compiled


def make_optimizer(model: nn.Module, contest: Contest) -> torch.optim.Optimizer:
    """Return the update rule of a contest, in one pass over all parameters."""
    optimizer, lr = contest.settings.optimizer, contest.settings.lr
    if optimizer.name == "adam":
        betas = optimizer.beta1, optimizer.beta2
        return torch.optim.Adam(
            model.parameters(), lr=lr, betas=betas, eps=optimizer.epsilon, fused=True
        )
    return torch.optim.SGD(model.parameters(), lr=lr, momentum=contest.momentum, fused=True)


def make_model(contest: Contest) -> nn.Sequential:
    """Return the network with nncore's first weights."""
    layers: list[nn.Module] = []
    activation = ACTIVATIONS[str(contest.architecture.activation)]
    ends = list(pairwise(contest.sizes))
    for (fan_in, fan_out), weight, bias in zip(ends, *contest.start(), strict=True):
        linear = nn.Linear(fan_in, fan_out)
        with torch.no_grad():
            linear.weight.copy_(torch.from_numpy(weight.T))
            linear.bias.copy_(torch.from_numpy(bias))
        layers += [linear, activation()]
    if contest.architecture.output != "sigmoid":
        layers.pop()
    return nn.Sequential(*layers)


if __name__ == "__main__":
    serve(prepare, f"PyTorch {torch.__version__}")
