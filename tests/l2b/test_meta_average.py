"""The judge averaged over steps."""

import pytest
import torch

from l2b import MetaAverage, NonFiniteError, bootstrap_weights, rectified, train_step
from tests.l2b.problems import conv_net, samples


def test_starts_at_the_first_gradient_and_forgets_it() -> None:
    average = MetaAverage(0.75)
    assert torch.equal(average.update({"w": torch.tensor([4.0])})["w"], torch.tensor([4.0]))
    assert torch.equal(average.update({"w": torch.tensor([0.0])})["w"], torch.tensor([3.0]))
    assert torch.equal(average.update({"w": torch.tensor([1.0])})["w"], torch.tensor([2.5]))


def test_a_gradient_that_is_not_finite_never_enters() -> None:
    average = MetaAverage(0.5)
    average.update({"w": torch.tensor([1.0])})
    assert average.update({"w": torch.tensor([float("nan")])})["w"].isnan()
    assert torch.equal(average.average["w"], torch.tensor([1.0]))


def test_decay_zero_is_the_papers_judge_and_a_long_memory_is_not() -> None:
    torch.manual_seed(0)
    problem = samples(conv_net())
    optimizer = torch.optim.SGD(problem.model.parameters(), lr=0.1, momentum=0.9)
    other = (problem.meta_batch[0].flip(0), problem.meta_batch[1])

    def weights(meta_batch: tuple[torch.Tensor, torch.Tensor], average: MetaAverage | None = None) -> torch.Tensor:
        return bootstrap_weights(
            problem.model, optimizer, problem.batch, meta_batch,
            loss=problem.loss, pseudo_label=problem.pseudo_label, normalize=None, meta_average=average,
        )  # fmt: skip

    no_memory, memory = MetaAverage(0.0), MetaAverage(0.9)
    weights(other, no_memory)
    weights(other, memory)
    paper = weights(problem.meta_batch)
    assert torch.equal(weights(problem.meta_batch, no_memory), paper)
    assert not torch.allclose(weights(problem.meta_batch, memory), paper)


def endless(a: torch.Tensor) -> torch.Tensor:
    """Weights that only the step's own loss shows to be no weights."""
    return torch.full_like(a, float("inf"))


@pytest.mark.parametrize("mode", ["exact", "fast"])
@pytest.mark.parametrize(
    ("verb", "image_value", "normalize"),
    [(bootstrap_weights, float("inf"), rectified), (train_step, float("inf"), rectified), (train_step, 0.0, endless)],
)
def test_a_refused_step_leaves_it_as_it_was(verb, image_value, normalize, mode) -> None:
    torch.manual_seed(0)
    problem = samples(conv_net())
    (x, y), (x_meta, y_meta) = problem.batch, problem.meta_batch
    optimizer, average = torch.optim.SGD(problem.model.parameters(), lr=0.05), MetaAverage(0.5)
    options = {"loss": problem.loss, "mode": mode, "meta_average": average}
    bootstrap_weights(problem.model, optimizer, problem.batch, (x_meta.flip(3), y_meta), **options)
    before = {name: value.clone() for name, value in average.average.items()}

    def kept() -> bool:
        return all(torch.equal(value, before[name]) for name, value in average.average.items())

    spoilt = x.clone()
    spoilt[0, 0, 0, 0] = image_value
    with pytest.raises(NonFiniteError):
        verb(problem.model, optimizer, (spoilt, y), problem.meta_batch, **options, normalize=normalize)
    assert kept()
    verb(problem.model, optimizer, problem.batch, problem.meta_batch, **options)
    assert not kept()


@pytest.mark.parametrize("decay", [-0.1, 1.0])
def test_decay_outside_its_range_is_refused(decay: float) -> None:
    with pytest.raises(ValueError, match="decay"):
        MetaAverage(decay)
