"""`weights`: maps on the image's own grid, read back by two libraries, and what they mean."""

import json
from pathlib import Path

import nibabel as nib
import numpy as np
import pytest
import SimpleITK as sitk
import yaml
from typer.testing import CliRunner

from l2b_cli.seg.main import app
from l2b_data.cases.dataset import CLEAN_LABELS
from l2b_data.cases.slices import case_image, case_mask
from l2b_data.errors import DataError
from l2b_data.files.atomic import write_json
from l2b_data.images.volume import Volume, read_volume, write_volume
from l2b_seg.prediction.final_weights import final_weights
from l2b_seg.prediction.paths import find_inputs, output_paths
from l2b_seg.prediction.predict import predict
from l2b_seg.prediction.predictor import load_run
from l2b_seg.prediction.trained_run import open_run
from l2b_seg.prediction.trust import trust
from l2b_seg.prediction.write_weights import write_weights
from l2b_seg.recipe import read_settings
from l2b_seg.run_data import RunData
from l2b_seg.training_weights.file import TRAINING_WEIGHTS
from tests.l2b_data.images.in_unit import assert_same_header, rewrite_in
from tests.l2b_seg.saved_run import save_fold, save_network, save_run
from tests.l2b_seg.tiny import META, NOISY, SHAPE, TEST, TRAIN

NAMES = ("alpha", "beta", "pseudo", "probability", "given")
FOLD = "fold_0_of_2"
COSINE, SINE = np.cos(0.4), np.sin(0.4)
GRIDS = {
    "plain": (1.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 1.0),
    "flipped": (-1.0, 0.0, 0.0, 0.0, -1.0, 0.0, 0.0, 0.0, 1.0),
    "oblique": (COSINE, -SINE, 0.0, SINE, COSINE, 0.0, 0.0, 0.0, 1.0),
    "oblique and flipped": (-COSINE, 0.0, SINE, 0.0, 1.0, 0.0, -SINE, 0.0, -COSINE),
}


def place(data: RunData, case: str, direction: tuple[float, ...]) -> None:
    """Put a case on another grid: image, clean and given mask."""
    folders = [
        data.dataset.image_path(case),
        *(data.dataset.label_path(case, folder) for folder in (CLEAN_LABELS, NOISY)),
    ]
    for path in folders:
        array = read_volume(path).array
        write_volume(Volume(array, (3.3, 0.55, 0.51), (-71.3, 12.9, 410.7), direction), path)


@pytest.mark.parametrize("grid", GRIDS)
def test_files_lie_on_the_images_grid(tmp_path: Path, data: RunData, grid: str) -> None:
    case = TRAIN[0]
    place(data, case, GRIDS[grid])
    run = save_run(tmp_path / "run", data)
    save_fold(run, FOLD, [*TRAIN[1:], *META], seed=3)
    done = write_weights(open_run(run), case, tmp_path / "out")
    image, names = data.dataset.image_path(case), ("trust", *NAMES)
    assert {name: path.name for name, path in done.files.items()} == {name: f"{case}_{name}.nii.gz" for name in names}
    for name, path in done.files.items():
        one, two = nib.load(image), nib.load(path)
        assert two.shape == one.shape
        np.testing.assert_allclose(two.affine, one.affine, rtol=0, atol=1e-6)
        assert two.get_data_dtype() == (np.uint8 if name in ("pseudo", "given") else np.float32)
        ours, theirs = sitk.ReadImage(str(path)), sitk.ReadImage(str(image))
        assert ours.GetSize() == theirs.GetSize()
        for get in ("GetSpacing", "GetOrigin", "GetDirection"):
            np.testing.assert_allclose(getattr(ours, get)(), getattr(theirs, get)(), rtol=0, atol=1e-6)


def test_maps_are_the_final_weights_and_the_mask_is_predicts(tmp_path: Path, data: RunData) -> None:
    """On a flipped grid: what comes out lies where the image has it, not where the network saw it."""
    case = TRAIN[1]
    place(data, case, GRIDS["flipped"])
    run = save_run(tmp_path / "run", data)
    opened = open_run(run)
    done = write_weights(opened, case, tmp_path / "out")
    found = {name: read_volume(path).array for name, path in done.files.items()}
    np.testing.assert_array_equal(found["given"], read_volume(data.dataset.label_path(case, NOISY)).array)
    inputs = find_inputs(data.dataset.image_path(case))
    predict(opened.predictor, inputs, output_paths(inputs, tmp_path / "mask.nii.gz"))
    np.testing.assert_array_equal(found["pseudo"], read_volume(tmp_path / "mask.nii.gz").array)
    np.testing.assert_array_equal(found["pseudo"], found["probability"] > 0.5)
    options = opened.predictor.options
    image, mask = case_image(data.dataset, case, options), case_mask(data.dataset, case, options, NOISY)
    weights = final_weights(opened.predictor, opened.judge, image.array.astype(np.float32), np.asarray(mask.array))
    for name in ("alpha", "beta"):
        small, large = getattr(weights, name), found[name][:, ::-1, ::-1]
        blocks = large.reshape(SHAPE[0], 8, 6, 8, 6).mean((2, 4))
        np.testing.assert_allclose(blocks, small.reshape(SHAPE[0], 8, 4, 8, 4).mean((2, 4)), atol=0.35 * small.max())
        assert np.corrcoef(blocks.ravel(), small.reshape(SHAPE[0], 8, 4, 8, 4).mean((2, 4)).ravel())[0, 1] > 0.9


def test_shares(tmp_path: Path, data: RunData) -> None:
    done = write_weights(open_run(save_run(tmp_path / "run", data)), TRAIN[0], tmp_path / "out")
    alpha, beta, given, pseudo = (read_volume(done.files[name]).array for name in ("alpha", "beta", "given", "pseudo"))
    assert done.given == NOISY
    assert done.alpha_share == pytest.approx(alpha.sum() / (alpha + beta).sum(), rel=1e-5)
    differ = given != pseudo
    assert done.disputed == pytest.approx(differ.sum() / ((given > 0) | (pseudo > 0)).sum())
    assert done.alpha_share_disputed == pytest.approx(alpha[differ].sum() / (alpha + beta)[differ].sum(), rel=1e-5)


@pytest.mark.parametrize("labels", [1, 2])
def test_a_training_case_has_the_weights_training_gave(tmp_path: Path, data: RunData, labels: int) -> None:
    case, run = TRAIN[1], save_run(tmp_path / "run", data)
    place(data, case, GRIDS["flipped"])
    kept = np.zeros((labels, 6, 32, 32), np.float16)
    kept[0, 2, 8:16, 4:12], kept[-1, 3] = 5, 2
    np.savez(run / TRAINING_WEIGHTS, **{case: kept})
    done = write_weights(open_run(run), case, tmp_path / "out")
    assert done.weights == "training"
    assert ("beta" in done.files) == (labels == 2)
    assert (done.alpha_share is None) == (labels == 1)
    alpha = read_volume(done.files["alpha"]).array[:, ::-1, ::-1]
    assert alpha[2, 15:21, 9:15].min() == pytest.approx(5)  # 1.5 native pixels to one of the network's
    assert alpha[1].max() == 0
    assert alpha.max() == pytest.approx(5)
    other = write_weights(open_run(run), TEST[0], tmp_path / "out")
    assert other.weights == "last network"
    np.savez(run / TRAINING_WEIGHTS, **{case: kept[:, :4]})
    with pytest.raises(DataError, match=r"training weights are of slices 4x32x32"):
        write_weights(open_run(run), case, tmp_path / "out")


def test_trust_is_of_a_network_that_did_not_see_the_case(tmp_path: Path, data: RunData) -> None:
    case, folder = TRAIN[0], save_run(tmp_path / "run", data)
    place(data, case, GRIDS["flipped"])
    run = open_run(folder)
    assert write_weights(run, case, tmp_path / "out").trust is None
    assert not (tmp_path / "out" / f"{case}_trust.nii.gz").exists()
    save_fold(folder, FOLD, [*TRAIN[1:], *META], seed=3)
    done = write_weights(run, case, tmp_path / "out")
    assert done.trust is not None
    assert (done.trust.judged_by, done.trust.calibrated_on) == (f"the audit's network {FOLD}", "1 test case")
    image, given = (read_volume(path) for path in (data.dataset.image_path(case), done.files["given"]))
    probability = load_run(folder / "audit" / FOLD).predict_volume([image])
    found = read_volume(done.files["trust"]).array
    expected = trust(probability, given.array, done.trust.temperature)
    np.testing.assert_allclose(found, expected, rtol=1e-5)
    shown = (given.array > 0) | (probability[0] > 0.5)
    assert done.trust.below_half == pytest.approx((expected[shown] < 0.5).mean())
    tested = write_weights(run, TEST[0], tmp_path / "out")
    assert tested.trust is not None
    assert tested.trust.judged_by == "the run's own network"
    assert tested.trust.temperature == 1, "no clean case is left: meta cases taught, and there is no other test case"


def test_the_command(tmp_path: Path, data: RunData) -> None:
    run = save_run(tmp_path / "run", data)
    case = TEST[0]
    result = CliRunner().invoke(app, ["weights", str(run), case, "--device", "cpu"])
    assert result.exit_code == 0, result.output
    lines = result.stdout.splitlines()
    assert [Path(line).name for line in lines[:6]] == [f"{case}_{name}.nii.gz" for name in ("trust", *NAMES)]
    assert all(Path(line).is_file() for line in lines[:6])
    assert lines[6].startswith(f"{case}: trust in its mask in labelsTr is below one half in ")
    assert "judged by the run's own network (temperature 1.00" in lines[6]
    assert lines[7].endswith("alpha and beta: weights of the last network: this case was not trained on")
    assert lines[8].startswith(f"{case}: of the weight, ")
    assert "labelsTr (alpha)" in lines[8]  # outside training the clean mask is the given one
    again = CliRunner().invoke(
        app, ["weights", str(run), TRAIN[0], "--out", str(tmp_path / "o"), "--json", "--device", "cpu"]
    )
    answer = json.loads(again.stdout)
    assert answer["case"] == TRAIN[0]
    assert set(answer["files"]) == set(NAMES)
    assert 0 < answer["alpha_share"] < 1
    assert (answer["weights"], answer["trust"]) == ("last network", None)


def test_the_command_says_what_is_not_there(tmp_path: Path, data: RunData) -> None:
    run = save_run(tmp_path / "run", data)
    said = CliRunner().invoke(app, ["weights", str(run), TRAIN[0], "--device", "cpu"]).stdout
    assert f"no trust, as every network there is has seen the case; `l2b-seg audit {run}` trains others" in said
    assert "weights of the last network: the run kept none in training" in said
    write_json(run / "split.json", data.record() | {"meta": []})
    said = CliRunner().invoke(app, ["weights", str(run), TRAIN[0], "--device", "cpu"]).stdout
    assert "no training weights: the run kept none of it and has no clean case to judge by" in said
    np.savez(run / TRAINING_WEIGHTS, **{TRAIN[0]: np.ones((1, 6, 32, 32), np.float16)})
    said = CliRunner().invoke(app, ["weights", str(run), TRAIN[0], "--device", "cpu"]).stdout
    assert said.endswith("alpha: what this run gave in training, the mean of its weighted epochs\n")


def test_refusals(tmp_path: Path, data: RunData) -> None:
    run = save_run(tmp_path / "run", data)
    opened = open_run(run)
    with pytest.raises(DataError, match=r"no case 'other'.*case0"):
        write_weights(opened, "other", tmp_path / "out")
    case = TRAIN[0]
    given = data.dataset.label_path(case, NOISY)
    given.unlink()
    with pytest.raises(DataError, match=f"{NOISY}/{case}.nii.gz"):
        write_weights(opened, case, tmp_path / "out")
    assert not (tmp_path / "out").exists()
    write_json(run / "split.json", data.record() | {"meta": []})
    done = write_weights(open_run(run), TRAIN[1], tmp_path / "out")
    assert (done.weights, set(done.files)) == (None, {"pseudo", "probability", "given"})
    moved = data.dataset.root.rename(tmp_path / "elsewhere")
    with pytest.raises(DataError, match="--data"):
        open_run(run)
    assert open_run(run, data=moved).dataset.root == moved
    config = yaml.safe_load((run / "config.yaml").read_text())
    config["task"]["channels"] = ["T2", "ADC"]
    (run / "config.yaml").write_text(yaml.safe_dump(config))
    save_network(read_settings(run / "config.yaml"), run)
    with pytest.raises(DataError, match="2 channels and 1 classes"):
        open_run(run, data=moved)


def test_maps_are_in_the_images_unit(tmp_path: Path, data: RunData) -> None:
    case = TRAIN[0]
    image = data.dataset.image_path(case)
    rewrite_in("micron", image, data.dataset.label_path(case, NOISY))
    for path in write_weights(open_run(save_run(tmp_path / "run", data)), case, tmp_path / "out").files.values():
        assert_same_header(path, image)
