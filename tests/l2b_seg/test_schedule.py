"""Learning rates by their formulas; where fine-tuning begins."""

import pytest
from l2b_seg.schedule import finetune_start, learning_rate

from tests.l2b_seg.tiny import make_settings


def settings_with(schedule, method="l2b", **over):
    return make_settings(method, optimizer={"lr": 0.4, "schedule": schedule}, epochs=10, **over)


def test_constant_and_inverse():
    assert {learning_rate(settings_with("constant"), e, f) for e in range(10) for f in (0, 0.5)} == {0.4}
    rates = [learning_rate(settings_with("inverse"), epoch, 0.7) for epoch in range(10)]
    assert rates == [pytest.approx(0.4 * 20 / (20 + epoch)) for epoch in range(10)]


def test_cosine_falls_from_lr_to_zero():
    chosen = settings_with("cosine")
    rates = [learning_rate(chosen, epoch, step / 4) for epoch in range(10) for step in range(4)]
    assert rates == sorted(rates, reverse=True)
    assert rates[0] == 0.4
    assert learning_rate(chosen, 5, 0) == pytest.approx(0.2)
    assert 0 < rates[-1] < 0.001


@pytest.mark.parametrize(
    ("epochs", "share", "start"), [(10, 0.25, 8), (10, 0.5, 5), (100, 0.25, 75), (1, 0.5, 1), (2, 0.9, 1), (2, 0.01, 1)]
)
def test_finetune_start(epochs, share, start):
    assert finetune_start(make_settings("finetune", epochs=epochs, finetune={"share": share})) == start


def test_finetune_runs_its_schedule_twice():
    chosen = settings_with("cosine", "finetune", finetune={"share": 0.5, "lr": 0.1})
    assert learning_rate(chosen, 0, 0) == 0.4
    assert learning_rate(chosen, 4, 0.99) < 0.001
    assert learning_rate(chosen, 5, 0) == 0.1
    assert learning_rate(chosen, 9, 0.99) < 0.001
    chosen = settings_with("inverse", "finetune", finetune={"share": 0.5, "lr": 0.1})
    assert learning_rate(chosen, 7, 0) == pytest.approx(0.1 * 20 / 22)
