"""What an evaluation says beside its numbers: values that agree with nothing, and several where one is meant."""

import numpy as np
import pytest

from l2b_data.errors import DataError
from l2b_data.images.volume import read_volume, write_volume
from l2b_seg.metrics.evaluate import evaluate
from tests.l2b_data.images.test_stored_as import stored
from tests.l2b_seg.metrics.test_evaluate import box, classes_of, write


def test_values_without_one_in_common(tmp_path):
    pred, ref = tmp_path / "pred.nii.gz", tmp_path / "ref.nii.gz"
    write(pred, box(value=255))
    write(ref, box())
    assert evaluate(pred, ref).mean["dice"] == 1
    summary = evaluate(pred, ref, labels=[1])
    assert summary.mean["dice"] == 0
    assert summary.warnings[0].startswith(
        "the predictions hold the values 255, the references are measured by 1: none in common, so nothing can agree"
    )
    classes_of(ref, -2, 2)
    write(pred, 5 * box(-2) + 7 * box(2))
    assert "hold the values 5, 7, 12, the references are measured by 1, 2" in evaluate(pred, ref).warnings[0]
    write(pred, box(value=2))
    never = "no prediction holds 1, which references do: were they written with other values?"
    assert evaluate(pred, ref).warnings == [never]
    write(pred, np.zeros_like(box()))
    assert evaluate(pred, ref).warnings == [], "missed, not another value"


def test_masks_without_a_background(tmp_path):
    paths = tmp_path / "pred.nii.gz", tmp_path / "ref.nii.gz"
    write(paths[0], 1 + box())
    write(paths[1], 1 + box())
    (warning,) = evaluate(*paths).warnings
    assert warning.startswith("no reference holds a pixel of background (0), they hold 1, 2: ")
    write(paths[1], box())
    assert "no prediction holds a pixel of background (0): is it another value?" in evaluate(*paths).warnings


def test_what_of_a_file_had_to_be_interpreted(tmp_path):
    pred, ref = tmp_path / "pred", tmp_path / "ref"
    for case in "abcde":
        write(pred / f"{case}.nii.gz", box() * np.float32(0.99998))
        write(ref / f"{case}.nii.gz", box())
    summary = evaluate(pred, ref)
    assert summary.mean["dice"] == 1
    names = ", ".join(str(pred / f"{case}.nii.gz") for case in "abc")
    assert summary.warnings == [f"{names} and 2 more: its values are a little off whole numbers, and are rounded"]
    write(ref / "a.nii.gz", box()[:, 1:])
    with pytest.raises(DataError, match=r"another grid.*\n.*a: shape .*rounded"):
        evaluate(pred, ref)


def test_several_values_against_one(tmp_path):
    paths = tmp_path / "pred.nii.gz", tmp_path / "ref.nii.gz"
    classes_of(paths[0], -2, 2)
    write(paths[1], box())
    assert evaluate(*paths).warnings == [
        "the predictions hold several values, 1, 2, the references one: all of them count as foreground"
    ]
    assert evaluate(*paths, labels="all").warnings == []


def test_many_strays_are_a_few_lines(tmp_path):
    paths = tmp_path / "pred.nii.gz", tmp_path / "ref.nii.gz"
    classes_of(paths[1], -2, 2)
    write(paths[0], np.arange(box().size, dtype=np.int16).reshape(box().shape) % 60)
    warnings = evaluate(*paths).warnings
    assert warnings[0] == "value 3 in the predictions of 1 cases is no class and counts as background"
    assert warnings[8:] == ["and 49 more"]


def test_a_prediction_stored_in_another_order_is_measured_where_it_lies(tmp_path):
    pred, ref = tmp_path / "pred.nrrd", tmp_path / "ref.nii.gz"
    write(ref, box())
    write_volume(stored(read_volume(ref), "RAS"), pred)
    summary = evaluate(pred, ref)
    assert summary.mean["dice"] == 1
    assert [warning.split(": ", 1)[1] for warning in summary.warnings] == [
        "its axes run RAS, those of its image LPS: brought to these, by its header"
    ]
