"""The project's reader of params.yaml sees what DVC sees, value for value and type for type."""

import re

import pytest
from dvc.utils.serialize import parse_yaml

from stages.shared import yaml12


def words(text):
    return text.split()


FLOATS = words("""
    1e-5 1e-05 1E5 1e5 1e+5 -1e-5 +1e5 1.0e-08 010e5 1_000e5 12e+03 .5 5. -5. +.5 .5e-3 -.5e-3 .5E+3
    1.e5 1.e-5 5.E3 1.5e5 0.0 -0.0 00.5 010.5 1_0.5 1.5_0 1._5 .5_5 1e400
    .inf .Inf .INF -.INF +.inf .nan .NaN .NAN
""")
INTEGERS = words("""
    0 1 +1 -1 00 08 010 -010 1_000 1_ 0_1 0o17 -0o17 0x1F +0x1F -0x1F 0x1_F 0xFFe1 0b11 -0b11
    99999999999999999999999
""")
STRINGS = words("""
    1e e5 .5e .5e3 -.5e3 1e5.0 1.5e 1e1_0 1.2.3 1:30 1:30.5 1,000 _1 0x 0b 0o 0xG 0b12 0o18
    0O17 0X1F 0B11 nan inf NaN Inf -.nan +.nan .iNF yes Yes YES no No on On ON off Off y n
    tRUE truex nULL nullx ~x . .. + abc mnist-5k ٣ 1e٣ "0.1" '1e-5' "1" 'true' "~" '' "\\u0041"
""")
OTHERS = (
    *("~", "null", "Null", "NULL", "", "true", "True", "TRUE", "false", "False", "FALSE"),
    *("[1, 2]", "[]", "{}", "[1e-5, [no, ~, 010]]", "{a: 1e-5, b: {c: no, d: [on, 0o17]}}"),
    *("\n  - 64\n  - 1e3", "\n  a:\n    b:\n      - ~\n      - yes", "!!str 1", "!!int '3'"),
    *("!!float 1", "!!float '1e-5'", "!!bool 'true'", "1 # one", "'#'", "|\n  1", ">\n  1"),
    # Quotes within quotes, and an anchor without an alias.
    *("'it''s'", '"a\\tb"', "&x 1e-5"),
    *("2001-01-01", "._5", "\n  <<: {a: 1}"),
)


def dvc(text):
    return parse_yaml(text, "params.yaml")


# `repr` differs for 1, 1.0 and True, and for 0.0 and -0.0; that of nan equals itself.
@pytest.mark.parametrize("written", [*FLOATS, *INTEGERS, *STRINGS, *OTHERS])
def test_a_value_is_read_as_dvc_reads_it(written):
    text = f"key: {written}\n"
    assert repr(yaml12.load(text)) == repr(dvc(text))


@pytest.mark.parametrize("written", FLOATS)
def test_a_float_is_read_as_a_float(written):
    assert type(yaml12.load(f"key: {written}")["key"]) is float


@pytest.mark.parametrize("written", INTEGERS)
def test_an_integer_is_read_as_an_integer(written):
    assert type(yaml12.load(f"key: {written}")["key"]) is int


@pytest.mark.parametrize("written", [word for word in STRINGS if word[0] not in "\"'"])
def test_a_plain_word_is_read_as_it_stands(written):
    assert yaml12.load(f"key: {written}") == {"key": written}


@pytest.mark.parametrize(
    ("written", "value"),
    [
        ("1e-5", 0.00001),
        ("010", 10),
        ("0o17", 15),
        ("0x1F", 31),
        ("0b11", 3),
        ("1_000", 1000),
        ("5.", 5.0),
        ("-.5e-3", -0.0005),
        ("no", "no"),
        ("1:30", "1:30"),
        ("~", None),
        ("TRUE", True),
    ],
)
def test_a_value_means_what_yaml_1_2_says(written, value):
    assert yaml12.load(f"key: {written}") == {"key": value}


@pytest.mark.parametrize("written", ["1e-5", "no", "~", "010"])
def test_a_value_within_a_list_follows_the_same_rules(written):
    text = f"key: [{written}]\n"
    assert repr(yaml12.load(text)) == repr(dvc(text))


@pytest.mark.parametrize("written", ["", "# only a comment\n", "---\n", "~\n"])
def test_an_empty_document_is_nothing_to_both(written):
    assert (yaml12.load(written) or {}) == dvc(written) == {}


@pytest.mark.parametrize(
    "text",
    [
        "a: 1\na: 2\n",
        "a: {b: 1, b: 2}\n",
        'a: 1\n"a": 2\n',
        "a: 1\n---\nb: 2\n",
        "a: [1\n",
        "a:\n\tb: 1\n",
        "a: b: c\n",
        "a: *nowhere\n",
        "a: !!python/object/apply:os.getcwd []\n",
        "a: !own 1\n",
        "a: \x00\n",
    ],
)
def test_what_dvc_refuses_is_refused(text):
    with pytest.raises(Exception, match=r"."):
        dvc(text)
    with pytest.raises(ValueError, match=r"."):
        yaml12.load(text)


def test_a_key_that_appears_twice_is_named():
    with pytest.raises(ValueError, match=r'^line 3: found duplicate key "lr"'):
        yaml12.load("train:\n  lr: 0.1\n  lr: 0.2\n")


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("key: [&x 1, &x 2]", "line 1: an anchor that appears twice, which is not supported"),
        ("%YAML 1.1\n---\nkey: 010", "line 2: a directive, which is not supported"),
        (
            "key: !!bool x",
            "expected values that fit their tags, not too deeply nested, got: KeyError('x')",
        ),
    ],
)
def test_what_dvc_might_read_otherwise_is_refused(text, fault):
    with pytest.raises(ValueError, match=f"^{re.escape(fault)}"):
        yaml12.load(text)


@pytest.mark.parametrize("written", ["!", "! x", "[! 1]", "! {}"])
def test_a_tag_without_a_name_is_refused(written):
    """DVC itself makes null or an empty string of a lone one, as its library is."""
    with pytest.raises(ValueError, match="a tag without a name, which is not supported"):
        yaml12.load(f"key: {written}\n")
