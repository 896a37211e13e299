"""Every normaliser: weights >= 0, sum 1 or 0, on whatever alignments there are."""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from l2b import pseudo_only, rectified, rectified_sigmoid, sigmoid, soft_choice, soft_trust, softmax, sum_to_one

ALL = {
    "rectified": rectified,
    "softmax": softmax(),
    "softmax_10": softmax(10),
    "sigmoid": sigmoid,
    "rectified_sigmoid": rectified_sigmoid,
    "sum_to_one": sum_to_one,
    "soft_choice": soft_choice(),
    "soft_trust": soft_trust(),
    "pseudo_only": pseudo_only(),
    "pseudo_only_softmax": pseudo_only(softmax(0.5)),
}


@st.composite
def alignments(draw, k=(1, 2, 3)):
    dtype = draw(st.sampled_from([torch.float32, torch.float64]))
    shape = draw(st.sampled_from([(1,), (5,), (2, 3), (2, 3, 4)]))
    count = draw(st.sampled_from(k)), *shape
    size = torch.Size(count).numel()
    value = st.floats(-(2.0**100), 2.0**100, width=32) | st.sampled_from([0.0, -0.0, 1e-45, -1e-45, 1e-38])
    return torch.tensor(draw(st.lists(value, min_size=size, max_size=size)), dtype=dtype).reshape(count)


@pytest.mark.parametrize("name", ALL)
@given(data=st.data())
@settings(max_examples=80, deadline=None)
def test_weights_are_not_negative_and_sum_to_one_or_zero(name, data):
    a = data.draw(alignments(k=(2, 3) if name.startswith("pseudo_only") else (1, 2, 3)))
    before = a.clone()
    weights = ALL[name](a)
    assert torch.equal(a, before)
    assert weights.shape == a.shape
    assert weights.dtype == a.dtype
    assert weights.isfinite().all()
    assert (weights >= 0).all()
    total = weights.sum().item()
    assert total == 0 or total == pytest.approx(1, abs=1e-5)
    if name not in ("rectified", "pseudo_only"):
        assert total > 0


@given(a=alignments())
@settings(max_examples=80, deadline=None)
def test_rectified_is_equations_8_and_9(a):
    weights = rectified(a)
    assert not weights[a <= 0].any()
    assert bool(weights.any()) == bool((a > 0).any())
    double = a.double().clamp_min(0)
    if double.sum() > 1e-30:
        assert torch.allclose(weights.double(), double / double.sum(), rtol=1e-5, atol=1e-12)


@given(a=alignments(k=(2,)))
@settings(max_examples=80, deadline=None)
def test_equal_alignments_get_equal_weights(a):
    same = torch.stack([a[0], a[0]])
    for name in ("rectified", "softmax", "sigmoid"):
        alpha, beta = ALL[name](same)
        assert torch.equal(alpha, beta)


def test_values_by_hand():
    a = torch.tensor([[1.0, -2.0], [3.0, 0.0]], dtype=torch.float64)
    assert torch.equal(rectified(a), torch.tensor([[0.25, 0.0], [0.75, 0.0]], dtype=torch.float64))
    assert torch.equal(sum_to_one(a), torch.tensor([[0.125, 0.5], [0.375, 0.0]], dtype=torch.float64))
    assert torch.equal(pseudo_only()(a), torch.tensor([[0.0, 0.0], [1.0, 0.0]], dtype=torch.float64))
    e = torch.exp(a / 2)
    assert torch.allclose(softmax(2.0)(a), e / e.sum())
    s = 1 / (1 + torch.exp(-a))
    assert torch.allclose(sigmoid(a), s / s.sum())
    clamped = 1 / (1 + torch.exp(-torch.tensor([[1.0, 0.0], [3.0, 0.0]], dtype=torch.float64)))
    assert torch.allclose(rectified_sigmoid(a), clamped / clamped.sum())


def test_nothing_aligned_gives_no_weight():
    a = -torch.rand(2, 3, 4)
    assert not rectified(a).any()
    assert torch.equal(sum_to_one(a)[0], torch.full((3, 4), 1 / 12))
    assert not sum_to_one(a)[1].any()


def test_sigmoid_of_very_negative_alignments_does_not_underflow():
    assert torch.equal(sigmoid(torch.full((2, 4), -1e4)), torch.full((2, 4), 1 / 8))


@pytest.mark.parametrize("temperature", [0, -1, float("nan")])
def test_softmax_temperature_must_be_positive(temperature):
    with pytest.raises(ValueError, match="must be positive"):
        softmax(temperature)


def test_soft_choice_by_hand():
    a = torch.tensor([[1.0, 0.0, -2.0], [0.0, 0.0, 0.0]], dtype=torch.float64)
    spread = (5 / 2) ** 0.5  # of the two elements whose candidates differ
    alpha = torch.sigmoid(a[0] / (0.5 * spread)) / 3
    assert torch.allclose(soft_choice(0.5)(a), torch.stack([alpha, 1 / 3 - alpha]))


@given(seed=st.integers(0, 100))
@settings(max_examples=30, deadline=None)
def test_soft_choice_keeps_every_elements_weight_and_ignores_scale(seed):
    a = torch.randn(2, 3, 4, generator=torch.Generator().manual_seed(seed))
    weights = soft_choice()(a)
    assert torch.allclose(weights.sum(0), torch.full_like(a[0], 1 / a[0].numel()))
    assert torch.allclose(soft_choice()(a * 1e-30), weights, atol=1e-6)


def test_soft_choice_temperature_must_be_positive():
    with pytest.raises(ValueError, match="temperature"):
        soft_choice(0)


def test_soft_trust_by_hand():
    a = torch.tensor([[1.0, -1.0], [0.0, -1.0]], dtype=torch.float64)  # spread 1, of the first element
    odds = a.exp()
    trust = odds / (1 + odds.sum(0))
    assert torch.allclose(soft_trust()(a), trust / trust.sum())
    assert soft_trust()(a).sum(0)[0] > soft_trust()(a).sum(0)[1]  # the one both of whose labels are opposed
