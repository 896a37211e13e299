"""What counts as a batch."""

import pytest
import torch

from l2b import BatchError
from l2b.batch import checked_pair, each_tensor


def test_accepts_pairs_of_equal_number():
    checked_pair("batch", (torch.zeros(1, 3), torch.zeros(1)))
    checked_pair("batch", [torch.zeros(2, 3), torch.zeros(2, 4, 4)])  # as torch's loaders collate
    checked_pair("batch", ({"image": torch.zeros(2, 3), "age": torch.zeros(2), "train": True}, torch.zeros(2)))


@pytest.mark.parametrize(
    ("inputs", "targets"), [((0, 3), (0,)), ((2, 3), (3,)), ((2, 3), ()), ((), (1,)), ((), ())], ids=str
)
def test_refuses_other_numbers(inputs, targets):
    for given in (torch.zeros(inputs), {"image": torch.zeros(inputs)}):
        with pytest.raises(BatchError, match=r"meta batch has .* at least 1"):
            checked_pair("meta batch", (given, torch.zeros(targets)))


def test_refuses_arguments_of_unlike_number():
    with pytest.raises(BatchError, match="1 or 2 inputs and 2 targets"):
        checked_pair("batch", ({"image": torch.zeros(2, 3), "age": torch.zeros(1)}, torch.zeros(2)))


@pytest.mark.parametrize(
    ("batch", "words"),
    [
        (torch.zeros(2, 3), "batch is a Tensor: it must be a pair"),
        ({"image": torch.zeros(2, 3), "label": torch.zeros(2)}, "batch is a dict of 2: it must be a pair"),
        ((torch.zeros(2, 3),) * 3, "batch is a tuple of 3"),
        (([1, 2], torch.zeros(2)), "batch holds a list: inputs must be a tensor or a dict"),
        (({"image": [1, 2]}, torch.zeros(2)), "batch holds a dict: "),
        ((torch.zeros(2, 3), [0, 1]), "batch holds a list: .* targets a tensor"),
    ],
)
def test_refuses_what_is_no_pair_of_tensors(batch, words):
    with pytest.raises(BatchError, match=words):
        checked_pair("batch", batch)


def test_each_tensor_changes_tensors_alone():
    found = each_tensor({"a": torch.ones(2), "b": "as it is"}, lambda part: part + 1)
    assert (found["a"].tolist(), found["b"]) == ([2, 2], "as it is")


class Hooked(torch.Tensor):
    """A subclass, as monai's MetaTensor is one."""


def test_subclasses_of_tensors_are_plain_ones_of_the_same_memory():
    x, y = torch.zeros(2, 3), torch.zeros(2)
    inputs, targets = checked_pair("batch", ({"image": x.as_subclass(Hooked), "n": 3}, y.as_subclass(Hooked)))
    assert (type(inputs["image"]), inputs["n"], type(targets)) == (torch.Tensor, 3, torch.Tensor)
    assert (inputs["image"].data_ptr(), targets.data_ptr()) == (x.data_ptr(), y.data_ptr())
