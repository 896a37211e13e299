"""The split on slices: which keep their masks, what the others get, and that both networks learn and resume."""

import io
from dataclasses import replace

import numpy as np
import pytest
import torch

from l2b_run.methods.split import Split
from l2b_seg.methods.divide_mix import predicted, select, soft_masks
from l2b_seg.task import Task
from tests.l2b_seg.tiny import make_settings, make_training
from tests.tasks import same_weights


def go(run, epochs):
    reports = []
    for epoch in epochs:
        for network in run.state.networks:
            network.model.train()
        reports += run.method.steps_of(run, epoch)
        run.state.epoch = epoch + 1
    return reports


def test_slices_whose_mask_agrees_are_labelled(data):
    run = make_training(data, make_settings("dividemix"))
    given = (run.batches.train.mask > 0).float()
    full = given.flatten(1).any(1).nonzero()[:, 0]
    wrong = full[::2]
    guess = given.clone() * 0.96 + 0.02
    guess[wrong] = 1 - guess[wrong]  # the networks see the opposite there
    split = select(run, guess)
    assert not set(wrong.tolist()) & set(split.labelled.tolist())
    assert set(full[1::2].tolist()) <= set(split.labelled.tolist())


def test_labelled_slices_keep_their_masks_and_the_others_get_guesses(data):
    run = make_training(data, make_settings("dividemix"))
    n = run.batches.n_train
    split = Split(np.ones(n), np.arange(2), np.arange(2, n))
    guess = torch.full((n, 1, 32, 32), 0.25)
    soft = soft_masks(run, split, guess)
    assert soft[:2].equal((run.batches.train.mask[:2] > 0).float())
    assert (soft[2:] == 0.25).all()


def test_probabilities_of_all_slices_in_order(data):
    run = make_training(data, make_settings("dividemix"))
    found = predicted(run.state.model, run)
    run.state.model.eval()
    with torch.no_grad():
        expected = torch.sigmoid(run.state.model(run.batches.train.image[3:5]))
    torch.testing.assert_close(found[3:5], expected)


@pytest.mark.parametrize("method", ["dividemix", "l2b-dividemix"])
@pytest.mark.parametrize("meta", [{}, {"source": "online"}])
def test_both_networks_learn_and_a_resumed_run_goes_on_the_same(data, method, meta):
    settings = make_settings(method, epochs=4, meta=meta, plug_in={"networks": "both"})
    whole, parts = make_training(data, settings), make_training(data, settings)
    reports = go(whole, range(4))
    assert len(reports) == 4 * 2 * whole.batches.steps
    assert all(np.isfinite(report.loss) for report in reports)
    assert (reports[-1].beta_share is not None) == (method == "l2b-dividemix")
    go(parts, range(3))
    stored = io.BytesIO()
    torch.save(parts.state.state_dict(), stored)
    resumed = make_training(data, make_settings(method, epochs=4, seed=5, meta=meta, plug_in={"networks": "both"}))
    resumed = replace(resumed, settings=settings, batches=whole.batches)
    resumed.state.load_state_dict(torch.load(io.BytesIO(stored.getvalue()), weights_only=True))
    go(resumed, range(3, 4))
    assert same_weights(whole.state.evaluated.state_dict(), resumed.state.evaluated.state_dict())
    assert not same_weights(whole.state.model.state_dict(), whole.state.second.model.state_dict())


def test_noisy_labels_of_the_plug_in_are_the_given_masks(data):
    both = [make_settings("l2b-dividemix", plug_in={"labels": labels}) for labels in ("soft", "noisy")]
    ends = []
    for settings in both:
        run = make_training(data, settings)
        go(run, range(2))
        ends.append(run.state.model.state_dict())
    assert not same_weights(*ends)


def test_soft_targets_of_several_classes():
    task = Task(1, ("zone", "gland"))
    mask = torch.tensor([0.0, 1.0, 2.0, 1.0]).reshape(1, 1, 2, 2)
    soft = task.soft_target(mask)
    assert soft.shape == (1, 3, 2, 2)
    logits = torch.randn(1, 3, 2, 2, generator=torch.Generator().manual_seed(0))
    torch.testing.assert_close(task.loss(logits, soft), task.loss(logits, mask))
    assert Task(1, ("gland",)).soft_target(mask).flatten().tolist() == [0, 1, 1, 1]
