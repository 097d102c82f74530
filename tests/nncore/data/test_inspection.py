"""Statistics and copies of images, counted by hand and in another way."""

from collections import Counter

import numpy as np
import pytest

from nncore.data.inspection import (
    ImageStatistics,
    count_copies,
    count_seen,
    find_contradictions,
    image_digests,
    number_images,
)

IMAGES = np.array([[0, 9, 5], [0, 9, 5], [0, 7, 7], [0, 0, 0]], np.uint8)


def numbers(letters):
    """Return the numbers of images, one for each letter, which is all of its pixels."""
    return number_images(image_digests(np.frombuffer(letters.encode(), np.uint8)[:, np.newaxis]))


def statistics(*batches):
    made = ImageStatistics(3)
    for batch in batches:
        made.update(batch)
    return made


@pytest.mark.parametrize("batches", [(IMAGES,), (IMAGES[:1], IMAGES[1:])])
def test_the_statistics_do_not_depend_on_the_batches(batches):
    made = statistics(*batches)
    assert (made.count, made.blank, made.levels()) == (4, 1, [0, 5, 7, 9])
    assert made.constant().tolist() == [True, False, False]


def test_all_256_levels_are_seen():
    images = np.arange(258, dtype=np.uint16).astype(np.uint8).reshape(-1, 3)
    made = statistics(images, images)
    assert made.levels() == list(range(256))


def test_equal_images_have_equal_numbers():
    first = numbers("abcab")
    assert len(set(first)) == 3
    assert first[0] == first[3] != first[1] == first[4]


def test_images_that_differ_in_one_bit_are_different():
    images = np.zeros((8, 784), np.uint8)
    images[np.arange(8), 5] = 1 << np.arange(8)
    assert len(set(number_images(image_digests(images)))) == 8


def test_a_digest_is_the_beginning_of_sha256():
    """Of FIPS 180-2, appendix B.1: abc."""
    (digest,) = image_digests(np.array([[97, 98, 99]], np.uint8)).tolist()
    assert digest.hex() == "ba7816bf8f01cfea414140de5dae2223"


def test_copies_are_all_but_the_first():
    assert count_copies(numbers("abcaba")) == 3


def test_images_that_are_among_others_are_counted():
    all_numbers = numbers("abca" + "aadx")
    assert count_seen(all_numbers[4:], all_numbers[:4]) == 2


@pytest.mark.parametrize("seed", range(3))
def test_many_random_images_are_counted_as_a_dictionary_counts_them(seed):
    rng = np.random.default_rng(seed)
    images, labels = rng.integers(0, 3, (500, 5), np.uint8), rng.integers(0, 2, 500, np.uint8)
    keys = [image.tobytes() for image in images]
    result = number_images(image_digests(images))
    assert count_copies(result) == 500 - len(Counter(keys))
    assert count_seen(result[300:], result[:300]) == sum(key in keys[:300] for key in keys[300:])
    of_key = {}
    for key, label in zip(keys, labels, strict=True):
        of_key.setdefault(key, set()).add(int(label))
    expected = [row for row, key in enumerate(keys) if len(of_key[key]) > 1]
    assert find_contradictions(result, labels).tolist() == expected


def test_a_contradiction_is_in_all_its_copies():
    labels = np.array([0, 1, 2, 0, 255, 1], np.uint8)
    assert find_contradictions(numbers("abcabb"), labels).tolist() == [1, 4, 5]


def test_of_no_images_nothing_is_a_copy():
    empty = number_images(image_digests(np.empty((0, 3), np.uint8)))
    assert (count_copies(empty), count_seen(empty, empty)) == (0, 0)
    assert find_contradictions(empty, np.empty(0, np.uint8)).tolist() == []
