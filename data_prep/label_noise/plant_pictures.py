"""A copy of a prepared set with wrong pictures among the training ones: exact copies, and pictures of no class."""

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import numpy as np

from l2b_data.errors import ConfigError
from l2b_data.samples.image_set import ImageSet
from l2b_data.samples.write_image_set import require_free, write_image_set

PICTURES = ("duplicates", "foreign")
"""Kinds of wrong pictures, by the names of the mistakes they make possible."""

_BLOCK = 256
_TILES = 4  # a side of a scrambled picture; what a side has beyond them stays


def plant_pictures(
    images: ImageSet,
    out: Path,
    *,
    kinds: Sequence[str] = PICTURES,
    share: float = 0.1,
    seed: int = 0,
    say: Callable[[str], None] = lambda line: None,
) -> ImageSet:
    """Write the set into `out` with round(share n) of its n training pictures replaced, as many of each kind.

    duplicates: by an exact copy of another training picture of the same class, each copied at most once. The labels
    stay right; `--noise mistakes` then gives one of the two another label.
    foreign: by a picture of no class: one value throughout ("blank"), independent values ("noise") or a training
    picture in tiles of a quarter of its sides, shuffled ("scrambled"). They keep the label and the name they have, so
    that the label is wrong, whichever it is.
    Labels, splits, names and groups are those of `images`; dataset.json says what was replaced, under source.planted:
    duplicates as [number, number of the picture it shows], foreign as [number, kind of picture]. Pictures are written
    as one array, whatever they were. A pure function of its arguments. `say` gets a line "[n/N] images" a block.
    Raises ConfigError for a kind or share there is not, an `out` that is taken, or too few pictures.
    """
    require_free(out)
    _refuse_unknown(kinds, share)
    pairs_stream, foreign_stream, content = np.random.default_rng(seed).spawn(3)
    train = images.indices("train")
    each = round(share * len(train) / len(kinds))
    pairs = _pairs(images.labels, train, pairs_stream) if "duplicates" in kinds else np.empty((0, 2), np.int64)
    if "duplicates" in kinds and len(pairs) < each:
        raise ConfigError(f"--share {share}: {each} copies, and only {len(pairs)} pairs of pictures of one class")
    pairs = pairs[:each]
    free = np.setdiff1d(train, pairs)
    chosen = foreign_stream.permutation(free)[: each if "foreign" in kinds else 0]
    forms = {int(number): ("blank", "noise", "scrambled")[place % 3] for place, number in enumerate(chosen.tolist())}
    copies = {int(target): int(source) for target, source in pairs.tolist()}
    planted = {
        "from": str(images.root.resolve()),
        "share": share,
        "seed": seed,
        "duplicates": sorted([target, source] for target, source in copies.items()),
        "foreign": sorted([number, form] for number, form in forms.items()),
    }
    return write_image_set(
        out,
        name=images.name,
        images=_pictures(images, copies, forms, content, say),
        labels=images.labels,
        split=images.split,
        classes=images.classes,
        names=images.names,
        groups=images.groups,
        given=images.given,
        source={**images.info.get("source", {}), "planted": planted},
    )


def _refuse_unknown(kinds: Sequence[str], share: float) -> None:
    there = f"take all, or of {', '.join(PICTURES)}"
    faults = [f"--mistakes {kind}: there are no such pictures; {there}" for kind in kinds if kind not in PICTURES]
    faults += [] if kinds else [f"--mistakes: names nothing; {there}"]
    faults += [] if 0 < share <= 0.5 else [f"--share {share}: above 0 and at most 0.5 of the training pictures"]
    if faults:
        raise ConfigError("\n".join(faults))


def _pairs(labels: np.ndarray, train: np.ndarray, stream: np.random.Generator) -> np.ndarray:
    """Disjoint pairs of training pictures of one class, (m, 2), as many as there are, in a random order."""
    found = [np.empty((0, 2), np.int64)]
    for label in np.unique(labels[train]):
        members = stream.permutation(train[labels[train] == label])
        found.append(members[: len(members) // 2 * 2].reshape(-1, 2))
    return stream.permutation(np.concatenate(found))


def _pictures(
    images: ImageSet,
    copies: dict[int, int],
    forms: dict[int, str],
    stream: np.random.Generator,
    say: Callable[[str], None],
) -> Iterator[np.ndarray]:
    """Every picture of the new set, one after the other."""
    count = len(images)
    for start in range(0, count, _BLOCK):
        numbers = range(start, min(start + _BLOCK, count))
        block = images.images([copies.get(number, number) for number in numbers])
        for number, picture in zip(numbers, block, strict=True):
            yield _foreign(picture, forms[number], stream) if number in forms else picture
        say(f"[{numbers.stop}/{count}] images")


def _foreign(picture: np.ndarray, form: str, stream: np.random.Generator) -> np.ndarray:
    """A picture of the same size (H, W, C) uint8 that shows nothing of a class."""
    if form == "blank":
        return np.full_like(picture, stream.integers(256))
    if form == "noise":
        return stream.integers(0, 256, picture.shape, np.uint8)
    height, width = (max(1, side // _TILES) for side in picture.shape[:2])
    rows, columns = (
        range(0, side - size + 1, size) for side, size in zip(picture.shape, (height, width), strict=False)
    )
    corners = [(row, column) for row in rows for column in columns]
    scrambled = picture.copy()
    for (row, column), other in zip(corners, stream.permutation(len(corners)).tolist(), strict=True):
        top, left = corners[other]
        scrambled[row : row + height, column : column + width] = picture[top : top + height, left : left + width]
    return scrambled
