"""What counts as a batch."""

import pytest
import torch

from l2b import BatchError
from l2b.batch import require_pairs


def test_accepts_pairs_of_equal_number():
    require_pairs("batch", (torch.zeros(1, 3), torch.zeros(1)))


@pytest.mark.parametrize(
    ("inputs", "targets"), [((0, 3), (0,)), ((2, 3), (3,)), ((2, 3), ()), ((), (1,)), ((), ())], ids=str
)
def test_refuses_the_rest(inputs, targets):
    with pytest.raises(BatchError, match=r"meta batch has .* at least 1"):
        require_pairs("meta batch", (torch.zeros(inputs), torch.zeros(targets)))
