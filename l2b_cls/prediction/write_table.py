"""predictions.csv: what a network says of every sample."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from l2b_data.files.atomic import write_text
from l2b_data.files.table import table_text


def write_predictions(
    path: Path, *, index: np.ndarray, names: Sequence[str], labels: np.ndarray, probabilities: np.ndarray
) -> None:
    """Write columns index, name, label, p_0 ... p_(K-1), a row a sample; `read_predictions` reads it.

    Probabilities have all their digits: the most probable class of a near tie is the same when they are read back.
    """
    columns = ("index", "name", "label", *(f"p_{number}" for number in range(probabilities.shape[1])))
    rows = zip(index.tolist(), names, labels.tolist(), probabilities.tolist(), strict=True)
    write_text(path, table_text(columns, ((one, name, label, *row) for one, name, label, row in rows)))
