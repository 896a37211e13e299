"""Pickles of numpy arrays and plain containers, read without a chance for anything in them to run.

A pickle is a program: whatever callable it names is called while it is read. The reader here knows the five names that
numpy's arrays and numbers are written with, answers each with a function of its own, and refuses every other name
before anything is called. Numpy's own restoring functions are not used either: they trust the sizes they are told.
"""

import io
import pickle
import re
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from l2b_data.errors import DataError

_DTYPE = re.compile(r"[|<>=]?(b1|[iu][1248]|f[248])")
_MAX_DEPTH = 20
_MAX_MEMBER = 1 << 28  # of a zip, unpacked; a million labels are 8 MB


def read_safe_pickle(path: Path | str, *, data: bytes | None = None) -> Any:
    """The object in a pickle of any protocol: dict, list, tuple, str, bytes, numbers, and numpy arrays of numbers.

    A file saved by torch (.pt, a zip) is read where its pickle holds no tensors. Texts written by Python 2 come as
    latin-1 str. data: the bytes, where they do not stand in a file (a member of an archive). Raises DataError: no such
    file, damaged, arrays of objects, and any name besides numpy's, with nothing of it called.
    """
    path = Path(path)
    try:
        content = path.read_bytes() if data is None else data
        if zipfile.is_zipfile(io.BytesIO(content)):
            content = _torch_member(content)
        return _plain(_Reader(io.BytesIO(content), encoding="latin1").load(), 0, {})
    except _RefusedError as error:
        raise DataError(f"{path}: {error}") from None
    except Exception as error:  # a damaged pickle fails in as many ways as there are instructions
        if isinstance(error, OSError) and error.filename is not None:
            raise DataError(f"{path}: {error.strerror}") from error
        raise DataError(f"{path}: not a readable pickle of arrays ({error!r}); fetch it again") from error


class _RefusedError(Exception):
    """What is in the pickle is understood, and not wanted."""


class _Maker:
    """A function that a pickle may call. It takes no attributes: BUILD could otherwise change it for later readers."""

    __slots__ = ("_make",)

    def __init__(self, make: Callable[..., Any]) -> None:
        self._make = make

    def __call__(self, *arguments: Any) -> Any:
        return self._make(*arguments)

    def __setstate__(self, state: Any) -> None:
        raise _RefusedError("sets attributes of a function; nothing was run")


class _Dtype:
    """Stands for a numpy dtype; numbers alone."""

    def __init__(self, text: Any) -> None:
        if not isinstance(text, str) or not _DTYPE.fullmatch(text):
            raise _RefusedError(f"holds an array of {text!r}; arrays of numbers are read, nothing else")
        self.dtype = np.dtype(text)

    def __setstate__(self, state: Any) -> None:
        order = state[1]
        if order not in ("|", "<", ">", "=") or any(part is not None for part in state[2:5]):
            raise _RefusedError("holds an array of records; arrays of numbers are read, nothing else")
        self.dtype = np.dtype(("=" if order == "|" else order) + self.dtype.str[1:])


class _Array:
    """Stands for an array until its bytes arrive."""

    def __init__(self, values: np.ndarray | None = None) -> None:
        self.values = values

    def __setstate__(self, state: Any) -> None:
        _, shape, dtype, fortran, raw = state
        self.values = _values(raw, dtype, shape, "F" if fortran else "C")


def _values(raw: Any, dtype: Any, shape: Any, order: str) -> np.ndarray:
    """Bytes -> an array of its own memory; their number must be what dtype and shape say."""
    if not isinstance(dtype, _Dtype):
        raise _RefusedError(f"holds an array of {dtype!r}; arrays of numbers are read, nothing else")
    data = raw.encode("latin1") if isinstance(raw, str) else bytes(memoryview(raw))
    flat = np.frombuffer(data, dtype.dtype).astype(dtype.dtype.newbyteorder("="))
    return flat.reshape(shape, order="F" if order == "F" else "C")


def _encode(text: Any, encoding: Any) -> bytes:
    if not isinstance(text, str) or encoding not in ("latin1", "latin-1"):
        raise _RefusedError("encodes something else than bytes kept as latin-1; nothing was run")
    return text.encode("latin1")


_NUMPY: dict[tuple[str, str], Callable[..., Any]] = {
    ("multiarray", "_reconstruct"): lambda *ignored: _Array(),
    ("multiarray", "scalar"): lambda dtype, raw: _values(raw, dtype, (), "C")[()],
    ("numeric", "_frombuffer"): lambda raw, dtype, shape, order: _Array(_values(raw, dtype, shape, order)),
}


class _Reader(pickle.Unpickler):
    def find_class(self, module: str, name: str) -> Any:
        if (module, name) == ("numpy", "ndarray"):
            return None  # only ever an argument, whose value does not matter
        if (module, name) == ("numpy", "dtype"):
            return _Maker(lambda text, *flags: _Dtype(text))
        if (module, name) == ("_codecs", "encode"):
            return _Maker(_encode)
        if module in ("builtins", "__builtin__") and name in ("bytes", "bytearray"):
            return _Maker(lambda data=b"": bytes(memoryview(data)))
        package, _, inner = module.rpartition(".")
        if package in ("numpy.core", "numpy._core") and (inner, name) in _NUMPY:
            return _Maker(_NUMPY[inner, name])
        raise _RefusedError(
            f"asks for {module}.{name}, which could run code; nothing was run. Arrays, texts and numbers are read: "
            "fetch the file from its publisher, or save it again without other objects"
        )

    def persistent_load(self, pid: Any) -> Any:
        raise _RefusedError("holds tensors or other parts stored apart; save plain numpy arrays instead")


def _plain(value: Any, depth: int, done: dict[int, Any]) -> Any:
    """Containers of plain values and arrays, placeholders replaced.

    done: id -> what came of it: lists that hold one list many times, nested, would else be walked for ever.
    """
    if depth > _MAX_DEPTH:
        raise _RefusedError(f"nests more than {_MAX_DEPTH} deep, or holds itself")
    if isinstance(value, dict | list | tuple):
        if id(value) not in done:
            if isinstance(value, dict):
                made: Any = {_plain(k, depth + 1, done): _plain(v, depth + 1, done) for k, v in value.items()}
            elif len(value) > 64 and all(type(inner) is int for inner in value):
                made = value  # labels; there may be a million
            else:
                made = type(value)(_plain(inner, depth + 1, done) for inner in value)
            done[id(value)] = made
        return done[id(value)]
    if isinstance(value, _Array):
        if value.values is None:
            raise _RefusedError("holds an array without its bytes")
        return value.values
    if value is None or isinstance(value, str | bytes | int | float | np.generic):
        return value
    raise _RefusedError(f"holds a {type(value).__name__}; arrays, texts and numbers are read, nothing else")


def _torch_member(content: bytes) -> bytes:
    with zipfile.ZipFile(io.BytesIO(content)) as opened:
        names = [name for name in opened.namelist() if name.rpartition("/")[2] == "data.pkl"]
        if len(names) != 1:
            raise _RefusedError("a zip that is no file saved by torch: no data.pkl in it")
        if (size := opened.getinfo(names[0]).file_size) > _MAX_MEMBER:
            raise _RefusedError(f"a zip that unpacks to {size} bytes; at most {_MAX_MEMBER} are read")
        return opened.read(names[0])
