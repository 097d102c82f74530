"""The peer PyTorch with torchvision's v2 transforms, image by image in two workers.

A call of ElasticTransform draws one field for all its images, so each image needs a call.
RandomAffine rounds shifts to pixels.
"""

from collections.abc import Iterator

import numpy as np
import torch
from torch.utils.data import DataLoader, Dataset, Sampler

from benchmarks.accuracy.strength import SIDE
from benchmarks.peers.distorted.protocol import Trainer, serve
from benchmarks.peers.distorted.torch import make_trainer
from benchmarks.peers.protocol import Task, UnavailableError
from nncore.arrays import Floats, Indices
from nncore.config.augment import AugmentSettings

try:
    # The package index's build is made for CUDA: beside PyTorch's CPU build it does not load.
    from torchvision.transforms import v2
except (ImportError, RuntimeError) as error:
    v2, missing = None, f"torchvision does not load: {str(error).splitlines()[0]}"


# On nncore's alpha. ElasticTransform's is in halves of a pixel; and its noise is reflected at the
# edges, where nncore's ends, which makes displacements larger: by a sixth with sigma 6.
ALPHA = 2 * 0.86


class Images(Dataset[tuple[torch.Tensor, torch.Tensor]]):
    """Images, distorted when they are read, and labels."""

    def __init__(self, images: Floats, labels: Indices, settings: AugmentSettings) -> None:
        self._images = torch.from_numpy(images).view(-1, 1, SIDE, SIDE)
        self._labels = torch.from_numpy(labels)
        self._distort = v2.Compose(
            [
                v2.RandomAffine(
                    settings.rotation,
                    translate=(settings.shift / SIDE,) * 2,
                    interpolation=v2.InterpolationMode.BILINEAR,
                ),
                v2.ElasticTransform(ALPHA * settings.alpha, settings.sigma),
            ]
        )

    def __len__(self) -> int:
        return len(self._images)

    def __getitem__(self, index: int) -> tuple[torch.Tensor, torch.Tensor]:
        return self._distort(self._images[index]).view(-1), self._labels[index]


class Order(Sampler[int]):
    """The order of the images; each iteration is the next epoch."""

    def __init__(self, orders: Iterator[Indices], count: int) -> None:
        self._orders, self._count = orders, count

    def __len__(self) -> int:
        return self._count

    def __iter__(self) -> Iterator[int]:
        return iter(next(self._orders).tolist())


def prepare(task: Task) -> Trainer:
    """Return a training on batches that two workers distort and collate."""
    if v2 is None:
        raise UnavailableError(missing)
    torch.set_num_threads(task.threads)
    torch.manual_seed(task.contest.settings.seed)
    settings, data = task.contest.settings, task.data
    labels = data.targets.argmax(axis=1)
    loader = DataLoader(
        Images(data.inputs[:], labels, settings.augment),
        batch_size=settings.batch_size,
        sampler=Order(task.contest.orders(len(labels)), len(labels)),
        num_workers=task.threads,
        persistent_workers=True,
        prefetch_factor=16,
    )

    def distort(images: Floats) -> Floats:
        ramps = Images(images, np.zeros(len(images), np.int64), settings.augment)
        distorted: Floats = torch.stack([ramps[number][0] for number in range(len(ramps))]).numpy()
        return distorted

    return make_trainer(task, loader, distort)


if __name__ == "__main__":
    serve(prepare, f"PyTorch {torch.__version__}")
