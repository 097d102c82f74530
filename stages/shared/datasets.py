"""The files in data/raw, which fetch writes and preprocess reads."""

from collections.abc import Mapping

from stages.shared.data_params import DataFile

FILES: Mapping[DataFile, str] = {
    "train_images": "train-images-idx3-ubyte",
    "train_labels": "train-labels-idx1-ubyte",
    "test_images": "t10k-images-idx3-ubyte",
    "test_labels": "t10k-labels-idx1-ubyte",
}
# The fifth file in data/raw; its content is {"class_names": [...], "format": ..., "pictures": ...}.
DATASET_FILE = "dataset.json"
IMAGES_FORMAT = "nncore raw images 1"
# The format of preprocessing.json in data/processed, of images and of tables.
PROCESSED_FORMAT = "nncore preprocessing 1"
# The format of reports/data.json.
REPORT_FORMAT = "nncore data report 1"
