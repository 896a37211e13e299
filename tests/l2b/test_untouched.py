"""Passes that leave no trace, and masks drawn twice alike."""

import pytest
import torch
from torch import Tensor, nn
from torch.autograd import forward_ad

from l2b import bootstrap_weights, train_step
from l2b.untouched import forward_with, untouched_rng
from tests.l2b.problems import same, samples, sgd, small_cnn, snapshot


class RecordingDropout(nn.Module):
    """Dropout that keeps every mask it has drawn."""

    def __init__(self) -> None:
        super().__init__()
        self.masks: list[Tensor] = []

    def forward(self, x: Tensor) -> Tensor:
        mask = torch.rand(x.shape, dtype=x.dtype) > 0.5
        self.masks.append(mask)
        return x * mask * 2


@pytest.mark.parametrize("mode", ["exact", "fast"])
def test_weights_and_step_draw_the_same_dropout_mask(mode):
    torch.manual_seed(0)
    recorder = RecordingDropout()
    problem = samples(nn.Sequential(nn.Flatten(), nn.Linear(48, 20), recorder, nn.Linear(20, 4)), size=4, b=8, m=5)
    optimizer = sgd(problem)
    drawn = []
    for _ in range(2):
        recorder.masks.clear()
        train_step(
            problem.model, optimizer, problem.batch, problem.meta_batch,
            loss=problem.loss, pseudo_label=problem.pseudo_label, mode=mode,
        )  # fmt: skip
        meta, for_weights, for_step = recorder.masks
        assert meta.shape[0] == 5
        assert torch.equal(for_weights, for_step)
        drawn.append(for_step)
    assert not torch.equal(*drawn)  # the next step draws a new one


@pytest.mark.parametrize("mode", ["exact", "fast"])
def test_weights_of_ones_own_loop_share_the_next_mask(mode):
    torch.manual_seed(0)
    recorder = RecordingDropout()
    problem = samples(nn.Sequential(nn.Flatten(), nn.Linear(48, 20), recorder, nn.Linear(20, 4)), size=4)
    optimizer = sgd(problem)
    recorder.masks.clear()
    bootstrap_weights(problem.model, optimizer, problem.batch, problem.meta_batch, loss=problem.loss, mode=mode)
    problem.model(problem.batch[0])
    _, *for_weights, for_step = recorder.masks
    assert for_weights
    assert all(torch.equal(mask, for_step) for mask in for_weights)


def test_random_stream_is_restored_even_after_an_error():
    state = torch.get_rng_state()
    with pytest.raises(RuntimeError), untouched_rng(torch.device("cpu")):
        torch.rand(3).view(2)
    assert torch.equal(torch.get_rng_state(), state)


def test_forward_with_own_parameters_is_the_forward_and_keeps_buffers():
    problem = small_cnn()
    optimizer = sgd(problem)
    before = snapshot(problem.model, optimizer)
    x, _ = problem.batch
    found = forward_with(problem.model, {}, x)
    assert same(before, snapshot(problem.model, optimizer)) == []
    assert torch.equal(found, problem.model(x))
    assert same(before, snapshot(problem.model, optimizer)) != []  # the real forward does advance them


def test_forward_with_tangents_keeps_buffers_free_of_them():
    problem = small_cnn()
    x, _ = problem.batch
    with torch.no_grad(), forward_ad.dual_level():
        weight = problem.model[0].weight.detach()
        logits = forward_with(problem.model, {"0.weight": forward_ad.make_dual(weight, torch.ones_like(weight))}, x)
        assert forward_ad.unpack_dual(logits).tangent is not None
        assert forward_ad.unpack_dual(problem.model[1].running_mean).tangent is None


def test_tied_parameters_move_together():
    class Tied(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.a = nn.Linear(3, 3, bias=False)
            self.b = nn.Linear(3, 3, bias=False)
            self.b.weight = self.a.weight

        def forward(self, x: Tensor) -> Tensor:
            return self.b(self.a(x))

    model, x = Tied(), torch.ones(1, 3)
    doubled = forward_with(model, {"a.weight": 2 * model.a.weight.detach()}, x)
    assert torch.allclose(doubled, 4 * model(x))
