"""A browser for the tests of pages."""

import pytest
from browser import Browser, find


@pytest.fixture(scope="module")
def browser():
    """Return a browser, which all tests of one file share."""
    program = find()
    if program is None:
        pytest.skip("needs a Chromium: apt-get install chromium")
    browser = Browser(program)
    yield browser
    browser.close()
