"""The learning rate of every epoch."""

import pytest
from l2b_cls.schedule import finetune_start, glc_start, learning_rate

from tests.l2b_cls.synthetic import make_settings


def rates(settings):
    return [learning_rate(settings, epoch) for epoch in range(settings.epochs)]


def with_schedule(method="ce", epochs=8, **optimizer):
    return make_settings(method, epochs=epochs, optimizer={"lr": 0.4, **optimizer}, finetune={"share": 0.25, "lr": 0.1})


def test_cosine_from_lr_towards_zero_a_step_an_epoch():
    found = rates(with_schedule(schedule="cosine"))
    assert found[0] == 0.4
    assert found[4] == pytest.approx(0.2)
    assert found == sorted(found, reverse=True)
    assert found[-1] == pytest.approx(0.4 * 0.0380602337)


def test_steps_at_their_milestones():
    found = rates(with_schedule(schedule="steps", milestones=[3, 6], gamma=0.1))
    assert found == pytest.approx([0.4] * 3 + [0.04] * 3 + [0.004] * 2)
    assert rates(with_schedule(schedule="constant")) == [0.4] * 8


def test_finetune_starts_anew_from_its_own_rate():
    settings = with_schedule("finetune", schedule="cosine")
    assert finetune_start(settings) == 6
    found = rates(settings)
    assert found[6] == 0.1
    assert found[7] == pytest.approx(0.05)
    assert found[3] == pytest.approx(0.2)
    assert finetune_start(with_schedule("finetune", epochs=2, schedule="constant")) == 1


def test_glc_runs_it_once_in_each_half():
    settings = with_schedule("glc", schedule="cosine")
    assert glc_start(settings) == 4
    found = rates(settings)
    assert found[:4] == found[4:]
    assert found[2] == pytest.approx(0.2)
