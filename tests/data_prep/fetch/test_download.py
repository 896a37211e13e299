"""Downloads against a server on this machine that is cut off in the middle."""

import hashlib
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import numpy as np
import pytest

from data_prep.fetch.download import download
from data_prep.mask_sets.promise12 import ARCHIVE_URL, fetch_promise12, prepare_promise12
from l2b_data.errors import DataError, L2BError
from tests.data_prep.mask_sets.test_promise12 import SOME, zip_folder

BODY = np.random.default_rng(0).bytes(5_000_000)
MD5 = hashlib.md5(BODY).hexdigest()


@contextmanager
def server(body=BODY, *, cuts=(), ranges=True, status=None):
    """Serve `body`; request n sends only cuts[n] bytes of it and hangs up. Yields (url, list of Range headers seen)."""
    seen = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            number = len(seen)
            asked = self.headers.get("Range")
            seen.append(asked)
            if status:
                self.send_error(status)
                return
            start = int(asked.removeprefix("bytes=").rstrip("-")) if asked and ranges else 0
            if start >= len(body):
                self.send_error(416)
                return
            self.send_response(206 if start else 200)
            if start:
                self.send_header("Content-Range", f"bytes {start}-{len(body) - 1}/{len(body)}")
            self.send_header("Content-Length", str(len(body) - start))
            self.end_headers()
            rest = body[start:]
            self.wfile.write(rest[: cuts[number]] if number < len(cuts) else rest)

        def log_message(self, *arguments):
            pass

    httpd = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=httpd.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{httpd.server_port}/file.bin", seen
    finally:
        httpd.shutdown()
        httpd.server_close()


def test_whole_file_once(tmp_path):
    with server() as (url, seen):
        for _ in range(2):
            assert download(url, tmp_path / "sub" / "file.bin", md5=MD5).read_bytes() == BODY
    assert seen == [None]
    assert [path.name for path in (tmp_path / "sub").iterdir()] == ["file.bin"]


def test_goes_on_where_it_was_cut(tmp_path):
    lines = []
    with server(cuts=(2_000_000, 1_500_000)) as (url, seen):
        download(url, tmp_path / "file.bin", md5=MD5, wait_s=0, say=lines.append)
    assert (tmp_path / "file.bin").read_bytes() == BODY
    assert seen == [None, "bytes=2000000-", "bytes=3500000-"]
    assert any("connection lost after 2,000,000 bytes" in line for line in lines)


def test_part_is_kept_and_used_by_the_next_call(tmp_path):
    with server(cuts=(1_000_000,)) as (url, seen):
        with pytest.raises(L2BError, match="1,000,000 bytes are kept"):
            download(url, tmp_path / "file.bin", md5=MD5, attempts=1)
        assert not (tmp_path / "file.bin").exists()
        assert (tmp_path / "file.bin.part").stat().st_size == 1_000_000
        download(url, tmp_path / "file.bin", md5=MD5)
    assert seen == [None, "bytes=1000000-"]
    assert (tmp_path / "file.bin").read_bytes() == BODY


def test_server_without_ranges_starts_over(tmp_path):
    with server(cuts=(1_000_000,), ranges=False) as (url, _):
        download(url, tmp_path / "file.bin", md5=MD5, wait_s=0)
    assert (tmp_path / "file.bin").read_bytes() == BODY


def test_part_that_was_complete(tmp_path):
    (tmp_path / "file.bin.part").write_bytes(BODY)
    with server() as (url, seen):
        download(url, tmp_path / "file.bin", md5=MD5)
    assert seen == ["bytes=5000000-"]
    assert (tmp_path / "file.bin").read_bytes() == BODY


def test_wrong_content_is_not_kept(tmp_path):
    (tmp_path / "file.bin.part").write_bytes(b"something else")
    with server() as (url, _), pytest.raises(DataError, match=f"instead of {MD5}"):
        download(url, tmp_path / "file.bin", md5=MD5)
    assert list(tmp_path.iterdir()) == []


def test_refusals_are_not_repeated(tmp_path):
    with server(status=404) as (url, seen), pytest.raises(L2BError, match="404"):
        download(url, tmp_path / "file.bin", md5=MD5, wait_s=0)
    assert len(seen) == 1
    with server(status=503) as (url, seen), pytest.raises(L2BError, match="503"):
        download(url, tmp_path / "file.bin", md5=MD5, attempts=3, wait_s=0)
    assert len(seen) == 3


def test_no_server_and_no_web_address(tmp_path):
    with server() as (url, _):
        pass
    with pytest.raises(L2BError, match="run again"):
        download(url, tmp_path / "file.bin", md5=MD5, attempts=2, wait_s=0)
    with pytest.raises(DataError, match="only http"):
        download("file:///etc/passwd", tmp_path / "file.bin", md5=MD5)


def test_full_disk_keeps_what_came(tmp_path, monkeypatch):
    class Usage:
        free = 10

    monkeypatch.setattr("shutil.disk_usage", lambda path: Usage)
    with server() as (url, _), pytest.raises(L2BError, match="free space and run again"):
        download(url, tmp_path / "file.bin", md5=MD5)


def test_promise12_from_a_cut_download(challenge, tmp_path):
    body = zip_folder(challenge(SOME), tmp_path / "made.zip").read_bytes()
    with server(body, cuts=(len(body) // 2,)) as (url, seen):
        base = url.rsplit("/", 1)[0]
        archive = fetch_promise12(tmp_path / "cache", base_url=base, md5=hashlib.md5(body).hexdigest())
        assert len(seen) == 2
    assert archive.name == ARCHIVE_URL.rsplit("/", 1)[1]
    assert len(prepare_promise12([archive], tmp_path / "out").cases) == len(SOME)
