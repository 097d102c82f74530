"""The lab of a report page in a browser: its controls, and what it shows."""

import numpy as np


def see(browser):
    """Scroll to the lab, which starts it."""
    browser.page.locator("#lab").scroll_into_view_if_needed()
    browser.page.locator("#lab-region canvas").wait_for(timeout=5000)


def wait(browser):
    """Wait until the accuracy on all test images is shown, and return its sentence."""
    see(browser)
    browser.page.locator("#lab-result[aria-busy=false]").wait_for(timeout=20_000)
    return browser.page.text_content("#lab-result").replace("\u00a0", " ")


def press(browser, edit):
    """Press the button of an edit.

    At first sight the lab draws its pictures and its first result. They move the button, and a
    click between would miss it.
    """
    see(browser)
    browser.page.wait_for_function(
        "() => document.getElementById('lab-result').textContent"
        " || !document.getElementById('lab-refusal').hidden"
    )
    browser.page.click(f"[data-edit={edit}] button:not(.explain)")


def parameters(browser):
    """Return the bits of the parameters of the edited network, (n,) uint32."""
    return np.array(browser.run("Array.from(new Uint32Array(nncore.lab.edited().buffer))"), "u4")


def edits(browser):
    """Return the texts of the list of edits."""
    return browser.page.locator("#lab-list li").all_text_contents()


def slow_down(browser):
    """Make each step take longer than a slice, by the page's clock.

    `window.progress` collects the texts of the line of progress.
    """
    browser.run(
        "(() => { let now = 1e9; performance.now = () => { now += 100; return now };"
        "window.progress = []; const line = document.getElementById('lab-progress');"
        "new MutationObserver(() => progress.push(line.textContent))"
        ".observe(line, { childList: true }) })()"
    )
