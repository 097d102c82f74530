"""Numbers of a target for people: digits that differ from row to row."""

import pytest

from nncore.data.target import Target


@pytest.mark.parametrize(
    ("std", "number", "rounded"),
    [
        (77.0, 1_000_000_171.8225109, 1_000_000_171.8225),
        (77.0, 171.8225109, 171.8225),
        (7.7e-11, 1.7182251e-10, 1.718225e-10),
        (54_321.0, 1_234_567.89, 1_234_567.9),
        (1e9, 1_234_567_891.0, 1_234_570_000.0),
        (1.0, -1e-9, 0.0),
    ],
)
def test_six_digits_of_the_deviation_remain(std, number, rounded):
    target = Target(name="price", mean=1e9, std=std)
    assert target.rounded(number, 6) == rounded
    assert str(target.rounded(-1e-300, 6)) == "0.0"


def test_neighbours_of_a_target_far_from_0_differ():
    """With six digits of the number itself, both would be 1e+09."""
    target = Target(name="price", mean=1e9, std=77.0)
    texts = [target.as_text(number) for number in (1e9 + 206, 1e9 + 171.8225)]
    assert texts == ["1000000206.00", "1000000171.82"]
