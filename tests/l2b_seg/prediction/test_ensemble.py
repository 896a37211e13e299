"""`l2b-seg predict` with several runs: the mean of their probabilities, and runs that have none."""

import numpy as np
import yaml

from l2b_cli.seg.predict import predict as predict_command
from l2b_data.images.volume import Volume, read_volume
from l2b_seg.prediction.predictor import load_run
from tests.command import call_command
from tests.l2b_seg.saved_run import save_network, save_run
from tests.l2b_seg.tiny import make_settings


def change(run, **slices):
    """The run with other settings of its slices."""
    config = yaml.safe_load((run / "config.yaml").read_text())
    config["slices"] |= slices
    (run / "config.yaml").write_text(yaml.safe_dump(config))


def test_the_mean_of_the_members_probabilities(tmp_path, data):
    runs = [save_run(tmp_path / f"run{seed}", data, seed=seed) for seed in range(3)]
    change(runs[1], size=48, intensity="zscore")  # each member sees the image as it was trained to
    image = data.dataset.image_path("case5")
    code, _, said = call_command(predict_command, *runs, image, tmp_path / "out", "--probabilities")
    assert code == 0, said
    volume = read_volume(image)
    each = [load_run(run).predict_volume([volume])[0] for run in runs]
    assert np.abs(each[0] - each[1]).max() > 0.01
    found = read_volume(tmp_path / "out" / "case5_probability.nii.gz").array
    np.testing.assert_allclose(found, np.mean(each, axis=0), atol=1e-6)
    np.testing.assert_array_equal(read_volume(tmp_path / "out" / "case5.nii.gz").array, found > 0.5)


def test_runs_that_cannot_be_averaged_are_named_with_what_differs(tmp_path, data):
    one, other = (save_run(tmp_path / name, data, seed=seed) for seed, name in enumerate(("one", "other")))
    change(other, plane="LSP", crop=0.5)
    zones = {"channels": ["T2"], "classes": ["prostate", "zone"]}
    settings = make_settings(slices={"size": 32, "plane": "LPS"}, task=zones)
    third = tmp_path / "third"
    third.mkdir()
    (third / "config.yaml").write_text(yaml.safe_dump(settings.model_dump()))
    save_network(settings, third)
    code, _, said = call_command(predict_command, one, other, third, data.dataset.root, tmp_path / "out")
    assert code == 2
    for text in (
        f"crop: 1.0 in {one}, 0.5 in {other}",
        f"plane: LPS in {one}, LSP in {other}",
        f"classes: prostate in {one}, prostate, zone in {third}",
    ):
        assert text in said
    assert not (tmp_path / "out").exists()
    code, _, said = call_command(predict_command, one, one, data.dataset.root, tmp_path / "out")
    assert code == 2
    assert "named twice" in said


def test_a_mask_of_one_run_is_as_before(tmp_path, data):
    run = save_run(tmp_path / "run", data)
    predictor = load_run(run)
    array = read_volume(data.dataset.image_path("case5")).array
    assert call_command(predict_command, run, data.dataset.root, tmp_path / "out")[0] == 0
    expected = predictor.label_map(predictor.predict_volume([Volume(array)]))
    np.testing.assert_array_equal(read_volume(tmp_path / "out" / "case5.nii.gz").array, expected)
