"""A server of one page, for this computer alone: it only reads, and sends events as they come."""

import json
import sys
import threading
from collections.abc import Iterator
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from socketserver import TCPServer
from typing import Any, ClassVar
from urllib.parse import parse_qs, urlsplit

from stages.shared.fingerprint import ROOT
from stages.watching.runs import Runs, Tail

ADDRESS = "127.0.0.1"
# Seconds between two looks at the journals, and between two signs of life to a browser.
INTERVAL = 0.5
HEARTBEAT = 10.0
# Trainings that a page shows at the same time, and events that one message holds.
MAX_RUNS = 2
MAX_EVENTS = 20

_HERE, _PAGE = ROOT / "stages" / "watching", ROOT / "stages" / "page"
_SCRIPT, _STYLE = "text/javascript", "text/css"
_PAGE_SCRIPTS = (
    "network/image_samples",
    "view/numbers",
    "view/pictures",
    "view/svg",
    "view/ticks",
)
# All that the server sends, by address: no address is ever a path.
ASSETS = {
    "/": (_HERE / "watch.html", "text/html"),
    **{
        f"/{name}.css": (_PAGE / "styles" / f"{name}.css", _STYLE)
        for name in ("page", "controls", "tables", "charts")
    },
    "/watch.css": (_HERE / "watch.css", _STYLE),
    # Modules have the paths that they import each other by.
    **{
        f"/watching/{name}.js": (_HERE / f"{name}.js", _SCRIPT)
        for name in ("elements", "chart", "panels", "epoch", "runs", "main")
    },
    **{
        f"/page/scripts/{name}.js": (_PAGE / "scripts" / f"{name}.js", _SCRIPT)
        for name in _PAGE_SCRIPTS
    },
}
HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; "
        "img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    ),
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}


class WatchServer(ThreadingHTTPServer):
    """Serves the page for a folder of journals.

    Attributes
    ----------
    runs : the trainings
    stopping : set when the server ends, upon which all streams do
    """

    daemon_threads = True

    def __init__(self, folder: Path, port: int) -> None:
        """Listen on a port of this computer; 0 takes any that is free.

        Raises
        ------
        OSError
            The port is in use.
        """
        super().__init__((ADDRESS, port), _Handler)
        self.runs = Runs(folder)
        self.stopping = threading.Event()

    def server_bind(self) -> None:
        """Bind the socket, without the look-up of a name that http.server would do."""
        TCPServer.server_bind(self)
        self.server_name, self.server_port = ADDRESS, self.server_address[1]

    def handle_error(self, request: Any, client_address: Any) -> None:  # noqa: ANN401  as declared
        """Ignore a browser that has gone."""
        if not isinstance(sys.exception(), OSError):
            super().handle_error(request, client_address)

    @property
    def url(self) -> str:
        """The address of the page."""
        return f"http://{ADDRESS}:{self.server_port}/"

    def hosts(self) -> set[str]:
        """Return the values of the header Host that a browser on this computer sends."""
        return {f"{name}:{self.server_port}" for name in (ADDRESS, "localhost")}

    def shutdown(self) -> None:
        """End the server and its streams."""
        self.stopping.set()
        super().shutdown()


class _Handler(BaseHTTPRequestHandler):
    server: WatchServer
    server_version = "watch"
    sys_version = ""
    timeout: ClassVar[float] = 60.0

    def do_GET(self) -> None:
        """Send a file of the page, or the stream of events."""
        # A page from elsewhere whose name leads to this computer has another Host.
        if self.headers.get("Host") not in self.server.hosts():
            self._refuse(HTTPStatus.FORBIDDEN, "this server is for this computer alone")
            return
        address = urlsplit(self.path)
        site = self.headers.get("Sec-Fetch-Site", "none")
        if address.path != "/" and site not in {"none", "same-origin"}:
            self._refuse(HTTPStatus.FORBIDDEN, "another site asked for this")
        elif address.path == "/events":
            self._stream(parse_qs(address.query).get("run", [])[:MAX_RUNS])
        elif address.path in ASSETS:
            file, kind = ASSETS[address.path]
            self._send(HTTPStatus.OK, file.read_bytes(), kind)
        else:
            self._refuse(HTTPStatus.NOT_FOUND, "there is no such page")

    def _refuse(self, status: HTTPStatus, reason: str) -> None:
        self._send(status, f"{reason}\n".encode(), "text/plain")

    def _send(self, status: HTTPStatus, content: bytes, kind: str) -> None:
        self._begin(status, kind)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def _begin(self, status: HTTPStatus, kind: str) -> None:
        self.send_response(status)
        self.send_header("Content-Type", f"{kind}; charset=utf-8")
        for name, value in HEADERS.items():
            self.send_header(name, value)

    def _stream(self, names: list[str]) -> None:
        self._begin(HTTPStatus.OK, "text/event-stream")
        self.end_headers()
        try:
            for message in messages(self.server.runs, names, self.server.stopping):
                self.wfile.write(message)
                self.wfile.flush()
        except OSError:
            # The page is closed.
            return

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  http.server's name
        """Print no line for each request."""


def messages(runs: Runs, names: list[str], stopping: threading.Event) -> Iterator[bytes]:
    """Yield server-sent events: the list of trainings, and the events of some, as they come.

    Parameters
    ----------
    names : ids of trainings; an unknown one has no events
    stopping : ends the stream
    """
    previous, silence = None, 0.0
    tails: dict[str, Tail] = {}
    while True:
        summaries = runs.summaries()
        if summaries != previous:
            yield _message("runs", summaries)
            previous, silence = summaries, 0.0
        for name in names:
            if name not in tails and (path := runs.path(name)):
                tails[name] = Tail(path)
            if name in tails:
                for message in _events(name, tails[name]):
                    yield message
                    silence = 0.0
        if stopping.wait(INTERVAL):
            return
        silence += INTERVAL
        if silence >= HEARTBEAT:
            # Fails if nobody reads it any more.
            yield b": \n\n"
            silence = 0.0


def _events(name: str, tail: Tail) -> Iterator[bytes]:
    try:
        is_new, events = tail.read()
    except OSError:
        return
    for first in range(0, max(len(events), int(is_new)), MAX_EVENTS):
        content = events[first : first + MAX_EVENTS]
        yield _message("events", {"run": name, "new": is_new and first == 0, "events": content})


def _message(kind: str, data: Any) -> bytes:  # noqa: ANN401  JSON holds anything
    # Written anew, because a line of a file may hold what ends a message.
    return f"event: {kind}\ndata: {json.dumps(data)}\n\n".encode()
