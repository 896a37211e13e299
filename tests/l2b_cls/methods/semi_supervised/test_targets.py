import torch
from torch import nn

from l2b_cls.methods.semi_supervised.targets import co_guessed, co_refined


class Fixed(nn.Module):
    """Answers with probabilities, whatever it sees."""

    def __init__(self, *rows):
        super().__init__()
        self.logits = torch.tensor(rows, dtype=torch.float64).log()

    def forward(self, x):
        assert torch.is_grad_enabled() is False
        return self.logits[: len(x)]


def test_refined_labels_by_hand():
    """w y + (1 - w) p = 0.5 (1, 0) + 0.5 (0.2, 0.8) = (0.6, 0.4); sharpened with T = 0.5: 0.36 / 0.52."""
    found = co_refined(
        Fixed((0.2, 0.8)),
        [torch.zeros(1, 1)] * 2,
        torch.tensor([[1.0, 0.0]]).double(),
        torch.tensor([0.5]).double(),
        temperature=0.5,
    )
    torch.testing.assert_close(found, torch.tensor([[0.36, 0.16]]).double() / 0.52)


def test_guessed_labels_by_hand_and_the_other_network_is_in_eval_mode():
    own, other = Fixed((0.6, 0.4)).train(), Fixed((0.8, 0.2)).train()
    found = co_guessed(own, other, [torch.zeros(1, 1)] * 2, temperature=0.5)
    torch.testing.assert_close(found, torch.tensor([[0.49, 0.09]]).double() / 0.58)
    assert own.training
    assert not other.training
