"""Any params.yaml gives settings that hold, or is refused in lines that a terminal can show."""

import json
from unicodedata import category

from fuzzing import EXAMPLES, VARIANTS, counted, edited, edits, variants
from hypothesis import given
from hypothesis import strategies as st

from stages.shared import yaml12
from stages.shared.fingerprint import ROOT
from stages.shared.params import Params, ParamsError, load_params

REAL = (ROOT / "params.yaml").read_bytes()
# Scalars and pieces of YAML, odd ones among them, as they stand in a file.
VALUES = (
    *("", "~", "null", "true", "no", "0", "-1", "1", "3", "010", "0x1F", "0o17", "0b1_1", "1_000"),
    *("1:30", "1" + 400 * "0", 5000 * "9", "0x" + 5000 * "f", "-0.0", "0.5", "1e-5", "1e400"),
    *(".5", "1.", "+1.5", ".inf", "-.INF", ".nan", "nan", "1e", "''", "relu", "softmax", "last"),
    *("adam", "best", "custom", "mnist", '"\\0"', '"\\e[1m"', '"\\ud800"', "é", "\u2028"),
    *("\ufeff", "[]", "[1]", "[1, 2]", "[relu]", "[[1]]", "[1.5, x, ~]", "{}", "{a: 1}", "{1: 2}"),
    *("{[]: 1}", "{? : }", "{~: 1}", "{true: 1}", "{a: 1, a: 2}", "&a [*a]", "*a", "&b 1"),
    *("!!int x", "!!bool x", "!!float x", "!!str 1", "!!null x", "!!seq x", "!!map x", "!!set {a}"),
    *("!!binary aGk=", "!!omap []", "!!timestamp x", "!!python/object:os.system x", "!x y"),
    *("!!merge x", "{<<: {a: 1}}", "{!!merge <<: [{a: 1}]}", "|", ">-", "'", '"', "[", "{", "%"),
    *("@", "`", "- 1", "? 1", ": 1", "# 1", "--- 1", "...", "\t1", 50 * "[" + 50 * "]"),
)
TOKENS = (
    *VALUES,
    "\n",
    "\n",
    "\n  ",
    "\n    ",
    ": ",
    "- ",
    ", ",
    "train",
    "model",
    "lr",
    "fetch:\n",
)


def _keys(values, above=()):
    for key, value in values.items():
        yield *above, key
        if isinstance(value, dict):
            yield from _keys(value, (*above, key))


KEYS = [*_keys(yaml12.load(REAL.decode())), ("fetch", "custom", "sha256"), ("train", "lrr"), ("",)]


def answer(path, content):
    """Load `content` and return what came of it; require that it makes sense."""
    path.write_bytes(content)
    try:
        params = load_params(path)
    except ParamsError as refusal:
        lines = str(refusal).split("\n")
        named = all(line.startswith(str(path)) for line in lines)
        control = any(category(character) == "Cc" for line in lines for character in line)
        return "refused" if named and not control else f"unclear: {lines}"
    again = Params.model_validate_json(json.dumps(params.model_dump(mode="json")))
    return "accepted" if again == params else f"unlike: {params}"


def flow(changes):
    """Return a file in which some keys have odd values."""
    tree = {}
    for place, value in changes:
        *sections, last = KEYS[place]
        holder = tree
        for name in sections:
            inner = holder.get(name)
            holder[name] = holder = inner if isinstance(inner, dict) else {}
        holder[last] = VALUES[value]

    def written(node):
        if isinstance(node, dict):
            return "{" + ", ".join(f"{key}: {written(inner)}" for key, inner in node.items()) + "}"
        return node

    return "\n".join(f"{key}: {written(node)}" for key, node in tree.items()).encode()


def test_odd_values_of_every_key_are_taken_rightly_or_refused(tmp_path):
    places, values = st.integers(0, len(KEYS) - 1), st.integers(0, len(VALUES) - 1)

    @EXAMPLES
    @given(changes=st.lists(st.tuples(places, values), min_size=1, max_size=4))
    def holds(changes):
        for shift in range(VARIANTS):
            shifted = [(place, (value + 17 * shift) % len(VALUES)) for place, value in changes]
            came = answer(tmp_path / "params.yaml", flow(shifted))
            assert came in {"accepted", "refused"}
            answers[came] += 1

    with counted("params.yaml, values") as answers:
        holds()


def test_any_text_is_taken_rightly_or_refused(tmp_path):
    @EXAMPLES
    @given(tokens=st.lists(st.sampled_from(TOKENS) | st.text(max_size=5), max_size=12))
    def holds(tokens):
        content = "".join(tokens).encode("utf-8", "surrogatepass")
        came = answer(tmp_path / "params.yaml", content)
        assert came in {"accepted", "refused"}
        answers[came] += 1

    with counted("params.yaml, text") as answers:
        holds()


def test_the_projects_file_with_other_bytes_is_taken_rightly_or_refused(tmp_path):
    lines = REAL.splitlines(keepends=True)

    @EXAMPLES
    @given(start=st.integers(0, len(lines) - 1), count=st.integers(1, 12), changes=edits)
    def holds(start, count, changes):
        # A few of its lines: the whole takes the reader ten times as long.
        piece = b"".join(lines[start : start + count])
        for variant in variants(changes):
            came = answer(tmp_path / "params.yaml", edited(piece, variant))
            assert came in {"accepted", "refused"}
            answers[came] += 1

    with counted("params.yaml, bytes") as answers:
        holds()
