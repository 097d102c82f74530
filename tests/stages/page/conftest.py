"""The pages that a browser shows in the tests of the page."""

import numpy as np
import pytest
from page_results import mnist_sample, results

from nncore.config.architecture import Architecture
from nncore.config.training import TrainingSettings
from nncore.data.dataset import Data
from nncore.data.labels import one_hot
from nncore.data.preprocessing import Normalization, apply_lookup
from nncore.model import Model
from nncore.network.network import Network
from nncore.training.fit import fit
from stages.page.images.document import page
from stages.shared.fingerprint import ROOT


@pytest.fixture(scope="module")
def digit_model():
    """Train a network on the embedded digits, enough to classify a clear one."""
    images, labels = mnist_sample(ROOT, "train")
    scaled = np.empty((len(images), 784), np.float32)
    apply_lookup(images.reshape(-1, 784), Normalization().table(), out=scaled)
    network = Network(Architecture(hidden=(40,)), inputs=784, outputs=10)
    fit(network, TrainingSettings(epochs=6, lr=0.1), Data(scaled, one_hot(labels, 10)))
    return Model(network, tuple("0123456789"), (28, 28), Normalization(), {}, "digit")


@pytest.fixture(scope="module")
def digit_page(digit_model, tmp_path_factory):
    """Return the file of the page of `digit_model`."""
    file = tmp_path_factory.mktemp("page") / "report.html"
    file.write_text(page(results(digit_model, *mnist_sample(ROOT))), encoding="utf-8")
    return file


@pytest.fixture
def opened(browser, digit_page):
    """Return the browser with `digit_page` newly opened."""
    browser.open(digit_page)
    return browser


@pytest.fixture
def show(browser, tmp_path):
    """Return a function that opens the page of other results."""

    def show_page(page_results, **options):
        (tmp_path / "report.html").write_text(page(page_results), encoding="utf-8")
        browser.open(tmp_path / "report.html", **options)
        return browser

    return show_page


@pytest.fixture
def compare(tmp_path):
    """Return a function that opens another report in the browser, and returns its line."""

    def open_report(browser, text, name="other.html"):
        path = tmp_path / name
        if isinstance(text, str):
            text = text.encode()
        path.write_bytes(text)
        browser.page.set_input_files("#compare-file", path)
        # The page shows at once that it reads the file.
        browser.page.wait_for_function(
            "() => !document.getElementById('compare-progress').textContent"
        )
        refusal = browser.page.locator("#compare-refusal:not([hidden])")
        return (
            refusal if refusal.count() else browser.page.locator("#compare-status")
        ).text_content()

    return open_report
