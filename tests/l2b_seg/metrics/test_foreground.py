"""What of a label map is measured: asked for, the data set's, or what the references hold."""

import numpy as np
import pytest

from l2b_data.errors import DataError
from l2b_data.images.volume import Volume, write_volume
from l2b_seg.metrics.foreground import Foreground, choose_foreground
from tests.l2b_seg.tiny import make_colour, make_dataset


def write(path, *values):
    write_volume(Volume(np.array([[values]], np.int16)), path)
    return path


def test_what_is_asked_for_comes_first(tmp_path):
    paths = [write(tmp_path / "a.nii.gz", 0, 1, 2)]
    assert choose_foreground(paths, labels="all") == Foreground()
    assert choose_foreground(paths, labels=[1, 2]) == Foreground(values=(1, 2))
    assert choose_foreground(paths, classes={"lesion": 2}) == Foreground(values=(2,)), "one class is one foreground"
    assert choose_foreground(paths, classes={"zone": 1, "lesion": 2}).classes == {"zone": 1, "lesion": 2}


def test_else_the_data_sets_classes(tmp_path):
    assert choose_foreground([], dataset=make_dataset(tmp_path / "one")).classes is None
    assert choose_foreground([], dataset=make_colour(tmp_path / "two")).classes == {"lesion": 1, "core": 2}


def test_else_the_values_of_the_references(tmp_path):
    one, two = write(tmp_path / "a.nii.gz", 0, 255), write(tmp_path / "b.nii.gz", 0, 3)
    assert choose_foreground([one, one]) == Foreground(), "one value besides 0 is the foreground, whatever it is"
    assert choose_foreground([one, two]).classes == {"3": 3, "255": 255}
    assert choose_foreground([one, tmp_path / "none.nii.gz"]) == Foreground(), "told when its case is evaluated"
    many = write(tmp_path / "many.nii.gz", *range(40))
    with pytest.raises(DataError, match="39 different values, more than 32 classes: instance numbers or grey values"):
        choose_foreground([many])


@pytest.mark.parametrize(
    ("foreground", "text"),
    [
        (Foreground(), "every value but 0"),
        (Foreground(values=(2,)), "label 2"),
        (Foreground(values=(1, 2)), "labels 1, 2"),
        (Foreground({"1": 1, "lesion": 2}), "classes 1, lesion = 2"),
    ],
)
def test_in_words(foreground, text):
    assert str(foreground) == text


def test_values_make_one_mask_and_classes_stay_apart():
    pred, ref = np.array([[[1, 2, 3, 0]]]), np.array([[[2, 2, 0, 0]]])
    assert Foreground(values=(1, 2)).metrics(pred, ref, (1, 1, 1), None).dice == 1
    assert Foreground().metrics(pred, ref, (1, 1, 1), None).dice == pytest.approx(4 / 5)
    alone = Foreground({"a": 1, "b": 2}).metrics(pred, ref, (1, 1, 1), None)
    assert (alone["a"].status, alone["b"].dice) == ("false_alarm", pytest.approx(2 / 3))
