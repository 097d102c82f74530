"""A headless Chromium of the system, driven by Playwright, and what its page logs and requests."""

import shutil
from pathlib import Path

from playwright.sync_api import Page, sync_playwright

PROGRAMS = ("chromium", "chromium-browser", "google-chrome", "chrome")
_OPTIONS = (
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-dev-shm-usage",
)


def find() -> str | None:
    """Return the path of a Chromium, or None."""
    return next((path for name in PROGRAMS if (path := shutil.which(name))), None)


class Browser:
    """A Chromium that shows one page at a time.

    Attributes
    ----------
    page : the page, with Playwright's mouse, keyboard and screenshot
    messages : texts of the console, of uncaught errors and of violated policies
    requested : addresses that the page requested
    """

    page: Page

    def __init__(self, program: str):
        self._playwright = sync_playwright().start()
        # Chromium's own sandbox needs a user other than root.
        self._chromium = self._playwright.chromium.launch(
            executable_path=program, args=_OPTIONS, chromium_sandbox=False
        )
        self._options: dict | None = None
        self.messages: list[str] = []
        self.requested: list[str] = []

    def close(self) -> None:
        """End the browser."""
        self._chromium.close()
        self._playwright.stop()

    def open(
        self,
        page: Path | str,
        *,
        width: int = 1280,
        height: int = 900,
        dark: bool = False,
        scripts: bool = True,
    ) -> None:
        """Show a file or an address and wait until it is loaded."""
        options = {
            "viewport": {"width": width, "height": height},
            "is_mobile": width < 600,
            "has_touch": True,
            "color_scheme": "dark" if dark else "light",
            "java_script_enabled": scripts,
        }
        if options != self._options:
            self._new_page(options)
        self.messages.clear()
        self.requested.clear()
        self.page.goto(page if isinstance(page, str) else page.resolve().as_uri())

    def _new_page(self, options: dict) -> None:
        for context in self._chromium.contexts:
            context.close()
        self._options = options
        self.page = self._chromium.new_page(**options)
        self.page.on("console", lambda message: self.messages.append(message.text))
        self.page.on("pageerror", lambda error: self.messages.append(str(error)))
        self.page.on("request", lambda request: self.requested.append(request.url))
        # Touches of one gesture need one session.
        self._session = self.page.context.new_cdp_session(self.page)

    def run(self, expression: str) -> object:
        """Return the value of an expression, or of the promise that it returns."""
        return self.page.evaluate(expression)

    def hold_timers(self) -> None:
        """Let the page set timers from now on that only `release_timers` ends."""
        self.run(
            "(() => { window.held = []; window.original = setTimeout;"
            "window.setTimeout = (work) => { held.push(work) } })()"
        )

    def release_timers(self) -> None:
        """End all timers that are held, and hold no more."""
        self.run("(() => { window.setTimeout = original; held.forEach((work) => work()) })()")

    def wait_for_frame(self) -> None:
        """Wait until the page has drawn what it has scheduled."""
        self.run("new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")

    def devtools(self, method: str, **parameters: object) -> dict:
        """Return the result of a command of the DevTools protocol that Playwright lacks."""
        return self._session.send(method, parameters)

    def touch(self, event: str, *points: tuple[float, float]) -> None:
        """Send touchStart, touchMove or touchEnd with one point for each finger."""
        touches = [{"x": x, "y": y} for x, y in points]
        self.devtools("Input.dispatchTouchEvent", type=event, touchPoints=touches)
