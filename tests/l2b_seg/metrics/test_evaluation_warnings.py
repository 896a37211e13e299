"""What an evaluation says beside its numbers: values that agree with nothing, and several where one is meant."""

import numpy as np

from l2b_seg.metrics.evaluate import evaluate
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
    assert evaluate(pred, ref).warnings == []
    write(pred, np.zeros_like(box()))
    assert evaluate(pred, ref).warnings == [], "missed, not another value"


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
