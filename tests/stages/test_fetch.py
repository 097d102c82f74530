"""The fetch stage: every source, every way in which one fails, and the same bytes from each."""

import gzip
import hashlib
import http.server
import json
import os
import re
import subprocess
import sys
import threading
from itertools import count
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from idx_files import idx
from tqdm import tqdm

import stages.formats.download
from nncore.errors import NncoreError, PreprocessingError
from stages.fetch import fetch
from stages.formats.catalogue import DATASETS, Dataset
from stages.formats.dataset import FetchError
from stages.shared.datasets import FILES

ROOT = Path(__file__).parents[2]
SAMPLES = ROOT / "data" / "samples"
# The user's own; each test begins without it.
MIRROR = os.environ.get("NNCORE_MIRROR", "")
SUMS = Path(MIRROR, "SHA256SUMS")

loopback = pytest.mark.allow_hosts(["127.0.0.1"])
needs_mirror = pytest.mark.skipif(
    not (MIRROR and SUMS.is_file()),
    reason="NNCORE_MIRROR names no folder of all data sets and their SHA256SUMS",
)


RNG = np.random.default_rng(0)
# Small data of three classes, by the names that the files have in data/raw.
TINY = {
    "train-images-idx3-ubyte": idx(RNG.integers(0, 256, (6, 4, 3), np.uint8)),
    "train-labels-idx1-ubyte": idx(np.array([0, 1, 2, 0, 1, 2], np.uint8)),
    "t10k-images-idx3-ubyte": idx(RNG.integers(0, 256, (2, 4, 3), np.uint8)),
    "t10k-labels-idx1-ubyte": idx(np.array([1, 0], np.uint8)),
}


class Server(http.server.ThreadingHTTPServer):
    """Serves `files` by path, after the failures that are queued for it."""

    def __init__(self):
        self.files = {}
        self.failures = {}
        self.requested = []
        super().__init__(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server_port}"


class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.server.requested.append(self.path)
        queue = self.server.failures.get(self.path, [])
        failure = queue.pop(0) if queue else None
        body = self.server.files.get(self.path)
        if isinstance(failure, int) or body is None:
            self.send_error(failure or 404)
            return
        if isinstance(failure, str) and failure.startswith("http"):
            self.send_response(302)
            self.send_header("Location", failure)
            self.end_headers()
            self._send_without_end(b"x" * 65536)
            return
        self.send_response(200)
        if failure in {"endless", "drip"}:
            self.end_headers()
            self._send_without_end(b"x" * (65536 if failure == "endless" else 1))
            return
        length = 5000 * "9" if failure == "long length" else str(len(body))
        self.send_header("Content-Length", length)
        self.end_headers()
        # A truncated body: the promised length never arrives.
        self.wfile.write(body[: len(body) // 2] if failure == "truncated" else body)

    def _send_without_end(self, chunk):
        try:
            while True:
                self.wfile.write(chunk)
        except OSError:
            self.close_connection = True

    def log_message(self, *_):
        pass


@pytest.fixture
def server(monkeypatch):
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    with Server() as served:
        thread = threading.Thread(target=served.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield served
        served.shutdown()
        thread.join()


@pytest.fixture(autouse=True)
def pauses(monkeypatch):
    """Record the pauses between tries instead of making them."""
    slept = []
    monkeypatch.setattr(stages.formats.download.time, "sleep", slept.append)
    monkeypatch.delenv("NNCORE_MIRROR", raising=False)
    return slept


@pytest.fixture
def tiny(monkeypatch):
    """Put a data set of tiny files into mnist's place, without mirrors."""

    def put(mirrors=()):
        sums = {key: hashlib.sha256(TINY[name]).hexdigest() for key, name in FILES.items()}
        sizes = {key: len(TINY[name]) for key, name in FILES.items()}
        known = Dataset(
            class_names=("a", "b", "c"), sha256=sums, sizes=sizes, mirrors=tuple(mirrors)
        )
        monkeypatch.setitem(DATASETS, "mnist", known)

    put()
    return put


def run(folder, dataset="mnist", custom=None, raw="raw"):
    """Run the stage in `folder` and return the folder that it wrote."""
    params = folder / "params.yaml"
    settings = {"dataset": dataset, "custom": custom, "path": str(SAMPLES)}
    params.write_text(json.dumps({"fetch": settings}))
    fetch(params, folder / raw)
    return folder / raw


def contents(folder):
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def write_files(folder, files, suffix=".gz"):
    folder.mkdir(parents=True)
    for name, content in files.items():
        packed = gzip.compress(content) if suffix else content
        (folder / f"{name}{suffix}").write_bytes(packed)


def serve(server, base, files=TINY):
    server.files |= {f"{base}/{name}.gz": gzip.compress(data) for name, data in files.items()}


EXPECTED = TINY | {
    "dataset.json": b"""{
  "class_names": [
    "a",
    "b",
    "c"
  ],
  "format": "nncore raw images 1",
  "pictures": "as-is"
}
"""
}


class TestSamples:
    def test_the_default_data_set_needs_no_network(self, tmp_path):
        written = contents(run(tmp_path, "mnist-5k"))
        dataset = json.loads(written.pop("dataset.json"))
        names, kind = list("0123456789"), "nncore raw images 1"
        assert dataset == {"class_names": names, "format": kind, "pictures": "digit"}
        assert {name: hashlib.sha256(data).hexdigest() for name, data in written.items()} == {
            "train-images-idx3-ubyte": (
                "0c01234069c22da80930e36acdd67f51a5d34ee46c126ba52be56b9bef742cc6"
            ),
            "train-labels-idx1-ubyte": (
                "27ed2f8bfcb881cc85fd06afb0ac4b91d1b318d4317baffe50c14fd6cb9756c9"
            ),
            "t10k-images-idx3-ubyte": (
                "52418979e9ff686c115e61a7aab28d747214638c869b086861c42a634d633675"
            ),
            "t10k-labels-idx1-ubyte": (
                "ab499419a7028176077787cc7691c186c15acdd8966969db0c251f94937bfd73"
            ),
        }

    def test_one_aligned_line_for_each_file_is_printed(self, tmp_path, capsys):
        run(tmp_path, "mnist-5k")
        assert capsys.readouterr().out.splitlines() == [
            "train-images-idx3-ubyte      3,136,016 bytes",
            "train-labels-idx1-ubyte          4,008 bytes",
            "t10k-images-idx3-ubyte         784,016 bytes",
            "t10k-labels-idx1-ubyte           1,008 bytes",
        ]

    def test_what_a_killed_run_has_left_is_removed(self, tmp_path):
        (tmp_path / "raw/.fetch-killed").mkdir(parents=True)
        (tmp_path / "raw/.fetch-killed/train-images-idx3-ubyte.tmp").write_bytes(b"half")
        assert set(contents(run(tmp_path, "mnist-5k"))) == {*FILES.values(), "dataset.json"}


class TestMirrorFolder:
    @pytest.mark.usefixtures("tiny")
    @pytest.mark.parametrize("suffix", ["", ".gz"], ids=["raw", "gzip"])
    def test_serves_files_gzipped_or_not(self, tmp_path, monkeypatch, suffix):
        write_files(tmp_path / "mirror" / "mnist", TINY, suffix)
        monkeypatch.setenv("NNCORE_MIRROR", str(tmp_path / "mirror"))
        assert contents(run(tmp_path)) == EXPECTED

    def test_comes_before_the_embedded_files(self, tmp_path, monkeypatch, capsys):
        monkeypatch.setenv("NNCORE_MIRROR", str(tmp_path / "mirror"))
        run(tmp_path, "mnist-5k")
        missing = f"{tmp_path}/mirror/mnist-5k/train-images-idx3-ubyte.gz"
        assert capsys.readouterr().err.splitlines()[0] == (
            f"fetch: {missing}: expected a readable file, got “No such file or directory”"
        )

    @needs_mirror
    @pytest.mark.parametrize("dataset", ["mnist-5k", "mnist", "fashion-mnist"])
    def test_serves_the_real_data_sets(self, tmp_path, monkeypatch, dataset, capsys):
        """The sums are those of the file SHA256SUMS, not of the catalogue."""
        monkeypatch.setenv("NNCORE_MIRROR", MIRROR)
        raw = run(tmp_path, dataset)
        sums = dict(reversed(line.split()) for line in SUMS.read_text().splitlines())
        for name in FILES.values():
            digest = hashlib.sha256((raw / name).read_bytes()).hexdigest()
            assert digest == sums[f"{dataset}/{name}"]
        assert capsys.readouterr().err == ""


@loopback
class TestMirrorUrl:
    @pytest.mark.usefixtures("tiny")
    def test_serves_files(self, tmp_path, server, monkeypatch):
        serve(server, "/base/mnist")
        monkeypatch.setenv("NNCORE_MIRROR", f"{server.url}/base/")
        assert contents(run(tmp_path)) == EXPECTED

    @pytest.mark.usefixtures("tiny")
    def test_serves_files_that_are_not_gzipped(self, tmp_path, server, monkeypatch):
        server.files |= {f"/mnist/{name}": data for name, data in TINY.items()}
        monkeypatch.setenv("NNCORE_MIRROR", server.url)
        assert contents(run(tmp_path)) == EXPECTED

    def test_its_password_is_not_printed(self, tmp_path, tiny, server, monkeypatch, capsys):
        tiny([f"{server.url}/other"])
        serve(server, "/other")
        secret = server.url.replace("//", "//someone:se@cret@")
        monkeypatch.setenv("NNCORE_MIRROR", secret)
        run(tmp_path)
        err = capsys.readouterr().err
        assert f"fetch: {server.url}/mnist/train-images" in err
        assert "cret" not in err


@loopback
class TestFailures:
    """What goes wrong with the first of two mirrors, for the first of the four files."""

    @pytest.fixture
    def mirrors(self, tiny, server):
        tiny([f"{server.url}/one", f"{server.url}/two"])
        serve(server, "/one")
        serve(server, "/two")
        return server

    first = "/one/train-images-idx3-ubyte.gz"
    second = "/two/train-images-idx3-ubyte.gz"

    def reported(self, capsys, server, fault):
        assert capsys.readouterr().err == f"fetch: {server.url}{self.first}: {fault}\n"

    def test_the_second_mirror_is_left_alone_while_the_first_serves(self, tmp_path, mirrors):
        run(tmp_path)
        assert not [path for path in mirrors.requested if path.startswith("/two")]

    def test_a_missing_file_is_asked_for_once_then_elsewhere(self, tmp_path, mirrors, capsys):
        mirrors.failures[self.first] = [404, 404]
        assert contents(run(tmp_path)) == EXPECTED
        assert mirrors.requested[:2] == [self.first, self.second]
        self.reported(capsys, mirrors, "expected the file, got HTTP status 404")

    @pytest.mark.parametrize("failure", [503, 500, 429, "truncated"])
    def test_what_may_pass_is_tried_again_after_growing_pauses(
        self, tmp_path, mirrors, pauses, failure, capsys
    ):
        mirrors.failures[self.first] = [failure, failure]
        assert contents(run(tmp_path)) == EXPECTED
        assert mirrors.requested[:3] == [self.first] * 3
        assert pauses == sorted(set(pauses))
        assert len(pauses) == 2
        assert capsys.readouterr().err == ""

    def test_after_three_tries_the_next_mirror_is_asked(self, tmp_path, mirrors, capsys):
        mirrors.failures[self.first] = [503] * 9
        assert contents(run(tmp_path)) == EXPECTED
        assert mirrors.requested[:4] == [self.first] * 3 + [self.second]
        self.reported(capsys, mirrors, "expected the file, got HTTP status 503")

    def test_a_body_truncated_each_time_sends_it_elsewhere(self, tmp_path, mirrors, capsys):
        mirrors.failures[self.first] = ["truncated"] * 9
        assert contents(run(tmp_path)) == EXPECTED
        self.reported(capsys, mirrors, "expected the file, got ProtocolError")

    def test_a_server_that_is_gone_sends_it_elsewhere(
        self, tmp_path, tiny, mirrors, pauses, capsys
    ):
        with Server() as gone:
            pass
        tiny([gone.url, f"{mirrors.url}/two"])
        assert contents(run(tmp_path)) == EXPECTED
        assert len(pauses) == 2 * len(FILES)
        assert capsys.readouterr().err.count("expected the file, got ConnectionError\n") == 4

    def test_a_wrong_checksum_sends_it_elsewhere_at_once(self, tmp_path, mirrors, pauses, capsys):
        content = bytearray(TINY["train-images-idx3-ubyte"])
        content[-1] ^= 1
        mirrors.files[self.first] = gzip.compress(content)
        assert contents(run(tmp_path)) == EXPECTED
        assert pauses == []
        got = hashlib.sha256(content).hexdigest()
        right = hashlib.sha256(TINY["train-images-idx3-ubyte"]).hexdigest()
        self.reported(capsys, mirrors, f"expected content of SHA-256 {right}, got {got}")

    def test_a_page_of_excuses_sends_it_elsewhere(self, tmp_path, mirrors, capsys):
        mirrors.files[self.first] = b"<html>Sign in to this hotel's network</html>"
        assert contents(run(tmp_path)) == EXPECTED
        self.reported(capsys, mirrors, "expected an IDX file, which starts with 00 00, got 3c 68")

    def test_a_damaged_file_sends_it_elsewhere(self, tmp_path, mirrors, capsys):
        mirrors.files[self.first] = mirrors.files[self.first][:-1]
        assert contents(run(tmp_path)) == EXPECTED
        assert f"{self.first}: expected intact gzip data, got" in capsys.readouterr().err

    def test_a_body_without_end_sends_it_elsewhere(self, tmp_path, mirrors, capsys):
        mirrors.failures[self.first] = ["endless"]
        assert contents(run(tmp_path)) == EXPECTED
        limit = len(TINY["train-images-idx3-ubyte"]) + (1 << 16)
        self.reported(capsys, mirrors, f"expected at most {limit:,} bytes, got more")

    def test_a_byte_now_and_then_sends_it_elsewhere(self, tmp_path, mirrors, capsys, monkeypatch):
        seconds = count(step=45)
        clock = SimpleNamespace(monotonic=lambda: next(seconds), sleep=None)
        monkeypatch.setattr(stages.formats.download, "time", clock)
        mirrors.failures[self.first] = ["drip"]
        assert contents(run(tmp_path)) == EXPECTED
        message = f"fetch: {mirrors.url}{self.first}: expected the file, got "
        assert re.fullmatch(
            rf"{re.escape(message)}[\d,]+ bytes in 90 seconds\n", capsys.readouterr().err
        )

    def test_a_redirection_is_followed_and_its_content_not_read(self, tmp_path, mirrors, capsys):
        mirrors.failures[self.first] = [f"{mirrors.url}{self.second}"]
        assert contents(run(tmp_path)) == EXPECTED
        assert mirrors.requested[:2] == [self.first, self.second]
        assert capsys.readouterr().err == ""

    def test_redirections_in_a_circle_send_it_elsewhere(self, tmp_path, mirrors, capsys):
        mirrors.failures[self.first] = [mirrors.url + self.first] * 9
        assert contents(run(tmp_path)) == EXPECTED
        self.reported(capsys, mirrors, "expected at most 5 redirections, got more")

    def test_a_length_of_thousands_of_digits_is_no_fault(self, tmp_path, mirrors):
        mirrors.failures[self.first] = ["long length"]
        assert contents(run(tmp_path)) == EXPECTED

    def test_when_all_fail_one_line_names_the_file_and_the_way_out(self, tmp_path, mirrors):
        mirrors.files.clear()
        with pytest.raises(FetchError) as refused:
            run(tmp_path)
        assert str(refused.value) == (
            "train-images-idx3-ubyte: expected a source that serves it, got none; "
            "set NNCORE_MIRROR to a folder or URL that has it in mnist/"
        )

    def test_when_the_last_file_fails_nothing_is_written_and_nothing_replaced(
        self, tmp_path, mirrors
    ):
        before = {"train-labels-idx1-ubyte": b"of the last run"}
        write_files(tmp_path / "raw", before, suffix="")
        for base in ("/one", "/two"):
            del mirrors.files[f"{base}/t10k-labels-idx1-ubyte.gz"]
        with pytest.raises(FetchError):
            run(tmp_path)
        assert contents(tmp_path / "raw") == before

    def test_a_download_interrupted_halfway_leaves_nothing(self, tmp_path, mirrors, monkeypatch):
        class Interrupted(tqdm):
            def update(self, n=1):
                if any("t10k-images" in path for path in mirrors.requested):
                    raise KeyboardInterrupt
                return super().update(n)

        monkeypatch.setattr(stages.formats.download, "tqdm", Interrupted)
        with pytest.raises(KeyboardInterrupt):
            run(tmp_path)
        assert contents(tmp_path / "raw") == {}


CUSTOM = {key: f"{name}.gz" for key, name in FILES.items()}


class TestCustom:
    @pytest.fixture(autouse=True)
    def _files(self, tmp_path, monkeypatch):
        write_files(tmp_path / "own", TINY)
        monkeypatch.chdir(tmp_path / "own")

    def test_paths_are_relative_to_the_current_folder(self, tmp_path):
        custom = CUSTOM | {"class_names": ["a", "b", "c"]}
        assert contents(run(tmp_path, "custom", custom)) == EXPECTED

    @loopback
    def test_urls_and_paths_mix(self, tmp_path, server):
        serve(server, "/own")
        url = f"{server.url}/own/train-images-idx3-ubyte.gz"
        custom = CUSTOM | {"train_images": url, "class_names": ["a", "b", "c"]}
        assert contents(run(tmp_path, "custom", custom)) == EXPECTED

    def test_classes_without_names_are_numbered(self, tmp_path):
        raw = run(tmp_path, "custom", CUSTOM)
        assert json.loads((raw / "dataset.json").read_text())["class_names"] == ["0", "1", "2"]

    def test_the_mirror_is_not_asked(self, tmp_path, monkeypatch, capsys):
        monkeypatch.setenv("NNCORE_MIRROR", str(tmp_path / "nowhere"))
        run(tmp_path, "custom", CUSTOM)
        assert capsys.readouterr().err == ""

    def test_a_checksum_is_of_the_decompressed_content(self, tmp_path):
        right = hashlib.sha256(TINY["t10k-labels-idx1-ubyte"]).hexdigest()
        run(tmp_path, "custom", CUSTOM | {"sha256": {"test_labels": right}})

    def test_a_wrong_checksum_is_refused(self, tmp_path, capsys):
        with pytest.raises(FetchError, match=r"t10k-labels-idx1-ubyte: .* check fetch.custom"):
            run(tmp_path, "custom", CUSTOM | {"sha256": {"test_labels": "0" * 64}})
        assert f"expected content of SHA-256 {'0' * 64}, got" in capsys.readouterr().err

    @pytest.mark.parametrize(
        ("replaced", "content", "fault"),
        [
            (
                "t10k-labels-idx1-ubyte",
                np.array([1, 0, 1]),
                "expected 2, one for each image, got 3",
            ),
            (
                "t10k-labels-idx1-ubyte",
                np.array([0, 3]),
                "expected at most 2, the highest training label, got 3 for image 1; name",
            ),
            (
                "t10k-images-idx3-ubyte",
                np.zeros((2, 3, 4)),
                r"\(4, 3\) as in training, got \(3, 4\)",
            ),
        ],
        ids=["count", "class", "size"],
    )
    def test_files_that_do_not_fit_each_other_are_refused(self, tmp_path, replaced, content, fault):
        Path(f"{replaced}.gz").write_bytes(idx(content.astype(np.uint8)))
        with pytest.raises(PreprocessingError, match=fault):
            run(tmp_path, "custom", CUSTOM)
        assert contents(tmp_path / "raw") == {}

    def test_the_command_ends_with_1_and_without_a_traceback(self, tmp_path):
        params = tmp_path / "params.yaml"
        custom = CUSTOM | {"test_images": "nowhere"}
        params.write_text(json.dumps({"fetch": {"dataset": "custom", "custom": custom}}))
        command = [sys.executable, "-m", "stages.fetch", "--params", params, "--raw", "raw"]
        environment = os.environ | {"PYTHONPATH": str(ROOT)}
        done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
        assert done.returncode == 1
        assert done.stderr.splitlines() == [
            "fetch: nowhere: expected a readable file, got “No such file or directory”",
            (
                "fetch: t10k-images-idx3-ubyte: expected a source that serves it, got none; "
                "check fetch.custom"
            ),
        ]

    def test_labels_in_the_place_of_images_are_refused(self, tmp_path, capsys):
        with pytest.raises(NncoreError):
            run(tmp_path, "custom", CUSTOM | {"train_images": "train-labels-idx1-ubyte.gz"})
        assert "expected 3 dimensions (images), got 1" in capsys.readouterr().err
