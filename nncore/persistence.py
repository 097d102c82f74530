"""Model files: arrays and a JSON specification in one .npz, never pickle.

The file is an uncompressed zip archive, which `numpy.load` opens too: `specification.json`, then
`weight_1.npy`, `bias_1.npy`, … for the layers 1…L in little-endian float32. The same model always
gives the same bytes.
"""

import io
import json
import zipfile
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np

from nncore.activations import Floats
from nncore.architecture import Architecture
from nncore.errors import NncoreError
from nncore.model import Model
from nncore.network import Network
from nncore.preprocessing import Scaling

FORMAT = "nncore model 1"
_SPECIFICATION = "specification.json"
_DTYPE = np.dtype("<f4")

# All that zipfile, json and NumPy's header reader raise for bytes that are not what they seem.
_MALFORMED = (
    zipfile.BadZipFile,
    AttributeError,
    EOFError,
    KeyError,
    NotImplementedError,
    OverflowError,
    RecursionError,
    RuntimeError,
    TypeError,
    ValueError,
)


class ModelFileError(NncoreError):
    """A file that is not a whole and sound model."""


def save_model(path: Path, model: Model) -> None:
    """Write `model` to `path`; its parameters must be finite float32."""
    specification = {
        "format": FORMAT,
        "architecture": asdict(model.network.architecture),
        "class_names": model.class_names,
        "image_shape": model.image_shape,
        "pixel_mean": model.scaling.mean,
        "pixel_std": model.scaling.std,
        "provenance": model.provenance,
    }
    text = json.dumps(specification, indent=2, sort_keys=True, ensure_ascii=False) + "\n"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr(_entry(_SPECIFICATION), text)
        for name, array in _arrays(model.network):
            content = io.BytesIO()
            np.lib.format.write_array(content, array.astype(_DTYPE), allow_pickle=False)
            archive.writestr(_entry(name), content.getvalue())


def load_model(path: Path) -> Model:
    """Read a model.

    Nothing larger than the file itself is ever allocated, whatever it claims.

    Raises
    ------
    ModelFileError
        Not a model file, truncated, damaged, or at odds with itself.
    OSError
        The file can't be read.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            _check_sizes(archive, path.stat().st_size)
            model = _model(json.loads(archive.read(_SPECIFICATION)), path.stat().st_size)
            for name, array in _arrays(model.network):
                array[:] = _read_array(archive.read(name), array.shape)
    except _MALFORMED as error:
        reason = str(error).strip("'\"") or type(error).__name__
        raise ModelFileError(f"{path}: expected an nncore model file, got: {reason}") from error
    if not np.isfinite(model.network.parameters).all():
        raise ModelFileError(f"{path}: parameters must be finite, got infinite or NaN ones")
    return model


def _arrays(network: Network) -> Iterator[tuple[str, Floats]]:
    for layer, (weight, bias) in enumerate(
        zip(network.weights, network.biases, strict=True), start=1
    ):
        yield f"weight_{layer}.npy", weight
        yield f"bias_{layer}.npy", bias


def _entry(name: str) -> zipfile.ZipInfo:
    """Return an archive entry whose bytes tell nothing of the time or the system."""
    entry = zipfile.ZipInfo(name, date_time=(1980, 1, 1, 0, 0, 0))
    entry.create_system = 3
    entry.external_attr = 0o644 << 16
    return entry


def _check_sizes(archive: zipfile.ZipFile, limit: int) -> None:
    entries = archive.infolist()
    if any(entry.compress_type != zipfile.ZIP_STORED for entry in entries):
        raise ValueError("compressed entries")
    total = sum(entry.file_size for entry in entries)
    if total > limit:
        raise ValueError(f"entries of {total} bytes in a file of {limit}")


def _model(specification: Any, limit: int) -> Model:  # noqa: ANN401  whatever the JSON holds
    if specification["format"] != FORMAT:
        raise ValueError(f"format {specification['format']!r}, expected {FORMAT!r}")
    settings: dict[str, Any] = {
        key: tuple(value) if isinstance(value, list) else value
        for key, value in specification["architecture"].items()
    }
    architecture = Architecture(**settings)
    rows, columns = map(_count, specification["image_shape"])
    class_names = tuple(map(str, specification["class_names"]))
    layers = architecture.layers(rows * columns, len(class_names))
    claimed = sum((layer.fan_in + 1) * layer.fan_out for layer in layers) * _DTYPE.itemsize
    if claimed > limit:
        raise ValueError(f"layers of {claimed} bytes in a file of {limit}")
    network = Network(architecture, inputs=rows * columns, outputs=len(class_names))
    scaling = Scaling(float(specification["pixel_mean"]), float(specification["pixel_std"]))
    if not (np.isfinite(scaling.mean) and 0 < scaling.std < np.inf):
        raise ValueError(f"pixel_mean {scaling.mean} and pixel_std {scaling.std}")
    return Model(network, class_names, (rows, columns), scaling, dict(specification["provenance"]))


def _count(value: object) -> int:
    if type(value) is not int or value < 1:
        raise ValueError(f"image_shape with {value!r}")
    return value


def _read_array(content: bytes, shape: tuple[int, ...]) -> Floats:
    """Return the array of a .npy file, which must have this shape and be float32."""
    stream = io.BytesIO(content)
    if np.lib.format.read_magic(stream) != (1, 0):
        raise ValueError("an array of another .npy version than 1.0")
    found, fortran_order, dtype = np.lib.format.read_array_header_1_0(stream)
    if (found, fortran_order, dtype) != (shape, False, _DTYPE):
        raise ValueError(f"an array {found} of {dtype}, expected {shape} of {_DTYPE}")
    array: Floats = np.frombuffer(stream.read(), _DTYPE).reshape(shape)
    return array
