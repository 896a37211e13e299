"""Files that are either whole or absent: written beside their final place, then moved over it."""

import errno
import io
import json
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from l2b_data.errors import ConfigError, L2BError


@contextmanager
def _explained(path: Path) -> Iterator[None]:
    """Words for what keeps a file or folder `path` from being written.

    ConfigError where something stands in its way, before it is a riddle of the system; L2BError for a full disk and for
    want of permission.
    """
    above = next((parent for parent in path.absolute().parents if parent.exists()), None)
    if above is not None and not above.is_dir():
        raise ConfigError(f"cannot write {path}: {above} is a file; choose another place")
    try:
        yield
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            full = f"no space left on the disk while writing {path}; nothing was half-written"
            raise L2BError(f"{full}: free space and run again") from error
        if error.errno in (errno.EACCES, errno.EROFS, errno.EPERM):
            text = f"cannot write {path}: {error.strerror}; choose another output folder with --out"
            raise L2BError(text) from error
        raise


@contextmanager
def atomic_file(path: Path, *, flush: bool = True) -> Iterator[Path]:
    """Yield a temporary path in the same folder (same suffixes); on success it is flushed and moved to `path`.

    On any exception the temporary file is removed and `path` is as it was. A full disk becomes an `L2BError`.
    Without `flush` a power cut may leave it empty: for the many files of an `atomic_folder` that flushes once.
    Raises ConfigError where `path` is a folder, or lies below a file.
    """
    path = Path(path)
    with _explained(path):
        if path.is_dir():
            raise ConfigError(f"cannot write {path}: it is a folder; name a file")
        path.parent.mkdir(parents=True, exist_ok=True)
        temporary = path.with_name(f".{os.getpid()}.tmp.{path.name}")
        try:
            yield temporary
            if flush:
                with open(temporary, "rb") as handle:
                    os.fsync(handle.fileno())
            os.replace(temporary, path)
        finally:
            temporary.unlink(missing_ok=True)


@contextmanager
def atomic_folder(path: Path, *, flush: bool = False) -> Iterator[Path]:
    """Yield a temporary sibling folder; on success it becomes `path` (which must not exist, or be empty).

    flush: the disk's buffers are written out before it does, once, instead of a file at a time (6 ms each
    measured, with thousands of them). Raises ConfigError where `path` lies below a file.
    """
    path = Path(path)
    temporary = path.with_name(f".{os.getpid()}.tmp.{path.name}")
    with _explained(path):
        temporary.mkdir(parents=True)
        try:
            yield temporary
            if flush and hasattr(os, "sync"):
                os.sync()
            if path.is_dir() and not any(path.iterdir()):
                path.rmdir()
            os.replace(temporary, path)
        finally:
            shutil.rmtree(temporary, ignore_errors=True)


def write_array(path: Path, array: np.ndarray) -> None:
    """Write a .npy atomically, by way of the memory: numpy's own write reports a full disk without saying so."""
    content = io.BytesIO()
    np.save(content, array, allow_pickle=False)
    with atomic_file(path) as temporary:
        temporary.write_bytes(content.getbuffer())


def write_text(path: Path, text: str) -> None:
    """Write UTF-8 text atomically."""
    with atomic_file(path) as temporary:
        temporary.write_text(text, encoding="utf-8")


def write_json(path: Path, value: Any) -> None:
    """Write JSON atomically; NaN and Infinity are refused (they are no JSON)."""
    write_text(path, json.dumps(value, indent=1, allow_nan=False) + "\n")
