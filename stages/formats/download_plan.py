"""Where the four files of a data set are, and what is known of them."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from nncore.config.pictures import Pictures
from stages.formats.catalogue import DATASETS
from stages.shared.data_params import DataFile, FetchSettings
from stages.shared.datasets import FILES


@dataclass(frozen=True)
class DownloadPlan:
    """The sources and the expected content of a data set's files.

    Attributes
    ----------
    sources : paths and URLs of each file, gzipped or not, in the order of the attempts
    sizes, sha256 : bytes and digests of the decompressed files, as far as they are known
    gzip_sha256 : digests of the gzipped files, where those of the decompressed ones are not known
    class_names : None if the classes are the numbers from 0 to the highest training label
    pictures : how a picture becomes an image like those of the data set
    transpose : whether the files have rows and columns in each other's place
    first_label : the label of the first class
    advice : the end of the error message for a file that no source serves
    """

    sources: Mapping[DataFile, list[str]]
    sizes: Mapping[DataFile, int]
    sha256: Mapping[DataFile, str]
    gzip_sha256: Mapping[DataFile, str]
    class_names: tuple[str, ...] | None
    pictures: Pictures
    transpose: bool
    first_label: int
    advice: str


def download_plan(settings: FetchSettings, mirror: str) -> DownloadPlan:
    """Return the sources of the data set in `settings`.

    Parameters
    ----------
    mirror : folder or base URL to try before every other source of a catalogued data set; may be ""
    """
    custom, dataset = settings.custom, settings.dataset
    if dataset == "custom" and custom is not None:
        return DownloadPlan(
            sources={key: [getattr(custom, key)] for key in FILES},
            sizes={},
            sha256=custom.sha256,
            gzip_sha256={},
            class_names=custom.class_names,
            pictures=custom.pictures,
            transpose=custom.transpose,
            first_label=custom.first_label,
            advice="check fetch.custom",
        )
    entry = DATASETS[dataset]
    folder = f"{settings.path}/{dataset}"
    bases = entry.mirrors or (folder,)
    advice = f"set NNCORE_MIRROR to a folder or URL that has it in {dataset}/"
    samples = FetchSettings().path
    if not entry.mirrors and not entry.zip_file and settings.path != samples:
        advice = f"set fetch.path to {samples}, which has it in {dataset}/"
    if entry.zip_file:
        advice = f"put the files of {entry.zip_file} into {folder}/"
    return DownloadPlan(
        sources={
            key: [*_mirror_sources(mirror, dataset, name), *(f"{base}/{name}.gz" for base in bases)]
            for key, name in entry.files.items()
        },
        sizes=entry.sizes,
        sha256=entry.sha256,
        gzip_sha256=entry.gzip_sha256,
        class_names=entry.class_names,
        pictures=entry.pictures,
        transpose=entry.transpose,
        first_label=entry.first_label,
        advice=advice,
    )


def is_url(source: str) -> bool:
    """Return whether a source is a URL, and not a path."""
    return source.startswith(("http://", "https://"))


def _mirror_sources(mirror: str, dataset: str, name: str) -> list[str]:
    if not mirror:
        return []
    candidates = [f"{mirror.rstrip('/')}/{dataset}/{name}{suffix}" for suffix in (".gz", "")]
    if is_url(mirror):
        return candidates
    return [path for path in candidates if Path(path).is_file()] or candidates[:1]
