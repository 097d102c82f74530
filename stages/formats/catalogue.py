"""The catalogue of data sets: names and digests of their files, and the URLs that serve them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from string import ascii_uppercase, digits

from nncore.config.pictures import Pictures
from stages.shared.data_params import DataFile
from stages.shared.datasets import FILES


@dataclass(frozen=True)
class Dataset:
    """A data set of four IDX files.

    Attributes
    ----------
    class_names : the names of the labels, in order
    sizes : bytes of each decompressed file
    sha256 : digests of the decompressed files, where they are known
    gzip_sha256 : otherwise, digests of the publisher's gzipped files
    mirrors : base URLs of the gzipped files, in the order of the attempts
    files : the publisher's names of the files, without .gz
    transpose : whether the files have columns and rows in each other's place
    first_label : the label of the first class
    pictures : how a picture becomes an image like those of the data set
    zip_file : URL of the file in which the publisher has a data set without mirrors
    """

    class_names: tuple[str, ...]
    sizes: Mapping[DataFile, int]
    sha256: Mapping[DataFile, str] = field(default_factory=dict)
    gzip_sha256: Mapping[DataFile, str] = field(default_factory=dict)
    mirrors: tuple[str, ...] = ()
    files: Mapping[DataFile, str] = field(default_factory=lambda: FILES)
    transpose: bool = False
    first_label: int = 0
    pictures: Pictures = "as-is"
    zip_file: str = ""


_DIGITS = tuple(digits)


def _sizes(train: int, test: int) -> dict[DataFile, int]:
    """Return the bytes of the files of so many images, of 28 x 28 pixels."""
    return {
        "train_images": 16 + 784 * train,
        "train_labels": 8 + train,
        "test_images": 16 + 784 * test,
        "test_labels": 8 + test,
    }


def _emnist(name: str, class_names: str, train: int, test: int, first_label: int = 0) -> Dataset:
    """Return a part of EMNIST, whose publisher has all parts in one zip file."""
    return Dataset(
        class_names=tuple(class_names),
        sizes=_sizes(train, test),
        files={
            "train_images": f"emnist-{name}-train-images-idx3-ubyte",
            "train_labels": f"emnist-{name}-train-labels-idx1-ubyte",
            "test_images": f"emnist-{name}-test-images-idx3-ubyte",
            "test_labels": f"emnist-{name}-test-labels-idx1-ubyte",
        },
        transpose=True,
        first_label=first_label,
        zip_file="https://biometrics.nist.gov/cs_links/EMNIST/gzip.zip",
    )


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
    # Its digests are those of TensorFlow Datasets, url_checksums/kmnist.txt.
    "kmnist": Dataset(
        class_names=("o", "ki", "su", "tsu", "na", "ha", "ma", "ya", "re", "wo"),
        sizes=_sizes(60_000, 10_000),
        gzip_sha256={
            "train_images": "51467d22d8cc72929e2a028a0428f2086b092bb31cfb79c69cc0a90ce135fde4",
            "train_labels": "e38f9ebcd0f3ebcdec7fc8eabdcdaef93bb0df8ea12bee65224341c8183d8e17",
            "test_images": "edd7a857845ad6bb1d0ba43fe7e794d164fe2dce499a1694695a792adfac43c5",
            "test_labels": "20bb9a0ef54c7db3efc55a92eef5582c109615df22683c380526788f98e42a1c",
        },
        mirrors=("http://codh.rois.ac.jp/kmnist/dataset/kmnist",),
    ),
    # Its digests are those of TensorFlow Datasets, url_checksums/qmnist.txt; the files of labels in
    # the publisher's repository have them too.
    "qmnist": Dataset(
        class_names=_DIGITS,
        sizes=_sizes(60_000, 60_000)
        | {"train_labels": 12 + 60_000 * 32, "test_labels": 12 + 60_000 * 32},
        gzip_sha256={
            "train_images": "9e26a7bf1683614e065d7b76460ccd52807165b3f22561fb782bd9f38c52b51d",
            "train_labels": "2c05dc77f6b916b38e455e97ab129a42a444f3dbef09b278a366f82904e0dd9f",
            "test_images": "43fc22bf7498b8fc98de98369d72f752d0deabc280a43a7bcc364ab19e57b375",
            "test_labels": "9fbcbe594c3766fdf4f0b15c5165dc0d1e57ac604e01422608bb72c906030d06",
        },
        mirrors=("https://raw.githubusercontent.com/facebookresearch/qmnist/master",),
        files={
            "train_images": "qmnist-train-images-idx3-ubyte",
            "train_labels": "qmnist-train-labels-idx2-int",
            "test_images": "qmnist-test-images-idx3-ubyte",
            "test_labels": "qmnist-test-labels-idx2-int",
        },
        pictures="digit",
    ),
    "emnist-letters": _emnist("letters", ascii_uppercase, 124_800, 20_800, first_label=1),
    "emnist-balanced": _emnist(
        "balanced", digits + ascii_uppercase + "abdefghnqrt", 112_800, 18_800
    ),
}
