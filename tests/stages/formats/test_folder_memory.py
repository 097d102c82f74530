"""The memory for a folder of pictures grows by their names and digests, not by their pixels.

Issue 21 allows 200 MB more for 100,000 pictures than for 1,000: some 2,000 bytes a picture.
"""

import json
import os
import tracemalloc

import numpy as np
import pytest
from PIL import Image

from stages.fetch import fetch
from stages.formats import folder as reader
from stages.preprocess import preprocess
from stages.shared import data_report

# pathlib interns the parts of paths, and Python's table of interned strings, which all tests share,
# grows now and then by megabytes. It grows in one run of these at most.
RUNS = 2
# Pictures of 3,072 bytes. The buffers of batches hold no more than these few.
FEW, MANY, SIDE = 400, 2000, 32
BYTES_PER_PICTURE = 2000


def make_pictures(root, count):
    """Make links to 16 pictures, under names of 40 letters in two class folders."""
    root.mkdir()
    rng = np.random.default_rng(0)
    for number in range(16):
        pixels = rng.integers(0, 256, (SIDE, SIDE, 3), np.uint8)
        Image.fromarray(pixels).save(root / f"{number}.png")
    for number in range(count):
        label = "ab"[number % 2]
        path = root / "pictures" / (20 * label) / f"{number:036}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        os.link(root / f"{number % 16}.png", path)


def peaks(root):
    """Run fetch and preprocess `RUNS` times; return the most bytes that each of them needs."""
    return np.min([peaks_once(root) for _ in range(RUNS)], axis=0)


def peaks_once(root):
    """Run fetch and preprocess; return the most bytes that each of them holds."""
    params, raw = root / "params.yaml", root / "raw"
    source = {"dataset": "folder", "path": str(root / "pictures")}
    settings = {"colour": "rgb", "dtype": "uint8"}
    params.write_text(json.dumps({"fetch": source, "preprocess": settings}))
    folders = {"processed": root / "processed", "reports": root / "reports"}
    stages = (lambda: fetch(params, raw), lambda: preprocess(params=params, raw=raw, **folders))
    measured = []
    for stage in stages:
        tracemalloc.start()
        try:
            stage()
            measured.append(tracemalloc.get_traced_memory()[1])
        finally:
            tracemalloc.stop()
    return np.array(measured)


@pytest.fixture
def growth(tmp_path):
    """Return a function that measures the bytes for each further picture, by stage."""
    for count in (FEW, MANY):
        make_pictures(tmp_path / str(count), count)

    def measure():
        few, many = (peaks(tmp_path / str(count)) for count in (FEW, MANY))
        return (many - few) / (MANY - FEW)

    return measure


def test_a_picture_more_takes_no_more_than_2000_bytes(growth):
    assert growth().max() < BYTES_PER_PICTURE


def test_pixels_that_a_stage_holds_are_seen(growth, monkeypatch):
    decode, digests, held = reader.decode, data_report.image_digests, []

    def hold(images):
        held.append(images.copy())
        return digests(images)

    def decode_all(*arguments, **options):
        return [(images.copy(), labels.copy()) for images, labels in decode(*arguments, **options)]

    monkeypatch.setattr(reader, "decode", decode_all)
    monkeypatch.setattr(data_report, "image_digests", hold)
    assert growth().min() > BYTES_PER_PICTURE
