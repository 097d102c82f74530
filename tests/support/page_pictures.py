"""The pictures of a page, read from its text as its scripts read them."""

import base64
import json
import re

import numpy as np


def json_of(text, identity):
    """Return the values of a JSON element of a page, or None if there is none."""
    matches = re.findall(rf'id="{identity}">(.*?)</script>', text, re.DOTALL)
    return json.loads(matches[0]) if matches else None


def unpack(packed):
    """Return the bytes, by a loop that reads as the format is defined."""
    values, source = [], iter(packed)
    for value in source:
        values.extend([0] * next(source) if value == 0 else [value])
    return bytes(values)


def pictures_of(text, inputs):
    """Return the pixels of each picture by its number, (n, inputs) uint8."""
    sample = json_of(text, "test-images")
    packed = unpack(base64.b64decode(sample["packed"])) if sample else b""
    others = base64.b64decode(json_of(text, "model")["pictures"])
    return np.frombuffer(packed + others, np.uint8).reshape(-1, inputs)
