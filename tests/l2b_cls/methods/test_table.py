"""Each method's step: what it sees, its formula, and that it learns, on the real feed and state."""

import copy
import io
import math

import pytest
import torch
from l2b_cls.methods.memory import TrainState

from l2b_cls.config import MethodName, Settings
from l2b_cls.losses import bootstrap_hard, bootstrap_soft, cross_entropy, focal, mixed_target
from l2b_cls.methods import table as methods
from l2b_cls.methods.glc import corruption_matrix, glc_loss, gold_size
from l2b_cls.methods.table import METHODS, StepReport, teacher_pseudo_label
from tests.l2b_cls.synthetic import CLASSES, META, TRAIN, feed_for, given_labels, make_settings, poisoned, state_for

WEIGHT_NETS = ("mwnet", "mnwnet", "rmnwnet")
WEIGHTED = ("l2rw", "l2b", *WEIGHT_NETS)


@pytest.fixture
def batches(monkeypatch):
    """Every (images, labels) that `plain_step` is given, as the real step goes on with it."""
    seen, real = [], methods.plain_step

    def spy(state, settings, images, target, *loss):
        seen.append((images, target))
        return real(state, settings, images, target, *loss)

    monkeypatch.setattr(methods, "plain_step", spy)
    return seen


def weights_of(state):
    return {name: value.clone() for name, value in state.model.state_dict().items()}


def same_weights(one, other):
    return all(value.equal(other[name]) for name, value in one.items())


def stepped(settings: Settings, method: MethodName | None = None, epoch: int = 0):
    state = state_for(settings)
    report = METHODS[method or settings.method].step(state, feed_for(settings), settings, epoch, 1)
    return weights_of(state), report


def run(state: TrainState, feed, settings: Settings, epochs: range) -> list[StepReport]:
    """What the training loop does with a method, without evaluation and files."""
    method, reports = METHODS[settings.method], []
    for epoch in epochs:
        if method.before_epoch is not None:
            feed = method.before_epoch(state, feed, settings, epoch)
        state.model.train()
        for step in range(feed.steps):
            reports.append(method.step(state, feed, settings, epoch, step))
            state.average(settings.average_decay)
        state.epoch = epoch + 1
    return reports


@torch.no_grad()
def test_accuracy(state, feed) -> float:
    state.model.eval()
    right = [state.model(images).argmax(1) == labels for images, labels, _ in feed.ordered("evaluation", 16)]
    return float(torch.cat(right).float().mean())


test_accuracy.__test__ = False
VARIANTS = [
    *((name, {}) for name in METHODS),
    ("joint", {"joint_by": "steps"}),
    ("joint", {"joint_by": "steps", "clean_steps": "warm_up", "warm_up": 0.5}),
    ("l2b", {"warm_up": 0.5, "average_decay": 0.9, "bootstrap": {"pseudo_label": "teacher", "judge_decay": 0.5}}),
    ("l2b", {"bootstrap": {"mixup_alpha": 32.0, "supervised_meta_step": True}}),
    ("l2b", {"warm_up": 0.5, "meta": {"source": "online", "loss": "mae", "loss_epochs": 3, "per_class": 8}}),
    ("l2rw", {"warm_up": 0.5, "meta": {"source": "online"}}),
    ("l2b", {"meta": {"source": "given", "loss": "mae"}}),
    ("mwnet", {"warm_up": 0.3, "weight_net": {"weight_norm": "none"}, "sampling": "iid"}),
]
EACH = pytest.mark.parametrize(("method", "over"), VARIANTS, ids=lambda part: str(part) if part else "")


def test_table_has_every_method():
    assert set(METHODS) == set(MethodName.__args__)
    without = {"ce", "bootstrap-hard", "bootstrap-soft", "mixup", "focal", "mnwnet", "rmnwnet"}
    assert {name for name, method in METHODS.items() if not method.clean_labels} == without
    assert len({method.text for method in METHODS.values()}) == len(METHODS)


@EACH
def test_it_learns_and_never_needs_a_clean_label_of_a_training_sample(method, over):
    settings = make_settings(method, **{"epochs": 8} | over)
    found = []
    for source in (None, poisoned()):
        state, feed = state_for(settings), feed_for(settings, source)
        before = test_accuracy(state, feed)
        reports = run(state, feed, settings, range(8))
        assert all(math.isfinite(report.loss) and report.gradient_norm < float("inf") for report in reports)
        assert test_accuracy(state, feed) > max(before, 0.6)
        found.append(state.state_dict())
    assert same_weights(found[0]["model"], found[1]["model"])


@EACH
def test_a_resumed_run_goes_on_the_same(method, over):
    settings = make_settings(method, **over)
    whole, parts = state_for(settings), state_for(settings)
    run(whole, feed_for(settings), settings, range(4))
    run(parts, feed_for(settings), settings, range(3))  # glc and the online meta set remember something by then
    stored = io.BytesIO()
    torch.save(parts.state_dict(), stored)
    resumed = state_for(make_settings(method, **over | {"seed": 5}))
    resumed.load_state_dict(torch.load(io.BytesIO(stored.getvalue()), weights_only=True))
    run(resumed, feed_for(settings), settings, range(3, 4))
    assert same_weights(weights_of(whole), weights_of(resumed))
    if whole.weight_net is not None:
        assert same_weights(whole.weight_net.state_dict(), resumed.weight_net.state_dict())


@pytest.mark.parametrize("method", METHODS)
def test_the_report_has_weights_where_the_method_has_them(method):
    settings = make_settings(method)
    after, report = stepped(settings)
    assert not same_weights(after, weights_of(state_for(settings)))
    if method not in WEIGHTED:
        assert report.position is report.alpha is report.beta is report.beta_share is None
        return
    assert report.position.equal(feed_for(settings).given(0, 1)[2])
    assert report.alpha.shape == (16,)
    total = report.alpha.sum() + (0 if report.beta is None else report.beta.sum())
    assert float(total) == pytest.approx(1)
    assert (report.beta is not None) == (method == "l2b")
    if method == "l2b":
        assert report.beta_share == pytest.approx(float(report.beta.sum()))
    else:
        assert report.beta_share == 0


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
    _, report = stepped(settings)
    images, labels, _ = feed_for(settings).given(0, 1)
    expected = loss(state_for(settings).model(images), labels).mean()
    assert report.loss == pytest.approx(expected.item(), rel=1e-6)


def test_mixup_is_its_formula():
    settings = make_settings("mixup", losses={"mixup_alpha": 2.0})
    _, report = stepped(settings)
    feed = feed_for(settings)
    images, labels, _ = feed.given(0, 1)
    rng = feed.other_draws(0, 1)
    keep, order = rng.beta(2.0, 2.0), rng.permutation(16)
    logits = state_for(settings).model(keep * images + (1 - keep) * images[order])
    expected = keep * cross_entropy(logits, labels) + (1 - keep) * cross_entropy(logits, labels[order])
    assert report.loss == pytest.approx(expected.mean().item(), rel=1e-5)


def test_joint_fills_the_share_with_clean_samples(batches):
    settings = make_settings("joint", clean_share=0.33)
    stepped(settings)
    feed = feed_for(settings)
    (given, labels, _), clean = feed.given(0, 1), feed.clean(0, 1, 8)
    assert batches[0][0].equal(torch.cat([given, clean[0]]))
    assert batches[0][1].equal(torch.cat([labels, clean[1]]))
    stepped(make_settings("joint", clean_share=0.01))
    assert len(batches[1][0]) == 17


def test_joint_by_steps_is_a_given_step_and_a_clean_step(batches):
    settings = make_settings("joint", joint_by="steps")
    stepped(settings)
    feed = feed_for(settings)
    for (images, labels), wanted in zip(batches, [feed.given(0, 1)[:2], feed.clean(0, 1, 12)], strict=True):
        assert images.equal(wanted[0])
        assert labels.equal(wanted[1])


def test_joint_without_clean_steps_after_the_warm_up_is_plain(batches):
    settings = make_settings("joint", joint_by="steps", clean_steps="warm_up", epochs=4, warm_up=0.5)
    counts = []
    for epoch in range(4):
        batches.clear()
        stepped(settings, epoch=epoch)
        counts.append(len(batches))
    assert counts == [2, 2, 1, 1]


@pytest.mark.parametrize("method", ["l2rw", "l2b"])
def test_clean_steps_in_the_warm_up_alone(method):
    def after(epoch, teaches, clean_steps):
        over = {"bootstrap": {"supervised_meta_step": teaches}, "clean_steps": clean_steps}
        return stepped(make_settings(method, epochs=4, warm_up=0.5, **over), epoch=epoch)[0]

    for epoch in (1, 2):
        chosen, all_epochs, never = after(epoch, True, "warm_up"), after(epoch, True, "all"), after(epoch, False, "all")
        assert not same_weights(all_epochs, never)
        assert same_weights(chosen, all_epochs if epoch == 1 else never)


def test_finetune_switches_to_the_clean_samples(batches):
    settings = make_settings("finetune", finetune={"share": 0.5, "lr": 0.01})
    feed = feed_for(settings)
    for epoch in range(4):
        batches.clear()
        stepped(settings, epoch=epoch)
        expected = feed.given(epoch, 1)[:2] if epoch < 2 else feed.clean(epoch, 1, 16)
        assert batches[0][0].equal(expected[0])
        assert batches[0][1].equal(expected[1])


@pytest.mark.parametrize("method", WEIGHTED)
def test_warm_up_is_plain_training_without_weights(method):
    settings = make_settings(method, epochs=3, warm_up=0.7)
    warm, report = stepped(settings, epoch=1)
    plain, plain_report = stepped(settings, "ce", epoch=1)
    assert report.alpha is report.position is None
    assert report.loss == pytest.approx(plain_report.loss, rel=1e-6)
    assert same_weights(warm, plain)
    assert not same_weights(stepped(settings, epoch=2)[0], stepped(settings, "ce", epoch=2)[0])


def test_the_candidates_of_l2b():
    """beta = 0 is l2rw; alpha = 0 leaves the pseudo-label alone; alpha + beta = 1 gives each sample 1 / B."""
    given, report = stepped(make_settings("l2b", bootstrap={"candidates": "given"}))
    assert report.beta is None
    assert same_weights(given, stepped(make_settings("l2rw"))[0])
    _, report = stepped(make_settings("l2b", bootstrap={"candidates": "pseudo"}))
    assert not report.alpha.any()
    assert report.beta_share == 1
    _, report = stepped(make_settings("l2b", bootstrap={"normalize": "sum_to_one"}))
    torch.testing.assert_close(report.alpha + report.beta, torch.full((16,), 1 / 16))


@pytest.mark.parametrize(
    "normalize", ["rectified", "softmax", "sigmoid", "rectified_sigmoid", "sum_to_one", "soft_choice", "soft_trust"]
)
@pytest.mark.parametrize("mode", ["exact", "fast"])
def test_every_way_to_the_weights(normalize, mode):
    settings = make_settings(
        "l2b", average_decay=0.9, bootstrap={"normalize": normalize, "pseudo_label": "teacher", "mode": mode}
    )
    after, report = stepped(settings)
    assert 0 <= report.beta_share <= 1
    assert all(value.isfinite().all() for value in after.values())


def test_a_mixed_pair_weighs_for_both_its_samples():
    settings = make_settings("l2b", bootstrap={"mixup_alpha": 2.0})
    _, report = stepped(settings)
    feed = feed_for(settings)
    position, rng = feed.given(0, 1)[2], feed.other_draws(0, 1)
    rng.beta(2.0, 2.0)
    assert report.position.equal(torch.cat([position, position[torch.from_numpy(rng.permutation(16))]]))
    assert report.alpha.shape == report.beta.shape == (32,)
    assert report.alpha[:16].equal(report.alpha[16:])


def test_mixed_pairs_without_pseudo_labels_are_weighted_as_well():
    _, report = stepped(make_settings("l2b", bootstrap={"mixup_alpha": 2.0, "candidates": "given"}))
    assert report.alpha.shape == report.position.shape == (32,)
    assert report.beta is None
    _, report = stepped(make_settings("l2rw", bootstrap={"mixup_alpha": 2.0}))
    assert report.position.shape == (16,)


def test_with_mixup_the_weighted_losses_are_those_of_the_mixed_batch():
    """L2B's released code: f = keep CE(y) + (1 - keep) CE(y'), g = CE of the class seen in the mixed image."""
    settings = make_settings("l2b", bootstrap={"mixup_alpha": 2.0})
    _, report = stepped(settings)
    feed = feed_for(settings)
    images, labels, _ = feed.given(0, 1)
    rng = feed.other_draws(0, 1)
    keep, order = float(rng.beta(2.0, 2.0)), torch.from_numpy(rng.permutation(16))
    logits = state_for(settings).model(keep * images + (1 - keep) * images[order])
    f = cross_entropy(logits, mixed_target(labels, labels[order], keep, CLASSES))
    g = cross_entropy(logits, logits.argmax(1))
    expected = (report.alpha[:16] * f + report.beta[:16] * g).sum()
    assert report.loss == pytest.approx(expected.item(), rel=1e-5)


def test_teacher_is_the_averaged_network_in_eval_mode():
    settings = make_settings("l2b", average_decay=0.9)
    state, images = state_for(settings), torch.rand(5, 1, 12, 12)
    with torch.no_grad():
        for value in state.averaged.parameters():
            value.add_(0.3 * torch.randn_like(value))
    before = copy.deepcopy(state.averaged.state_dict())
    found = teacher_pseudo_label(state, images)(state.model(images))
    assert found.equal(copy.deepcopy(state.averaged).eval()(images).argmax(1))
    assert same_weights(state.averaged.state_dict(), before)


def test_the_averaged_judge_is_fed_by_the_steps():
    settings = make_settings("l2b", bootstrap={"judge_decay": 0.9})
    state, feed = state_for(settings), feed_for(settings)
    METHODS["l2b"].step(state, feed, settings, 0, 0)
    first = {name: value.clone() for name, value in state.judge.average.items()}
    METHODS["l2b"].step(state, feed, settings, 0, 1)
    assert first
    assert any(not state.judge.average[name].equal(value) for name, value in first.items())


def test_the_weight_net_learns_to_distrust_and_its_meta_loss_is_the_one_named(monkeypatch):
    seen, real = [], methods.weight_net_step
    monkeypatch.setattr(methods, "weight_net_step", lambda *a, **k: seen.append(k) or real(*a, **k))
    for method in WEIGHT_NETS:
        stepped(make_settings(method))
    logits, labels = torch.tensor([[2.0, 0.0]]), torch.tensor([1])
    wrong = 2 * (1 - torch.softmax(logits, 1)[0, 1])
    values = [options["meta_loss"](logits, labels) for options in seen]
    torch.testing.assert_close(torch.cat(values), torch.stack([*[cross_entropy(logits, labels)[0]] * 2, wrong]))


def test_glc_measures_starts_anew_and_corrects():
    settings = make_settings("glc", average_decay=0.5)
    state, feed = state_for(settings), feed_for(settings)
    run(state, feed, settings, range(2))
    assert state.correction is None
    expected = corruption_matrix(state.evaluated, feed, settings)
    METHODS["glc"].before_epoch(state, feed, settings, 2)
    torch.testing.assert_close(state.correction, expected)
    assert same_weights(state.model.state_dict(), state_for(settings).model.state_dict())
    assert same_weights(state.averaged.state_dict(), state.initial)
    assert not state.optimizer.state
    report = METHODS["glc"].step(state, feed, settings, 2, 0)
    (images, labels, _), gold = feed.given(2, 0), feed.clean(2, 0, gold_size(feed, settings))
    assert len(gold[0]) == round(16 * META / TRAIN)
    logits = state_for(settings).model(torch.cat([images, gold[0]]))
    assert report.loss == pytest.approx(glc_loss(logits, labels, gold[1], expected).mean().item(), rel=1e-5)
    moved = weights_of(state)
    METHODS["glc"].before_epoch(state, feed, settings, 3)
    assert same_weights(moved, weights_of(state))


def test_the_correction_is_the_mean_prediction_of_each_gold_class():
    settings = make_settings("glc")
    state, feed = state_for(settings), feed_for(settings)
    state.model.eval()
    with torch.no_grad():
        parts = [(torch.softmax(state.model(x), 1), y) for x, y, _ in feed.ordered("meta", 7)]
    p, y = (torch.cat(part) for part in zip(*parts, strict=True))
    expected = torch.stack([p[y == label].mean(0) for label in range(CLASSES)])
    torch.testing.assert_close(corruption_matrix(state.model, feed, settings), expected)
    without = feed.with_meta((given_labels() != 1).nonzero()[0])
    torch.testing.assert_close(corruption_matrix(state.model, without, settings)[1], torch.eye(CLASSES)[1])
