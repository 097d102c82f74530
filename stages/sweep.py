"""Sweep: train the network of params.yaml in many settings and seeds, and rank them."""

from contextlib import AbstractContextManager
from pathlib import Path
from typing import Annotated

import typer

from stages.command import run
from stages.numerics import caveat, hold
from stages.processed import read_part
from stages.sweeps.conduct import Run, SweepError, conduct, count
from stages.sweeps.origin import origin
from stages.sweeps.plan import read_plan
from stages.sweeps.progress import trial_bar
from stages.sweeps.table import (
    Setting,
    differing,
    ranked,
    summary,
    write_settings,
    write_trials,
)


def sweep(
    *,
    params: Annotated[Path, typer.Option(help="Parameters, a section sweep among them.")] = Path(
        "params.yaml"
    ),
    processed: Annotated[Path, typer.Option(help="Folder that preprocess wrote.")] = Path(
        "data/processed"
    ),
    output: Annotated[
        Path, typer.Option(help="Folder for trials.csv, settings.json and parallel.png.")
    ] = Path("sweep"),
    checkpoints: Annotated[
        Path, typer.Option(help="Folder of finished trials, to go on from.")
    ] = Path(".checkpoints/trials"),
) -> None:
    """Train in many settings and seeds, and rank the settings by their validation images.

    Runs on a process for each core, or as many as NNCORE_DASK_WORKERS says, or on the Dask
    scheduler whose address is in NNCORE_DASK.
    """
    plan = read_plan(params)
    hold(plan.base.numerics)
    if line := caveat(plan.base.numerics):
        print(line, end="\n\n")
    found = origin(plan.base.numerics, processed)
    objective = plan.settings.objective
    if not len(read_part(processed, "validation").images):
        raise SweepError(
            f"preprocess.validation.held_out must be above 0 for a sweep, which looks at "
            f"{objective}; got no validation images in {processed}"
        )
    with trial_bar(count(plan)) as show, _cluster() as trained:
        settings = conduct(plan, processed, found, folder=checkpoints, run=trained, show=show)
    settings = ranked(settings, objective)
    write_trials(output / "trials.csv", settings)
    write_settings(output / "settings.json", settings, objective)
    _draw(output / "parallel.png", settings, objective)
    print(f"\n{summary(settings, objective)}")


def _cluster() -> AbstractContextManager[Run]:
    try:
        from stages.sweeps.cluster import cluster  # noqa: PLC0415  an extra
    except ModuleNotFoundError as error:
        raise SweepError(
            f"a sweep needs the extra dask, got: {error}; pip install '.[dask]'"
        ) from error
    return cluster()


def _draw(path: Path, settings: list[Setting], objective: str) -> None:
    # Each local worker imports this module, and draws nothing.
    from stages.pictures.parallel import parallel  # noqa: PLC0415
    from stages.pictures.style import save  # noqa: PLC0415

    names = differing(settings)
    rows = [[setting.values[name] for name in names] for setting in settings]
    save(parallel(names, rows, [s.mean(objective) for s in settings], objective), path)


if __name__ == "__main__":
    run(sweep)
