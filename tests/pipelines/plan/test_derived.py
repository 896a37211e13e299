"""A recipe that derives, from the data set to the settings of the run."""

from dataclasses import replace

import pytest
import yaml

from pipelines.plan.classification import CLASSIFICATION
from pipelines.plan.derive_samples import LEAST_STEPS, SampleCounts, derive_samples
from pipelines.plan.request import TrainRequest, plan
from pipelines.plan.segmentation import SEGMENTATION
from tests.l2b_cls.synthetic import image_set
from tests.l2b_cls.synthetic import make_settings as sample_settings
from tests.l2b_seg.tiny import NOISY, make_dataset


def planned(root, *overrides, labels=None, said=None):
    request = TrainRequest(
        "folder", root, "unetpp", preset="cpu", labels=labels, overrides=list(overrides), out=root / "run", device="cpu"
    )
    return plan(request, SEGMENTATION, say=(lambda line: None) if said is None else said.append).settings


def test_own_data_fills_in_what_nobody_named_and_keeps_why(tmp_path):
    root, said = make_dataset(tmp_path / "data").root, list[str]()
    found = planned(root, said=said)
    assert found.slices.size == 48  # the stored 48: nothing is gained above it
    assert found.network.prior is not None
    assert len(found.network.prior) == 2
    assert found.epochs * found.steps_per_epoch >= 450
    for key in ("slices.crop", "slices.size", "steps_per_epoch", "network.prior", "batch_size", "slices.plane"):
        assert any(line.startswith(f"derived {key} ") and line.endswith(found.derived[key]) for line in said)
    again = yaml.safe_load(yaml.safe_dump(found.model_dump()))
    assert type(found).model_validate(again) == found


def test_what_a_user_sets_wins(tmp_path):
    root = make_dataset(tmp_path / "data").root
    found = planned(root, "slices.crop=0.9", "epochs=2", "network.prior=null", "slices.plane=LSP")
    assert (found.slices.crop, found.epochs, found.network.prior, found.slices.plane) == (0.9, 2, None, "LSP")
    assert not {"slices.crop", "epochs", "network.prior", "slices.plane"} & set(found.derived)
    assert planned(root, "derive=none").derived == {}


def test_other_given_masks_are_measured_themselves(tmp_path):
    root = make_dataset(tmp_path / "data").root
    assert planned(root, labels=NOISY).network.prior[1] > planned(root).network.prior[1]


def test_image_sets_of_few_samples_get_steps_too():
    settings = sample_settings("ce").model_copy(update={"derive": "cpu"})
    plain = type(settings).model_validate({"recipe": "r", "preset": "p", "method": "ce", "derive": "cpu"})
    found = {one.key: one.value for one in derive_samples(SampleCounts(20, 4), plain)}
    assert found == {
        "batch_size": 5,
        "meta_batch_size": 2,
        "sampling": "iid",
        "steps_per_epoch": LEAST_STEPS,
    }
    many = {one.key for one in derive_samples(SampleCounts(5000, 100), plain)}
    assert many == {"batch_size", "meta_batch_size"}
    named = {one.key for one in derive_samples(SampleCounts(20, 4), settings)}
    assert "batch_size" not in named


@pytest.mark.parametrize("recipe", ["folder", "lesions"])
@pytest.mark.parametrize("preset", ["cpu", "paper"])
def test_recipes_for_own_data_derive(tmp_path, recipe, preset):
    root = make_dataset(tmp_path / "data").root
    request = TrainRequest(recipe, root, "l2b", preset=preset, out=tmp_path / "run", device="cpu")
    found = plan(request, SEGMENTATION).settings
    assert {"slices.crop", "slices.size", "steps_per_epoch", "foreground_share", "network.prior"} <= set(found.derived)
    assert found.restarts == 1


def test_published_recipes_do_not(tmp_path):
    root = make_dataset(tmp_path / "data").root
    request = TrainRequest("promise12", root, "l2b", noise="clean", preset="cpu", out=tmp_path / "run", device="cpu")
    found = plan(request, SEGMENTATION).settings
    assert (found.derive, found.derived, found.restarts, found.network.prior) == ("none", {}, 0, None)
    assert (found.slices.size, found.slices.crop, found.slices.centre) == (64, 0.625, [0.5, 0.5])


def test_a_plan_of_images_derives_too(tmp_path):
    request = TrainRequest("images", image_set().root, "ce", preset="cpu", out=tmp_path / "run", device="cpu")
    request = replace(request, overrides=["data.meta_size=3"])
    found = plan(request, CLASSIFICATION).settings
    assert (found.sampling, found.steps_per_epoch, found.restarts) == ("iid", LEAST_STEPS, 1)
    assert set(found.derived) == {"batch_size", "meta_batch_size", "sampling", "steps_per_epoch"}
    whole = plan(replace(request, overrides=[*request.overrides, "batch_size=2"]), CLASSIFICATION).settings
    assert (whole.batch_size, whole.sampling, set(whole.derived)) == (2, "epochs", {"meta_batch_size"})
