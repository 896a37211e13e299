"""A download that goes on where it was cut off, and is checked."""

import errno
import shutil
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from http.client import HTTPException
from pathlib import Path

import pooch

from l2b_data.errors import DataError, L2BError

DEFAULT_BASE_URL = "https://zenodo.org"
_CHUNK = 1 << 20
_FINAL_CODES = (401, 403, 404, 410)
_SCHEMES = ("https://", "http://")


def download(
    url: str,
    path: Path | str,
    *,
    md5: str,
    attempts: int = 5,
    timeout_s: float = 60,
    wait_s: float = 2,
    say: Callable[[str], None] = lambda line: None,
) -> Path:
    """Fetch `url` to `path`; `path` is there afterwards only if its md5 is `md5`.

    Bytes go to `path`.part, which stays after a failure: the next attempt (of this call or of a later one) asks the
    server for the rest (HTTP Range) and starts over where the server answers with the whole file. A finished `path`
    is not fetched again. pooch does the hashing; its downloaders cannot resume. Raises `L2BError` where the server
    cannot be reached in `attempts` attempts, `DataError` where a whole file has another md5 (it is then removed).
    """
    path = Path(path)
    if not url.startswith(_SCHEMES):
        raise DataError(f"{url}: only http and https addresses are fetched")
    if path.is_file() and pooch.file_hash(str(path), alg="md5") == md5:
        return path
    part = path.with_name(path.name + ".part")
    path.parent.mkdir(parents=True, exist_ok=True)
    for attempt in range(1, attempts + 1):
        try:
            _fetch_rest(url, part, timeout_s, say)
            break
        except (OSError, HTTPException) as error:
            got = part.stat().st_size if part.exists() else 0
            _raise_if_final(error, url, part, got, last=attempt == attempts)
            say(f"connection lost after {got:,} bytes ({error}); attempt {attempt + 1} of {attempts}")
            time.sleep(wait_s)
    found = pooch.file_hash(str(part), alg="md5")
    if found != md5:
        part.unlink()
        raise DataError(f"{url}: md5 {found} instead of {md5}; the file was removed, run again to fetch it anew")
    part.replace(path)
    return path


def _raise_if_final(error: Exception, url: str, part: Path, got: int, *, last: bool) -> None:
    """Raise where another attempt cannot help: a full disk, a refusal by the server, or the `last` attempt."""
    kept = f"{got:,} bytes are kept in {part}"
    if isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT):
        raise L2BError(f"no space left on the disk; {kept}: free space and run again to go on") from error
    refused = isinstance(error, urllib.error.HTTPError) and error.code in _FINAL_CODES
    network = isinstance(error, urllib.error.URLError | HTTPException | TimeoutError | ConnectionError)
    if not network:
        raise error
    if refused or last:
        raise L2BError(f"{url}: {error}; {kept}: run again to go on, or fetch the file yourself") from error


def _fetch_rest(url: str, part: Path, timeout_s: float, say: Callable[[str], None]) -> None:
    """One attempt: append what is missing of `url` to `part`. Raises `HTTPException` where the body is cut short."""
    have = part.stat().st_size if part.exists() else 0
    request = urllib.request.Request(url, headers={"Range": f"bytes={have}-"} if have else {})
    try:
        response = urllib.request.urlopen(request, timeout=timeout_s)
    except urllib.error.HTTPError as error:
        if error.code == 416 and have:  # nothing is missing, or the part is longer than the file: the md5 decides
            return
        raise
    with response:
        resumed = response.status == 206 and response.headers.get("Content-Range", "").startswith(f"bytes {have}-")
        start = have if resumed else 0
        length = response.headers.get("Content-Length")
        total = start + int(length) if length else None
        say(f"downloading {url}" + (f" from byte {start:,}" if start else "") + (f" of {total:,}" if total else ""))
        with open(part, "ab" if resumed else "wb") as sink:
            free = shutil.disk_usage(part.parent).free
            if total is not None and total - start > free:
                to_come = f"{total - start:,} bytes to come, {free:,} free on its disk"
                raise L2BError(f"{part}: {to_come}; free space and run again")
            while chunk := response.read(_CHUNK):
                sink.write(chunk)
    size = part.stat().st_size
    if total is not None and size < total:
        raise HTTPException(f"cut off at {size:,} of {total:,} bytes")
