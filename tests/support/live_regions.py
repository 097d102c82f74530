"""The live regions of a page, whose changes a screen reader speaks."""

LIVE = (
    "[aria-live], output, [role=status], [role=alert], [role=alertdialog], [role=log],"
    "[role=marquee], [role=timer]"
)


def live_regions(browser):
    """Return the ids of the live regions of the opened page."""
    return browser.run(
        f"Array.from(document.querySelectorAll('{LIVE}'))"
        ".filter((e) => e.getAttribute('aria-live') !== 'off').map((e) => e.id)"
    )
