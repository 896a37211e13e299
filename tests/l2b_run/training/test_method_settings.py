"""Settings made with a table: names, blocks, aliases, and all faults in one message."""

import pytest
from pydantic import Field, ValidationError

from l2b_run.methods.plain import PLAIN, given_step
from l2b_run.settings.shared import Strict, TrainingSettings
from l2b_run.training.method import Method
from l2b_run.training.method_settings import two_phase_faults, with_methods


class OwnSettings(Strict):
    share: float = Field(0.5, gt=0)


class ToolSettings(TrainingSettings):
    def faults(self) -> list[str]:
        return ["batches of 13"] if self.batch_size == 13 else []


TABLE = {
    "plain": PLAIN,
    "own": Method("a", "b", given_step, settings=("own", OwnSettings), faults=two_phase_faults, aliases=("old",)),
    "noisy": Method("c", "d", given_step, clean="never", meta={"source": "given"}),
}
Settings = with_methods(ToolSettings, TABLE)


def made(method, **over):
    return Settings.model_validate({"recipe": "r", "preset": "p", "method": method} | over)


def test_names_blocks_and_aliases_come_from_the_table():
    assert made("own").own == OwnSettings()
    assert made("plain", own={"share": 0.25}).own.share == 0.25
    assert made("old").method == "own"
    with pytest.raises(ValidationError, match="'plain', 'own' or 'noisy'"):
        made("other")
    with pytest.raises(ValidationError, match=r"own\.shar"):
        made("own", own={"shar": 1})


def test_a_method_brings_values_of_its_meta_set():
    assert made("noisy").meta.source == "given"
    assert made("noisy", meta={"threshold": 0.7}).meta.source == "given"
    with pytest.raises(ValidationError, match=r"method noisy has meta\.source 'given'"):
        made("noisy", meta={"source": "clean"})


def test_faults_of_settings_method_and_task_in_one_message():
    with pytest.raises(ValidationError) as caught:
        made("own", epochs=1, batch_size=13, meta={"source": "online"}, optimizer={"schedule": "steps"})
    said = str(caught.value)
    for text in ("two phases", "batches of 13", "without them take one of plain, noisy", "needs optimizer.milestones"):
        assert text in said


def test_what_it_dumps_it_takes():
    chosen = made("own", own={"share": 0.75}, warm_up=0.5, epochs=8)
    assert Settings.model_validate(chosen.model_dump()) == chosen
    assert chosen.warm_up_epochs == 4


def test_adamw_is_for_plain_steps_or_without_a_look_ahead():
    judged = {"judged": Method("e", "f", given_step, clean="judge"), "plain": PLAIN}
    settings = with_methods(TrainingSettings, judged)
    asked = {"recipe": "r", "preset": "p", "optimizer": {"name": "adamw"}}
    assert settings.model_validate(asked | {"method": "plain"}).optimizer.name == "adamw"
    with pytest.raises(ValidationError, match="method judged looks ahead by a step of sgd"):
        settings.model_validate(asked | {"method": "judged"})
    settings.model_validate(asked | {"method": "judged", "bootstrap": {"lookahead": "none"}})
