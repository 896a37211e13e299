"""The learning rate of every step, by its formulas; where a method's phases begin."""

import pytest

from l2b_run.training.schedule import learning_rate
from tests.tasks import CLS, SEG


def rates(settings, fractions=(0.0,)):
    method = CLS.training(settings).method
    return [
        learning_rate(settings.optimizer, method.phase_of(settings, epoch), epoch, fraction)
        for epoch in range(settings.epochs)
        for fraction in fractions
    ]


def with_schedule(method="ce", epochs=8, share=0.25, **optimizer):
    chosen = {"lr": 0.4, **optimizer}
    return CLS.settings(method, epochs=epochs, optimizer=chosen, finetune={"share": share, "lr": 0.1})


def test_constant_and_inverse():
    assert rates(with_schedule(schedule="constant"), (0, 0.5)) == [0.4] * 16
    assert rates(with_schedule(schedule="inverse"), (0.7,)) == [pytest.approx(0.4 * 20 / (20 + e)) for e in range(8)]


def test_cosine_from_lr_towards_zero_a_step_an_epoch():
    found = rates(with_schedule(schedule="cosine"))
    assert found[0] == 0.4
    assert found[4] == pytest.approx(0.2)
    assert found == sorted(found, reverse=True)
    assert found[-1] == pytest.approx(0.4 * 0.0380602337)


def test_cosine_within_an_epoch():
    found = rates(with_schedule(schedule="cosine"), (0, 0.25, 0.5, 0.75))
    assert found == sorted(found, reverse=True)
    assert 0 < found[-1] < 0.001


def test_steps_at_their_milestones():
    found = rates(with_schedule(schedule="steps", milestones=[3, 6], gamma=0.1))
    assert found == pytest.approx([0.4] * 3 + [0.04] * 3 + [0.004] * 2)


@pytest.mark.parametrize(
    ("epochs", "share", "begin"), [(10, 0.25, 8), (10, 0.5, 5), (100, 0.25, 75), (2, 0.9, 1), (2, 0.01, 1)]
)
def test_finetune_starts_anew_from_its_own_rate(epochs, share, begin):
    found = rates(with_schedule("finetune", epochs=epochs, share=share, schedule="cosine"))
    assert found.index(0.1) == begin
    assert found[begin - 1] < 0.4 or begin == 1
    assert rates(with_schedule("finetune", share=0.5, schedule="inverse"))[6] == pytest.approx(0.1 * 20 / 22)


def test_glc_runs_it_once_in_each_half():
    found = rates(with_schedule("glc", schedule="cosine"))
    assert found[:4] == found[4:]
    assert found[2] == pytest.approx(0.2)


def test_a_cosine_moves_with_every_step_in_segmentation_and_once_an_epoch_in_classification():
    assert SEG.training(SEG.settings()).task.schedule_in_epoch
    assert not CLS.training(CLS.settings()).task.schedule_in_epoch
