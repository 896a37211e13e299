import numpy as np
import pytest
import torch

from l2b_run.methods.mix_match import mixed, ramp, sharpened


def test_sharpening_by_hand():
    found = sharpened(torch.tensor([[0.8, 0.2], [0.5, 0.5], [1.0, 0.0]], dtype=torch.float64), 0.5)
    expected = [[0.64 / 0.68, 0.04 / 0.68], [0.5, 0.5], [1.0, 0.0]]
    torch.testing.assert_close(found, torch.tensor(expected, dtype=torch.float64))


def test_temperature_one_leaves_them_and_a_foreground_is_sharpened_with_its_background():
    probabilities = torch.rand(3, 4, 2, 2, dtype=torch.float64)
    probabilities /= probabilities.sum(1, keepdim=True)
    torch.testing.assert_close(sharpened(probabilities, 1.0), probabilities)
    torch.testing.assert_close(sharpened(torch.full((1, 1, 2, 2), 0.8), 0.5), torch.full((1, 1, 2, 2), 0.64 / 0.68))


def test_the_ramp_is_flat_then_even_then_full():
    assert [ramp(passed, 16) for passed in (-1, 0, 4, 16, 40)] == [0, 0, 0.25, 1, 1]
    assert ramp(0, 0) == 1


def test_mixing_by_hand():
    """Replays the draws: one share for the batch, at least a half, and one order for inputs and targets."""
    inputs, targets = torch.arange(8.0).reshape(4, 2), torch.eye(4)
    found = mixed(inputs, targets, np.random.default_rng(3), concentration=4.0)
    rng = np.random.default_rng(3)
    drawn = rng.beta(4.0, 4.0)
    keep, order = max(drawn, 1 - drawn), rng.permutation(4)
    assert keep != drawn or drawn >= 0.5
    torch.testing.assert_close(found[0], keep * inputs + (1 - keep) * inputs[torch.from_numpy(order)])
    assert (found[1].argmax(1) == torch.arange(4)).all()  # the row's own label keeps the larger share
    torch.testing.assert_close(found[1].sum(1), torch.ones(4))


@pytest.mark.parametrize("seed", range(5))
def test_a_row_stays_what_it_was(seed):
    _, targets = mixed(torch.zeros(6, 1), torch.eye(6), np.random.default_rng(seed), concentration=0.2)
    assert float(targets.diagonal().min()) >= 0.5
