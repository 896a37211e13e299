"""Models that return more than logits or take more than a tensor: the same weights, the same step."""

from types import SimpleNamespace

import pytest
import torch
from monai.data import MetaTensor
from torch import Tensor, nn

from l2b import BatchError, EngineError, MetaAverage, bootstrap_weights, train_step, weight_net_step
from tests.l2b.double_backward import alignments_by_double_backward
from tests.l2b.problems import Problem, relative_error, same, sgd, small_cnn, snapshot
from tests.l2b.weight_net.test_step import weight_net_for


class Wrapped(nn.Module):
    """A net whose output is put into something else; `image` may come with an argument it does not need."""

    def __init__(self, net: nn.Module, put) -> None:
        super().__init__()
        self.net = net
        self.put = put

    def forward(self, image: Tensor, factor: Tensor | None = None):
        return self.put(self.net(image if factor is None else image * factor.view(-1, 1, 1, 1)))


OUTPUTS = {
    "object": (lambda logits: SimpleNamespace(logits=logits, loss=None), lambda output: output.logits),
    "dict": (lambda logits: {"out": logits, "aux": logits * 2}, lambda output: output["out"]),
    "tuple": (lambda logits: (logits * 2, logits), lambda output: output[1]),
}


@pytest.mark.parametrize("mode", ["exact", "fast"])
@pytest.mark.parametrize("kind", OUTPUTS)
def test_a_step_through_another_output_is_the_step(kind, mode):
    put, logits_of = OUTPUTS[kind]
    plain, other = small_cnn(), small_cnn()
    optimizer, wrapped = sgd(plain), sgd(other)
    options = {"loss": plain.loss, "pseudo_label": plain.pseudo_label, "mode": mode, "supervised_meta_step": True}
    expected = train_step(plain.model, optimizer, plain.batch, plain.meta_batch, **options)
    found = train_step(
        Wrapped(other.model, put), wrapped, other.batch, other.meta_batch, logits_of=logits_of, **options
    )
    assert torch.equal(found.weights, expected.weights)
    assert torch.equal(found.logits, expected.logits)
    assert same(snapshot(plain.model, optimizer), snapshot(other.model, wrapped)) == []


def by_name(problem: Problem, dtype: torch.dtype = torch.float64) -> list:
    """The two batches with images as a dict, doubled and halved: the same inputs to the net."""
    pairs = (problem.batch, problem.meta_batch)
    return [({"image": x * 2, "factor": torch.full((len(x),), 0.5, dtype=dtype)}, y) for x, y in pairs]


@pytest.mark.parametrize("lookahead", ["optimizer", "none"])
@pytest.mark.parametrize("logits_of", [None, lambda output: output])
def test_inputs_by_name_equal_double_backward(logits_of, lookahead):
    problem = small_cnn()
    optimizer = sgd(problem)
    options = {"loss": problem.loss, "pseudo_label": problem.pseudo_label, "lookahead": lookahead}
    reference = alignments_by_double_backward(problem.model, optimizer, problem.batch, problem.meta_batch, **options)
    model = Wrapped(problem.model, lambda logits: logits)
    before = snapshot(model, optimizer)
    found = bootstrap_weights(model, optimizer, *by_name(problem), **options, logits_of=logits_of, normalize=None)
    assert relative_error(found, reference) < 1e-10
    assert same(before, snapshot(model, optimizer)) == []


@pytest.mark.parametrize("mode", ["exact", "fast"])
def test_monais_tensors_are_tensors(mode):
    """As its loaders give them: a subclass, which a pass in forward mode has to carry."""
    problem = small_cnn()
    optimizer = sgd(problem)
    own = torch.randint(4, (8,))
    options = {"loss": problem.loss, "mode": mode}
    plain = bootstrap_weights(problem.model, optimizer, problem.batch, problem.meta_batch, **options, pseudo_label=own)
    pairs = [(MetaTensor(x), MetaTensor(y)) for x, y in (problem.batch, problem.meta_batch)]
    done = train_step(problem.model, optimizer, *pairs, **options, pseudo_label=MetaTensor(own))
    assert torch.equal(done.weights, plain)


def test_inputs_by_name_are_raised_to_the_parameters_precision():
    problem = small_cnn().to(torch.float32)
    model, optimizer = Wrapped(problem.model, lambda logits: logits), sgd(problem)
    coarse = [({name: part.bfloat16() for name, part in x.items()}, y) for x, y in by_name(problem)]
    fine = [({name: part.float() for name, part in x.items()}, y) for x, y in coarse]
    weights = bootstrap_weights(model, optimizer, *fine, loss=problem.loss)
    with torch.autocast("cpu", torch.bfloat16):
        assert torch.equal(train_step(model, optimizer, *coarse, loss=problem.loss).weights, weights)


def test_a_weight_net_and_an_average_take_them_too():
    put, logits_of = OUTPUTS["object"]
    steps = []
    for wrapped in (False, True):
        problem = small_cnn()
        net, net_optimizer = weight_net_for(problem)
        model = Wrapped(problem.model, put) if wrapped else problem.model
        ways = by_name(problem) if wrapped else (problem.batch, problem.meta_batch)
        options = {"loss": problem.loss, "logits_of": logits_of if wrapped else None}
        done = weight_net_step(model, sgd(problem), net, net_optimizer, *ways, **options)
        average = MetaAverage(0.5)
        drawn = [
            bootstrap_weights(model, sgd(problem, fill=0), *ways, **options, meta_average=average) for _ in range(2)
        ]
        steps.append([done.weights, *drawn, *problem.model.parameters()])
    torch.testing.assert_close(*steps, rtol=1e-12, atol=1e-15)


@pytest.mark.parametrize("warm_up", [True, False])
@pytest.mark.parametrize("kind", OUTPUTS)
def test_an_output_that_is_no_tensor_asks_where_the_logits_are(kind, warm_up):
    problem = small_cnn()
    optimizer = sgd(problem)
    model = Wrapped(problem.model, OUTPUTS[kind][0])
    before = snapshot(model, optimizer)
    with pytest.raises(BatchError, match=r"logits_of=lambda output: output\.logits"):
        train_step(model, optimizer, problem.batch, problem.meta_batch, loss=problem.loss, warm_up=warm_up)
    assert same(before, snapshot(model, optimizer), but=("rng",)) == []


@pytest.mark.parametrize("verb", [train_step, bootstrap_weights])
def test_models_over_several_devices_and_functions_are_refused(verb):
    problem = small_cnn()
    optimizer = sgd(problem)
    for model, words in [(nn.DataParallel(problem.model), r"DataParallel.*model\.module"), (len, "torch.nn.Module")]:
        with pytest.raises(EngineError, match=words):
            verb(model, optimizer, problem.batch, problem.meta_batch, loss=problem.loss)
