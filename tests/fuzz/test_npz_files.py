""".npz files from anywhere are read as NumPy reads them, or refused as errors of nncore."""

import io
import zipfile

import numpy as np
import pytest
from fuzzing import EXAMPLES, counted, edited, edits, variants
from hypothesis import given
from hypothesis import strategies as st

from nncore.errors import NncoreError
from stages.formats.class_labels import collect_labels
from stages.formats.npz_arrays import list_arrays
from stages.formats.npz_values import as_bytes, image_shape, label_chunks, pixel_factor

IMAGES = np.arange(4 * 3 * 5).reshape(4, 3, 5)
ARRAYS = {
    "bytes": (IMAGES.astype("u1"), np.array([0, 1, 2, 1])),
    "floats": ((IMAGES / 60).astype(">f4"), np.eye(3)[[0, 1, 2, 1]].astype("f4")),
    "text": (IMAGES[..., np.newaxis].astype("<i2"), np.array(["a", "bé", "お", "a"])),
}


def packed(images, labels, method):
    """Return the entries of a file, and the file."""
    entries = {}
    for name, array in {"x": images, "y": labels}.items():
        stream = io.BytesIO()
        np.save(stream, array)
        entries[name] = stream.getvalue()
    return entries, archived(entries, method)


def archived(entries, method):
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", method) as archive:
        for name, content in entries.items():
            archive.writestr(zipfile.ZipInfo(f"{name}.npy"), content, method)
    return stream.getvalue()


def read(path):
    """Return images and labels as the stage does."""
    arrays, _ = list_arrays(path, {"x", "y"})
    if set(arrays) != {"x", "y"}:
        raise NncoreError
    image_shape(arrays["x"])
    images = np.concatenate(list(as_bytes(arrays["x"], pixel_factor(arrays["x"]))))
    names, codes = collect_labels(label_chunks(arrays["y"]), "y")
    return images, [names[code] for code in codes]


def oracle(path):
    """Return images and labels as NumPy reads them, mapped by the definition."""
    with np.lib.npyio.NpzFile(path.open("rb"), own_fid=True) as arrays:
        images, labels = arrays["x"], arrays["y"]
    if images.dtype.kind == "f" and images.max() <= 1:
        images = images.astype("f8") * 255
    if labels.ndim == 2 and labels.shape[1] > 1:
        labels = labels.argmax(1)
    values = labels.ravel().tolist()
    names = [str(int(value) if isinstance(value, float | bool) else value) for value in values]
    shape = images.shape[:3] if images.shape[3:] == (1,) else images.shape
    return np.rint(images).reshape(shape), names


@pytest.mark.parametrize("kind", ARRAYS)
@pytest.mark.parametrize("method", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])
def test_npz_is_read_as_numpy_reads_it_or_refused(tmp_path, kind, method):
    path = tmp_path / "file.npz"
    entries, whole = packed(*ARRAYS[kind], method)

    @EXAMPLES
    @given(name=st.sampled_from(["x", "y"]), inner=edits, outer=edits)
    def holds(*, name, inner, outer):
        for changes in variants(inner):
            changed = entries | {name: edited(entries[name], changes)}
            check(archived(changed, method))
        for changes in variants(outer):
            check(edited(whole, changes))

    def check(content):
        path.write_bytes(content)
        try:
            images, labels = read(path)
        except (NncoreError, OSError) as error:
            answers["lines"] += str(error).count("\n")
            answers["refused"] += 1
            return
        expected, names = oracle(path)
        np.testing.assert_array_equal(images, expected)
        assert labels == names
        answers["accepted"] += 1

    way = "stored" if method == zipfile.ZIP_STORED else "deflated"
    with counted(f".npz, {kind}, {way}") as answers:
        check(whole)
        assert answers["accepted"]
        holds()
    assert not answers["lines"]
