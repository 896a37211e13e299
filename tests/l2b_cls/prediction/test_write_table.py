"""Probabilities written and read back: not a digit is lost, so that near ties stay what they were."""

import csv
import io

import numpy as np

from l2b_cls.prediction.predict import Predictions
from l2b_cls.prediction.read_table import read_predictions
from l2b_cls.prediction.write_table import write_predictions

NEAR_TIES = np.array([[0.5 - 1e-9, 0.5 + 1e-9], [0.5 + 1e-9, 0.5 - 1e-9], [1 / 3, 2 / 3]])


def test_predictions_of_a_run(tmp_path):
    write_predictions(
        tmp_path / "predictions.csv",
        index=np.array([4, 2, 7]),
        names=["a", "b", "c, d"],
        labels=np.array([1, 0, 1]),
        probabilities=NEAR_TIES,
    )
    table = read_predictions(tmp_path / "predictions.csv")
    np.testing.assert_array_equal(table.probabilities, NEAR_TIES)
    assert table.predicted.tolist() == [1, 0, 1]
    assert (table.index.tolist(), table.names, table.labels.tolist()) == ([4, 2, 7], ["a", "b", "c, d"], [1, 0, 1])


def test_predictions_of_new_images():
    rows = list(csv.DictReader(io.StringIO(Predictions(["a", "b", "c"], NEAR_TIES, ["no", "yes"]).as_csv())))
    found = np.array([[float(row["p_no"]), float(row["p_yes"])] for row in rows])
    np.testing.assert_array_equal(found, NEAR_TIES)
    assert [row["predicted"] for row in rows] == ["yes", "no", "yes"]
