"""From fingerprint to settings: a pure function; what somebody named stays, and the rest follows from it."""

from dataclasses import replace

import pytest

from l2b_data.cases.fingerprint import ClassFacts, Fingerprint
from l2b_seg.config import Settings
from pipelines.plan.derive_slices import BUDGETS, LEAST_STEPS, derive_slices

BOX = (0.4, 0.6, 0.2, 0.4)
ORGAN = Fingerprint(
    kind="volumes",
    plane="LPS",
    channels=1,
    cases=22,
    slices=440,
    meta_cases=3,
    meta_slices=60,
    foreground=0.5,
    rows=256,
    columns=256,
    spacing=(5.0, 1.0, 1.0),
    spacing_unit="mm",
    intensities=[(0.0, 10.0, 90.0)],
    classes={"organ": ClassFacts(share=0.01, slices=0.5, cases=1.0, width=0.05, box=BOX)},
    box=BOX,
)


def settings(**named):
    return Settings.model_validate({"recipe": "r", "preset": "p", "method": "unetpp", "derive": "cpu"} | named)


def derived(fingerprint, **named):
    return {one.key: one.value for one in derive_slices(fingerprint, settings(**named))}


def of_classes(fingerprint, **facts):
    return replace(fingerprint, classes={name: ClassFacts(**one) for name, one in facts.items()})


def test_a_small_organ_is_cropped_with_a_margin_around_where_it_lies():
    found = derived(ORGAN)
    assert found["slices.centre"] == pytest.approx([0.5, 0.3])
    assert found["slices.crop"] == pytest.approx(0.2 * 1.4, abs=0.01)
    assert derived(replace(ORGAN, cases=3, meta_cases=1))["slices.crop"] > found["slices.crop"]
    wide = derived(replace(ORGAN, box=(0.1, 0.5, 0.1, 0.8)))
    assert (wide["slices.crop"], wide["slices.centre"]) == (1.0, [0.5, 0.5])


def test_the_narrowest_class_decides_the_size_within_what_is_stored_and_paid_for():
    assert derived(ORGAN)["slices.size"] == 64
    thin = {"share": 0.05, "slices": 1.0, "cases": 1.0, "width": 0.01, "box": (0.0, 1.0, 0.0, 1.0)}
    vessels = of_classes(replace(ORGAN, box=(0.0, 1.0, 0.0, 1.0), foreground=1.0), vessel=thin)
    found = derived(vessels)
    assert found["slices.size"] == BUDGETS["cpu"].most
    assert found["batch_size"] == 4
    assert found["foreground_share"] == 0.0
    assert derived(replace(vessels, rows=90, columns=90))["slices.size"] == 96
    assert derived(replace(vessels, rows=400, columns=400), derive="gpu")["slices.size"] == BUDGETS["gpu"].most


def test_few_pictures_get_as_many_steps_as_many_and_batches_no_larger_than_they_are():
    few = derived(replace(ORGAN, kind="pictures", plane=None, cases=8, slices=8, meta_cases=3, meta_slices=3))
    many = derived(ORGAN)
    assert few["epochs"] * few["steps_per_epoch"] == many["epochs"] * many["steps_per_epoch"] >= 450
    assert (few["batch_size"], few["meta_batch_size"]) == (8, 3)
    assert "slices.plane" not in few
    gpu = derived(replace(ORGAN, slices=8), derive="gpu", batch_size=1)
    assert gpu["steps_per_epoch"] == LEAST_STEPS
    assert "epochs" not in gpu


def test_the_prior_is_the_share_in_the_batches_that_are_drawn():
    found = derived(ORGAN)
    often = 0.67 / 0.5 + 0.33
    assert found["network.prior"][1] == pytest.approx(0.01 * often / found["slices.crop"] ** 2, rel=0.01)
    assert sum(found["network.prior"]) == pytest.approx(1, abs=0.01)
    plain = derived(ORGAN, foreground_share=0.0, slices={"crop": 1.0})
    assert plain["network.prior"] == [0.99, 0.01]
    full = of_classes(ORGAN, organ={"share": 1.0, "slices": 1.0, "cases": 1.0, "width": 0.5, "box": BOX})
    assert all(0 < share < 1 for share in derived(full)["network.prior"])


def test_what_is_named_stays_and_the_rest_follows():
    found = derived(ORGAN, slices={"crop": 1.0, "size": 96}, batch_size=4, epochs=3)
    assert not {"slices.crop", "slices.size", "batch_size", "epochs"} & set(found)
    assert found["meta_batch_size"] == 2
    assert found["steps_per_epoch"] == derived(ORGAN, slices={"crop": 1.0, "size": 96}, batch_size=4)["steps_per_epoch"]
    assert derived(ORGAN, derive="none") == {}


def test_every_value_has_a_reason_with_its_numbers():
    reasons = {one.key: one.reason for one in derive_slices(ORGAN, settings())}
    assert "rows 0.40 to 0.60 and columns 0.20 to 0.40" in reasons["slices.crop"]
    assert "organ is 12.8 stored pixels wide" in reasons["slices.size"]
    assert "50% of the slices show a class" in reasons["foreground_share"]
    assert all(reasons.values())
