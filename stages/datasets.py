"""The catalogue of data sets: what their files hold, and where each can be had."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from stages.params import DataFile, FetchSettings

FILES: Mapping[DataFile, str] = {
    "train_images": "train-images-idx3-ubyte",
    "train_labels": "train-labels-idx1-ubyte",
    "test_images": "t10k-images-idx3-ubyte",
    "test_labels": "t10k-labels-idx1-ubyte",
}
# Beside the four files in data/raw: {"class_names": [...]}
CLASSES = "classes.json"


@dataclass(frozen=True)
class Dataset:
    """A data set of four IDX files.

    Attributes
    ----------
    class_names : of the labels 0, 1, …
    sha256 : of each file's decompressed content
    mirrors : base URLs of the gzipped files, in the order in which they are tried
    """

    class_names: tuple[str, ...]
    sha256: Mapping[DataFile, str]
    mirrors: tuple[str, ...] = ()


_DIGITS = tuple("0123456789")

DATASETS: Mapping[str, Dataset] = {
    # Part of this project: data/samples/mnist-5k.
    "mnist-5k": Dataset(
        class_names=_DIGITS,
        sha256={
            "train_images": "0c01234069c22da80930e36acdd67f51a5d34ee46c126ba52be56b9bef742cc6",
            "train_labels": "27ed2f8bfcb881cc85fd06afb0ac4b91d1b318d4317baffe50c14fd6cb9756c9",
            "test_images": "52418979e9ff686c115e61a7aab28d747214638c869b086861c42a634d633675",
            "test_labels": "ab499419a7028176077787cc7691c186c15acdd8966969db0c251f94937bfd73",
        },
    ),
    "mnist": Dataset(
        class_names=_DIGITS,
        sha256={
            "train_images": "ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db",
            "train_labels": "65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5",
            "test_images": "0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7",
            "test_labels": "ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2",
        },
        mirrors=(
            "https://storage.googleapis.com/cvdf-datasets/mnist",
            "https://ossci-datasets.s3.amazonaws.com/mnist",
        ),
    ),
    "fashion-mnist": Dataset(
        class_names=(
            "T-shirt/top",
            "Trouser",
            "Pullover",
            "Dress",
            "Coat",
            "Sandal",
            "Shirt",
            "Sneaker",
            "Bag",
            "Ankle boot",
        ),
        sha256={
            "train_images": "c59f468a2f672dc815687fe0f83887768d799fd8a3f3276145d20f83aa44d888",
            "train_labels": "bad3541b69d912435c50bb6ba87bec294ff4f6a2e1246121d8633921760443d9",
            "test_images": "5b4141f0afbad91edebe8549f8fcffe087ea10ca49f1dbef5c9a5cd8815ce37b",
            "test_labels": "0402a96d92fd2663957122ceb108a494c5af83dab82d92729df917d7dec38c34",
        },
        mirrors=(
            "http://fashion-mnist.s3-website.eu-central-1.amazonaws.com",
            "https://raw.githubusercontent.com/zalandoresearch/fashion-mnist/master/data/fashion",
        ),
    ),
}


@dataclass(frozen=True)
class Wanted:
    """A data set from the fetch stage's point of view.

    Attributes
    ----------
    sources : paths and URLs of each file, gzipped or not, in the order in which they are tried
    sha256 : of the decompressed content, where it is known
    class_names : None for the numbers up to the highest training label
    advice : what a person can do when no source serves a file
    """

    sources: Mapping[DataFile, list[str]]
    sha256: Mapping[DataFile, str]
    class_names: tuple[str, ...] | None
    advice: str


def wanted(settings: FetchSettings, samples: Path, mirror: str) -> Wanted:
    """Return what `settings` ask for.

    `samples` is the folder of the embedded data sets; `mirror`, a folder or a base URL which may
    be empty, comes before every other source of a known data set.
    """
    custom, dataset = settings.custom, settings.dataset
    if dataset == "custom" and custom is not None:
        return Wanted(
            sources={key: [getattr(custom, key)] for key in FILES},
            sha256=custom.sha256,
            class_names=custom.class_names,
            advice="check fetch.custom",
        )
    known = DATASETS[dataset]
    bases = known.mirrors or (f"{samples}/{dataset}",)
    return Wanted(
        sources={
            key: [*_places(mirror, dataset, name), *(f"{base}/{name}.gz" for base in bases)]
            for key, name in FILES.items()
        },
        sha256=known.sha256,
        class_names=known.class_names,
        advice=f"set NNCORE_MIRROR to a folder or URL that has it in {dataset}/",
    )


def is_url(source: str) -> bool:
    """Tell a URL from a path."""
    return source.startswith(("http://", "https://"))


def _places(mirror: str, dataset: str, name: str) -> list[str]:
    if not mirror:
        return []
    places = [f"{mirror.rstrip('/')}/{dataset}/{name}{suffix}" for suffix in (".gz", "")]
    if is_url(mirror):
        return places
    return [place for place in places if Path(place).is_file()] or places[:1]
