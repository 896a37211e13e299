"""Each method's step on samples: it learns, resumes, and never sees a clean label of a training sample."""

import io
import math
from dataclasses import replace

import pytest
import torch

from l2b_cls.losses import bootstrap_hard, bootstrap_soft, cross_entropy, focal, mixed_target
from l2b_cls.methods import weight_nets
from l2b_cls.methods.glc import corruption_matrix, glc_loss, gold_size
from l2b_cls.methods.table import METHODS
from l2b_run.training.method import Training
from l2b_run.training.step_report import StepReport
from tests.l2b_cls.synthetic import CLASSES, META, TRAIN, given_labels, make_settings, poisoned, training_for
from tests.tasks import CLS, same_weights, stepped, weights_of

WEIGHT_NETS = ("mwnet", "mnwnet", "rmnwnet")
WEIGHTED = ("l2rw", "l2b", "l2b-net", *WEIGHT_NETS)


def go(run: Training, epochs: range) -> list[StepReport]:
    """What the training loop does with a method, without evaluation and files."""
    reports = []
    for epoch in epochs:
        batches = run.batches if run.method.before_epoch is None else run.method.before_epoch(run, epoch)
        here = replace(run, batches=batches)
        for network in run.state.networks:
            network.model.train()
        reports += run.method.steps_of(here, epoch)
        run.state.epoch = epoch + 1
    return reports


@torch.no_grad()
def accuracy(run: Training) -> float:
    network = run.state.evaluated.eval()
    right = [network(images).argmax(1) == labels for images, labels, _ in run.batches.ordered("evaluation", 16)]
    return float(torch.cat(right).float().mean())


VARIANTS = [
    *((name, {}) for name in METHODS),
    ("s-model", {"warm_up": 0.5}),
    ("m-correction", {"warm_up": 0.5, "average_decay": 0.9}),
    ("joint", {"joint_by": "steps"}),
    ("joint", {"joint_by": "steps", "clean_steps": "warm_up", "warm_up": 0.5}),
    ("l2b", {"warm_up": 0.5, "average_decay": 0.9, "bootstrap": {"pseudo_label": "teacher", "judge_decay": 0.5}}),
    ("l2b", {"bootstrap": {"mixup_alpha": 32.0, "supervised_meta_step": True}}),
    ("l2b", {"warm_up": 0.5, "meta": {"source": "online", "loss": "mae", "loss_epochs": 3, "per_class": 8}}),
    ("l2rw", {"warm_up": 0.5, "meta": {"source": "online"}}),
    ("l2b", {"meta": {"source": "given", "loss": "mae"}}),
    ("l2b-net", {"warm_up": 0.3, "average_decay": 0.9, "l2b_net": {"prior": 0.3}}),
    ("co-teaching", {"average_decay": 0.9, "co_teaching": {"forget_rate": 0.3, "ramp_epochs": 2}}),
    ("dividemix", {"dividemix": {"labelled_batch": 8, "loss_epochs": 5, "entropy_penalty": True}}),
    ("l2b-dividemix", {"meta": {"source": "online"}, "plug_in": {"networks": "both", "labels": "noisy"}}),
    ("l2b-unicon", {"average_decay": 0.9, "meta": {"source": "online"}, "plug_in": {"networks": "both"}}),
    ("mwnet", {"warm_up": 0.3, "weight_net": {"weight_norm": "none"}, "sampling": "iid"}),
]
EACH = pytest.mark.parametrize(("method", "over"), VARIANTS, ids=lambda part: str(part) if part else "")


def test_what_the_table_says_of_clean_labels():
    without = {"ce", "bootstrap-hard", "bootstrap-soft", "mixup", "focal", "mnwnet", "rmnwnet"}
    assert {name for name, method in METHODS.items() if not method.clean_labels} >= without
    assert {name for name, method in METHODS.items() if method.clean == "judge"} == {
        "l2rw",
        "l2b",
        "l2b-dividemix",
        "l2b-unicon",
        "l2b-c2d",
    }
    assert len({method.text for method in METHODS.values()}) == len(METHODS)


@EACH
def test_it_learns_and_never_needs_a_clean_label_of_a_training_sample(method, over):
    settings = make_settings(method, **{"epochs": 8} | over)
    found = []
    for source in (None, poisoned()):
        run = training_for(settings, source)
        before = accuracy(run)
        reports = go(run, range(8))
        assert all(math.isfinite(report.loss) and report.gradient_norm < float("inf") for report in reports)
        assert accuracy(run) > max(before, 0.6)
        found.append(run.state.state_dict())
    assert same_weights(found[0]["model"], found[1]["model"])
    if METHODS[method].networks == 2:
        assert same_weights(found[0]["second"]["model"], found[1]["second"]["model"])
        assert not same_weights(found[0]["model"], found[0]["second"]["model"])


@EACH
def test_a_resumed_run_goes_on_the_same(method, over):
    settings = make_settings(method, **over)
    whole, parts = training_for(settings), training_for(settings)
    go(whole, range(4))
    go(parts, range(3))  # glc and the online meta set remember something by then
    stored = io.BytesIO()
    torch.save(parts.state.state_dict(), stored)
    resumed = training_for(make_settings(method, **over | {"seed": 5}))
    resumed = replace(resumed, settings=settings, batches=training_for(settings).batches)
    resumed.state.load_state_dict(torch.load(io.BytesIO(stored.getvalue()), weights_only=True))
    go(resumed, range(3, 4))
    assert same_weights(whole.state.evaluated.state_dict(), resumed.state.evaluated.state_dict())
    assert same_weights(weights_of(whole), weights_of(resumed))
    if method in (*WEIGHT_NETS, "l2b-net"):
        assert same_weights(whole.state.memory.net.state_dict(), resumed.state.memory.net.state_dict())


@pytest.mark.parametrize("method", [name for name, method in METHODS.items() if method.step is not None])
def test_the_report_has_weights_where_the_method_has_them(method):
    settings = make_settings(method)
    _, report = stepped(CLS, settings)
    if method not in WEIGHTED:
        assert report.position is report.alpha is report.beta is report.beta_share is None
        return
    assert report.position.equal(training_for(settings).batches.given(0, 1).position)
    assert report.alpha.shape == (16,)
    total = report.alpha.sum() + (0 if report.beta is None else report.beta.sum())
    assert float(total) == pytest.approx(1)
    with_pseudo = method in ("l2b", "l2b-net")
    assert (report.beta is not None) == with_pseudo
    assert report.beta_share == (pytest.approx(float(report.beta.sum())) if with_pseudo else 0)


@pytest.mark.parametrize(
    ("method", "loss"),
    [
        ("ce", cross_entropy),
        ("bootstrap-hard", bootstrap_hard(0.7)),
        ("bootstrap-soft", bootstrap_soft(0.9, detach_target=True)),
        ("focal", focal(3.0)),
    ],
)
def test_plain_methods_are_the_mean_of_their_loss(method, loss):
    chosen = {"bootstrap_hard": 0.7, "bootstrap_soft": 0.9, "detach_target": True, "focal_gamma": 3.0}
    settings = make_settings(method, losses=chosen)
    _, report = stepped(CLS, settings)
    run = training_for(settings)
    images, labels, _ = run.batches.given(0, 1)
    assert report.loss == pytest.approx(loss(run.state.model(images), labels).mean().item(), rel=1e-6)


@pytest.mark.parametrize("method", WEIGHT_NETS)
def test_warm_up_of_a_weight_net_is_plain_training(method):
    over = {"epochs": 3, "warm_up": 0.7}
    warm, report = stepped(CLS, make_settings(method, **over), 1)
    plain, _ = stepped(CLS, make_settings("ce", **over), 1)
    assert report.alpha is report.position is None
    assert same_weights(warm, plain)
    assert not same_weights(stepped(CLS, make_settings(method, **over), 2)[0], plain)


def test_alpha_and_beta_of_a_sample_share_its_weight():
    _, report = stepped(CLS, make_settings("l2b", bootstrap={"normalize": "sum_to_one"}))
    torch.testing.assert_close(report.alpha + report.beta, torch.full((16,), 1 / 16))


def mixed_pair(settings):
    """The run, its network's view of the mixed batch of step 1, and share and order of the pairs."""
    run = training_for(settings)
    (images, labels, position), rng = run.batches.given(0, 1), run.batches.other_draws(0, 1)
    keep, order = float(rng.beta(2.0, 2.0)), torch.from_numpy(rng.permutation(16))
    logits = run.state.model(keep * images + (1 - keep) * images[order])
    return logits, labels, position, keep, order


def test_a_mixed_pair_weighs_for_both_its_samples():
    settings = make_settings("l2b", bootstrap={"mixup_alpha": 2.0})
    _, report = stepped(CLS, settings)
    _, _, position, _, order = mixed_pair(settings)
    assert report.position.equal(torch.cat([position, position[order]]))
    assert report.alpha.shape == report.beta.shape == (32,)
    assert report.alpha[:16].equal(report.alpha[16:])


def test_mixed_pairs_without_pseudo_labels_are_weighted_as_well():
    _, report = stepped(CLS, make_settings("l2b", bootstrap={"mixup_alpha": 2.0, "candidates": "given"}))
    assert report.alpha.shape == report.position.shape == (32,)
    assert report.beta is None
    _, report = stepped(CLS, make_settings("l2rw", bootstrap={"mixup_alpha": 2.0}))
    assert report.position.shape == (16,)


def test_with_mixup_the_weighted_losses_are_those_of_the_mixed_batch():
    """L2B's released code: f = keep CE(y) + (1 - keep) CE(y'), g = CE of the class seen in the mixed image."""
    settings = make_settings("l2b", bootstrap={"mixup_alpha": 2.0})
    _, report = stepped(CLS, settings)
    logits, labels, _, keep, order = mixed_pair(settings)
    f = cross_entropy(logits, mixed_target(labels, labels[order], keep, CLASSES))
    g = cross_entropy(logits, logits.argmax(1))
    expected = (report.alpha[:16] * f + report.beta[:16] * g).sum()
    assert report.loss == pytest.approx(expected.item(), rel=1e-5)


def test_the_weight_nets_meta_loss_is_the_one_named(monkeypatch):
    seen, real = [], weight_nets.weight_net_step
    monkeypatch.setattr(weight_nets, "weight_net_step", lambda *a, **k: seen.append(k) or real(*a, **k))
    for method in WEIGHT_NETS:
        stepped(CLS, make_settings(method))
    logits, labels = torch.tensor([[2.0, 0.0]]), torch.tensor([1])
    wrong = 2 * (1 - torch.softmax(logits, 1)[0, 1])
    values = [options["meta_loss"](logits, labels) for options in seen]
    torch.testing.assert_close(torch.cat(values), torch.stack([*[cross_entropy(logits, labels)[0]] * 2, wrong]))


def test_glc_measures_starts_anew_and_corrects():
    settings = make_settings("glc", average_decay=0.5)
    run = training_for(settings)
    state, memory, batches = run.state, run.state.memory, run.batches
    go(run, range(2))
    assert memory.correction is None
    expected = corruption_matrix(state.evaluated, batches, 16)
    run.method.before_epoch(run, 2)
    torch.testing.assert_close(memory.correction, expected)
    assert same_weights(state.model.state_dict(), training_for(settings).state.model.state_dict())
    assert same_weights(state.averaged.state_dict(), memory.initial)
    assert not state.optimizer.state
    state.model.train()
    report = run.method.step(run, 2, 0)
    (images, labels, _), gold = batches.given(2, 0), batches.clean(2, 0, gold_size(batches, 16))
    assert len(gold[0]) == round(16 * META / TRAIN)
    logits = training_for(settings).state.model(torch.cat([images, gold[0]]))
    assert report.loss == pytest.approx(glc_loss(logits, labels, gold[1], expected).mean().item(), rel=1e-5)
    moved = weights_of(run)
    run.method.before_epoch(run, 3)
    assert same_weights(moved, weights_of(run))


def test_the_correction_is_the_mean_prediction_of_each_gold_class():
    run = training_for(make_settings("glc"))
    model, batches = run.state.model.eval(), run.batches
    with torch.no_grad():
        parts = [(torch.softmax(model(x), 1), y) for x, y, _ in batches.ordered("meta", 7)]
    p, y = (torch.cat(part) for part in zip(*parts, strict=True))
    expected = torch.stack([p[y == label].mean(0) for label in range(CLASSES)])
    torch.testing.assert_close(corruption_matrix(model, batches, 5), expected)
    without = batches.with_meta((given_labels() != 1).nonzero()[0])
    torch.testing.assert_close(corruption_matrix(model, without, 16)[1], torch.eye(CLASSES)[1])
