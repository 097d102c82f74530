"""A pipeline that takes no time, beside a second one, in a Git and DVC repository of their own."""

import json
from pathlib import Path

from pipeline_repository import ROOT, Repository

PARAMS = """\
preprocess: {validation: {seed: 1}}
model: {hidden: [4], units: null}
train: {seed: 1, lr: 0.5}
"""

PIPELINE = """\
stages:
  train:
    cmd: python train.py
    deps: [train.py]
    params: [preprocess, model, train]
    metrics:
    - reports/test.json: {cache: false}
  report:
    cmd: cp reports/test.json reports/page
    deps: [reports/test.json]
    outs: [reports/page]
"""

# The metric that lr 4 has is no number, lr 5 has none, a negative lr fails.
TRAIN = """\
import json
import yaml

with open("params.yaml") as file:
    train = yaml.safe_load(file)["train"]
lr, seed = train["lr"], train["seed"]
metrics = {"accuracy": float("nan") if lr == 4 else lr + seed / 16, "loss": lr - seed / 16}
if lr == 5:
    del metrics["accuracy"]
with open("reports/test.json", "w" if lr >= 0 else "forbidden") as file:
    json.dump(metrics, file)
"""

OTHER = """\
stages:
  other:
    cmd: echo {} > reports/test.json
    params: [train]
    metrics:
    - reports/test.json: {cache: false}
"""


def create(home: Path) -> Repository:
    """Return a repository whose pipeline has run and is committed: lr 0.5, seed 1."""
    repo = Repository(home)
    for folder in ("reports", "other/reports"):
        repo[folder].mkdir(parents=True)
    texts = {
        "params.yaml": PARAMS,
        "dvc.yaml": PIPELINE,
        "train.py": TRAIN,
        "other/params.yaml": "train: {seed: 9, lr: 9}\n",
        "other/dvc.yaml": OTHER,
        "other/reports/test.json": '{"accuracy": 99}\n',
    }
    for path, text in texts.items():
        repo[path].write_text(text, encoding="utf-8")
    repo.environment["PYTHONPATH"] = str(ROOT)
    repo.output("git", "init", "--quiet", "--initial-branch=main")
    repo.output("dvc", "init", "--quiet")
    repo.output("dvc", "repro", "--quiet")
    repo.commit()
    return repo


def queue(repo: Repository, *settings: str) -> None:
    """Queue the experiments of some settings."""
    options = [part for setting in settings for part in ("--set-param", setting)]
    repo.output("dvc", "exp", "run", "--quiet", "--queue", *options)


def compare(repo: Repository, *options: str) -> dict:
    """Return the comparison as JSON."""
    return json.loads(repo.output("python", "-m", "stages.compare", "--json", *options))
