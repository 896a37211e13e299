"""Trust of an audit: what its judges say of every pixel, and how well that finds the wrong ones."""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import numpy as np

from l2b_data.images.volume import write_volume
from l2b_run.audit.quality import detection_quality
from l2b_seg.audit.outlook import Outlook
from l2b_seg.prediction.trust import temperature, trust, trust_path

_PIXELS = 50_000  # of a case, drawn for a temperature or an AUROC


def judge_temperature(seen: Iterable[Outlook]) -> float:
    """The temperature of a judge's probabilities, by cases that it has not seen and whose masks are clean.

    Each is read once and only its drawn pixels are kept. 1 without cases.
    """
    probability, labels = list[np.ndarray](), list[np.ndarray]()
    for case in seen:
        chosen = np.random.default_rng(0).integers(case.given.size, size=min(_PIXELS, case.given.size))
        probability.append(case.probability.reshape(len(case.probability), -1)[:, chosen])
        labels.append(case.given.ravel()[chosen])
    return temperature(np.concatenate(probability, axis=1), np.concatenate(labels)) if labels else 1.0


def write_trust(out: Path, seen: Outlook, temperature: float) -> Path:
    """out/trust/CASE_trust.nii.gz: trust in the given mask, float32, on its grid, in steps of 1/256; returns the path.

    The steps make the file a tenth as large and five times as fast to write. The report shows these maps.
    """
    found = np.rint(trust(seen.probability, seen.given, temperature) * 256) / np.float32(256)
    path = trust_path(out, seen.case)
    write_volume(seen.grid.with_array(seen.cut.undo(found)), path)
    return path


def pixel_auroc(
    maps: Mapping[str, Sequence[np.ndarray]],
    given: Sequence[np.ndarray],
    clean: Sequence[np.ndarray],
    *,
    margin: int = 10,
) -> dict[str, float | None]:
    """Of each named map, AUROC of the pixels whose given label is not the clean one, over all cases together.

    maps: name -> a map (D, H, W) a case, higher where the label is more likely wrong: of trust and alpha the negative.
    given, clean: label values (D, H, W) a case. Counted are at most 50,000 pixels a case, drawn from the box around
    both masks' foreground and `margin` pixels more in rows and columns, all slices of the box: anywhere else everything
    is right. The same pixels for every map, and the same in every call. None where nothing is wrong, or everything.
    """
    chosen = [_in_box(mine, theirs, margin) for mine, theirs in zip(given, clean, strict=True)]
    pairs = zip(given, clean, chosen, strict=True)
    wrong = np.concatenate([np.zeros(0, bool), *(mine.flat[at] != theirs.flat[at] for mine, theirs, at in pairs)])
    found = {}
    for name, of_cases in maps.items():
        score = [of_case.flat[at] for of_case, at in zip(of_cases, chosen, strict=True)]
        found[name] = detection_quality(np.concatenate([np.zeros(0), *score]), wrong)["auroc"]
    return found


def _in_box(given: np.ndarray, clean: np.ndarray, margin: int) -> np.ndarray:
    """Flat places of the pixels of a case that count; none where both masks are empty."""
    shown = np.nonzero((given > 0) | (clean > 0))
    if not len(shown[0]):
        return np.zeros(0, np.intp)
    margins = (0, margin, margin)
    box = [
        np.arange(max(axis.min() - wide, 0), min(axis.max() + 1 + wide, side))
        for axis, wide, side in zip(shown, margins, given.shape, strict=True)
    ]
    places = np.ravel_multi_index(np.meshgrid(*box, indexing="ij"), given.shape).ravel()
    return np.random.default_rng(0).choice(places, min(_PIXELS, len(places)), replace=False)
