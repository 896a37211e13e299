"""Settings that contradict each other or the method."""

import pytest
from pydantic import ValidationError

from l2b_cls.config import MetaSettings, Settings


def settings(method="l2b", **over):
    return Settings.model_validate({"recipe": "r", "preset": "p", "method": method} | over)


def faults(*arguments, **over):
    with pytest.raises(ValidationError) as error:
        settings(*arguments, **over)
    return str(error.value)


def test_methods_with_a_noisy_meta_set_bring_it_with_them():
    assert settings("mnwnet").meta == MetaSettings(source="given")
    assert settings("rmnwnet").meta == MetaSettings(source="given", loss="mae")
    assert settings("rmnwnet", meta={"threshold": 0.7}).meta == MetaSettings(source="given", loss="mae", threshold=0.7)
    assert settings("rmnwnet", meta=MetaSettings(threshold=0.7)).meta.source == "given"
    assert settings("mwnet").meta == settings("l2b").meta == MetaSettings()
    again = settings("rmnwnet").model_dump()
    assert Settings.model_validate(again) == settings("rmnwnet")


def test_other_meta_sets_are_refused_there():
    assert "method rmnwnet has meta.source 'given' and meta.loss 'mae'" in faults("rmnwnet", meta={"source": "clean"})
    assert "method mnwnet has meta.source 'given'" in faults("mnwnet", meta={"source": "online"}, warm_up=0.5)
    assert "method mwnet learns from clean labels" in faults("mwnet", meta={"source": "given"})
    assert "meta" in faults("mnwnet", meta=3)


@pytest.mark.parametrize("method", ["glc", "finetune"])
def test_two_phases_need_two_epochs(method):
    assert f"method {method} has two phases: epochs must be at least 2, not 1" in faults(method, epochs=1)
    assert settings(method, epochs=2).epochs == 2


def test_all_faults_come_in_one_message():
    said = faults("joint", meta={"source": "online"}, bootstrap={"pseudo_label": "teacher"}, steps_per_epoch=3)
    assert "learns from clean labels" in said
    assert "set average_decay above 0" in said
    assert "steps_per_epoch needs sampling iid" in said


def test_package_weights_are_of_one_network():
    assert "name a file for resnet18" in faults(network={"architecture": "resnet18", "weights": "package"})
    assert settings(network={"architecture": "efficientnet-lite0", "weights": "package"}).network.weights == "package"


@pytest.mark.parametrize("normalize", ["sum_to_one", "soft_choice"])
def test_one_label_is_not_weighed_against_itself(normalize):
    assert "method l2rw has one here and would weigh all alike" in faults("l2rw", bootstrap={"normalize": normalize})
    assert "has one" in faults("l2b", bootstrap={"normalize": normalize, "candidates": "given"})
    assert settings("l2b", bootstrap={"normalize": normalize}).bootstrap.normalize == normalize
    assert settings("l2b", bootstrap={"normalize": normalize, "candidates": "pseudo"})
    assert settings("ce", bootstrap={"normalize": normalize})


def test_clean_steps_of_the_warm_up_need_one():
    for method, over in (("joint", {"joint_by": "steps"}), ("l2b", {"bootstrap": {"supervised_meta_step": True}})):
        assert "set warm_up above 0" in faults(method, clean_steps="warm_up", **over)
        chosen = settings(method, clean_steps="warm_up", warm_up=0.5, epochs=4, **over)
        assert [chosen.clean_step_in(epoch) for epoch in range(4)] == [True, True, False, False]
    assert settings("ce", clean_steps="warm_up").epochs


def test_nesterov_needs_momentum():
    for part in ("optimizer", "weight_net"):
        assert "set momentum above 0" in faults("mwnet", **{part: {"nesterov": True, "momentum": 0.0}})
    assert settings("mwnet", optimizer={"momentum": 0.0}).optimizer.momentum == 0
