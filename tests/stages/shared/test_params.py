"""Parameters: what is accepted and as what, what is refused and in which words."""

import pytest

from stages.shared.class_names import NAME_RULE
from stages.shared.params import ParamsError, load_params

FOUR = "train_images: a, train_labels: b, test_images: c, test_labels: d"
SIZE = (
    "preprocess.validation.held_out must be a number of images, "
    "or a fraction of at least 0 and below 1"
)
DATASETS = (
    "mnist-5k, mnist, fashion-mnist, kmnist, qmnist, emnist-letters, emnist-balanced, "
    "folder, npz, csv, table, custom"
)
SIDES = "preprocess.size must be a number of pixels or [rows, columns], 1 to 4096"
TEST_SIZE = "fetch.test_size must be a number of images, or a fraction above 0 and below 1"
HIDDEN = "model.hidden must be a list of integers of at least 1"
WITHOUT_VALIDATION = "train_loss or train_accuracy where preprocess.validation.held_out is 0"
NUMERICS = "numerics must be one of exact, fast"
MODEL_KEYS = "hidden, activation, output, loss, weight_init, weight_scale, bias_init, bias_scale"
ACTIVATIONS = "identity, leaky_relu, relu, sigmoid, tanh"

ACCEPTED = [
    ("train: {class_weight: balanced}", "train.class_weight", "balanced"),
    ("train: {class_weight: {cat: 2, 7: 0.5}}", "train.class_weight", (("7", 0.5), ("cat", 2.0))),
    ("train: {class_weight: null}", "train.class_weight", None),
    ("", "train.seed", 1),
    ("", "numerics", "exact"),
    ("numerics: fast", "numerics", "fast"),
    ("# nothing\n", "fetch.dataset", "mnist-5k"),
    ("train: {}", "train.keep", "last"),
    ("", "preprocess.image_size", None),
    ("preprocess: {size: 32}", "preprocess.image_size", (32, 32)),
    ("preprocess: {size: [32, 24]}", "preprocess.image_size", (32, 24)),
    ("train: {lr: 1e-5}", "train.lr", 0.00001),
    ("train: {lr: 1}", "train.lr", 1.0),
    ("train: {lr: 1_0}", "train.lr", 10.0),
    ("train: {epochs: 0}", "train.epochs", 0),
    ("train: {epochs: 010}", "train.epochs", 10),
    ("train: {seed: 99999999999999999999}", "train.seed", 99999999999999999999),
    ("train: {regularization: {max_norm: 3}}", "train.regularization.max_norm", 3.0),
    ("train: {regularization: {max_norm: ~}}", "train.regularization.max_norm", None),
    ("train: {regularization: {dropout: 0}}", "train.regularization.dropout", 0.0),
    ("train: {augment: {rotation: 12}}", "train.augment.rotation", 12.0),
    ("train: {augment: {alpha: 34, sigma: 4}}", "train.augment.sigma", 4.0),
    ("model: {hidden: []}", "model.hidden", ()),
    ("model: {hidden: [64, 32]}", "model.hidden", (64, 32)),
    ("model: {hidden: [9, 9], activation: [relu, tanh]}", "model.activation", ("relu", "tanh")),
    ("model: {weight_scale: [1, 0.5]}", "model.weight_scale", (1.0, 0.5)),
    ("model: {weight_scale: -1}", "model.weight_scale", -1.0),
    ("preprocess: {train_size: }", "preprocess.train_size", None),
    ("preprocess: {train_size: 100}", "preprocess.train_size", 100),
    ("preprocess: {validation: {held_out: 50}}", "preprocess.validation.held_out", 50),
    ("preprocess: {validation: {held_out: 0.2}}", "preprocess.validation.held_out", 0.2),
    ("preprocess: {validation: {held_out: 0}}", "preprocess.validation.held_out", 0),
    ("sweep: {anything: [{at: all}]}", "sweep", {"anything": [{"at": "all"}]}),
    (f"fetch: {{custom: {{{FOUR}}}}}", "fetch.custom.class_names", None),
    (
        f"fetch: {{custom: {{{FOUR}, class_names: [no, x]}}}}",
        "fetch.custom.class_names",
        ("no", "x"),
    ),
]

REFUSED = [
    (
        "train: {class_weight: even}",
        "train.class_weight must be balanced, or numbers by the names of classes, got 'even'",
    ),
    (
        "train: {class_weight: [1, 2]}",
        "train.class_weight must be balanced, or numbers by the names of classes, got [1, 2]",
    ),
    (
        "train: {class_weight: {cat: 0}}",
        "train.class_weight.cat must be a finite number above 0, got 0",
    ),
    (
        "train: {class_weight: {cat: true}}",
        "train.class_weight.cat must be a number, got True",
    ),
    (
        "train: {class_weight: {cat: .inf}}",
        "train.class_weight.cat must be a finite number above 0, got inf",
    ),
    # What is no mapping of sections.
    ("3", "the file must be a mapping, got 3"),
    ("[1]", "the file must be a mapping, got [1]"),
    ("train:", "train must be a mapping, got None"),
    ("sweep: [1]", "sweep must be a mapping, got [1]"),
    ("train: [1]", "train must be a mapping, got [1]"),
    (
        "train: {optimizer: sgd}",
        "train.optimizer must be a mapping, got 'sgd'; write {name: sgd}",
    ),
    # Lists of a wrong length.
    (
        f"fetch: {{custom: {{{FOUR}, class_names: []}}}}",
        "fetch.custom.class_names must be 2 to 256 names, got 0",
    ),
    (
        f"fetch: {{custom: {{{FOUR}, class_names: {[f'c{n}' for n in range(257)]}}}}}",
        "fetch.custom.class_names must be 2 to 256 names, got 257",
    ),
    (
        f"fetch: {{custom: {{{FOUR}, class_names: [a, b, a]}}}}",
        "fetch.custom.class_names must be different names, got 'a' twice",
    ),
    (
        f"fetch: {{custom: {{{FOUR}, class_names: [Cat, dog, cat]}}}}",
        "fetch.custom.class_names must be different names, got 'Cat' and 'cat'",
    ),
    (
        f"fetch: {{custom: {{{FOUR}, class_names: [a, ' ']}}}}",
        f"fetch.custom.class_names must be names of {NAME_RULE}, got ' '",
    ),
    (
        f'fetch: {{custom: {{{FOUR}, class_names: [a, "a\\nb"]}}}}',
        f"fetch.custom.class_names must be names of {NAME_RULE}, got 'a\\nb'",
    ),
    # Numbers beyond what can be counted.
    (f"train: {{epochs: {10**20}}}", f"train.epochs must be less than {2**53}, got {10**20}"),
    # Unknown keys.
    ("train: {lrr: 1}", "train.lrr is unknown; did you mean lr?"),
    ("trian: {}", "trian is unknown; did you mean train?"),
    (
        "foo: 1",
        "foo is unknown; known are numerics, fetch, preprocess, model, train, report, sweep",
    ),
    ("train.lr: 1", "train.lr is unknown; did you mean train?"),
    (
        "train: {optimizer: {moment: 1}}",
        "train.optimizer.moment is unknown; did you mean momentum?",
    ),
    ("1: 2", "1 is unknown; known are numerics, fetch, preprocess, model, train, report, sweep"),
    ("~: 2", "null is unknown; known are numerics, fetch, preprocess, model, train, report, sweep"),
    # What earlier versions had.
    (
        "train: {shards: 2}",
        (
            "train.shards is no longer a setting: "
            "the result no longer depends on the parts of a batch; delete this line"
        ),
    ),
    ("model: {shards: 2}", f"model.shards is unknown; known are {MODEL_KEYS}"),
    ("numerics: portable", f"{NUMERICS}, got 'portable'; its successor is exact, the default"),
    ("numerics: native", f"{NUMERICS}, got 'native'; its successor is fast"),
    ("numerics: exakt", f"{NUMERICS}, got 'exakt'"),
    # Wrong types.
    ("train: {lr: abc}", "train.lr must be a number, got 'abc'"),
    ("train: {lr: nan}", "train.lr must be a number, got 'nan'"),
    ("train: {lr: '0.1'}", "train.lr must be a number, got '0.1'"),
    ("train: {lr: true}", "train.lr must be a number, got True"),
    ("train: {lr: }", "train.lr must be a number, got None"),
    ("train: {lr: [0.1]}", "train.lr must be a number, got [0.1]"),
    ("train: {lr: 2001-01-01}", "train.lr must be a number, got '2001-01-01'"),
    ("train: {epochs: 3.5}", "train.epochs must be an integer, got 3.5"),
    ("train: {epochs: 3.0}", "train.epochs must be an integer, got 3.0"),
    ("train: {epochs: 1e1}", "train.epochs must be an integer, got 10.0"),
    ("train: {epochs: true}", "train.epochs must be an integer, got True"),
    ("train: {seed: x}", "train.seed must be an integer, got 'x'"),
    ("model: {hidden: -5}", "model.hidden must be a list, got -5; write [-5]"),
    ("model: {hidden: 64}", "model.hidden must be a list, got 64; write [64]"),
    ("model: {hidden: '64'}", "model.hidden must be a list, got '64'"),
    ("model: {hidden: true}", "model.hidden must be a list, got True"),
    ("model: {hidden: [true]}", "model.hidden.0 must be an integer, got True"),
    ("model: {hidden: [9, 6.5]}", "model.hidden.1 must be an integer, got 6.5"),
    ("model: {weight_scale: big}", "model.weight_scale must be a number or a list, got 'big'"),
    (f"train: {{lr: {'x' * 199}}}", f"train.lr must be a number, got '{'x' * 116}..."),
    # Out of range, or not finite.
    ("train: {lr: .nan}", "train.lr must be a finite number, got nan"),
    ("train: {lr: -.inf}", "train.lr must be a finite number, got -inf"),
    ("train: {lr: 1e400}", "train.lr must be a finite number, got inf"),
    ("sweep: {lr: [.nan]}", "sweep must hold finite numbers, got an infinite one or NaN"),
    ("train: {lr: 0}", "train.lr must be a finite number above 0, got 0.0"),
    ("train: {lr: -1}", "train.lr must be a finite number above 0, got -1.0"),
    ("train: {batch_size: 0}", "train.batch_size must be at least 1, got 0"),
    ("train: {epochs: -1}", "train.epochs must be at least 0, got -1"),
    ("train: {seed: -1}", "train.seed must be at least 0, got -1"),
    (
        "train: {optimizer: {momentum: 1}}",
        "train.optimizer.momentum must be at least 0 and below 1, got 1.0",
    ),
    (
        "train: {regularization: {dropout: 1.0}}",
        "train.regularization.dropout must be at least 0 and below 1, got 1.0",
    ),
    (
        "train: {regularization: {max_norm: 0}}",
        "train.regularization.max_norm must be a finite number above 0, got 0.0",
    ),
    (
        "train: {augment: {rotation: 181}}",
        "train.augment.rotation must be at most 180, got 181.0",
    ),
    ("train: {augment: {shift: -1}}", "train.augment.shift must be at least 0, got -1.0"),
    (
        "train: {augment: {alpha: 2e6}}",
        "train.augment.alpha must be at most 1000000, got 2000000.0",
    ),
    (
        "train: {augment: {scale: 1}}",
        "train.augment.scale must be at least 0 and below 1, got 1.0",
    ),
    ("train: {schedule: {every: 0}}", "train.schedule.every must be at least 1, got 0"),
    ("model: {hidden: [64, 0]}", f"{HIDDEN}, got [64, 0]"),
    (
        "model: {weight_scale: .nan}",
        "model.weight_scale must be a finite number or a list, got nan",
    ),
    ("preprocess: {train_size: 0}", "preprocess.train_size must be at least 1, got 0"),
    (
        "preprocess: {validation: {seed: -1}}",
        "preprocess.validation.seed must be at least 0, got -1",
    ),
    ("preprocess: {validation: {held_out: -1}}", f"{SIZE}, got -1"),
    ("preprocess: {validation: {held_out: 1.0}}", f"{SIZE}, got 1.0"),
    ("preprocess: {size: 0}", f"{SIDES}, got 0"),
    ("preprocess: {size: [28]}", f"{SIDES}, got [28]"),
    ("preprocess: {size: [28, 5000]}", f"{SIDES}, got [28, 5000]"),
    ("preprocess: {size: [1, 2, 3]}", f"{SIDES}, got [1, 2, 3]"),
    ("preprocess: {size: x}", "preprocess.size must be an integer or a list, got 'x'"),
    ("fetch: {test_size: 0}", f"{TEST_SIZE}, got 0"),
    ("fetch: {test_size: 1.0}", f"{TEST_SIZE}, got 1.0"),
    ("fetch: {path: ''}", "fetch.path must name a folder or a file, got ''"),
    # Unknown names.
    (
        "fetch: {dataset: mnist5k}",
        f"fetch.dataset must be one of {DATASETS}, got 'mnist5k'",
    ),
    ("preprocess: {colour: gray}", "preprocess.colour must be one of grey, rgb, got 'gray'"),
    ("preprocess: {scaling: z}", "preprocess.scaling must be one of standard, unit, got 'z'"),
    (
        "model: {activation: rely}",
        f"model.activation must be one of {ACTIVATIONS} or a list, got 'rely'",
    ),
    ("train: {keep: no}", "train.keep must be one of best, last, got 'no'"),
    # Values that don't go together.
    ("fetch: {dataset: custom}", "fetch.custom must name the four files of the data set, got None"),
    (
        f"fetch: {{custom: {{{FOUR}, sha256: {{train_images: XY}}}}}}",
        "fetch.custom.sha256.train_images must be 64 lower-case hexadecimal digits, got 'XY'",
    ),
    (
        "model: {hidden: [8], activation: [relu, tanh]}",
        "model.activation must be one value or a list of 1, got ['relu', 'tanh']",
    ),
    (
        "model: {loss: binary_cross_entropy}",
        "model.output must be sigmoid for binary_cross_entropy, got 'softmax'",
    ),
    (
        "train: {epochs: 9, schedule: {warmup_epochs: 30}}",
        "train.schedule.warmup_epochs must be at most epochs (9), got 30",
    ),
    (
        "train: {augment: {alpha: 34}}",
        "train.augment.sigma must be above 0 where alpha is, got 0.0",
    ),
    (
        "{train: {keep: best}, preprocess: {validation: {held_out: 0}}}",
        f"train.monitor must be {WITHOUT_VALIDATION} (used by keep), got 'validation_loss'",
    ),
]


@pytest.fixture
def load(tmp_path):
    """Return a function from the text of a params.yaml to parameters, or to the refusal."""
    path = tmp_path / "params.yaml"

    def load_text(text):
        path.write_text(text, encoding="utf-8")
        try:
            return load_params(path)
        except ParamsError as error:
            return str(error).replace(f"{path}: ", "")

    return load_text


@pytest.mark.parametrize(("text", "key", "value"), ACCEPTED)
def test_a_parameter_is_accepted_with_its_type(load, text, key, value):
    got = load(text)
    for name in key.split("."):
        got = getattr(got, name)
    assert (got, type(got)) == (value, type(value))


@pytest.mark.parametrize(("text", "message"), REFUSED)
def test_a_wrong_parameter_is_refused_in_one_line(load, text, message):
    assert load(text) == message


def test_each_fault_has_a_line_of_its_own(load):
    message = load("{train: {lr: abc, epochs: 3.5, lrr: 1}, model: {hidden: [0]}, foo: 1}")
    assert set(message.splitlines()) == {
        "train.lr must be a number, got 'abc'",
        "train.epochs must be an integer, got 3.5",
        "train.lrr is unknown; did you mean lr?",
        f"{HIDDEN}, got [0]",
        "foo is unknown; known are numerics, fetch, preprocess, model, train, report, sweep",
    }
