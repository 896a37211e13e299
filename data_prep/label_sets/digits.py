"""Handwritten digits, 8 x 8, bundled with scikit-learn: a real set that needs no download."""

from pathlib import Path

import numpy as np

from data_prep.label_sets.class_split import SplitShares, split_classes
from l2b_data.samples.image_set import ImageSet
from l2b_data.samples.write_image_set import require_free, write_image_set

_LARGEST = 16  # values count set pixels in 4 x 4 blocks of the original bitmap


def prepare_digits(out: Path | str, *, shares: SplitShares | None = None) -> ImageSet:
    """1,797 grey images (Alpaydin and Kaynak 1998) -> prepared set `out`; test and val drawn by class.

    Who wrote a digit is not known, so writers stand in both parts. Raises ConfigError.
    """
    from sklearn.datasets import load_digits

    require_free(Path(out))
    shares = shares or SplitShares()
    bundle = load_digits()
    pixels = np.round(bundle.images * (255 / _LARGEST)).astype(np.uint8)[..., None]
    labels = bundle.target.astype(np.int64)
    return write_image_set(
        out,
        name="Digits",
        images=pixels,
        labels=labels,
        split=split_classes(labels, [""] * len(labels), shares),
        classes=[str(name) for name in bundle.target_names],
        source={"dataset": "scikit-learn digits", "seed": shares.seed},
    )
