"""The data of a run written and found again: unknown labels stay unknown, other data sets are told apart."""

import dataclasses

import numpy as np
import pytest

from l2b_cls.run_data import RunData, read_run_data, write_run_data
from l2b_data.errors import DataError
from tests.l2b_cls.saved_run import save_images


@pytest.fixture
def data(tmp_path):
    """What a run on labels as they are reads."""
    images = save_images(tmp_path / "data")
    train, unknown = images.indices("train"), np.full(16, -1)
    noise = {"noise": "none", "seed": 0, "effective_rate": None}
    nothing = np.empty(0, np.int64)
    return RunData(images, train, nothing, images.indices("test"), images.labels[train], unknown, nothing, noise)


def test_unknown_stays_unknown(data, tmp_path):
    write_run_data(tmp_path / "run", data)
    again = read_run_data(tmp_path / "run")
    assert set(again.clean) == {-1}
    assert again.given.tolist() == data.given.tolist()
    assert again.noise == data.noise
    assert again.mistakes is None


def test_planted_mistakes_are_kept_with_their_labels(data, tmp_path):
    mistakes = np.where(np.arange(16) % 5 == 0, "random", "")
    write_run_data(tmp_path / "run", dataclasses.replace(data, mistakes=mistakes))
    assert read_run_data(tmp_path / "run").mistakes.tolist() == mistakes.tolist()


@pytest.mark.parametrize("known", [True, False])
def test_another_data_set_is_told_by_its_labels(data, tmp_path, known):
    if known:
        wrong = (data.given + 1) % 3
        data = dataclasses.replace(data, given=wrong, clean=data.given, noise=data.noise | {"noise": "symmetric:1"})
    write_run_data(tmp_path / "run", data)
    table = tmp_path / "data" / "labels.csv"
    table.write_text(table.read_text().replace(",0,train", ",1,train"))
    with pytest.raises(DataError, match="6 of 16 labels are not those of"):
        read_run_data(tmp_path / "run")
