"""The log of training samples: read as written, refused where it is something else."""

import numpy as np
import pytest

from l2b_cls.sample_log.file import SampleLog, read_sample_log, write_sample_log
from l2b_data.errors import DataError

NAMES = ("loss", "predicted", "probability", "alpha", "beta", "weight_net")


def make_log(epochs=2, samples=5):
    values = np.arange(epochs * samples, dtype=np.float32).reshape(epochs, samples)
    log = {name: values + number for number, name in enumerate(NAMES)}
    log["predicted"] = log["predicted"].astype(np.int32)
    log["weight_net"][:] = np.nan
    return SampleLog(epoch=np.arange(1, epochs + 1), **log)


@pytest.mark.parametrize("epochs", [0, 2])
def test_it_comes_back(tmp_path, epochs):
    log = make_log(epochs)
    write_sample_log(tmp_path / "a.npz", log)
    found = read_sample_log(tmp_path / "a.npz")
    for name in ("epoch", *NAMES):
        np.testing.assert_array_equal(getattr(found, name), getattr(log, name))


def test_files_that_are_something_else(tmp_path):
    path = tmp_path / "a.npz"
    with pytest.raises(DataError, match=r"a\.npz cannot be read"):
        read_sample_log(path)
    path.write_bytes(b"PK\x03\x04 no archive")
    with pytest.raises(DataError, match="cannot be read"):
        read_sample_log(path)
    np.savez(path, epoch=np.arange(2))
    with pytest.raises(DataError, match="cannot be read"):
        read_sample_log(path)
    np.savez(path, epoch=np.arange(3), **{name: np.zeros((2, 4)) for name in NAMES})
    with pytest.raises(DataError, match="expected one"):
        read_sample_log(path)


def test_nothing_pickled_is_read(tmp_path):
    path = tmp_path / "a.npz"
    np.savez(path, epoch=np.arange(1), **{name: np.array([[print]], dtype=object) for name in NAMES})
    with pytest.raises(DataError, match="cannot be read"):
        read_sample_log(path)
