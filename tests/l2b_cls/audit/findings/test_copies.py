"""Pictures that are there several times: equal pixels, compressed again; groups that hold them together."""

import io

import numpy as np
from PIL import Image
from scipy.ndimage import gaussian_filter

from l2b_cls.audit.findings import copies as module
from l2b_cls.audit.findings.copies import copies, joined
from l2b_cls.audit.findings.pictures import describe
from l2b_data.samples.write_image_set import write_image_set


def smooth_pictures(count, seed=0):
    noise = np.random.default_rng(seed).normal(size=(count, 32, 32, 3))
    smooth = gaussian_filter(noise, (0, 3, 3, 0))
    return np.clip(128 + 60 * smooth / smooth.std(), 0, 255).astype(np.uint8)


def image_set(root, pictures):
    split = ["train"] * len(pictures)
    return write_image_set(root, name="s", images=pictures, labels=[0] * len(split), split=split, classes=["a", "b"])


def compressed(picture, quality):
    content = io.BytesIO()
    Image.fromarray(picture).save(content, "JPEG", quality=quality)
    return np.asarray(Image.open(content))


def test_equal_and_compressed_pictures_are_copies_and_no_others(tmp_path, monkeypatch):
    pictures = smooth_pictures(60)
    pictures[50] = pictures[3]
    pictures[51], pictures[52], pictures[53] = (compressed(pictures[7], quality) for quality in (90, 60, 40))
    described = describe(image_set(tmp_path / "s", pictures), np.arange(60))
    found = copies(described)
    together = {tuple(np.flatnonzero(found == number).tolist()) for number in found.tolist()}
    assert {members for members in together if len(members) > 1} == {(3, 50), (7, 51, 52, 53)}
    assert described.same[3] == described.same[50] != described.same[51]
    monkeypatch.setattr(module, "SEARCHED", 59)  # equal pixels alone in a larger set
    found = copies(described)
    assert found[3] == found[50]
    assert found[7] != found[51]


def test_groups_are_joined_by_copies():
    found = joined(["x", "", "x", "", "y", ""], np.array([0, 1, 2, 2, 4, 1]))
    assert found[0] == found[2] == found[3] != found[4]
    assert found[1] == found[5]
    assert len(set(found)) == 3
