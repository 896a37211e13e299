"""MentorNet-PD: the weights of its three stages, the random part left out, and its threshold."""

import pytest
import torch
from pydantic import ValidationError

from l2b_cls.losses import cross_entropy
from l2b_cls.methods.mentornet_pd import MentorNetPdSettings, curriculum
from tests.l2b_cls.synthetic import make_settings, training_for


def test_the_weights_of_the_three_stages():
    own, above = MentorNetPdSettings(slope=2.0), torch.tensor([-1.0, 0.0, 0.5, 3.0])
    for progress in (0.0, 0.18):
        assert curriculum(above, own, progress).tolist() == [1, 1, 1, 1]
    for progress in (0.19, 0.89):
        assert curriculum(above, own, progress).tolist() == [1, 1, 0, 0]
    for progress in (0.9, 0.99):
        assert curriculum(above, own, progress).tolist() == [1, 1, 0.75, 0]


@pytest.mark.parametrize(("epoch", "rate"), [(0, 0.5), (2, 0.25), (3, 0.25)])
def test_a_step_is_the_mean_of_weighted_losses_of_which_a_part_is_left_out(epoch, rate):
    own = {"decay": 0.0, "graded_from": 0.75, "dropout": 0.25}
    run = training_for(make_settings("mentornet-pd", epochs=4, mentornet_pd=own))
    drawn = run.batches.given(epoch, 1)
    losses = cross_entropy(run.state.model(drawn.images), drawn.target).detach()
    threshold = float(losses.quantile(0.75))
    weights = [
        torch.ones(16),
        torch.ones(16),
        (losses <= threshold).float(),
        (1 - (losses - threshold)).clamp(0, 1),
    ][epoch]
    kept = run.batches.other_draws(epoch, 1).permutation(16)[: int(16 * (1 - rate))]
    expected = (weights * losses)[torch.from_numpy(kept)].sum() / 16
    assert run.method.step(run, epoch, 1).loss == pytest.approx(float(expected), rel=1e-5)
    assert run.state.memory.value == pytest.approx(threshold, rel=1e-5)


def test_the_threshold_moves_from_the_first_step_on():
    run = training_for(make_settings("mentornet-pd", mentornet_pd={"decay": 0.5}))
    quantiles = []
    for step in range(2):
        drawn = run.batches.given(0, step)
        losses = cross_entropy(run.state.model(drawn.images), drawn.target).detach()
        quantiles.append(float(losses.quantile(0.75)))
        run.method.step(run, 0, step)
    assert run.state.memory.value == pytest.approx(sum(quantiles) / 2, rel=1e-5)


def test_stages_in_the_wrong_order_are_refused():
    with pytest.raises(ValidationError, match=r"mentornet_pd\.all_until 0\.9 must be below .*graded_from 0\.5"):
        make_settings("mentornet-pd", mentornet_pd={"all_until": 0.9, "graded_from": 0.5})
    assert make_settings("ce", mentornet_pd={"all_until": 0.9, "graded_from": 0.5})
