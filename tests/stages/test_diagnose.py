"""stages.diagnose: params.yaml and the prepared data; and the line of train that leads there."""

import re

from PIL import Image

from nncore.config.training import TrainingSettings
from nncore.diagnosis.findings import SECTIONS


def change(stages, old, new):
    path = stages["params.yaml"]
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")


def test_a_rate_that_is_too_high_is_named_by_its_key(stages):
    change(stages, "lr: 0.05", "lr: 20")
    done = stages.run("diagnose")
    assert done.code == 3, done
    assert "\n1 finding\n  learning rate\n    seen    with train.lr 20 " in done.output
    assert re.search(r"\n    change  set train.lr to about 0\.\d+\n", done.output)
    assert done.errors == ""


def test_the_range_test_is_written_and_the_bytes_are_the_same_every_time(stages):
    texts, files = [], []
    for number in range(2):
        names = f"range-{number}.csv", f"range-{number}.png"
        done = stages.run("diagnose", "--csv", names[0], "--png", names[1])
        texts.append((done.code, done.output))
        files.append([stages[name].read_bytes() for name in names])
    assert texts[0] == texts[1]
    assert files[0] == files[1]
    assert files[0][0].startswith(b"lr,loss\n1e-06,")
    with Image.open(stages["range-0.png"]) as picture:
        assert picture.width > 1000


def test_it_writes_nothing_of_its_own(stages):
    before = stages.outputs()
    stages.run("diagnose")
    assert stages.outputs() == before


def test_without_prepared_data_it_names_the_command_that_writes_them(stages):
    done = stages.run("diagnose", "--processed", "nowhere")
    line = "diagnose: nowhere: expected prepared data, got none; dvc repro preprocess writes it\n"
    assert (done.code, done.output, done.errors) == (1, "", line)


def test_train_that_diverges_ends_with_the_command(stages):
    change(stages, "lr: 0.05", "lr: 1.0e+38")
    done = stages.run("train")
    *_, first, last = done.errors.splitlines()
    assert done.code == 1
    assert first.startswith("train: training diverged in epoch ")
    assert last == "train: python -m stages.diagnose looks for the cause"


def test_train_that_ends_at_chance_ends_with_the_command_and_its_options(stages):
    change(stages, "lr: 0.05", "lr: 1.0e-9")
    stages["other.yaml"].write_bytes(stages["params.yaml"].read_bytes())
    done = stages.run("train", "--params", "other.yaml")
    *_, first, last = done.output.splitlines()
    assert "is no better than chance" in first
    assert last == "python -m stages.diagnose --params other.yaml looks for the cause"


def test_train_that_learns_does_not_mention_it(stages):
    done = stages.run("train", "--model", "m.npz", "--reports", "r", "--checkpoints", "c")
    assert done.code == 0
    assert "diagnose" not in done.output


def test_every_setting_has_a_section():
    assert SECTIONS["lr"] == SECTIONS["regularization"] == "train"
    assert SECTIONS["activation"] == "model"
    assert set(vars(TrainingSettings())) <= set(SECTIONS)
