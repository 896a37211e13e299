"""Probabilities from elsewhere: every form that is read, and every fault with its place and way out."""

import numpy as np
import pytest

from l2b_cls.audit.judges.read_probabilities import read_probabilities
from l2b_data.errors import DataError
from l2b_data.samples.write_image_set import write_image_set
from tests.l2b_cls.saved_run import CLASSES, save_images


@pytest.fixture
def images(tmp_path):
    return save_images(tmp_path / "data")


def rows(count=16, seed=0):
    return np.random.default_rng(seed).dirichlet(np.ones(3), count)


def write_csv(path, header, keys, values):
    lines = [",".join([header[0], *map(str, header[1:])])]
    lines += [",".join([str(key), *map(str, row)]) for key, row in zip(keys, values, strict=True)]
    path.write_text("\n".join(lines) + "\n")
    return path


def by_name(images, path, *, classes=CLASSES, count=16, values=None, names=None):
    values = rows(count) if values is None else values
    return write_csv(path, ["name", *classes], images.names[:count] if names is None else names, values)


def read(images, path):
    return read_probabilities(path, images, images.indices("train"))


def test_a_table_by_name_in_any_order(tmp_path, images):
    values, order = rows(), np.random.default_rng(1).permutation(16)
    names = [images.names[place] for place in order.tolist()]
    columns = [2, 0, 1]
    path = by_name(
        images, tmp_path / "p.csv", classes=["owl", "cat", "dog"], values=values[order][:, columns], names=names
    )
    np.testing.assert_allclose(read(images, path), values)


@pytest.mark.parametrize("first", ["index", "Index", "id"])
def test_a_table_by_index(tmp_path, images, first):
    """By the heading `index`, and where no key is a name and all are numbers."""
    np.testing.assert_allclose(
        read(images, write_csv(tmp_path / "p.csv", [first, *CLASSES], range(16), rows())), rows()
    )


def test_names_that_are_numbers_are_names_unless_the_heading_says_index(tmp_path):
    images = save_images(tmp_path / "data", names=[str(23 - number) for number in range(24)])
    by_names = write_csv(tmp_path / "n.csv", ["sample", *CLASSES], images.names[:16], rows())
    np.testing.assert_allclose(read(images, by_names), rows())
    by_index = write_csv(tmp_path / "i.csv", ["index", *CLASSES], range(16), rows())
    np.testing.assert_allclose(read(images, by_index), rows())


@pytest.mark.parametrize("classes", [["0", "1", "2"], ["p_0", "p_1", "p_2"]])
def test_classes_by_their_numbers(tmp_path, images, classes):
    np.testing.assert_allclose(read(images, by_name(images, tmp_path / "p.csv", classes=classes)), rows())


def test_rows_of_other_samples_are_not_read(tmp_path, images):
    values = rows(24)
    values[20] = np.nan  # a test sample
    np.testing.assert_allclose(read(images, by_name(images, tmp_path / "p.csv", count=24, values=values)), values[:16])


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
def test_an_array_of_the_training_samples(tmp_path, images, dtype):
    np.savez(tmp_path / "p.npz", probabilities=rows().astype(dtype))
    found = read(images, tmp_path / "p.npz")
    np.testing.assert_allclose(found, rows(), atol=1e-3)
    np.testing.assert_allclose(found.sum(1), 1, atol=1e-12)


def test_an_array_with_keys_and_classes(tmp_path, images):
    values, order = rows(24), np.random.default_rng(1).permutation(24)
    names = np.array(images.names)[order]
    for name, more in (
        ("i", {"index": order}),
        ("n", {"names": names, "classes": np.array(["dog", "owl", "cat"])}),
    ):
        columns = [1, 2, 0] if "classes" in more else [0, 1, 2]
        np.savez(tmp_path / f"{name}.npz", probabilities=values[order][:, columns], **more)
        np.testing.assert_allclose(read(images, tmp_path / f"{name}.npz"), values[:16])


def changed(row, value):
    values = rows()
    values[row] = value
    return values


@pytest.mark.parametrize(
    ("values", "message"),
    [
        (changed(3, [0.2, 0.2, 0.3]), "line 5, sample picture 3: sums to 0.7, not to 1; give the probabilities of all"),
        (changed(3, [np.nan, 0.5, 0.5]), "line 5, sample picture 3: a probability that is not finite"),
        (changed(0, [-2.5, 3.1, 0.4]), "line 2, sample picture 0: -2.5 is no probability; of logits give the softmax"),
    ],
)
def test_rows_that_are_no_probabilities(tmp_path, images, values, message):
    with pytest.raises(DataError) as caught:
        read(images, by_name(images, tmp_path / "p.csv", values=values))
    assert f"{tmp_path / 'p.csv'}:\n  {message}" in str(caught.value)


def test_rounded_probabilities_are_taken(tmp_path, images):
    found = read(images, by_name(images, tmp_path / "p.csv", values=rows().round(2)))
    np.testing.assert_allclose(found, rows(), atol=0.02)
    np.testing.assert_allclose(found.sum(1), 1)


@pytest.mark.parametrize(
    ("text", "messages"),
    [
        ("name,cat,dog\npicture 0,1,0\n", ["its columns are not the 3 classes of the set; missing: owl"]),
        ("name,cat,dog,howl\n", ["missing: owl; no class: howl"]),
        ("name,cat,cat,dog,owl\n", ["twice: cat"]),
        ("name,cat,dog,owl\npicture 0,1,0\npicture 1,0,x,1\n", ["line 2: 3 columns instead of 4", "line 3: could not"]),
        ("name,cat,dog,owl\npicture 0,1,0,0\n", ["no row of 15 of 16 training samples: picture 1, picture 2"]),
        ("name,cat,dog,owl\npicture 0,1,0,0\npicture 99,1,0,0\n", ["line 3: no sample picture 99 in"]),
        ("name,cat,dog,owl\npicture 0,1,0,0\npicture 0,1,0,0\n", ["there twice: picture 0; one row a sample"]),
        ("index,cat,dog,owl\n0,1,0,0\n77,1,0,0\n", ["line 3: no sample 77 in"]),
        (
            "index,cat,dog,owl\npicture 0,1,0,0\n",
            ["line 2: its index is no whole number; call the first column `name`"],
        ),
        ("", ["its columns are not the 3 classes"]),
        ("name,cat,dog,owl\n", ["no row of 16 of 16 training samples"]),
    ],
)
def test_refused_tables(tmp_path, images, text, messages):
    (tmp_path / "p.csv").write_text(text)
    with pytest.raises(DataError) as caught:
        read(images, tmp_path / "p.csv")
    for message in (str(tmp_path / "p.csv"), *messages):
        assert message in str(caught.value)


@pytest.mark.parametrize(
    ("arrays", "message"),
    [
        ({"p": rows()}, "`probabilities` (samples, classes), float: it has none"),
        ({"probabilities": np.ones((16, 3), int)}, "float: got (16, 3) int64"),
        ({"probabilities": rows()[:, :2]}, "2 columns, "),
        ({"probabilities": rows(5)}, "5 rows of `probabilities` for 16 samples; give as many, or `index` or `names`"),
        ({"probabilities": rows(), "index": np.arange(3)}, "16 rows of `probabilities` for 3 samples"),
        ({"probabilities": rows(), "index": np.arange(16.0)}, "`index` is float64; `index` has whole numbers"),
        ({"probabilities": rows(), "names": np.arange(16)}, "`names` is int64"),
        ({"probabilities": rows(), "classes": np.array(["cat", "dog"])}, "`classes` has 2 names for 3 columns"),
        ({"probabilities": rows(), "classes": np.array(["cat", "dog", "bat"])}, "missing: owl; no class: bat"),
        ({"probabilities": rows(), "index": np.arange(16) + 9}, "row 15: no sample 24 in"),
        ({"probabilities": changed(2, 0.5)}, "row 2, sample picture 2: sums to 1.5, not to 1"),
    ],
)
def test_refused_arrays(tmp_path, images, arrays, message):
    np.savez(tmp_path / "p.npz", **arrays)
    with pytest.raises(DataError) as caught:
        read(images, tmp_path / "p.npz")
    assert str(tmp_path / "p.npz") in str(caught.value)
    assert message in str(caught.value)


class Trap:
    """Unpickled, it leaves a file behind."""

    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return open, (str(self.path), "w")


def test_nothing_in_a_file_is_executed(tmp_path, images):
    trap = np.array([Trap(tmp_path / "sprung")], object)
    for name in ("probabilities", "names"):
        np.savez(tmp_path / "p.npz", **{"probabilities": rows(), name: trap})
        with pytest.raises(DataError, match=r"cannot be read as an \.npz of plain arrays"):
            read(images, tmp_path / "p.npz")
    np.save(tmp_path / "p.npy", trap)
    (tmp_path / "p.npy").rename(tmp_path / "p.npz")
    with pytest.raises(DataError, match=r"cannot be read as an \.npz of plain arrays"):
        read(images, tmp_path / "p.npz")
    assert not (tmp_path / "sprung").exists()


def test_files_that_are_neither(tmp_path, images):
    with pytest.raises(DataError, match=r"p\.csv: no such file; give a \.csv"):
        read(images, tmp_path / "p.csv")
    (tmp_path / "p.txt").write_text("1")
    with pytest.raises(DataError, match=r"p\.txt: neither \.csv nor \.npz; give a \.csv"):
        read(images, tmp_path / "p.txt")
    for content in (b"", b"no archive", b"PK\x03\x04 cut off"):
        (tmp_path / "p.npz").write_bytes(content)
        with pytest.raises(DataError, match=r"cannot be read as an \.npz of plain arrays"):
            read(images, tmp_path / "p.npz")
    np.save(tmp_path / "p.npy", rows())
    (tmp_path / "p.npy").rename(tmp_path / "p.npz")
    with pytest.raises(DataError, match=r"cannot be read as an \.npz of plain arrays"):
        read(images, tmp_path / "p.npz")


def test_a_name_of_several_samples(tmp_path):
    images = write_image_set(
        tmp_path / "data",
        name="twins",
        images=np.zeros((3, 4, 4, 1), np.uint8),
        labels=[0, 1, 0],
        split=["train"] * 3,
        classes=["a", "b"],
        names=["x", "x", "y"],
    )
    path = write_csv(tmp_path / "p.csv", ["name", "a", "b"], images.names, [[1, 0]] * 3)
    with pytest.raises(DataError, match=r"a name of several samples of .*: x; give index instead"):
        read(images, path)
    np.testing.assert_allclose(read(images, write_csv(path, ["index", "a", "b"], range(3), [[1, 0]] * 3)), [[1, 0]] * 3)
