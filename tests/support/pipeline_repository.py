"""The project's pipeline in a Git and DVC repository of its own, on few images."""

import gzip
import json
import math
import shutil
import struct
import subprocess
from pathlib import Path

from dvc.utils.serialize import modify_yaml, parse_yaml
from repository_environment import repository_environment

ROOT = Path(__file__).parents[2]
SOURCES = "sources"
STAGES = ("fetch", "preprocess", "train", "evaluate", "report")

_PROJECT = (".dvc/.gitignore", ".dvc/config", ".dvcignore", "*.csv", "dvc.*", "params.yaml")
# What `git clone` would bring, but the data: Git need not know a file for it to be tested.
_COPIED = (
    *(".dvc/.gitignore", ".dvc/config", ".dvc/plots/*.json", ".dvcignore"),
    *(".gitattributes", ".gitignore"),
    *("dvc.yaml", "models/.gitkeep", "nncore/**/*.py", "params.yaml", "requirements*.lock"),
    *("stages/**/*.py", "stages/**/*.css", "stages/**/*.html", "stages/**/*.js"),
    # The DVC projects inside, and the second pipeline of the recipes.
    *(f"{folder}/{path}" for folder in ("recipes", "recipes/best", "sweep") for path in _PROJECT),
)
_IMAGES = {"train": 300, "t10k": 100}
_PARAMS = {
    "fetch.dataset": "custom",
    "fetch.custom": {
        "train_images": "data/samples/few/train-images-idx3-ubyte.gz",
        "train_labels": "data/samples/few/train-labels-idx1-ubyte.gz",
        "test_images": "data/samples/few/t10k-images-idx3-ubyte.gz",
        "test_labels": "data/samples/few/t10k-labels-idx1-ubyte.gz",
        # The page has a pad only for digits.
        "pictures": "digit",
    },
    # More epochs than lines fit into a pipe of one page: see test_interruption.py.
    "train.epochs": 150,
    "model.hidden": [8],
}

# In every Python process of a repository: no network, and a list of the files a stage opens.
_SITECUSTOMIZE = """\
import os
import sys


def watch(event, args):
    if event == "socket.getaddrinfo" or event == "socket.connect" and isinstance(args[1], tuple):
        raise PermissionError("no network in tests")
    if event == "open" and isinstance(args[0], str) and sys.orig_argv[1] == "-m":
        path = os.path.relpath(args[0])
        if not path.startswith(".."):
            with os.fdopen(os.open(opened, os.O_CREAT | os.O_APPEND | os.O_WRONLY), "w") as log:
                log.write(sys.orig_argv[2] + " " + path + chr(10))


opened = os.environ["OPENED"]
sys.addaudithook(watch)
"""


class Repository:
    """A Git and DVC repository, in the folder `repo` of one that holds all else it touches."""

    def __init__(self, home: Path):
        self.home = home
        self.root = home / "repo"
        self.environment = repository_environment(home) | {
            "PYTHONPATH": str(home / "python"),
            "OPENED": str(home / "opened"),
        }

    def __getitem__(self, path: str) -> Path:
        return self.root / path

    def run(self, *command: str) -> subprocess.CompletedProcess:
        """Run a command to its end, whether it succeeds or not."""
        return subprocess.run(
            command,
            cwd=self.root,
            env=self.environment,
            capture_output=True,
            text=True,
            check=False,
        )

    def output(self, *command: str) -> str:
        """Run a command that must succeed."""
        done = self.run(*command)
        assert done.returncode == 0, f"{command}: {done.stdout}{done.stderr}"
        return done.stdout

    def record(self, *command: str) -> None:
        """Run a command that must succeed and keep what it prints."""
        (self.home / "output").write_text(self.output(*command), encoding="utf-8")

    def recorded(self) -> str:
        return (self.home / "output").read_text(encoding="utf-8")

    def commit(self) -> None:
        self.output("git", "add", "--all")
        self.output("git", "commit", "--quiet", "--message", "commit")

    def set(self, **values: object) -> None:
        """Change parameters; `__` stands for the dot."""
        self.set_all({key.replace("__", "."): value for key, value in values.items()})

    def set_all(self, values: dict[str, object]) -> None:
        with modify_yaml(self["params.yaml"]) as params:
            for key, value in values.items():
                *sections, last = key.split(".")
                section = params
                for name in sections:
                    section = section[name]
                section[last] = value

    def lock(self) -> str:
        return self["dvc.lock"].read_text(encoding="utf-8")

    def reports(self) -> dict[str, bytes]:
        files = [path for path in self["reports"].rglob("*") if path.is_file()]
        return {path.name: path.read_bytes() for path in files}

    def metrics(self) -> dict[str, object]:
        names = ("train", "test")
        return {name: json.loads(self[f"reports/{name}.json"].read_bytes()) for name in names}


def stages_run(output: str) -> list[str]:
    """Return the stages that a DVC command says to have run."""
    lines = output.splitlines()
    return [line.split("'")[1] for line in lines if line.startswith("Running stage ")]


def create(home: Path) -> Repository:
    """Return a repository with the project's files and few images, committed, never run."""
    repo = Repository(home)
    for pattern in _COPIED:
        for source in ROOT.glob(pattern):
            target = repo[str(source.relative_to(ROOT))]
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(source, target)
    repo["README.md"].write_text("# A copy\n", encoding="utf-8")
    for source in ROOT.glob("data/samples/mnist-5k/*.gz"):
        _copy_first(source, repo["data/samples/few"] / source.name, _IMAGES[source.name[:-21]])
    repo.set_all(_PARAMS)
    (home / "python").mkdir(parents=True)
    (home / "python" / "sitecustomize.py").write_text(_SITECUSTOMIZE, encoding="utf-8")
    repo.output("git", "init", "--quiet")
    repo.commit()
    return repo


def copy(repo: Repository, home: Path) -> Repository:
    """Return an independent copy, cache included."""
    shutil.copytree(repo.home, home, symlinks=True)
    return Repository(home)


def clone(repo: Repository, home: Path) -> Repository:
    """Return a fresh clone, which has nothing of the original's cache."""
    new = Repository(home)
    new.environment["PYTHONPATH"] = repo.environment["PYTHONPATH"]
    new.root.mkdir(parents=True)
    new.output("git", "clone", "--quiet", str(repo.root), ".")
    return new


def pipeline_file() -> dict:
    """Return the dvc.yaml of the project, with the default of the path in params.yaml."""
    text = (ROOT / "dvc.yaml").read_text(encoding="utf-8")
    return parse_yaml(text.replace("${fetch.path}", "data/samples"), "dvc.yaml")


def outputs(stage: dict) -> list[str]:
    """Return the paths of a stage's outs, metrics and plots."""
    entries = [entry for kind in ("outs", "metrics", "plots") for entry in stage.get(kind, [])]
    return [entry if isinstance(entry, str) else next(iter(entry)) for entry in entries]


def _copy_first(source: Path, target: Path, count: int) -> None:
    """Copy the first `count` images or labels of a gzipped IDX file."""
    content = gzip.decompress(source.read_bytes())
    start = 4 + 4 * content[3]
    size = math.prod(struct.unpack(f">{content[3]}I", content[4:start])[1:])
    head = content[:4] + struct.pack(">I", count) + content[8:start]
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_bytes(gzip.compress(head + content[start : start + count * size], mtime=0))
