"""Dotted keys of nested mappings."""

import pytest

from stages.shared.dotted_keys import flatten, format_value, value_at, with_value

PARAMS = {"train": {"lr": 0.5, "loss": {"name": "mse"}}, "seeds": [1, 2], "sweep": {}}


def test_flattening_keeps_the_order_and_takes_a_list_as_a_value():
    assert list(flatten(PARAMS)) == [
        ("train.lr", 0.5),
        ("train.loss.name", "mse"),
        ("seeds", [1, 2]),
    ]


def test_a_mapping_can_be_a_value():
    assert dict(flatten(PARAMS, lambda value: "name" in value or not value)) == {
        "train.lr": 0.5,
        "train.loss": {"name": "mse"},
        "seeds": [1, 2],
        "sweep": {},
    }


def test_a_dotted_key_reads_and_replaces_a_value_and_leaves_the_original():
    changed = with_value(PARAMS, ["train", "loss", "name"], "quadratic")
    assert value_at(changed, "train.loss.name") == "quadratic"
    assert value_at(changed, "train.lr") == 0.5
    assert value_at(PARAMS, "train.loss.name") == "mse"


def test_missing_mappings_are_created():
    assert with_value(None, ["train", "lr"], 1) == {"train": {"lr": 1}}


@pytest.mark.parametrize(
    ("value", "text"), [("a b", "a b"), (0.5, "0.5"), ([1, None], "[1, null]"), (True, "true")]
)
def test_a_value_is_json_and_a_string_is_not_quoted(value, text):
    assert format_value(value) == text
