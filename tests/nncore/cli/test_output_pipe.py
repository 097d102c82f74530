"""A reader of the output that ends early, such as `head`."""

import os
import subprocess
import sys

import pytest

from nncore.config.architecture import Architecture
from nncore.data.preprocessing import Normalization
from nncore.model import Model
from nncore.model_file import save
from nncore.network.network import Network
from stages.shared.fingerprint import ROOT


@pytest.mark.skipif(os.name == "nt", reason="Windows closes pipes in another way")
@pytest.mark.parametrize("copies", [1, 300])
def test_a_closed_pipe_is_no_error_message(copies, tmp_path):
    """One line fits into the buffer and is written at the end; 300 are written before."""
    network = Network(Architecture(hidden=()), inputs=784, outputs=2)
    save(tmp_path / "model.npz", Model(network, ("a", "b"), (28, 28), Normalization(), {}, "digit"))
    picture = str(ROOT / "data/shapes/circle/01.png")
    reader, writer = os.pipe()
    os.close(reader)
    command = [sys.executable, "-m", "nncore.cli", "predict", str(tmp_path / "model.npz")]
    done = subprocess.run(
        [*command, *copies * [picture], "--json"],
        cwd=ROOT,
        stdout=writer,
        stderr=subprocess.PIPE,
        text=True,
        check=False,
    )
    os.close(writer)
    assert (done.returncode, done.stderr) == (141, "")
