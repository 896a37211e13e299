"""noisy_labels.csv: written and read back, and every wrong line named."""

import numpy as np
import pytest

from l2b_data.errors import DataError
from l2b_data.samples.noisy_labels import read_noisy_labels, write_noisy_labels


@pytest.mark.parametrize("count", [0, 1, 1000])
def test_read_back(tmp_path, count):
    stream = np.random.default_rng(0)
    index, clean, given = stream.permutation(count), stream.integers(-1, 10, count), stream.integers(0, 10, count)
    write_noisy_labels(tmp_path / "noisy_labels.csv", index=index, clean=clean, given=given)
    table = read_noisy_labels(tmp_path / "noisy_labels.csv")
    for column, expected in ((table.index, index), (table.clean, clean), (table.given, given)):
        assert column.dtype == np.int64
        assert column.tolist() == expected.tolist()
    assert (tmp_path / "noisy_labels.csv").read_text().splitlines()[0] == "index,clean,given"
    assert table.kind is None


@pytest.mark.parametrize("kinds", [[], ["", "block", ""]])
def test_the_kind_of_a_planted_mistake_is_a_fourth_column(tmp_path, kinds):
    numbers, path = np.arange(len(kinds)), tmp_path / "noisy_labels.csv"
    write_noisy_labels(path, index=numbers, clean=numbers, given=numbers, kind=np.array(kinds, np.str_))
    table = read_noisy_labels(path)
    assert path.read_text().splitlines()[0] == "index,clean,given,kind"
    assert table.kind.tolist() == kinds
    assert table.given.tolist() == numbers.tolist()


@pytest.mark.parametrize(
    ("text", "messages"),
    [
        ("", ["the first line is not index,clean,given"]),
        ("index,label\n1,2\n", ["the first line is not index,clean,given"]),
        ("index,clean,given\n1,2,3\n1,2\n4,x,1\n", ["line 3: '1,2'", "line 4: '4,x,1'"]),
        (f"index,clean,given\n1,2,{10**30}\n", [f"line 2: '1,2,{10**30}'"]),
        (
            "index,clean,given,kind\n1,2,3\n1,2,x,block\n",
            ["line 2: '1,2,3' is not three whole numbers and a kind", "3:"],
        ),
        ("index,clean,given\n" + "a\n" * 20, ["line 2", "and 12 more"]),
    ],
)
def test_refused(tmp_path, text, messages):
    path = tmp_path / "noisy_labels.csv"
    path.write_text(text)
    with pytest.raises(DataError) as caught:
        read_noisy_labels(path)
    for message in messages:
        assert message in str(caught.value)


def test_absent(tmp_path):
    with pytest.raises(DataError, match="cannot be read"):
        read_noisy_labels(tmp_path / "noisy_labels.csv")
