"""The peer PyTorch: distortions of many images at once, by affine_grid, conv2d and grid_sample.

With the option products, two matrix products smooth the noise in place of conv2d. With the option
worker, another process distorts images while this one trains.
"""

from collections.abc import Iterator

import torch
from torch import nn
from torch.nn import functional
from torch.utils.data import DataLoader, IterableDataset

from benchmarks.accuracy.race import rates
from benchmarks.accuracy.strength import SIDE, Distort
from benchmarks.peers.distorted.affine import affine_maps
from benchmarks.peers.distorted.protocol import Parameters, Trainer, serve
from benchmarks.peers.protocol import Task
from benchmarks.peers.torch import make_model, make_optimizer
from nncore.arrays import Floats, Indices
from nncore.config.augment import AugmentSettings
from nncore.data.augment import smoothing_matrix

# Distorted at once; a multiple of the batch.
IMAGES_PER_GATHER = 1024

Gather = tuple[torch.Tensor, torch.Tensor]


class Distorter:
    """Random distortions of images in nncore's family."""

    def __init__(self, settings: AugmentSettings, seed: int, *, products: bool) -> None:
        self._settings = settings
        self._products = products
        self._smooth = torch.from_numpy(smoothing_matrix(SIDE, settings.sigma)).float()
        self._generator = torch.Generator().manual_seed(seed)
        # Beyond four standard deviations a Gaussian has 0.006 % of its weight.
        radius = round(4 * settings.sigma)
        weights = torch.exp(-(torch.arange(-radius, radius + 1) ** 2) / (2 * settings.sigma**2))
        self._kernel = weights / weights.sum()

    def distort(self, images: torch.Tensor) -> torch.Tensor:
        """Return distorted images, (n, 784)."""
        n = len(images)
        maps = affine_maps(torch, self._settings, self._uniform(n, 6))
        # Coordinates are (x, y) here, and half the image is their unit.
        theta = maps.flip(1)[:, :, [1, 0, 2]] * torch.tensor([1, 1, 2 / SIDE])
        grid = functional.affine_grid(theta, [n, 1, SIDE, SIDE], align_corners=False)
        smooth = self._smoothed(self._uniform(2 * n, 1, SIDE, SIDE))
        fields = smooth.view(n, 2, SIDE, SIDE).permute(0, 2, 3, 1)
        grid = torch.add(grid, fields, alpha=2 / SIDE * self._settings.alpha)
        planes = images.view(n, 1, SIDE, SIDE)
        return functional.grid_sample(planes, grid, align_corners=False).view(n, -1)

    def _smoothed(self, noise: torch.Tensor) -> torch.Tensor:
        """Return noise, (planes, 1, 28, 28), smoothed along rows and columns."""
        if self._products:
            across: torch.Tensor = noise.view(-1, SIDE) @ self._smooth
            return self._smooth @ across.view(noise.shape)
        taps = len(self._kernel)
        across = functional.conv2d(noise, self._kernel.view(1, 1, 1, taps), padding="same")
        return functional.conv2d(across, self._kernel.view(1, 1, taps, 1), padding="same")

    def _uniform(self, *shape: int) -> torch.Tensor:
        return torch.rand(shape, generator=self._generator).mul_(2).sub_(1)


class Gathers(IterableDataset[Gather]):
    """Distorted images and labels of an epoch; each iteration is the next epoch."""

    def __init__(
        self,
        images: torch.Tensor,
        labels: torch.Tensor,
        orders: Iterator[Indices],
        distorter: Distorter,
    ) -> None:
        self._images, self._labels = images, labels
        self._orders, self._distorter = orders, distorter

    def __iter__(self) -> Iterator[Gather]:
        for rows in torch.from_numpy(next(self._orders)).split(IMAGES_PER_GATHER):
            yield self._distorter.distort(self._images[rows]), self._labels[rows]


def prepare(task: Task) -> Trainer:
    """Return a training on distorted gathers, made here or by a worker."""
    contest, seed = task.contest, task.contest.settings.seed
    has_worker, products = (name in task.options for name in ("worker", "products"))
    # The worker has the other core.
    torch.set_num_threads(1 if has_worker else task.threads)
    gathers = Gathers(
        torch.from_numpy(task.data.inputs),
        torch.from_numpy(task.data.targets.argmax(axis=1)),
        contest.orders(len(task.data.inputs)),
        Distorter(contest.settings.augment, seed, products=products),
    )
    loader = DataLoader(
        gathers,
        batch_size=None,
        num_workers=int(has_worker),
        persistent_workers=has_worker,
        prefetch_factor=4 if has_worker else None,
    )
    distorter = Distorter(contest.settings.augment, seed + 1, products=products)

    def distort(images: Floats) -> Floats:
        parts = torch.from_numpy(images).split(IMAGES_PER_GATHER)
        distorted: Floats = torch.cat([distorter.distort(part) for part in parts]).numpy()
        return distorted

    return make_trainer(task, loader, distort)


def make_trainer(task: Task, loader: DataLoader[Gather], distort: Distort) -> Trainer:
    """Return the training of the network on the gathers that a loader yields in an epoch."""
    contest, count = task.contest, len(task.data.inputs)
    model, criterion = make_model(contest), nn.CrossEntropyLoss()
    optimizer = make_optimizer(model, contest)
    epochs = iter(range(1, contest.settings.epochs + 1))

    def epoch() -> float:
        rate, losses, counts = iter(rates(contest, next(epochs), count)), [], []
        for images, labels in loader:
            batch = contest.settings.batch_size
            for x, y in zip(images.split(batch), labels.split(batch), strict=True):
                optimizer.param_groups[0]["lr"] = next(rate)
                optimizer.zero_grad()
                loss = criterion(model(x), y)
                loss.backward()
                optimizer.step()
                losses.append(loss.detach())
                counts.append(len(x))
        return float(torch.stack(losses) @ torch.tensor(counts, dtype=torch.float32)) / count

    def parameters() -> Parameters:
        layers = [layer for layer in model if isinstance(layer, nn.Linear)]
        return (
            [layer.weight.detach().numpy().T for layer in layers],
            [layer.bias.detach().numpy() for layer in layers],
        )

    return Trainer(epoch, parameters, distort)


if __name__ == "__main__":
    serve(prepare, f"PyTorch {torch.__version__}")
