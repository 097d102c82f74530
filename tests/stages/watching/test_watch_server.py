"""The server: it only reads, serves this computer alone, and sends what a journal gets."""

import http.client
import json
import socket
import subprocess
import sys
from urllib.parse import urlsplit

import pytest
from journal_lines import append, end, epoch, start

from stages.shared.fingerprint import ROOT
from stages.watching.server import ASSETS, HEADERS

pytestmark = pytest.mark.allow_hosts(["127.0.0.1"])


def request(watch, path, method="GET", **headers):
    address = urlsplit(watch.url)
    connection = http.client.HTTPConnection(address.hostname, address.port, timeout=20)
    connection.putrequest(method, path, skip_host="Host" in headers)
    for name, value in headers.items():
        connection.putheader(name.replace("_", "-"), value)
    connection.endheaders()
    return connection.getresponse()


def status(watch, path, method="GET", **headers):
    response = request(watch, path, method, **headers)
    response.read()
    response.close()
    return response.status


class Stream:
    """The server-sent events of trainings."""

    def __init__(self, watch, *names):
        query = "&".join(f"run={name}" for name in names)
        self.response = request(watch, f"/events?{query}")

    def next(self, kind):
        """Return the data of the next message of a kind."""
        while True:
            lines = []
            while line := self.response.readline().decode().rstrip("\n"):
                lines.append(line)
            if lines[:1] == [f"event: {kind}"]:
                (data,) = lines[1:]
                return json.loads(data.removeprefix("data: "))

    def until(self, kind, holds):
        """Return the first message of a kind for which something holds."""
        while True:
            if holds(message := self.next(kind)):
                return message


@pytest.mark.parametrize("path", ASSETS)
def test_the_page_and_its_files_are_served(watch, path):
    response = request(watch, path)
    file, kind = ASSETS[path]
    assert (response.status, response.read()) == (200, file.read_bytes())
    assert response.headers["Content-Type"] == f"{kind}; charset=utf-8"
    assert {name: response.headers[name] for name in HEADERS} == HEADERS


def test_the_policy_allows_scripts_and_styles_of_the_page_alone():
    policy = dict(part.split(" ", 1) for part in HEADERS["Content-Security-Policy"].split("; "))
    assert policy.pop("default-src") == "'none'"
    assert {policy.pop(name) for name in ("script-src", "style-src", "connect-src")} == {"'self'"}
    assert policy.pop("img-src") == "data:"
    assert set(policy.values()) == {"'none'"}


def test_the_page_names_no_other_place():
    for file, _ in ASSETS.values():
        text = file.read_text(encoding="utf-8").replace("http://www.w3.org/2000/svg", "")
        assert "//" not in text.replace("// ", "").replace("//\n", ""), file


@pytest.mark.parametrize(
    "path",
    [
        *("/../params.yaml", "/%2e%2e/params.yaml", "/page.css/../../params.yaml", "//etc/passwd"),
        *("/params.yaml", "/.journal", "/server.py", "/a.jsonl", "/events/../x", "/page.css%00"),
    ],
)
def test_no_address_is_a_path(watch, path):
    assert status(watch, path) == 404


@pytest.mark.parametrize("name", ["../secret", "..%2fsecret", "/etc/passwd", "%00", "a/b"])
def test_no_id_of_a_training_is_a_path(watch, name):
    append(watch.folder / "a.jsonl", start(), end())
    append(watch.folder.parent / "secret.jsonl", start(), end())
    stream = Stream(watch, name, "a")
    assert stream.next("events")["run"] == "a"


@pytest.mark.parametrize("host", ["example.org", "example.org:80", "", "127.0.0.1", "localhost:1"])
def test_another_host_is_refused(watch, host):
    """A page from elsewhere can give its own name the address of this computer."""
    for path in ("/", "/events", "/page.css"):
        assert status(watch, path, Host=host) == 403


def test_localhost_is_this_computer(watch):
    assert status(watch, "/", Host=f"localhost:{urlsplit(watch.url).port}") == 200


@pytest.mark.parametrize("site", ["cross-site", "same-site"])
def test_another_site_may_open_the_page_and_read_nothing_else(watch, site):
    answers = [status(watch, path, Sec_Fetch_Site=site) for path in ("/", "/events", "/page.css")]
    assert answers == [200, 403, 403]


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH", "OPTIONS"])
def test_the_server_only_reads(watch, method):
    assert status(watch, "/", method) == 501


@pytest.mark.skipif(sys.platform != "linux", reason="needs 127.0.0.2")
@pytest.mark.allow_hosts(["127.0.0.1", "127.0.0.2"])
def test_only_this_computer_reaches_it(watch):
    """A server of all addresses would answer at 127.0.0.2 too."""
    address = urlsplit(watch.url)
    assert address.hostname == "127.0.0.1"
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.2", address.port))


def test_a_stream_sends_the_list_and_the_events_of_a_training(watch):
    append(watch.folder / "a.jsonl", start(), epoch(0), epoch(1))
    append(watch.folder / "b.jsonl", start(), end())
    stream = Stream(watch, "a")
    assert {line["id"] for line in stream.next("runs")} == {"a", "b"}
    message = stream.next("events")
    assert (message["run"], message["new"]) == ("a", True)
    assert [event["event"] for event in message["events"]] == ["start", "epoch", "epoch"]


def test_a_stream_follows_a_training(watch):
    append(watch.folder / "a.jsonl", start(), epoch(0))
    stream = Stream(watch, "a")
    stream.next("events")
    append(watch.folder / "a.jsonl", epoch(1))
    message = stream.next("events")
    assert (message["new"], message["events"][0]["epoch"]) == (False, 1)
    append(watch.folder / "a.jsonl", end())
    assert stream.until("runs", lambda lines: lines[0]["state"] == "finished")


def test_a_stream_begins_anew_with_its_journal(watch):
    append(watch.folder / "a.jsonl", start(), epoch(7))
    stream = Stream(watch, "a")
    stream.next("events")
    (watch.folder / "a.jsonl").rename(watch.folder / "old")
    append(watch.folder / "a.jsonl", start(), epoch(0))
    message = stream.until("events", lambda message: message["new"])
    assert [event.get("epoch") for event in message["events"]] == [None, 0]


def test_a_stream_finds_a_training_that_begins_later(watch):
    stream = Stream(watch, "a")
    assert stream.next("runs") == []
    append(watch.folder / "a.jsonl", start(), epoch(0))
    assert stream.next("events")["run"] == "a"


def test_no_text_of_a_journal_ends_a_message(watch):
    name = "a\n\nevent: runs\ndata: []\r\u2028"
    append(watch.folder / "a.jsonl", start(name=name), end())
    with (watch.folder / "a.jsonl").open("ab") as file:
        file.write(b'{"event":\r"end","x":"\xe2\x80\xa8"}\r\n')
    stream = Stream(watch, "a")
    (line,) = stream.next("runs")
    assert line["name"] == name
    assert stream.next("events")["events"][-1] == {"event": "end", "x": "\u2028"}


def test_two_pages_at_once_are_served(watch):
    append(watch.folder / "a.jsonl", start(), epoch(0))
    streams = [Stream(watch, "a") for _ in range(3)]
    assert [stream.next("events")["run"] for stream in streams] == ["a"] * 3


def test_the_program_ends_while_a_page_is_open(watch):
    stream = Stream(watch)
    stream.next("runs")
    watch.process.terminate()
    assert watch.process.wait(timeout=20) == 143


def test_a_port_in_use_is_refused_in_one_line(watch):
    port = str(urlsplit(watch.url).port)
    command = [sys.executable, "-m", "stages.watch", "--port", port, "--journal", "x"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (1, "", 1)
    assert done.stderr.startswith(f"watch: expected the port {port} of 127.0.0.1 to be free, got:")


def test_a_file_is_no_folder_of_journals(tmp_path):
    (tmp_path / "file").touch()
    command = [sys.executable, "-m", "stages.watch", "--journal", str(tmp_path / "file")]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    line = f"watch: expected a folder of journals, got a file: {tmp_path / 'file'}\n"
    assert (done.returncode, done.stdout, done.stderr) == (1, "", line)
