"""predictions.csv: what a network says of every sample."""

import csv
import io
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from l2b_data.files.atomic import write_text


def write_predictions(
    path: Path, *, index: np.ndarray, names: Sequence[str], labels: np.ndarray, probabilities: np.ndarray
) -> None:
    """Write columns index, name, label, p_0 ... p_(K-1), a row a sample, six digits (read by `read_predictions`)."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(["index", "name", "label", *(f"p_{number}" for number in range(probabilities.shape[1]))])
    for one, name, label, row in zip(index.tolist(), names, labels.tolist(), probabilities.tolist(), strict=True):
        writer.writerow([one, name, label, *(f"{value:.6g}" for value in row)])
    write_text(path, text.getvalue())
