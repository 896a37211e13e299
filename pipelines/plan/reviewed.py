"""The samples of a run under the labels that a review left."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from l2b_cls.config import Settings
from l2b_cls.run_data import RunData
from l2b_data.review.manifest import MANIFEST, excluded_text
from l2b_data.samples.reviewed_labels import ReviewedLabels
from pipelines.plan.exclude import without_samples


def with_reviewed(
    data: RunData, reviewed: ReviewedLabels, settings: Settings, *, say: Callable[[str], None] = lambda line: None
) -> RunData:
    """`data`, planned without noise, with reviewed labels and without the samples that were excluded.

    Training samples that the review does not name keep the set's label. So do meta samples, which are known to be
    clean, but with `meta.source` "given". The true labels are the set's, where it vouches for them. Raises DataError
    where no training sample is left.
    """
    images = data.images
    excluded = [images.names[number] for number in np.flatnonzero(reviewed.excluded).tolist()]
    found = without_samples(data, reviewed.excluded, f"--labels {reviewed.path}: its review")
    train = found.train
    known = images.vouched("train")
    given, own = reviewed.labels[train], images.labels[train]
    clean = np.where(known & ~np.isin(train, images.foreign), own, -1)
    changed = int((given != own).sum())
    say(f"labels of {reviewed.path}: {changed} of {len(train)} are others than the set's")
    if excluded:
        say(excluded_text(excluded, "sample", f"{reviewed.path}/{MANIFEST}"))
    record = {
        "noise": f"labels:{reviewed.path.stem}",
        "kind": "labels",
        "labels": str(reviewed.path.resolve()),
        "seed": data.noise["seed"],
        "effective_rate": float((given != clean).mean()) if known else None,
        "n": len(train),
        "reviewed": int(reviewed.reviewed[train].sum()),
        "changed": changed,
        "excluded": excluded,
    }
    meta_labels = (reviewed.labels if settings.meta.source == "given" else images.labels)[found.meta]
    return replace(found, given=given, clean=clean, meta_labels=meta_labels, noise=record)
