"""A process that trains the trials of a sweep: JSON lines of requests in, of responses out.

It is not one of Dask's processes: it loads the code that is on the disk when the sweep begins,
whatever the worker that starts it has loaded before.
"""

import hashlib
import json
import os
import sys
import threading
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import Any, Literal

from pydantic import Field

from nncore.errors import DivergenceError, NncoreError
from nncore.network.network import Network
from nncore.training.loop import Training
from stages.journal.content import make_thumbnails
from stages.journal.writer import Journal
from stages.shared.data_params import Section
from stages.shared.digests import json_digest
from stages.shared.params import Params, validate
from stages.shared.prepared import DESCRIPTION_FILE, read_description, read_split
from stages.sweeps.origin import origin

# Seconds without a request after which the process ends: the sweep is over, but its worker runs on.
IDLE = 60.0


class TrialRequest(Section):
    """The settings and the data of a trial, and the origin that the worker must have."""

    params: Params = Params()
    processed: str = ""
    origin: dict[str, str] = Field(default_factory=dict)


class TrialResult(Section):
    """The outcome of a trial; the metrics are those of the kept epoch.

    Attributes
    ----------
    note : the message of a trial that diverged
    weights : SHA-256 of the trained parameter vector
    """

    status: Literal["diverged", "finished"]
    note: str = ""
    epochs: int | None = None
    kept_epoch: int | None = None
    parameters: int | None = None
    train_loss: float | None = None
    train_accuracy: float | None = None
    validation_loss: float | None = None
    validation_accuracy: float | None = None
    weights: str | None = None


class TrialError(NncoreError):
    """A trial that a worker refuses."""


def run_trial(config: Params, processed: Path) -> TrialResult:
    """Train as the stage train does, on one core and without its files."""
    description = read_description(processed / DESCRIPTION_FILE)
    data, validation = read_split(processed, "train"), read_split(processed, "validation")
    network = Network(
        config.model,
        inputs=data.inputs.shape[1],
        outputs=description.outputs,
        numerics=config.numerics,
    )
    # The names that train.class_weight uses.
    network.labels = description.class_names
    grid = description.grid()
    journal = Journal(
        json_digest(config.model_dump(mode="json"))[:16],
        "trial",
        network,
        config.train,
        validation,
        class_names=description.class_names,
        thumbnails=make_thumbnails(description),
    )
    observer = journal.observer
    try:
        with journal:
            training = Training(
                network, config.train, data, validation, grid=grid, observer=observer
            )
            journal.begin(training)
            while not training.finished:
                training.run_epoch()
                journal.record(training)
    except DivergenceError as error:
        return TrialResult(status="diverged", note=str(error), parameters=network.parameters.size)
    kept = training.history[training.restore_kept_weights()]
    return TrialResult(
        status="finished",
        epochs=len(training.history) - 1,
        kept_epoch=kept.epoch,
        parameters=network.parameters.size,
        train_loss=kept.train_loss,
        train_accuracy=kept.train_accuracy,
        validation_loss=kept.validation_loss,
        validation_accuracy=kept.validation_accuracy,
        weights=hashlib.sha256(network.parameters.tobytes()).hexdigest(),
    )


def _respond(text: bytes) -> dict[str, Any]:
    """Return a result, or the reason of a refusal, as plain values."""
    try:
        request = validate(TrialRequest, json.loads(text), "request")
        processed = Path(request.processed)
        found = origin(request.params.numerics, processed)
        for name, expected in request.origin.items():
            if (got := found.get(name)) != expected:
                raise TrialError(
                    f"the {name} of a worker must be those of the sweep ({expected}), got {got}"
                )
        return {"result": run_trial(request.params, processed).model_dump()}
    except NncoreError as error:
        return {"refused": str(error)}
    except OSError as error:
        return {"refused": f"{error.filename}: {error.strerror}"}
    except MemoryError as error:
        return {"refused": f"expected enough memory, got: {error}; run fewer trials at a time"}


def receive(requests: SimpleQueue[bytes]) -> None:
    """Queue the lines of standard input; end this process when its worker closes the pipe."""
    # Python aborts at the exit of the main thread if this thread is reading from sys.stdin.
    with open(sys.stdin.fileno(), "rb", closefd=False) as lines:
        for line in lines:
            # A worker that is killed while it writes a request leaves a part of a line.
            if line.endswith(b"\n"):
                requests.put(line)
    os._exit(0)


def main() -> None:
    """Respond to requests as they come."""
    requests: SimpleQueue[bytes] = SimpleQueue()
    threading.Thread(target=receive, args=[requests], daemon=True).start()
    while True:
        try:
            request = requests.get(timeout=IDLE)
        except Empty:
            os._exit(0)
        response = json.dumps(_respond(request))
        try:
            print(response, flush=True)
        except OSError:
            # The worker has died. A normal exit would flush the response again, and fail again.
            os._exit(0)


if __name__ == "__main__":
    main()
