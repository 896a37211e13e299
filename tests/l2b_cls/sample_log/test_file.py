"""The log of training samples: read as written, refused where it is something else."""

import numpy as np
import pytest

from l2b_cls.sample_log.file import APPENDED, append_epoch, finish_sample_log, read_sample_log
from l2b_data.errors import DataError

NAMES = ("loss", "predicted", "probability", "alpha", "beta", "weight_net")


def row(epoch, samples=5):
    values = {name: np.arange(samples) + 10.0 * epoch + number for number, name in enumerate(NAMES)}
    return values | {"weight_net": np.full(samples, np.nan)}


@pytest.mark.parametrize("epochs", [0, 3])
def test_epochs_are_appended_and_come_back(tmp_path, epochs):
    for epoch in range(1, epochs + 1):
        append_epoch(tmp_path, epoch, row(epoch))
        assert (tmp_path / APPENDED).stat().st_size == epoch * (8 + 24 * 5)
    finish_sample_log(tmp_path, 5)
    found = read_sample_log(tmp_path / "sample_weights.npz")
    assert found.epoch.tolist() == list(range(1, epochs + 1))
    for name in NAMES:
        assert getattr(found, name).shape == (epochs, 5)
        for number in range(epochs):
            np.testing.assert_array_equal(getattr(found, name)[number], row(number + 1)[name])
    assert not (tmp_path / APPENDED).exists()


def test_an_epoch_trained_again_and_a_row_cut_off_are_written_once(tmp_path):
    for epoch in (1, 2, 3):
        append_epoch(tmp_path, epoch, row(epoch))
    with open(tmp_path / APPENDED, "ab") as handle:
        handle.write(b"cut off by a stop")
    append_epoch(tmp_path, 3, row(30))
    finish_sample_log(tmp_path, 5)
    found = read_sample_log(tmp_path / "sample_weights.npz")
    assert found.epoch.tolist() == [1, 2, 3]
    np.testing.assert_array_equal(found.loss[2], row(30)["loss"])


def test_a_finished_log_stays_where_nothing_was_trained(tmp_path):
    append_epoch(tmp_path, 1, row(1))
    finish_sample_log(tmp_path, 5)
    finish_sample_log(tmp_path, 5)  # as a resumed run that had finished does
    assert read_sample_log(tmp_path / "sample_weights.npz").epoch.tolist() == [1]


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
