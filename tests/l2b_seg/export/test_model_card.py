"""The model card says what the metadata says, and only that."""

import pytest

from l2b_seg.export.metadata import run_metadata
from l2b_seg.export.model_card import model_card
from tests.l2b_seg.test_export import make_run


@pytest.fixture(scope="module")
def metadata(tmp_path_factory):
    return run_metadata(make_run(tmp_path_factory.mktemp("card") / "run", classes=["zone", "lesion"]))


def lines_of(metadata, start):
    return [line for line in model_card(metadata).splitlines() if line.startswith(start)]


def test_results_have_a_row_a_class_and_no_column_nobody_measured(metadata):
    alone = {"mean": {"dice": 0.5, "hd": None}}
    mean = {"dice": 0.625, "iou": None, "hd": 3.5}
    results = metadata["results"] | {"mean": mean, "classes": {"zone": alone}, "definitions": {"dice": "overlap"}}
    card = metadata | {"results": results}
    assert lines_of(card, "|") == [
        "| | Dice | HD |",
        "|---|---|---|",
        "| mean | 0.6250 | 3.50 |",
        "| zone | 0.5000 | - |",
    ]
    assert lines_of(card, "- ") == ["- Dice: overlap"]
    assert "Mean over 1 cases after the last epoch; distances in voxel, over the\n1 cases" in model_card(card).replace(
        "over the 1", "over the\n1"
    )


def test_training_and_input_in_words(metadata):
    card = model_card(metadata)
    assert "Recipe `promise12`, preset `cpu`, method `l2b`" in card
    assert "2 training cases with the masks of `labelsTr_noisy_L1_s0` (noise L1), 1 cases with masks known" in card
    assert "with 1 channel (T2)" in card
    assert "3. crop 0.8: " in card
    bare = metadata | {"training": metadata["training"] | {"data": None}, "results": None}
    assert "The run does not say what data it was trained on." in model_card(bare)
    assert "The run was not evaluated." in model_card(bare)
