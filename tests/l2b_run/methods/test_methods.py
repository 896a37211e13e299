"""The methods both tasks share: what a step sees, its formula, and finite numbers."""

import copy
import math
from dataclasses import replace

import pytest
import torch

from l2b_cls.methods.table import METHODS as CLS_METHODS
from l2b_run.methods import reweight
from l2b_run.methods.reweight import teacher_pseudo_label
from l2b_seg.methods.table import METHODS as SEG_METHODS
from tests.tasks import CLS, EACH_TASK, SEG, same_weights, seen_in_step, stepped, weights_of

NORMALIZERS = (*("rectified", "softmax", "sigmoid", "rectified_sigmoid", "sum_to_one", "soft_choice", "soft_trust"),)
TABLES = ((SEG, SEG_METHODS), (CLS, CLS_METHODS))
EACH_METHOD = pytest.mark.parametrize(
    ("task", "method"),
    [(task, name) for task, table in TABLES for name, method in table.items() if method.step is not None],
    ids=lambda part: getattr(part, "name", part),
)


def assert_seen(seen, expected):
    assert len(seen) == len(expected)
    for (images, target), (wanted, label) in zip(seen, expected, strict=True):
        assert images.equal(wanted)
        assert target.equal(label)


@EACH_METHOD
def test_a_step_is_finite_and_moves_the_network(task, method):
    settings = task.settings(method)
    start = weights_of(task.training(settings))
    after, report = stepped(task, settings)
    assert math.isfinite(report.loss)
    assert 0 < report.gradient_norm < float("inf")
    assert all(value.isfinite().all() for value in after.values())
    assert any(not value.equal(start[name]) for name, value in after.items() if name.endswith("weight"))
    weighted = method in (*task.weighted, "mwnet", "mnwnet", "rmnwnet")
    assert (report.beta_share is not None) == weighted


@EACH_TASK
@pytest.mark.parametrize("normalize", NORMALIZERS)
@pytest.mark.parametrize("mode", ["exact", "fast"])
def test_every_way_to_the_weights(task, normalize, mode):
    bootstrap = {"normalize": normalize, "pseudo_label": "teacher", "mode": mode}
    after, report = stepped(task, task.settings("l2b", average_decay=0.9, bootstrap=bootstrap))
    assert math.isfinite(report.loss)
    assert 0 <= report.beta_share <= 1
    assert all(value.isfinite().all() for value in after.values())


@EACH_TASK
def test_the_averaged_judge_is_fed_by_the_steps(task):
    run = task.training(task.settings("l2b", bootstrap={"pseudo_label": "own", "judge_decay": 0.9}))
    run.method.step(run, 0, 0)
    first = {name: value.clone() for name, value in run.state.judge.average.items()}
    run.method.step(run, 0, 1)
    assert first
    assert any(not run.state.judge.average[name].equal(value) for name, value in first.items())


@EACH_TASK
def test_joint_fills_the_share_with_clean_ones(task):
    settings = task.settings("joint", clean_share=0.33)
    run = task.training(settings)
    drawn, clean = run.batches.given(0, 1), run.batches.clean(0, 1, round(settings.batch_size * 0.33 / 0.67))
    expected = torch.cat([drawn.images, clean[0]]), torch.cat([drawn.target, clean[1]])
    assert_seen(seen_in_step(run, 0, 1), [expected])
    few = seen_in_step(task.training(task.settings("joint", clean_share=0.01)), 0, 1)
    assert len(few[0][0]) == settings.batch_size + 1


@EACH_TASK
def test_joint_by_steps_is_a_given_step_and_a_clean_step(task):
    settings = task.settings("joint", joint_by="steps")
    run = task.training(settings)
    batches = run.batches
    expected = [batches.given(0, 1)[:2], batches.clean(0, 1, settings.meta_batch_size)]
    assert_seen(seen_in_step(run, 0, 1), expected)


@EACH_TASK
def test_joint_without_clean_steps_after_the_warm_up_is_plain(task):
    settings = task.settings("joint", joint_by="steps", clean_steps="warm_up", epochs=4, warm_up=0.5)
    run = task.training(settings)
    assert [len(seen_in_step(run, epoch, 1)) for epoch in range(4)] == [2, 2, 1, 1]


@EACH_TASK
@pytest.mark.parametrize("number", [0, 1])
def test_clean_steps_in_the_warm_up_alone(task, number):
    def after(epoch, teaches, clean_steps):
        bootstrap = {"pseudo_label": "own", "supervised_meta_step": teaches}
        over = {"bootstrap": bootstrap, "clean_steps": clean_steps, "epochs": 4, "warm_up": 0.5}
        return stepped(task, task.settings(task.weighted[number], **over), epoch)[0]

    for epoch in (1, 2):
        chosen, all_epochs, never = after(epoch, True, "warm_up"), after(epoch, True, "all"), after(epoch, False, "all")
        assert not same_weights(all_epochs, never)
        assert same_weights(chosen, all_epochs if epoch == 1 else never)


@EACH_TASK
@pytest.mark.parametrize("method", ["joint", "l2b"])
def test_measured_clean_steps_leave_out_what_is_known_by_heart(task, method):
    """With guesses of a higher loss than the clean labels a step is one without; with the network's own, one with."""

    class ByHeart:
        def __getattr__(self, name):
            return getattr(task.training(task.settings()).task, name)

        def hard_pseudo_label(self, logits):
            return 1 - real.hard_pseudo_label(logits)  # the less probable of two labels

    def after(clean_steps, by_heart=False, *, plain=False):
        bootstrap = {"pseudo_label": "own", "supervised_meta_step": not plain}
        over = {"joint_by": "steps", "clean_steps": clean_steps, "bootstrap": bootstrap, "epochs": 4, "warm_up": 0.5}
        run = task.training(task.settings(task.plain if plain else method, **over))
        report = run.method.step(replace(run, task=ByHeart()) if by_heart else run, 0, 1)
        return report.clean_step, weights_of(run)

    real = task.training(task.settings()).task
    (no, left), (yes, taught) = after("measured", by_heart=True), after("measured")
    assert (no, yes, after("all")[0], after("warm_up")[0]) == (False, True, True, True)
    assert same_weights(taught, after("all")[1])
    learnt = {name: value for name, value in left.items() if "running" not in name and "tracked" not in name}
    assert same_weights(learnt, after("all", plain=True)[1])
    assert not same_weights(learnt, taught)


@EACH_TASK
def test_the_stated_method_has_no_clean_gradient_in_its_step(task):
    """By default l2b weighs and nothing else: the share of the meta gradient is 0 in both tasks."""
    assert task.settings("l2b").bootstrap.clean_gradient == 0
    plain = {"pseudo_label": "own", "supervised_meta_step": False}
    stated, _ = stepped(task, task.settings("l2b", bootstrap=plain))
    blended, _ = stepped(task, task.settings("l2b", bootstrap=plain | {"clean_gradient": 0.33}))
    assert not same_weights(stated, blended)


@EACH_TASK
def test_mixup_is_its_formula(task):
    over = {"mixup_alpha": 2.0} if task is SEG else {"losses": {"mixup_alpha": 2.0}}
    settings = task.settings("mixup", **over)
    _, report = stepped(task, settings)
    run = task.training(settings)
    (images, target, _), rng = run.batches.given(0, 1), run.batches.other_draws(0, 1)
    keep, order = rng.beta(2.0, 2.0), rng.permutation(len(images))
    logits = run.state.model(keep * images + (1 - keep) * images[order])
    expected = keep * run.task.loss(logits, target) + (1 - keep) * run.task.loss(logits, target[order])
    assert 0 < keep < 1
    assert report.loss == pytest.approx(float(expected.mean()), rel=1e-5)


@EACH_TASK
def test_finetune_switches_to_the_clean_ones(task):
    run = task.training(task.settings("finetune", epochs=4, finetune={"share": 0.5, "lr": 0.01}))
    for epoch in range(4):
        batches = run.batches
        expected = batches.given(epoch, 1)[:2] if epoch < 2 else batches.clean(epoch, 1, batches.batch_size)
        assert_seen(seen_in_step(run, epoch, 1), [expected])


@EACH_TASK
def test_plain_sees_given_and_clean_only_clean_labels(task):
    for method, draw in ((task.plain, "given"), ("clean-only", "clean"), ("meta", "clean")):
        run = task.training(task.settings(method))
        batches = run.batches
        expected = batches.given(0, 1)[:2] if draw == "given" else batches.clean(0, 1, batches.batch_size)
        assert_seen(seen_in_step(run, 0, 1), [expected])


@EACH_TASK
def test_weights_of_the_given_label_alone(task, monkeypatch):
    seen, real = [], reweight.train_step
    monkeypatch.setattr(reweight, "train_step", lambda *a, **k: seen.append(done := real(*a, **k)) or done)
    given, l2b, *_ = task.weighted
    _, report = stepped(task, task.settings(given))
    assert report.beta_share == 0
    own = {"pseudo_label": "own"}
    only_given, _ = stepped(task, task.settings(l2b, bootstrap=own | {"candidates": "given"}))
    both, _ = stepped(task, task.settings(l2b, bootstrap=own))
    assert [len(done.weights) for done in seen] == [1, 1, 2]
    assert same_weights(only_given, stepped(task, task.settings(given, bootstrap=own))[0])
    assert not same_weights(only_given, both)


@EACH_TASK
@pytest.mark.parametrize("number", [0, 1])
def test_warm_up_is_plain_training(task, number):
    bootstrap = {"pseudo_label": "own", "supervised_meta_step": False}
    over = {"epochs": 3, "warm_up": 0.7, "bootstrap": bootstrap}
    warm, report = stepped(task, task.settings(task.weighted[number], **over), epoch=1)
    plain, plain_report = stepped(task, task.settings(task.plain, **over), epoch=1)
    assert report.beta_share == 0
    assert report.alpha is report.position is None
    assert report.loss == pytest.approx(plain_report.loss, rel=1e-6)
    assert same_weights(warm, plain)
    after, _ = stepped(task, task.settings(task.weighted[number], **over), epoch=2)
    assert not same_weights(after, stepped(task, task.settings(task.plain, **over), epoch=2)[0])


@EACH_TASK
def test_teacher_is_the_averaged_network_in_eval_mode(task):
    run = task.training(task.settings("l2b", average_decay=0.9))
    images, state = run.batches.given(0, 0).images, run.state
    with torch.no_grad():
        for value in state.averaged.parameters():
            value.add_(0.1 * torch.randn_like(value))
    before = copy.deepcopy(state.averaged.state_dict())
    found = teacher_pseudo_label(state, images, run.task)
    assert found.equal(run.task.hard_pseudo_label(copy.deepcopy(state.averaged).eval()(images)))
    assert same_weights(before, state.averaged.state_dict())


@EACH_TASK
def test_pseudo_alone_gives_alpha_nothing(task):
    _, report = stepped(task, task.settings("l2b", bootstrap={"pseudo_label": "own", "candidates": "pseudo"}))
    assert report.beta_share == pytest.approx(1)


@EACH_TASK
def test_mae_is_the_l1_distance_of_prediction_and_label(task):
    run = task.training(task.settings())
    drawn = run.batches.given(0, 0)
    logits = run.state.model(drawn.images).detach()
    p = torch.softmax(logits, 1) if logits.shape[1] > 1 else torch.cat([1 - logits.sigmoid(), logits.sigmoid()], 1)
    one_hot = torch.nn.functional.one_hot(drawn.target.reshape(len(p), *p.shape[2:]).long(), p.shape[1])
    expected = (p - one_hot.movedim(-1, 1)).abs().sum(1)
    torch.testing.assert_close(run.task.mae(logits, drawn.target), expected)
