import torch
from torch import nn

from l2b_run.training.pair import Pair, predicting_network


def test_a_pair_predicts_the_labels_of_the_summed_logits():
    torch.manual_seed(0)
    first, second, x = nn.Linear(4, 3), nn.Linear(4, 3), torch.randn(20, 4)
    pair = Pair(first, second)
    summed = first(x) + second(x)
    torch.testing.assert_close(pair(x), summed / 2)
    assert pair(x).argmax(1).equal(summed.argmax(1))


def test_it_has_both_networks_weights_and_their_mode():
    pair = Pair(nn.Linear(2, 2).eval(), nn.Linear(2, 2).eval())
    assert not pair.training
    assert set(pair.state_dict()) == {"first.weight", "first.bias", "second.weight", "second.bias"}
    made = iter([nn.Linear(2, 2), nn.Linear(2, 2), nn.Linear(2, 2)])
    assert isinstance(predicting_network(lambda: next(made), 2), Pair)
    assert isinstance(predicting_network(lambda: next(made), 1), nn.Linear)
