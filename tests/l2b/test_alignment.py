"""The alignment is the inner product of direction and element gradient."""

import torch

from l2b import alignment, candidate_losses, judge
from l2b.untouched import forward_with
from tests.l2b.problems import relative_error, same, sgd, small_cnn, snapshot


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
