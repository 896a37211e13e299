"""Pickles are read only as far as they hold arrays and plain values; nothing in them is ever called."""

import contextlib
import io
import os
import pickle
import zipfile
from collections import OrderedDict

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from data_prep.fetch.safe_pickle import read_safe_pickle
from l2b_data.errors import DataError

CONTENT = {
    b"data": np.arange(12, dtype=np.uint8).reshape(3, 4),
    "labels": [0, 1, 2] * 40,
    "names": ("a", b"b", "ü", None, True, 1.5, 10**30),
    "wide": np.arange(6, dtype=">i4").reshape(2, 3, order="F"),
    "float": np.linspace(0, 1, 3),
    "one": np.int64(7),
    "flags": np.array([True, False]),
    "empty": np.empty((0, 5), np.float32),
}


def read(data, name="x.pkl"):
    return read_safe_pickle(name, data=data)


class Runs:
    """Writes `path` when it is unpickled."""

    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return open, (str(self.path), "w")


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
def test_arrays_and_containers_come_back(protocol):
    found = read(pickle.dumps(CONTENT, protocol))
    assert found.keys() == CONTENT.keys()
    for key, value in CONTENT.items():
        if isinstance(value, np.ndarray):
            np.testing.assert_array_equal(found[key], value)
            assert found[key].dtype == value.dtype.newbyteorder("=")
            assert found[key].flags.writeable
        else:
            assert found[key] == value
            assert type(found[key]) is type(value)


def test_written_by_python_2_and_old_numpy():
    # protocol 2 with numpy.core names and str bytes, as the published batches are
    text = (
        b"\x80\x02}q\x00(U\x04dataq\x01cnumpy.core.multiarray\n_reconstruct\nq\x02cnumpy\nndarray\nq\x03K\x00\x85U\x01b\x87"
        b"Rq\x04(K\x01K\x02K\x02\x86cnumpy\ndtype\nq\x05U\x02u1K\x00K\x01\x87Rq\x06(K\x03U\x01|NNNJ\xff\xff\xff\xff"
        b"J\xff\xff\xff\xffK\x00tb\x89U\x04\x01\x02\xfe\xfftbu."
    )
    np.testing.assert_array_equal(read(text)["data"], np.array([[1, 2], [254, 255]], np.uint8))


def test_a_file_saved_by_torch(tmp_path):
    torch.save({"labels": CONTENT["wide"], "list": [1, 2]}, tmp_path / "a.pt")
    found = read_safe_pickle(tmp_path / "a.pt")
    np.testing.assert_array_equal(found["labels"], CONTENT["wide"])
    torch.save({"labels": torch.zeros(3)}, tmp_path / "b.pt")
    with pytest.raises(DataError, match=r"b\.pt: .*(tensors|torch\._utils)"):
        read_safe_pickle(tmp_path / "b.pt")


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
def test_code_is_refused_and_not_run(tmp_path, protocol):
    data = pickle.dumps({"data": CONTENT["float"], "labels": Runs(tmp_path / "ran")}, protocol)
    pickle.loads(data).clear()
    assert (tmp_path / "ran").exists()  # the control: an ordinary reader runs it
    (tmp_path / "ran").unlink()
    with pytest.raises(DataError, match=r"x\.pkl: asks for (io|__builtin__|builtins|_io)\.open.*nothing was run"):
        read(data)
    assert not (tmp_path / "ran").exists()


@pytest.mark.parametrize(
    "program",
    [
        b"cos\nsystem\n(S'touch {}'\ntR.",
        b"(S'touch {}'\nios\nsystem\n.",
        b"(cos\nsystem\nS'touch {}'\no.",
        b"\x80\x04\x8c\x02os\x8c\x06system\x93\x8c\x09touch {}\x85R.",
        b'cbuiltins\neval\n(S\'open("{}", "w")\'\ntR.',
        b"cnumpy\nload\n(S'{}'\ntR.",
        b"cnumpy._core.multiarray\nfromfile\n(S'{}'\ntR.",
        b"c_codecs\ndecode\n(S'{}'\ntR.",
        b'cnumpy.testing._private.utils\nrunstring\n(S\'open("{}","w")\'\n}tR.',
        b"ctorch\nload\n(S'{}'\ntR.",
        b"P{}\n.",
        b"\x82\x01.",
    ],
)
def test_every_way_to_name_a_function(tmp_path, program):
    path = tmp_path / "ran"
    with pytest.raises(DataError):
        read(program.replace(b"{}", str(path).encode()))
    assert not path.exists()


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (np.array([1, "a", None], dtype=object), "an array of 'O8'"),
        (np.zeros(2, dtype=[("a", "i4")]), "an array of 'V4'"),
        (np.array(["text"]), "an array of 'U4'"),
        (np.zeros(2, np.complex64), "an array of 'c8'"),
        (np.array(["2020-01-01"], "datetime64[D]"), "an array of 'M8'"),
        (OrderedDict(a=1), "collections.OrderedDict"),
        ({1, 2}, "set"),
        (complex(1, 2), "builtins.complex"),
    ],
)
def test_other_content_is_refused(content, message):
    with pytest.raises(DataError, match=message):
        read(pickle.dumps({"x": content}, 4))


def test_sizes_that_are_not_true_and_functions_that_are_changed():
    good = pickle.dumps(np.arange(10, dtype=np.uint8), 2)
    for bad in (good.replace(b"K\x0a\x85", b"K\xff\x85"), good.replace(b"u1", b"f8"), good.replace(b"u1", b"O8")):
        assert bad != good
        with pytest.raises(DataError):
            read(bad)
    with pytest.raises(DataError, match="sets attributes of a function"):
        read(b"c_codecs\nencode\n}S'_make'\nI1\nsb.")
    assert read(good).tolist() == list(range(10))
    with pytest.raises(DataError, match="without its bytes"):
        read(b"cnumpy.core.multiarray\n_reconstruct\n(tR.")
    with pytest.raises(DataError, match="holds itself"):
        read(b"\x80\x02]q\x00h\x00a.")


def test_a_zip_that_unpacks_to_too_much_is_not_unpacked(monkeypatch):
    monkeypatch.setattr("data_prep.fetch.safe_pickle._MAX_MEMBER", 1000)
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as opened:
        opened.writestr("x/data.pkl", b"a" * 1001)
    with pytest.raises(DataError, match="unpacks to 1001 bytes; at most 1000 are read"):
        read(content.getvalue())


def test_lists_of_one_list_many_times_end():
    value = [1.5]
    for _ in range(15):
        value = [value] * 100
    found = read(pickle.dumps(value, 4))
    while isinstance(found, list):
        found = found[-1]
    assert found == 1.5


def test_damaged_files(tmp_path):
    data = pickle.dumps(CONTENT, 4)
    for cut in (0, 1, 10, len(data) // 2, len(data) - 1):
        with pytest.raises(DataError, match="fetch it again"):
            read(data[:cut])
    with pytest.raises(DataError, match=r"none\.pkl: No such file"):
        read_safe_pickle(tmp_path / "none.pkl")
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as opened:
        opened.writestr("readme", "no pickle")
    with pytest.raises(DataError, match=r"no data\.pkl in it"):
        read(buffer.getvalue())


@settings(max_examples=300, deadline=None)
@given(st.data())
def test_whatever_is_changed_it_is_an_error_or_plain_data(data):
    content = bytearray(pickle.dumps({"a": CONTENT["float"], "b": [1, 2]}, data.draw(st.integers(2, 5))))
    for _ in range(data.draw(st.integers(1, 6))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    before = os.getcwd(), dict(os.environ)
    with contextlib.suppress(DataError):
        read(bytes(content))
    assert (os.getcwd(), dict(os.environ)) == before
