"""A checkpoint to go on from."""

import pytest
from trainings import make_training, run

from nncore.training.checkpoint import save_checkpoint


@pytest.fixture
def path(tmp_path):
    """Return a sound checkpoint after epoch 2."""
    save_checkpoint(tmp_path / "epoch.npz", run(make_training(), 2))
    return tmp_path / "epoch.npz"
