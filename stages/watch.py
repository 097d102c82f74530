"""Watch: show trainings in the browser while they run, and those that have ended."""

import os
from pathlib import Path
from typing import Annotated

import typer

from nncore.errors import NncoreError
from stages.journal.files import FOLDER, VARIABLE, journal_folder
from stages.shared.command import run
from stages.watching.server import ADDRESS, WatchServer

PORT = 8023


class WatchError(NncoreError):
    """There is no folder of journals, or its port is in use."""


def watch(
    *,
    port: Annotated[
        int, typer.Option(min=0, max=65535, metavar="NUMBER", help="Port; 0 takes any free one.")
    ] = PORT,
    journal: Annotated[
        Path | None,
        typer.Option(
            metavar="FOLDER",
            help="Folder of the journals.  [default: .journal of this Git repository]",
            show_default=False,
        ),
    ] = None,
) -> None:
    """Show trainings in the browser while they run, and those that have ended.

    It shows every training of this repository, whoever started it: dvc repro, dvc exp run, DVC's
    queue or a sweep. Open the address that it prints; Ctrl-C ends it. The server only reads, and
    only this computer reaches it. No training waits for it.
    """
    folder = journal or journal_folder()
    if folder is None:
        raise WatchError(f"{VARIABLE} must name a folder, got none; unset it to use {FOLDER}")
    if folder.exists() and not folder.is_dir():
        raise WatchError(f"expected a folder of journals, got a file: {folder}")
    try:
        server = WatchServer(folder, port)
    except OSError as error:
        raise WatchError(
            f"expected the port {port} of {ADDRESS} to be free, got: {error.strerror}; "
            "is a watch open already? --port takes another one"
        ) from None
    # A training has the processor first.
    if hasattr(os, "nice"):
        os.nice(10)
    print(f"{server.url}  shows the trainings in {folder}; Ctrl-C ends it", flush=True)
    with server:
        server.serve_forever()


if __name__ == "__main__":
    run(watch)
