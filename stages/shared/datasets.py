"""The catalogue of data sets: the digests of their files and the URLs that serve them."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from nncore.config.pictures import Pictures
from stages.shared.params import DataFile, FetchSettings

FILES: Mapping[DataFile, str] = {
    "train_images": "train-images-idx3-ubyte",
    "train_labels": "train-labels-idx1-ubyte",
    "test_images": "t10k-images-idx3-ubyte",
    "test_labels": "t10k-labels-idx1-ubyte",
}
# The fifth file in data/raw; its content is {"class_names": [...], "pictures": ...}.
DATASET_FILE = "dataset.json"


@dataclass(frozen=True)
class Dataset:
    """A data set of four IDX files.

    Attributes
    ----------
    class_names : the names of the labels 0, 1, …
    sha256, sizes : the digest of each decompressed file, and its bytes
    mirrors : base URLs of the gzipped files, in the order of the attempts
    pictures : how a picture becomes an image like those of the data set
    """

    class_names: tuple[str, ...]
    sha256: Mapping[DataFile, str]
    sizes: Mapping[DataFile, int]
    mirrors: tuple[str, ...] = ()
    pictures: Pictures = "as-is"


_DIGITS = tuple("0123456789")


def _sizes(train: int, test: int) -> dict[DataFile, int]:
    """Return the bytes of the files of so many images, of 28 x 28 pixels."""
    return {
        "train_images": 16 + 784 * train,
        "train_labels": 8 + train,
        "test_images": 16 + 784 * test,
        "test_labels": 8 + test,
    }


DATASETS: Mapping[str, Dataset] = {
    # Committed in data/samples/mnist-5k.
    "mnist-5k": Dataset(
        class_names=_DIGITS,
        sha256={
            "train_images": "0c01234069c22da80930e36acdd67f51a5d34ee46c126ba52be56b9bef742cc6",
            "train_labels": "27ed2f8bfcb881cc85fd06afb0ac4b91d1b318d4317baffe50c14fd6cb9756c9",
            "test_images": "52418979e9ff686c115e61a7aab28d747214638c869b086861c42a634d633675",
            "test_labels": "ab499419a7028176077787cc7691c186c15acdd8966969db0c251f94937bfd73",
        },
        sizes=_sizes(4_000, 1_000),
        pictures="digit",
    ),
    "mnist": Dataset(
        class_names=_DIGITS,
        sha256={
            "train_images": "ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db",
            "train_labels": "65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5",
            "test_images": "0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7",
            "test_labels": "ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2",
        },
        sizes=_sizes(60_000, 10_000),
        mirrors=(
            "https://storage.googleapis.com/cvdf-datasets/mnist",
            "https://ossci-datasets.s3.amazonaws.com/mnist",
        ),
        pictures="digit",
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
        sizes=_sizes(60_000, 10_000),
        mirrors=(
            "http://fashion-mnist.s3-website.eu-central-1.amazonaws.com",
            "https://raw.githubusercontent.com/zalandoresearch/fashion-mnist/master/data/fashion",
        ),
    ),
}


@dataclass(frozen=True)
class DownloadPlan:
    """The sources and the expected content of a data set's files.

    Attributes
    ----------
    sources : paths and URLs of each file, gzipped or not, in the order of the attempts
    sha256, sizes : digests and bytes of the decompressed files, as far as they are known
    class_names : None if the classes are the numbers from 0 to the highest training label
    pictures : how a picture becomes an image like those of the data set
    advice : the end of the error message for a file that no source serves
    """

    sources: Mapping[DataFile, list[str]]
    sha256: Mapping[DataFile, str]
    sizes: Mapping[DataFile, int]
    class_names: tuple[str, ...] | None
    pictures: Pictures
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
            sha256=custom.sha256,
            sizes={},
            class_names=custom.class_names,
            pictures=custom.pictures,
            advice="check fetch.custom",
        )
    entry = DATASETS[dataset]
    bases = entry.mirrors or (f"{settings.path}/{dataset}",)
    return DownloadPlan(
        sources={
            key: [*_mirror_sources(mirror, dataset, name), *(f"{base}/{name}.gz" for base in bases)]
            for key, name in FILES.items()
        },
        sha256=entry.sha256,
        sizes=entry.sizes,
        class_names=entry.class_names,
        pictures=entry.pictures,
        advice=f"set NNCORE_MIRROR to a folder or URL that has it in {dataset}/",
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
