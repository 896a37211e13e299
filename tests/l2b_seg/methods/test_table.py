"""What is segmentation's own in its methods: five views, masks of several weights, the clean gradient's old name."""

import math

import pytest
import torch

from l2b_run.methods import reweight
from l2b_run.settings.normalizer import normalizer_of
from l2b_seg.methods.table import METHODS
from l2b_seg.task import Task
from tests.l2b_seg.tiny import make_settings, make_training
from tests.tasks import SEG, stepped


def test_what_the_table_says_of_clean_labels():
    assert {name for name, method in METHODS.items() if method.clean == "judge"} == {"nl", "l2b", "l2b-dividemix"}
    assert not METHODS["unetpp"].clean_labels
    assert not METHODS["mixup"].clean_labels


@pytest.mark.parametrize("normalize", ["rectified", "sum_to_one", "soft_choice"])
def test_pseudo_labels_of_five_views(normalize, monkeypatch):
    seen, real = [], reweight.train_step
    monkeypatch.setattr(reweight, "train_step", lambda *a, **k: seen.append(a) or real(*a, **k))
    bootstrap = {"normalize": normalize, "pseudo_label": "views"}
    _, report = stepped(SEG, make_settings("l2b", batch_size=2, bootstrap=bootstrap))
    assert math.isfinite(report.loss)
    assert 0 <= report.beta_share <= 1
    _, _, batch, meta_batch = seen[0]
    assert (len(batch[0]), len(meta_batch[0])) == (10, 15)


def test_weights_are_a_pixels(data, monkeypatch):
    seen, real = [], reweight.train_step
    monkeypatch.setattr(reweight, "train_step", lambda *a, **k: seen.append(done := real(*a, **k)) or done)
    for method, labels in (("nl", 1), ("l2b", 2)):
        run = make_training(data, make_settings(method))
        report = run.method.step(run, 0, 1)
        assert seen.pop().weights.shape == (labels, 4, 32, 32)
        assert report.position is report.alpha is None


def test_soft_targets_have_the_mixture_of_losses():
    binary = Task(1, ("gland",))
    logits, a, b = torch.randn(2, 1, 5, 5), torch.ones(2, 1, 5, 5), torch.zeros(2, 1, 5, 5)
    mixed = binary.mixed_loss(logits, a, b, 0.3)
    assert mixed.shape == (2, 5, 5)
    torch.testing.assert_close(mixed, 0.3 * binary.loss(logits, a) + 0.7 * binary.loss(logits, b))


def test_pseudo_alone_gives_alpha_nothing():
    weights = normalizer_of(make_settings("l2b", bootstrap={"candidates": "pseudo"}).bootstrap)(torch.rand(2, 3, 4, 4))
    assert not weights[0].any()
    assert float(weights[1].sum()) == pytest.approx(1)


def test_clean_share_of_a_weighted_method_is_its_clean_gradient():
    """A run or recipe of version 0.3 blends the meta gradient of nl and l2b by `clean_share`."""
    assert make_settings("l2b", clean_share=0.2).bootstrap.clean_gradient == 0.2
    assert make_settings("l2b", clean_share=0.2).clean_share == 0.33
    assert make_settings("joint", clean_share=0.2).clean_share == 0.2
    assert make_settings("joint", clean_share=0.2).bootstrap.clean_gradient == 0
