"""Every mask a run writes has the values of the user's own masks, and is read back by them."""

import json

import numpy as np
import pytest
import torch
import yaml
from safetensors.torch import save_file

from data_prep.mask_sets.folder import prepare_folder
from data_prep.own_cases.label_values import parse_label_values
from data_prep.own_cases.split import SplitOptions
from l2b_data.cases.dataset import CLEAN_LABELS, SPLITS
from l2b_data.cases.slices import load_slices
from l2b_data.cases.slicing import SliceOptions
from l2b_data.images.image_files import read_label_map
from l2b_data.images.volume import read_volume
from l2b_seg.audit.audit import AuditOptions, audit
from l2b_seg.export.folder import export_folder
from l2b_seg.metrics.evaluate import evaluate
from l2b_seg.networks.build_network import network_of
from l2b_seg.prediction.paths import find_inputs, output_paths
from l2b_seg.prediction.predict import predict
from l2b_seg.prediction.predictor import load_run
from l2b_seg.prediction.trained_run import open_run
from l2b_seg.prediction.write_weights import write_weights
from l2b_seg.recipe import read_settings
from l2b_seg.run_data import RunData
from tests.data_prep.own_data import write_pictures, write_volumes
from tests.l2b_seg.saved_run import save_run

NAMES = [f"c{number}" for number in range(6)]
SPLIT = SplitOptions(meta_cases=("c3",), test_cases=("c4", "c5"))


def varied_run(path, data):
    """A run folder whose network, drawn at random, gives every label somewhere."""
    save_run(path, data)
    settings = read_settings(path / "config.yaml")
    torch.manual_seed(1)
    model = network_of(settings).train()
    for module in model.modules():
        if isinstance(module, torch.nn.BatchNorm2d):
            module.momentum = None
    slices = load_slices(data.dataset, data.train, SliceOptions(**settings.slices.model_dump())).image
    with torch.no_grad():
        logits = model(slices)
        list(model.parameters())[-1].sub_(logits.mean((0, 2, 3)))  # the last bias
    state = {name: value.contiguous() for name, value in model.state_dict().items()}
    save_file(state, path / "model.safetensors")
    return path


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """A run on volumes whose masks hold 0, 3 and 6, of which 6 was named first: folder with raw/, data/ and run/."""
    root = tmp_path_factory.mktemp("own_values")
    images, masks = write_volumes(root / "raw", NAMES, scale=3)
    values = parse_label_values("background=0,core=6,rim=3")
    dataset = prepare_folder([str(images)], str(masks), root / "data", split=SPLIT, label_values=values)
    data = RunData(dataset, CLEAN_LABELS, {"level": "clean"}, *(dataset.splits[part] for part in SPLITS))
    varied_run(root / "run", data)
    return root, data


def test_predictions(made, tmp_path):
    root, _ = made
    predictor = load_run(root / "run")
    inputs = find_inputs(root / "data")
    predict(predictor, inputs, output_paths(inputs, tmp_path / "pred", classes=2))
    for case, files in inputs.items():
        channels = [read_volume(path) for path in files]
        labels = predictor.label_map(predictor.predict_volume(channels))
        found = read_volume(tmp_path / "pred" / f"{case}.nii.gz").array
        np.testing.assert_array_equal(found, np.array([0, 6, 3])[labels])
        assert (found.dtype, len(np.unique(labels))) == (np.uint8, 3)
    own, prepared = (evaluate(tmp_path / "pred", path).classes for path in (copy(root, tmp_path), root / "data"))
    assert own["6"].mean["dice"] == prepared["core"].mean["dice"] > 0
    assert own["3"].mean["dice"] == prepared["rim"].mean["dice"] > 0


def copy(root, tmp_path):
    """The user's masks of the test cases, in a folder of their own."""
    (tmp_path / "ref").mkdir()
    for case in SPLIT.test_cases:
        (tmp_path / "ref" / f"{case}.nii.gz").write_bytes((root / "raw" / "masks" / f"{case}.nii.gz").read_bytes())
    return tmp_path / "ref"


def test_weights(made, tmp_path):
    root, _ = made
    run = open_run(root / "run")
    files = write_weights(run, "c0", tmp_path).files
    given, pseudo = (read_volume(files[name]).array for name in ("given", "pseudo"))
    np.testing.assert_array_equal(given, read_volume(root / "raw" / "masks" / "c0.nii.gz").array)
    np.testing.assert_array_equal(pseudo, np.array([0, 6, 3])[run.view("c0").predicted])


def test_proposals_can_be_trained_on(made, tmp_path, any_judge):
    root, data = made
    found = audit(root / "run", data, tmp_path, AuditOptions(0))
    proposals = tmp_path / "proposals"
    held = np.unique(np.concatenate([np.unique(read_volume(path).array) for path in proposals.iterdir()]))
    assert set(held.tolist()) <= {0, 3, 6}
    assert {row["proposed"] for row in found["regions"]} >= {"core"}
    options = load_run(root / "run").options
    labels = load_slices(data.dataset, data.train, options, labels=proposals).mask
    areas = [sum(row["proposal_area"] > 0 for row in found["slices"]), int((labels > 0).any((1, 2, 3)).sum())]
    assert areas[0] == areas[1] > 0
    core = {(row["case"], row["slice"]) for row in found["regions"] if row["proposed"] == "core"}
    where = load_slices(data.dataset, data.train, options).where
    assert core <= {where[index] for index in np.flatnonzero((labels == 1).any(-1).any(-1).any(-1))}


def test_export(made, tmp_path):
    root, _ = made
    export_folder(root / "run", tmp_path / "out")
    metadata = json.loads((tmp_path / "out" / "metadata.json").read_text())
    assert (metadata["classes"], metadata["background"]) == ({"core": 6, "rim": 3}, 0)
    assert metadata["output"]["values"] == [0, 6, 3]
    assert "core = 6, rim = 3; 0 is background" in (tmp_path / "out" / "MODEL_CARD.md").read_text()
    assert load_run(tmp_path / "out").task.values == (0, 6, 3)


def test_a_run_of_before_writes_labels(made, tmp_path):
    root, _ = made
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / "model.safetensors").write_bytes((root / "run" / "model.safetensors").read_bytes())
    config = yaml.safe_load((root / "run" / "config.yaml").read_text())
    del config["task"]["values"]
    (tmp_path / "run" / "config.yaml").write_text(yaml.safe_dump(config))
    inputs = find_inputs(root / "raw" / "images" / "c4.nii.gz")
    predict(load_run(tmp_path / "run"), inputs, output_paths(inputs, tmp_path / "c4.nii.gz", classes=2))
    assert set(np.unique(read_volume(tmp_path / "c4.nii.gz").array).tolist()) == {0, 1, 2}


def test_pictures_of_white_masks_get_white_masks(tmp_path):
    images, masks = write_pictures(tmp_path / "raw", NAMES, colour=False)
    dataset = prepare_folder([str(images)], str(masks), tmp_path / "data", split=SPLIT)
    run = varied_run(tmp_path / "run", RunData(dataset, CLEAN_LABELS, {}, ["c0"], ["c3"], ["c4"]))
    inputs = find_inputs(images)
    predict(load_run(run), inputs, output_paths(inputs, tmp_path / "pred"))
    found = np.concatenate([np.unique(read_label_map(tmp_path / "pred" / f"{case}.png").array) for case in NAMES])
    assert set(found.tolist()) == {0, 255}
