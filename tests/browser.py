"""A real browser, driven over two pipes: the DevTools protocol without a socket or a package."""

import base64
import fcntl
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

NAMES = ("chromium", "chromium-browser", "google-chrome", "chrome")
_OPTIONS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-dev-shm-usage",
    "--remote-debugging-pipe",
)
# Chromium reads from descriptor 3 and writes to 4.
_PLACE = """\
import os, sys
reading, writing, *command = sys.argv[1:]
os.dup2(int(reading), 3)
os.dup2(int(writing), 4)
os.execvp(command[0], command)
"""


def find() -> str | None:
    """Return the path of a Chromium."""
    return next((path for name in NAMES if (path := shutil.which(name))), None)


class BrowserError(Exception):
    """What the browser said of a command or of a script."""


class Browser:
    """A Chromium with one page, and all that the page says and asks for.

    Attributes
    ----------
    said : texts of the console, of errors and of violated policies
    requested : addresses of what the page wanted
    """

    def __init__(self, program: str, profile: Path):
        reading, self._to = _pipe()
        self._from, writing = _pipe()
        self.process = subprocess.Popen(
            [
                *(sys.executable, "-c", _PLACE, str(reading), str(writing), program),
                *(*_OPTIONS, f"--user-data-dir={profile}", "about:blank"),
            ],
            pass_fds=(reading, writing),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        os.close(reading)
        os.close(writing)
        self._rest, self._number, self._session = b"", 0, {}
        self._events: list[dict] = []
        self.said: list[str] = []
        self.requested: list[str] = []
        targets = self.call("Target.getTargets")["targetInfos"]
        target = next(info["targetId"] for info in targets if info["type"] == "page")
        session = self.call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        self._session = {"sessionId": session}
        for domain in ("Page", "Runtime", "Log", "Network"):
            self.call(f"{domain}.enable")

    def close(self) -> None:
        """End the browser."""
        self._session = {}
        try:
            self.call("Browser.close")
        except BrowserError:
            self.process.kill()
        self.process.wait()
        os.close(self._to)
        os.close(self._from)

    def call(self, method: str, **parameters: object) -> dict:
        """Send a command and return its result."""
        self._number += 1
        message = {"id": self._number, "method": method, "params": parameters, **self._session}
        os.write(self._to, json.dumps(message).encode() + b"\0")
        while True:
            answer = self._receive()
            if answer.get("id") == self._number:
                if "error" in answer:
                    raise BrowserError(f"{method}: {answer['error']['message']}")
                return answer["result"]
            self._note(answer)

    def open(self, path: Path, *, width: int = 1280, height: int = 900, dark: bool = False) -> None:
        """Show a file and wait until it is loaded."""
        self.said.clear()
        self.requested.clear()
        self._events.clear()
        self.call(
            "Emulation.setDeviceMetricsOverride",
            width=width,
            height=height,
            deviceScaleFactor=1,
            mobile=width < 600,
        )
        scheme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
        self.call("Emulation.setEmulatedMedia", features=[scheme])
        self.call("Page.navigate", url=path.resolve().as_uri())
        while not any(event["method"] == "Page.loadEventFired" for event in self._events):
            self._note(self._receive())

    def run(self, script: str) -> object:
        """Return what an expression, or the promise that it gives, comes to."""
        answer = self.call(
            "Runtime.evaluate", expression=script, returnByValue=True, awaitPromise=True
        )
        if fault := answer.get("exceptionDetails"):
            raise BrowserError(fault.get("exception", {}).get("description", fault["text"]))
        return answer["result"].get("value")

    def rest(self) -> None:
        """Wait until what was begun is drawn."""
        self.run("new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")

    def mouse(self, kind: str, x: float, y: float) -> None:
        """Press, move or release the mouse's first button: mousePressed and so on."""
        self.call(
            "Input.dispatchMouseEvent",
            type=kind,
            x=x,
            y=y,
            button="left",
            buttons=1,
            clickCount=1,
        )

    def touch(self, kind: str, *points: tuple[float, float]) -> None:
        """Set down, move or lift a finger: touchStart and so on."""
        places = [{"x": x, "y": y} for x, y in points]
        self.call("Input.dispatchTouchEvent", type=kind, touchPoints=places)

    def key(self, key: str, text: str = "", modifiers: int = 0) -> None:
        """Press and release a key."""
        code = {"Tab": 9, "Enter": 13, " ": 32, "Delete": 46}.get(key, 0)
        values = {"key": key, "windowsVirtualKeyCode": code, "modifiers": modifiers}
        self.call("Input.dispatchKeyEvent", type="keyDown", text=text, **values)
        self.call("Input.dispatchKeyEvent", type="keyUp", **values)

    def screenshot(self, *, whole: bool = False) -> bytes:
        """Return what is seen, or the whole page, as a PNG."""
        answer = self.call("Page.captureScreenshot", captureBeyondViewport=whole)
        return base64.b64decode(answer["data"])

    def _receive(self) -> dict:
        while b"\0" not in self._rest:
            part = os.read(self._from, 1 << 16)
            if not part:
                raise BrowserError(f"the browser ended, exit code {self.process.wait()}")
            self._rest += part
        message, self._rest = self._rest.split(b"\0", 1)
        return json.loads(message)

    def _note(self, event: dict) -> None:
        """Keep an event, and what the page said or wanted in it."""
        values = event.get("params", {})
        match event["method"]:
            case "Runtime.consoleAPICalled":
                self.said.append(" ".join(str(part.get("value")) for part in values["args"]))
            case "Runtime.exceptionThrown":
                self.said.append(values["exceptionDetails"]["exception"]["description"])
            case "Log.entryAdded":
                self.said.append(values["entry"]["text"])
            case "Network.requestWillBeSent":
                self.requested.append(values["request"]["url"])
        self._events.append(event)


def _pipe() -> tuple[int, int]:
    """Return a pipe's ends above the descriptors of the protocol, which they must not meet."""
    low = os.pipe()
    reading, writing = (fcntl.fcntl(end, fcntl.F_DUPFD_CLOEXEC, 10) for end in low)
    for end in low:
        os.close(end)
    return reading, writing
