"""splits_final.json: what is written is read back, nnU-Net's own is taken, and what is no split is refused."""

import json

import numpy as np
import pytest

from l2b_data.errors import DataError
from l2b_run.audit.folds import Fold
from pipelines.folds.splits_file import read_folds, write_folds

IDS = ["a", "b", "c", "d"]


def save(path, *held, train=()):
    path.write_text(json.dumps([{"train": list(train), "val": list(names)} for names in held]))
    return path


def held_out(folds):
    return [fold.held_out.tolist() for fold in folds]


def test_written_folds_are_read_back(tmp_path):
    folds = [Fold(0, np.array([1, 3]), np.array([0, 2])), Fold(1, np.array([0, 2]), np.array([1, 3]))]
    write_folds(tmp_path / "f.json", folds, IDS)
    assert json.loads((tmp_path / "f.json").read_text())[0] == {"train": ["b", "d"], "val": ["a", "c"]}
    found = read_folds(tmp_path / "f.json", IDS)
    assert held_out(found) == held_out(folds)
    assert [fold.train.tolist() for fold in found] == [[1, 3], [0, 2]]
    write_folds(tmp_path / "n.json", folds, [7, 5, 3, 1])
    assert held_out(read_folds(tmp_path / "n.json", [7, 5, 3, 1])) == held_out(folds)


def test_cases_that_do_not_train_here_are_passed_over(tmp_path):
    path = save(tmp_path / "f.json", ["a", "clean"], ["d", "b"], ["test", "c"])
    assert held_out(read_folds(path, IDS, ["clean", "test", "other"])) == [[0], [1, 3], [2]]


@pytest.mark.parametrize(
    ("held", "texts"),
    [
        ((["a", "b"], ["c", "x"]), ["not in the data set: x", "in no fold's val: d"]),
        ((["a", "b"], ["b", "c", "d"]), ["in the val of several folds: b"]),
        ((["a", "b", "c", "d"],), ["1 folds"]),
        ((["a", "b", "c", "d"], ["clean"]), ["fold 0, 1 holds out none or all"]),
    ],
)
def test_what_is_no_split_of_the_training_cases(tmp_path, held, texts):
    path = save(tmp_path / "f.json", *held)
    with pytest.raises(DataError) as caught:
        read_folds(path, IDS, ["clean"])
    assert all(text in str(caught.value) for text in [str(path), *texts])


@pytest.mark.parametrize(
    "text", ["{", "{}", '[{"val": ["a"]}, {"val": ["b"]}]', '[{"train": [], "val": [[1]]}]', "[1]"]
)
def test_other_files(tmp_path, text):
    (tmp_path / "f.json").write_text(text)
    with pytest.raises(DataError, match=r"f\.json"):
        read_folds(tmp_path / "f.json", IDS)
    with pytest.raises(DataError, match=r"nowhere\.json"):
        read_folds(tmp_path / "nowhere.json", IDS)
