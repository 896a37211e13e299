"""Where the target is smoothed: in what plain and clean steps descend on, not in what is weighed."""

import pytest
import torch

from l2b_cls.task import Task
from tests.l2b_cls.synthetic import make_settings, training_for


def test_the_teaching_loss_alone_is_smoothed():
    logits, y = torch.randn(5, 4), torch.randint(4, (5,))
    plain, smoothed = Task(4), Task(4, 0.3)
    assert torch.equal(plain.teaching_loss(logits, y), plain.loss(logits, y))
    assert torch.equal(smoothed.loss(logits, y), plain.loss(logits, y))
    expected = 0.7 * plain.loss(logits, y) - 0.3 * torch.log_softmax(logits, 1).mean(1)
    torch.testing.assert_close(smoothed.teaching_loss(logits, y), expected)


@pytest.mark.parametrize("method", ["ce", "l2b"])
def test_a_run_under_adamw_with_smoothing_takes_steps(method):
    optimizer = {"name": "adamw", "lr": 0.001}
    settings = make_settings(method, optimizer=optimizer, label_smoothing=0.1, bootstrap={"lookahead": "none"})
    run = training_for(settings)
    assert run.task.label_smoothing == 0.1
    before = [parameter.detach().clone() for parameter in run.state.model.parameters()]
    report = run.method.step(run, 0, 0)
    assert report.loss > 0
    assert type(run.state.optimizer) is torch.optim.AdamW
    assert not all(torch.equal(*pair) for pair in zip(before, run.state.model.parameters(), strict=True))


def test_weighed_labels_under_adamw_ask_for_no_look_ahead():
    with pytest.raises(ValueError, match=r"set bootstrap\.lookahead=none"):
        make_settings("l2b", optimizer={"name": "adamw"}, bootstrap={"lookahead": "optimizer"})
