"""Small sweeps as programs, on clusters that only the loopback interface sees."""

import json
from pathlib import Path

from stage_runs import Done, Stages

# Eight trials, two of which diverge.
SWEEP = """\
sweep:
  seeds: [1, 2]
  space:
    train:
      optimizer: {name: [sgd]}
      lr: [0.1, 1.0e+20]
    model:
      hidden: [[4], []]
"""
# Loaded by a scheduler, which calls it once it listens.
READY = """\
def dask_setup(scheduler):
    print(scheduler.address, flush=True)
"""
OUTPUTS = ("trials.csv", "settings.json", "parallel.png")
# In a process that trains: a signal to itself, to its worker, or to a process whose number is in a
# file, once. In each process of a sweep: a list of the addresses and ports that it binds or calls.
_HOOK = """

def _strike(event, arguments):
    if event == "open" and str(arguments[0]).endswith("train_images.npy"):
        try:
            if os.environ["STRIKE"] != "always":
                os.remove(os.environ["STRIKE"])
        except FileNotFoundError:
            return
        victim = os.environ.get("VICTIM", "worker")
        # What has lost its worker has another parent, who is no one's business.
        if victim == "worker" and os.getppid() != parent:
            return
        known = {"worker": parent, "itself": os.getpid()}
        os.kill(known.get(victim) or int(open(victim).read()), 9)


def _note(event, arguments):
    if event in ("socket.bind", "socket.connect") and isinstance(arguments[1], tuple):
        line = " ".join([event, *map(str, arguments[1][:2])]) + chr(10)
        with os.fdopen(os.open(addresses, os.O_CREAT | os.O_APPEND | os.O_WRONLY), "w") as log:
            log.write(line)


if "STRIKE" in os.environ and sys.orig_argv[1:3] == ["-m", "stages.sweeps.trial"]:
    parent = os.getppid()
    sys.addaudithook(_strike)
if addresses := os.environ.get("ADDRESSES"):
    sys.addaudithook(_note)
"""


def prepare(stages: Stages, section: str = SWEEP) -> Stages:
    """Give a folder in which preprocess has run a sweep."""
    with stages["params.yaml"].open("a", encoding="utf-8") as file:
        file.write(section)
    with (stages.home / "python" / "sitecustomize.py").open("a", encoding="utf-8") as file:
        file.write(_HOOK)
    return stages


def tables(stages: Stages) -> dict[str, bytes]:
    """Return what a sweep wrote."""
    return {name: stages["sweep"].joinpath(name).read_bytes() for name in OUTPUTS}


def settings(stages: Stages) -> list[dict]:
    """Return the settings of a sweep, the best first."""
    return json.loads(stages["sweep/settings.json"].read_bytes())["settings"]


def trial_files(stages: Stages) -> list[Path]:
    """Return the files of finished trials."""
    return sorted(stages[".checkpoints/trials"].glob("*.json"))


def strike(stages: Stages) -> dict[str, str]:
    """Return the environment in which the first trial to begin kills its worker."""
    flag = stages.home / "strike"
    flag.touch()
    return {"STRIKE": str(flag)}


def run_sweep(stages: Stages, workers: int = 2, **environment: str) -> Done:
    """Run a sweep that must succeed."""
    return stages.complete("sweep", NNCORE_DASK_WORKERS=str(workers), **environment)
