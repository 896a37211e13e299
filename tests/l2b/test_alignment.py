"""The alignment is the inner product of direction and element gradient."""

import torch
from torch import Tensor, nn
from torch.nn import functional
from torch.nn.attention import SDPBackend, sdpa_kernel

from l2b import alignment, bootstrap_weights, candidate_losses, judge
from l2b.untouched import forward_with
from tests.l2b.double_backward import alignments_by_double_backward
from tests.l2b.problems import relative_error, same, samples, sgd, small_cnn, snapshot


def test_is_the_inner_product_element_by_element():
    problem = small_cnn()
    optimizer = sgd(problem)
    x, y = problem.batch
    d = judge(problem.model, optimizer, problem.meta_batch, loss=problem.loss).direction
    before = snapshot(problem.model, optimizer)
    a = alignment(problem.model, d, x, y, loss=problem.loss, pseudo_label=problem.pseudo_label)
    assert same(before, snapshot(problem.model, optimizer)) == []
    losses = candidate_losses(forward_with(problem.model, {}, x), y, problem.loss, problem.pseudo_label)
    one_by_one = torch.zeros_like(a)
    parameters = dict(problem.model.named_parameters())
    for k in range(2):
        for b in range(len(x)):
            gradients = torch.autograd.grad(losses[k, b], list(parameters.values()), retain_graph=True)
            one_by_one[k, b] = sum(
                (d[name] * gradient).sum() for name, gradient in zip(parameters, gradients, strict=True)
            )
    assert relative_error(a, one_by_one) < 1e-12
    assert not a.requires_grad


def test_names_left_out_count_as_zero():
    problem = small_cnn()
    x, y = problem.batch
    d = judge(problem.model, sgd(problem), problem.meta_batch, loss=problem.loss).direction
    part = {name: tangent for name, tangent in d.items() if name.startswith("0.")}
    filled = {name: tangent if name in part else torch.zeros_like(tangent) for name, tangent in d.items()}
    a, b = (alignment(problem.model, along, x, y, loss=problem.loss) for along in (part, filled))
    assert a.any()
    torch.testing.assert_close(a, b, rtol=1e-12, atol=0)


def test_losses_that_do_not_depend_on_the_parameters_get_zeros():
    problem = small_cnn()
    x, y = problem.batch
    d = judge(problem.model, sgd(problem), problem.meta_batch, loss=problem.loss).direction
    a = alignment(problem.model, d, x, y, loss=lambda logits, target: target.double())
    assert a.shape == (1, 8)
    assert not a.any()


class Attention(nn.Module):
    """Torch's fused attention over the rows of an image, as vision transformers use it."""

    def __init__(self) -> None:
        super().__init__()
        self.inward = nn.Linear(48, 3 * 8)
        self.head = nn.Linear(8, 4)

    def forward(self, x: Tensor) -> Tensor:
        query, key, value = self.inward(x.transpose(1, 2).flatten(2)).chunk(3, dim=-1)
        return self.head(functional.scaled_dot_product_attention(query, key, value).mean(dim=1))


def test_torchs_attention_equals_double_backward():
    torch.manual_seed(0)
    problem = samples(Attention())
    arguments = (problem.model, sgd(problem), problem.batch, problem.meta_batch)
    options = {"loss": problem.loss, "pseudo_label": problem.pseudo_label}
    found = bootstrap_weights(*arguments, **options, normalize=None)
    with sdpa_kernel(SDPBackend.MATH):
        reference = alignments_by_double_backward(*arguments, **options)
    assert reference.norm() > 0
    assert relative_error(found, reference) < 1e-10
