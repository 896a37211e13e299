"""A user's own images: class folders, tables, label sets, groups, sizes, and everything that can be wrong with them."""

import json
import os
import shutil
import unicodedata

import numpy as np
import pytest
from PIL import Image

from data_prep.label_sets.class_folder import prepare_class_folder
from data_prep.label_sets.class_split import SplitShares
from data_prep.label_sets.digits import prepare_digits
from l2b_data.errors import ConfigError, DataError
from l2b_data.samples.check import check_image_set
from tests.data_prep.published import write_image, write_table


@pytest.fixture
def classes(tmp_path):
    """cat/ and dog/ with ten images each, of two patients a class."""
    for number in range(20):
        animal = "cat" if number < 10 else "dog"
        write_image(tmp_path / "own" / animal / f"p{number // 5}_{number}.png", seed=number)
    return tmp_path


def table(root, rows, header=("file", "label")):
    return write_table(root / "labels.csv", header, rows)


def files(root):
    return sorted(path.relative_to(root / "own").as_posix() for path in (root / "own").rglob("*.png"))


def test_class_folders_split_by_shares(classes):
    write_image(classes / "own" / "cat" / ".hidden.png")
    (classes / "own" / "notes.txt").write_text("not an image")
    made = prepare_class_folder(classes / "own", classes / "out")
    assert (made.name, made.classes, made.size, made.channels) == ("own", ["cat", "dog"], (10, 12), 3)
    assert made.names == [name for name in files(classes) if "hidden" not in name]
    assert np.bincount(made.labels[made.indices("test")]).tolist() == [2, 2]
    grouped = prepare_class_folder(
        classes / "own", classes / "grouped", shares=SplitShares(0.5), group_regex=r"(p\d)_", size=(8, 6), grey=True
    )
    assert (grouped.size, grouped.channels) == ((8, 6), 1)
    assert set(grouped.groups) == {"p0", "p1", "p2", "p3"}
    for group in set(grouped.groups):
        assert len({split for split, other in zip(grouped.split, grouped.groups, strict=True) if other == group}) == 1
    assert np.bincount(grouped.labels[grouped.indices("test")]).tolist() == [5, 5]


def test_hidden_folders_are_no_classes(classes):
    for place in (".ipynb_checkpoints", "cat/.ipynb_checkpoints", "__MACOSX/cat", "dog/@eaDir"):
        write_image(classes / "own" / place / "copy.png")
    made = prepare_class_folder(classes / "own", classes / "out")
    assert (made.classes, len(made.names)) == (["cat", "dog"], 20)


def test_split_level_and_numbered_folders(tmp_path):
    for split, count in (("train", 12), ("meta", 2), ("Valid", 3), ("test", 4)):
        for number in range(count):
            write_image(tmp_path / "own" / split / str((2, 10)[number % 2]) / f"{split}{number}.jpg", seed=number)
    made = prepare_class_folder(tmp_path / "own", tmp_path / "out")
    assert made.classes == ["2", "10"]  # by value, not as text
    assert [len(made.indices(split)) for split in ("train", "meta", "val", "test")] == [12, 2, 3, 4]
    for path in (tmp_path / "own" / "test").rglob("*.jpg"):
        path.unlink()
    with pytest.raises(DataError, match="folders Valid, meta, train, but no test"):
        prepare_class_folder(tmp_path / "own", tmp_path / "other")


def test_table_with_everything(classes):
    names = files(classes)
    rows = [
        [
            name,
            ("no", "yes")[number % 2],
            ("train", "val", "test")[number % 3],
            f"g{number % 3}",
            ("yes", "")[number % 2],
        ]
        for number, name in enumerate(names)
    ]
    path = table(classes, rows, ("file", "label", "split", "group", "reader2"))
    made = prepare_class_folder(classes / "own", classes / "out", table=path, given=["reader2"])
    assert made.classes == ["no", "yes"]
    assert made.labels.tolist() == [number % 2 for number in range(20)]
    assert made.split.tolist() == [("train", "val", "test")[number % 3] for number in range(20)]
    assert made.groups[4] == "g1"
    assert made.given["reader2"].tolist() == [(1, -1)[number % 2] for number in range(20)]
    named = prepare_class_folder(classes / "own", classes / "named", table=path, class_names=["yes", "no", "unsure"])
    assert named.classes == ["yes", "no", "unsure"]
    assert named.labels.tolist() == [1 - number % 2 for number in range(20)]


def test_images_the_user_vouches_for(classes):
    own, listed = classes / "own", classes / "sure.txt"
    listed.write_text("cat/p0_0.png\n\n ./dog/p3_19.png \n")
    made = prepare_class_folder(own, classes / "out", meta_list=listed)
    assert [made.names[one] for one in made.indices("meta")] == ["cat/p0_0.png", "dog/p3_19.png"]
    assert [len(made.indices(split)) for split in ("train", "val", "test")] == [14, 0, 4]
    assert made.vouched("meta")
    assert not made.vouched("train")
    rows = [[name, name[:3], ("meta", "train", "test")[number % 3]] for number, name in enumerate(files(classes))]
    path = table(classes, rows, ("file", "label", "split"))
    made = prepare_class_folder(own, classes / "table", table=path)
    assert made.split.tolist() == [("meta", "train", "test")[number % 3] for number in range(20)]
    listed.write_text(files(classes)[1])  # beside those of the table
    made = prepare_class_folder(own, classes / "both", table=path, meta_list=listed)
    assert made.indices("meta").tolist() == [0, 1, *range(3, 20, 3)]


def test_a_list_that_does_not_fit_the_images(classes):
    own, listed = classes / "own", classes / "sure.txt"
    listed.write_text("p0_0.png\ncat/p0_1.png\ncat/none.png\n")
    with pytest.raises(DataError) as caught:
        prepare_class_folder(own, classes / "out", meta_list=listed, group_regex=r"(p\d)_")
    assert str(caught.value).splitlines() == [
        f"--meta-list {listed}: needs paths below --source, one a line, as cat/p0_0.png:",
        "  no image of this name: cat/none.png, p0_0.png",
        "  of the same groups as named ones; name whole groups: cat/p0_0.png, cat/p0_2.png, cat/p0_3.png, cat/p0_4.png",
    ]
    rows = [[name, name[:3], "test" if "p0" in name else "train"] for name in files(classes)]
    path = table(classes, rows, ("file", "label", "split"))
    listed.write_text("cat/p0_1.png")
    with pytest.raises(DataError, match=r"not of the training images: cat/p0_1\.png"):
        prepare_class_folder(own, classes / "out", table=path, meta_list=listed)
    listed.write_text("\n")
    with pytest.raises(DataError, match="it is empty"):
        prepare_class_folder(own, classes / "out", meta_list=listed)
    with pytest.raises(DataError, match=r"no such list\.txt: cannot be read"):
        prepare_class_folder(own, classes / "out", meta_list=classes / "no such list.txt")
    assert not (classes / "out").exists()


def test_class_numbers(classes):
    path = table(classes, [[name, number % 3] for number, name in enumerate(files(classes))])
    made = prepare_class_folder(classes / "own", classes / "out", table=path)
    assert made.classes == ["0", "1", "2"]
    made = prepare_class_folder(classes / "own", classes / "named", table=path, class_names=["a", "b", "c"])
    assert made.classes == ["a", "b", "c"]
    assert made.labels.tolist() == [number % 3 for number in range(20)]


def test_a_class_out_of_range(classes):
    rows = [[name, (0, 1, 7, -1)[number % 4]] for number, name in enumerate(files(classes))]
    path = table(classes, rows)
    with pytest.raises(DataError, match=r"label: 10 images out of class numbers 0 to 2: '7' \(cat/p0_2\.png\), '-1'"):
        prepare_class_folder(classes / "own", classes / "out", table=path, class_names=["a", "b", "c"])
    path = table(classes, [[name, "cta" if "p0" in name else "dog"] for name in files(classes)])
    with pytest.raises(DataError, match="5 images out of --class-names cat,dog: 'cta'"):
        prepare_class_folder(classes / "own", classes / "out", table=path, class_names=["cat", "dog"])
    assert not (classes / "out").exists()


def test_every_line_at_fault(classes):
    rows = [["cat/none.png", "a", "train"], ["../../etc/x.png", "a", "train"], ["cat/p0_0.png", "", "train"]]
    rows += [["cat/p0_1.png", "a", "dev"], ["cat/p0_1.png", "nan", "test"]]
    path = table(classes, rows, ("file", "label", "split"))
    with pytest.raises(DataError) as caught:
        prepare_class_folder(classes / "own", classes / "out", table=path)
    assert str(caught.value).splitlines()[1:] == [
        f"  line 2: file cat/none.png is not in {classes / 'own'}",
        f"  line 3: file '../../etc/x.png' is no path below {classes / 'own'}",
        "  line 4: label '' is none",
        "  line 5: split 'dev' is none of train, val, test, meta",
        "  line 6: file cat/p0_1.png stands twice",
        "  line 6: label 'nan' is none",
    ]
    path.write_text("file,label\n\ncat/p0_0.png,nevus, benign\n\ncat/none.png,a\n")  # blank lines count as lines
    with pytest.raises(DataError) as caught:
        prepare_class_folder(classes / "own", classes / "out", table=path)
    assert [line.split(";")[0] for line in str(caught.value).splitlines()[1:]] == [
        "  line 3: 3 cells, the header has 2: quote a cell that holds a comma",
        f"  line 5: file cat/none.png is not in {classes / 'own'}",
    ]
    path = table(classes, [[f"cat/{number}.png", "a"] for number in range(50)])
    with pytest.raises(DataError, match=r"50 faults:(.|\n)*and 30 more"):
        prepare_class_folder(classes / "own", classes / "out", table=path)


def test_sizes_and_damaged_images(classes):
    write_image(classes / "own" / "dog" / "other.png", size=(9, 9))
    (classes / "own" / "cat" / "p0_1.png").write_bytes(b"no image")
    with pytest.raises(DataError) as caught:
        prepare_class_folder(classes / "own", classes / "out")
    assert "2 of 21 images" in str(caught.value)
    assert "p0_1.png: not a readable image" in str(caught.value)
    assert "dog/other.png: (9, 9) pixels, the first image (10, 12); give --size" in str(caught.value)
    (classes / "own" / "cat" / "p0_1.png").unlink()
    assert prepare_class_folder(classes / "own", classes / "out", size=(7, 7)).size == (7, 7)


def test_other_faults(classes, tmp_path):
    own, out = classes / "own", classes / "out"
    with pytest.raises(DataError, match="no such folder"):
        prepare_class_folder(tmp_path / "none", out)
    with pytest.raises(ConfigError, match="--given reader2: a column of the table"):
        prepare_class_folder(own, out, given=["reader2"])
    with pytest.raises(DataError, match="20 images without a group"):
        prepare_class_folder(own, out, group_regex=r"(q\d)")
    with pytest.raises(DataError, match="one class, cat"):
        prepare_class_folder(own, out, table=table(classes, [["cat/p0_0.png", "cat"]]))
    with pytest.raises(DataError, match="no column label, reader2"):
        prepare_class_folder(own, out, table=table(classes, [["a"]], ("file",)), given=["reader2"])
    with pytest.raises(DataError, match="two columns label"):
        prepare_class_folder(own, out, table=table(classes, [["a", "b", "c"]], ("file", "label", "label")))
    with pytest.raises(ConfigError, match="--class-names a,a"):
        prepare_class_folder(own, out, class_names=["a", "a"])
    write_image(own / "loose.png")
    with pytest.raises(DataError, match=r"1 image in no folder CLASS: loose\.png"):
        prepare_class_folder(own, out)
    (own / "loose.png").unlink()
    os.rename(own / "cat" / "p0_0.png", os.fsencode(own / "cat") + b"/\xff\xe9.png")
    with pytest.raises(DataError, match=r"1 names are not UTF-8; rename them: cat/\\xff\\xe9\.png"):
        prepare_class_folder(own, out)
    (tmp_path / "void").mkdir()
    with pytest.raises(DataError, match="no image in it"):
        prepare_class_folder(tmp_path / "void", out)


def test_digits(tmp_path):
    made = prepare_digits(tmp_path / "out", shares=SplitShares(0.25, 0.1, 1))
    assert (len(made), made.size, made.channels, made.classes[3]) == (1797, (8, 8), 1, "3")
    assert made.images(range(1797)).max() == 255
    counts = np.bincount(made.labels[made.indices("test")], minlength=10)
    np.testing.assert_allclose(counts, np.bincount(made.labels) / 4, atol=1)


def ham10000(root, *, suffix=".jpg"):
    """A table as HAM10000 is published with, and images in two folders; two images a lesion."""
    rows = []
    for number in range(12):
        name = f"ISIC_{24306 + number:07d}"
        write_image(root / "own" / f"part_{number % 2}" / f"{name}{suffix}", seed=number)
        rows.append([f"HAM_{number // 2:07d}", name, ("nv", "mel")[number // 2 % 2], "histo"])
    return write_table(root / "HAM10000_metadata.csv", ("lesion_id", "image_id", "dx", "dx_type"), rows)


def test_a_table_as_it_is_published(tmp_path):
    path, lines = ham10000(tmp_path), []
    made = prepare_class_folder(tmp_path / "own", tmp_path / "out", table=path, say=lines.append)
    assert made.classes == ["mel", "nv"]
    assert made.names[:2] == ["part_0/ISIC_0024306.jpg", "part_1/ISIC_0024307.jpg"]
    assert made.groups[:4] == ["HAM_0000000", "HAM_0000000", "HAM_0000001", "HAM_0000001"]
    assert f"{path}: read is image_id as file, dx as label, lesion_id as group" in lines
    other = write_table(tmp_path / "b.csv", ("lesion_id", "dx"), [["a", "nv"]])
    with pytest.raises(DataError, match=r"no column file.*or image_id,dx.* it holds lesion_id, dx"):
        prepare_class_folder(tmp_path / "own", tmp_path / "a", table=other)


def test_names_without_suffix_or_folder_are_the_one_image_they_fit(classes):
    rows = [["cat/p0_0", "no"], ["p0_1", "no"], ["p0_2.png", "yes"], ["dog/p2_10.png", "yes"], ["p3_15", "no"]]
    rows += [[name, "yes"] for name in files(classes)[6:10]]
    made = prepare_class_folder(classes / "own", classes / "out", table=table(classes, rows))
    assert made.names[:5] == ["cat/p0_0.png", "cat/p0_1.png", "cat/p0_2.png", "dog/p2_10.png", "dog/p3_15.png"]
    write_image(classes / "own" / "dog" / "p0_1.png")
    with pytest.raises(DataError, match=r"line 3: file p0_1 is not in .*; it fits cat/p0_1\.png, dog/p0_1\.png"):
        prepare_class_folder(classes / "own", classes / "other", table=table(classes, rows))
    twice = table(classes, [["cat/p0_1", "no"], ["cat/p0_1.png", "yes"]])
    with pytest.raises(DataError, match=r"line 3: file cat/p0_1\.png stands twice"):
        prepare_class_folder(classes / "own", classes / "other", table=twice)


def test_names_are_compared_in_one_unicode_form(tmp_path):
    for number in range(8):
        name = unicodedata.normalize("NFD", f"läsion{number}.png")
        write_image(tmp_path / "own" / ("gut", unicodedata.normalize("NFD", "bös"))[number % 2] / name, seed=number)
    made = prepare_class_folder(tmp_path / "own", tmp_path / "out")
    assert made.classes == ["bös", "gut"]
    path = table(tmp_path, [[f"läsion{number}.png", "bös" if number % 2 else "gut"] for number in range(8)])
    again = prepare_class_folder(tmp_path / "own", tmp_path / "again", table=path)
    assert sorted(again.names) == sorted(made.names)
    (tmp_path / "meta.txt").write_text(unicodedata.normalize("NFC", "gut/läsion0.png\n"), encoding="utf-8")
    prepare_class_folder(tmp_path / "own", tmp_path / "meta", meta_list=tmp_path / "meta.txt")


def test_classes_that_differ_in_case_are_named(classes):
    names = files(classes)
    rows = [[name, ("nv", "NV", "mel", "Bowen_disease", "bowen disease")[n % 5]] for n, name in enumerate(names)]
    lines = []
    made = prepare_class_folder(classes / "own", classes / "out", table=table(classes, rows), say=lines.append)
    told = [line for line in lines if "differ only in letter case" in line]
    assert [line.split(" differ")[0] for line in told] == [
        "warning: classes 'Bowen_disease' and 'bowen disease'",
        "warning: classes 'NV' and 'nv'",
    ]
    kinds = [fault.kind for fault in check_image_set(made.root)[1]]
    assert kinds.count("alike_classes") == 2


def test_unreadable_images_are_left_out_where_asked_and_told(classes):
    (classes / "own" / "cat" / "p0_1.png").write_bytes(b"no image")
    said = []
    made = prepare_class_folder(classes / "own", classes / "out", skip_unreadable=True, say=said.append)
    assert made.names == [name for name in files(classes) if name != "cat/p0_1.png"]
    assert "warning: 1 image left out, unreadable:" in said
    assert any("p0_1.png: not a readable image" in line for line in said)
    record = json.loads((classes / "out" / "dataset.json").read_text())
    assert record["source"]["skipped"] == ["cat/p0_1.png"]


@pytest.mark.parametrize("seed", range(6))
def test_exact_copies_are_drawn_into_one_part(classes, seed):
    for number in range(10):
        animal = "cat" if number < 5 else "dog"
        source = classes / "own" / animal / f"p{2 * (number // 5)}_{10 * (number // 5) + number % 5}.png"
        shutil.copy(source, source.with_name(f"copy_{source.name}"))
    said = []
    made = prepare_class_folder(
        classes / "own", classes / f"out{seed}", shares=SplitShares(0.4, seed=seed), say=said.append
    )
    assert "10 images the same as another, byte for byte: in the same part as that one" in said
    split = dict(zip(made.names, made.split, strict=True))
    copies = [name for name in split if "copy_" in name]
    assert len(copies) == 10
    assert all(split[name] == split[name.replace("copy_", "")] for name in copies)
    assert {"train", "test"} == set(split.values())


def test_images_of_16_bits_are_read_and_told(classes):
    Image.fromarray(np.arange(120, dtype=np.uint16).reshape(10, 12) * 100).save(classes / "own" / "cat" / "deep.png")
    said = []
    made = prepare_class_folder(classes / "own", classes / "out", grey=True, say=said.append)
    assert "1 image of more than 8 bits a pixel (cat/deep.png): each over its own range" in said
    assert made.images(np.array([made.names.index("cat/deep.png")])).max() == 255
