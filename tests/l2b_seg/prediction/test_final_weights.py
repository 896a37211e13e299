"""Trust maps: the engine's own alignments, scaled so that they can be read, and no trace in the model."""

import copy

import numpy as np
import pytest
import torch
from hypothesis import given as drawn
from hypothesis import settings as options
from hypothesis import strategies as st

from l2b import bootstrap_weights
from l2b_data.cases.slices import SliceSet
from l2b_data.errors import ConfigError, DataError
from l2b_seg.config import Settings
from l2b_seg.networks.build_network import network_of
from l2b_seg.prediction.final_weights import final_weights, make_judge
from l2b_seg.prediction.predictor import Predictor, predictor_for
from tests.l2b_seg.tiny import CPU, make_settings

SIZE = 32
TWO_CLASSES = {"task": {"channels": ["T2", "ADC"], "classes": ["zone", "lesion"]}}


def some_slices(count: int, settings: Settings, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Random slices (N, C, S, S), and masks (N, S, S) of discs with a square of the last class in them."""
    rng = np.random.default_rng(seed)
    slices = rng.normal(size=(count, len(settings.task.channels), SIZE, SIZE)).astype(np.float32)
    disc = (np.hypot(*(np.mgrid[:SIZE, :SIZE] - SIZE / 2 + 0.5)) < 9).astype(np.uint8)
    disc[12:18, 12:18] = len(settings.task.classes)
    return slices + 3 * disc, np.repeat(disc[None], count, 0)


def meta_set(count: int, settings: Settings) -> SliceSet:
    slices, mask = some_slices(count, settings, seed=1)
    where = tuple(("clean", index) for index in range(count))
    return SliceSet(torch.from_numpy(slices), torch.from_numpy(mask.astype(np.float32))[:, None], where)


def a_predictor(settings: Settings) -> Predictor:
    torch.manual_seed(3)
    return predictor_for(network_of(settings), settings, CPU)


MAE = {"meta": {"loss": "mae"}}


@pytest.fixture(params=[{}, MAE, TWO_CLASSES, TWO_CLASSES | MAE], ids=["one", "one, mae", "two classes", "two, mae"])
def settings(request: pytest.FixtureRequest) -> Settings:
    return make_settings(**request.param)


def test_alignments_are_the_engines(settings: Settings) -> None:
    """As `bootstrap_weights` takes them in a training step of lr 1, on the same batch and judged by the same one."""
    predictor, meta = a_predictor(settings), meta_set(5, settings)
    slices, given = some_slices(3, settings)
    maps = final_weights(predictor, make_judge(predictor, meta), slices, given)
    task, model = predictor.task, predictor.model.train()
    image = torch.cat([torch.from_numpy(slices), meta.image])
    blank = torch.zeros(5, 1, SIZE, SIZE)
    targets = [
        torch.cat([torch.from_numpy(label.astype(np.float32))[:, None], blank]) for label in (given, maps.pseudo)
    ]
    expected = bootstrap_weights(
        model,
        torch.optim.SGD(model.parameters(), lr=1.0),
        (image, targets[0]),
        (meta.image, meta.mask),
        loss=task.loss,
        meta_loss=task.mae if settings.meta.loss == "mae" else task.loss,
        pseudo_label=lambda logits: targets[1],
        normalize=None,
        lookahead="none",
    )
    np.testing.assert_allclose(
        maps.alignment, expected[:, :3].numpy(), rtol=1e-4, atol=1e-6 * float(expected.abs().max())
    )


def test_weights_are_multiples_of_plain_trainings(settings: Settings) -> None:
    predictor = a_predictor(settings)
    slices, given = some_slices(11, settings)
    maps = final_weights(predictor, make_judge(predictor, meta_set(9, settings)), slices, given)
    assert maps.alpha.shape == maps.beta.shape == maps.pseudo.shape == given.shape
    assert float((maps.alpha + maps.beta).mean()) == pytest.approx(1, rel=1e-4)
    assert maps.alpha.min() == maps.beta.min() == 0
    np.testing.assert_array_equal(maps.alpha > 0, maps.alignment[0] > 0)
    agree = maps.pseudo == given
    assert agree.any()
    assert not agree.all()
    np.testing.assert_array_equal(maps.alpha[agree], maps.beta[agree])
    np.testing.assert_array_equal(maps.pseudo, predictor.label_map(predictor.predict_slices(slices)))
    assert maps.probability.shape == (predictor.task.outputs, *given.shape)


def test_the_clean_cases_tell_a_wrong_given_mask_from_a_right_one() -> None:
    """The given masks lie beside the discs. A network still learning from clean ones trusts them where they agree."""
    settings = make_settings()
    predictor, meta = a_predictor(settings), meta_set(12, settings)
    optimizer = torch.optim.SGD(predictor.model.parameters(), lr=0.1, momentum=0.9)
    for _ in range(10):
        optimizer.zero_grad()
        predictor.task.loss(predictor.model(meta.image), meta.mask).mean().backward()
        optimizer.step()
    slices, clean = some_slices(8, settings)
    wrong = np.roll(clean, 9, axis=2)
    maps = final_weights(predictor, make_judge(predictor, meta), slices, wrong)
    assert (maps.pseudo == clean).mean() > 0.9
    assert (maps.alpha[wrong == clean] > 0).mean() > 0.8
    assert (maps.alpha[wrong != clean] > 0).mean() < 0.2
    assert maps.beta[wrong != clean].sum() > 10 * maps.alpha[wrong != clean].sum()


@options(max_examples=8, deadline=None)
@drawn(order=st.permutations(range(6)), depth=st.integers(1, 6))
def test_deterministic_and_the_model_as_it_was(order: list[int], depth: int) -> None:
    settings = make_settings()
    predictor, meta = a_predictor(settings), meta_set(6, settings)
    before, modes = copy.deepcopy(predictor.model.state_dict()), [m.training for m in predictor.model.modules()]
    state = torch.get_rng_state()
    slices, given = some_slices(depth, settings)
    first = final_weights(predictor, make_judge(predictor, meta), slices, given)
    again = final_weights(predictor, make_judge(predictor, meta), slices, given)
    np.testing.assert_array_equal(first.alignment, again.alignment)
    shuffled = SliceSet(meta.image[order], meta.mask[order], meta.where)
    other = make_judge(predictor, shuffled).direction
    for name, value in make_judge(predictor, meta).direction.items():
        torch.testing.assert_close(other[name], value, rtol=1e-4, atol=1e-6)
    assert [m.training for m in predictor.model.modules()] == modes
    assert all(parameter.grad is None for parameter in predictor.model.parameters())
    for name, value in predictor.model.state_dict().items():
        assert torch.equal(value, before[name]), name
    assert torch.equal(torch.get_rng_state(), state)


def test_no_slices_give_empty_maps(settings: Settings) -> None:
    predictor = a_predictor(settings)
    slices, given = some_slices(0, settings)
    maps = final_weights(predictor, make_judge(predictor, meta_set(2, settings)), slices, given)
    assert maps.alpha.shape == maps.pseudo.shape == (0, SIZE, SIZE)


def test_refusals() -> None:
    settings = make_settings()
    predictor, (slices, given) = a_predictor(settings), some_slices(2, settings)
    with pytest.raises(ConfigError, match="no clean"):
        make_judge(predictor, meta_set(0, settings))
    judge = make_judge(predictor, meta_set(3, settings))
    with pytest.raises(DataError, match=r"\(2, 1, 32, 32\).*\(1, 32, 32\)"):
        final_weights(predictor, judge, slices, given[:1])
    slices[1, 0, 3, 3] = np.nan
    with pytest.raises(DataError, match="not finite"):
        final_weights(predictor, judge, slices, given)
    bad = meta_set(3, settings)
    bad.image[0] = np.inf
    with pytest.raises(DataError, match="clean"):
        make_judge(predictor, bad)
