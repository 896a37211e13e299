"""Trust maps of an audit, and how well maps find wrong pixels."""

from dataclasses import fields
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from l2b_data.images.volume import Volume, read_volume
from l2b_seg.audit.judges.trust import judge_temperature, pixel_auroc, write_trust
from l2b_seg.audit.outlook import Outlook
from l2b_seg.prediction.trust import temperature, trust, trust_path

SHAPE = (4, 30, 40)


def disc(radius: float, *, row: float = 15) -> np.ndarray:
    y, x = np.mgrid[:30, :40]
    found: np.ndarray = np.broadcast_to((y - row) ** 2 + (x - 20) ** 2 < radius**2, SHAPE).astype(np.uint8)
    return found


def seen(given: np.ndarray, probability: np.ndarray) -> Outlook:
    """Both as the file stores them, its slices the other way round: what an outlook holds is unflipped."""
    grid = Volume(given, direction=(-1.0, 0, 0, 0, -1.0, 0, 0, 0, 1.0))
    cut = grid.cut("LPS").unflipped
    known: dict[str, Any] = {"case": "a", "grid": grid, "cut": cut, "spacing": (1.0, 1.0, 1.0)}
    known |= {"given": cut.apply(given), "probability": cut.apply(probability)}
    return Outlook(**{field.name: known.get(field.name) for field in fields(Outlook)})


def test_a_map_lies_on_the_masks_grid(tmp_path: Path) -> None:
    probability = np.random.default_rng(0).random((1, *SHAPE), np.float32)
    path = write_trust(tmp_path, seen(disc(8), probability), 1.5)
    assert path == trust_path(tmp_path, "a")
    found = read_volume(path)
    assert found.array.dtype == np.float32
    assert not found.same_grid(Volume(disc(8), direction=(-1.0, 0, 0, 0, -1.0, 0, 0, 0, 1.0)))
    np.testing.assert_allclose(found.array, trust(probability, disc(8), 1.5), atol=1 / 512 + 1e-6)
    assert found.array.min() >= 0
    assert found.array.max() <= 1


def test_a_judges_temperature_is_that_of_all_its_cases() -> None:
    probability = np.where(disc(8) > 0, 0.99, 0.01).astype(np.float32)[None]
    cases = [(disc(8), probability), (disc(10), probability)]
    together = temperature(
        np.concatenate([of.reshape(1, -1) for _, of in cases], axis=1),
        np.concatenate([one.ravel() for one, _ in cases]),
    )
    assert judge_temperature(seen(*case) for case in cases) == pytest.approx(together, rel=0.05)
    assert judge_temperature([]) == 1


def test_auroc_of_the_wrong_pixels_of_all_cases() -> None:
    clean, given = [disc(8), disc(8)], [disc(8, row=18), disc(8)]
    wrong = [(one != two).astype(np.float32) for one, two in zip(given, clean, strict=True)]
    maps = {"right": wrong, "turned": [-one for one in wrong], "flat": [np.zeros(SHAPE)] * 2}
    assert pixel_auroc(maps, given, clean) == {"right": 1.0, "turned": 0.0, "flat": 0.5}
    assert pixel_auroc(maps, clean, clean) == dict.fromkeys(maps)
    empty = [np.zeros(SHAPE, np.uint8)] * 2
    assert pixel_auroc(maps, empty, empty) == dict.fromkeys(maps)
    assert pixel_auroc({"none": []}, [], []) == {"none": None}


def test_only_pixels_around_the_masks_count() -> None:
    """High values far from both masks: with them the AUROC would be below one half."""
    clean, given = disc(4), disc(5)
    score = (clean != given).astype(np.float32)
    score[:, :4] = 2
    assert pixel_auroc({"map": [score]}, [given], [clean], margin=4) == {"map": 1.0}
    widest = pixel_auroc({"map": [score]}, [given], [clean], margin=30)["map"]
    assert widest is not None
    assert widest < 1


def test_large_cases_are_drawn_from_alike_in_every_call() -> None:
    clean = np.zeros((8, 120, 120), np.uint8)
    clean[:, 10:110, 10:110] = 1
    given = np.roll(clean, 6, axis=1)
    score = np.random.default_rng(1).random(clean.shape) + 0.5 * (given != clean)
    one, two = (pixel_auroc({"map": [score]}, [given], [clean]) for _ in range(2))
    assert one == two
    assert one["map"] == pytest.approx(1 - 0.5**2 / 2, abs=0.01)
