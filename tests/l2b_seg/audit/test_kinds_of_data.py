"""Colour pictures of two classes, stored backwards."""

import numpy as np
import yaml

from l2b_data.cases.dataset import Dataset, write_dataset_files
from l2b_data.files.atomic import write_json, write_text
from l2b_data.images.volume import Volume, read_volume, write_volume
from l2b_run.audit.cross_fit import AuditOptions
from l2b_seg.audit.audit import audit
from l2b_seg.run_data import RunData, with_task
from tests.data_prep.conftest import gland, picture
from tests.l2b_seg.tiny import make_settings

BACKWARDS = (-1.0, 0.0, 0.0, 0.0, -1.0, 0.0, 0.0, 0.0, 1.0)
SWAPPED = "c1"


def make_colour_run(root):
    """Four training pictures (1, 40, 48) of two cells side by side; in one of them the classes are swapped."""
    cases = [f"c{number}" for number in range(6)]
    for number, case in enumerate(cases):
        whole = gland((4, 40, 48), seed=number)[2:3]
        labels = np.where(np.arange(48) < 24, 1, 2).astype(np.uint8) * whole
        grid = Volume(labels, (1.0, 0.5, 0.5), direction=BACKWARDS)
        given = np.array([0, 2, 1], np.uint8)[labels] if case == SWAPPED else labels
        write_volume(grid.with_array(given), root / "data" / "labelsTr" / f"{case}.nii.gz")
        for channel in range(3):
            shown = picture(((labels == channel) | (labels == 2)).astype(np.uint8), seed=number)
            write_volume(grid.with_array(shown), root / "data" / "imagesTr" / f"{case}_{channel:04d}.nii.gz")
    write_dataset_files(
        root / "data",
        name="Cells",
        channels=["red", "green", "blue"],
        labels={"background": 0, "cell": 1, "nucleus": 2},
        splits={"train": cases[:4], "meta": cases[4:5], "test": cases[5:]},
        spacing_unit="mm",
        how={},
        source={},
    )
    dataset = Dataset.open(root / "data")
    data = RunData(dataset, "labelsTr", {"labels": "labelsTr"}, cases[:4], cases[4:5], cases[5:])
    settings = make_settings("joint", optimizer={"lr": 0.2, "clip_norm": 1.0}, batch_size=2, meta_batch_size=2)
    write_text(root / "run" / "config.yaml", yaml.safe_dump(with_task(settings, dataset).model_dump()))
    write_json(root / "run" / "split.json", data.record())
    return root / "run", data


def test_colour_pictures_of_two_classes(tmp_path, any_judge):
    run, data = make_colour_run(tmp_path)
    result = audit(run, data, tmp_path / "out", AuditOptions(2, 2))
    assert {(row["case"], row["slice"]) for row in result["slices"]} == {(case, 0) for case in data.train}
    assert all(0 <= row["score"] <= 1 for row in result["slices"])
    assert result["truth"] is None
    assert {row["given"] for row in result["regions"]} <= {"background", "cell", "nucleus"}
    assert set(result["usual_share"]) == {"cell", "nucleus"}
    proposal = read_volume(tmp_path / "out" / "proposals" / f"{SWAPPED}.nii.gz")
    assert proposal.same_grid(read_volume(data.dataset.label_path(SWAPPED))) == []
    assert set(np.unique(proposal.array)) <= {0, 1, 2}
    page = (tmp_path / "out" / "audit.html").read_text(encoding="utf-8")
    assert page.count("data:image/webp") == 4  # one a case, whatever lies over it
    assert page.index("</svg> cell</span>") < page.index("</svg> nucleus</span>")  # which colour
    assert 'id="slices"' not in page  # a slice each: the cases say it all
    assert ", slice 0" not in page
    assert "Slice 0" not in page
    for text in ("true Dice", "AUROC", "How good the ranking is"):
        assert text not in page  # the given masks are the only ones
