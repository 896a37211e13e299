"""`l2b-seg audit` as a user calls it."""

import json

import pytest
from typer.testing import CliRunner

from l2b_cli.seg.audit import audit as command
from l2b_cli.seg.main import app
from l2b_data.images.volume import read_volume, write_volume
from l2b_seg.recipe import read_settings
from l2b_seg.run import run_training
from tests.command import call_command
from tests.l2b_seg.audit.wrong_masks import TEST, TRAIN, make_run
from tests.l2b_seg.tiny import CPU

pytestmark = pytest.mark.usefixtures("any_judge")


def call(*arguments):
    result = CliRunner().invoke(app, ["audit", *map(str, arguments)], env={"COLUMNS": "80"})
    assert result.exit_code == 0, result.exception
    return result


def test_table_and_json_of_a_cross_fitted_audit(tmp_path):
    run, _ = make_run(tmp_path)
    told = call(run, "--epochs", 1)
    assert "Most suspicious of 6 cases, each with its worst slice\n" in told.stdout
    assert "Judged by networks trained as the run was" in told.stdout
    table = told.stdout.partition("\n\n")[2].partition("Look at them")[0]
    assert max(map(len, table.splitlines())) <= 80
    assert table.split()[:7] == ["#", "case", "score", "diagnosis", "Dice", "HD95", "mm"]
    for row in json.loads((run / "audit" / "audit.json").read_text())["cases"]:
        line = next(line for line in table.splitlines() if row["case"] in line).split()
        assert line[:3] == [str(row["rank"]), row["case"], f"{row['score']:.2f}"]
        assert (line[-3], line[-1]) == (f"{row['dice']:.2f}", str(row["worst_slice"]))
    assert f"Look at them: {run / 'audit' / 'audit.html'}" in told.stdout
    assert told.stdout.startswith("Dice of the judges: network 1 of 2: gland 0.")
    assert "Compared with the masks of labelsTr, from which these were made; AUROC:" in told.stdout
    assert "  slices all (4 of 24 wrong): audit" in told.stdout
    assert "  cases (3 of 6 wrong): audit" in told.stdout
    assert "network 2 of 2, epoch 1: loss" in told.stderr
    assert "[6/6] " in told.stderr
    again = call(run, "--epochs", 1, "--json", "--out", tmp_path / "elsewhere")
    assert "network" not in again.stderr
    assert json.loads(again.stdout) == json.loads((tmp_path / "elsewhere" / "audit.json").read_text())
    assert json.loads(again.stdout)["slices"] == json.loads((run / "audit" / "audit.json").read_text())["slices"]


def test_a_long_diagnosis_is_cut_before_the_table_is_wider_than_the_terminal():
    from rich.console import Console

    from l2b_cli.seg.audit import _table

    row = {"rank": 1, "case": "ISIC_0012345", "score": 0.9, "dice": 0.5, "hd95": None, "worst_slice": 123}
    said = "classes exchanged (peripheral zone and transition zone of the prostate): put right it agrees by Dice 0.91"
    console = Console(width=80, record=True)
    console.print(_table({"unit": "mm", "slices": [{}] * 3, "cases": [row | {"said": said}, row | {"said": None}]}))
    lines = console.export_text().splitlines()
    first = next(line for line in lines if "ISIC_0012345" in line)
    assert max(map(len, lines)) <= 80
    assert "classes exchanged (peripheral zone" in first
    assert "…" in first
    assert first.split()[-3:] == ["0.50", "-", "123"]


def test_in_sample_with_the_runs_own_network(tmp_path):
    run, data = make_run(tmp_path)
    run_training(read_settings(run / "config.yaml"), data, run, device=CPU)
    told = call(run, "--folds", 0)
    assert "the run's own network, which was trained on the very masks it judges" in told.stdout
    result = json.loads((run / "audit" / "audit.json").read_text())
    assert (result["in_sample"], result["folds"], result["epochs"]) == (True, 0, [2])
    assert {row["fold"] for row in result["slices"]} == {None}
    assert {row["case"] for row in result["cases"]} == set(TRAIN)
    assert "has learnt part of the errors" in (run / "audit" / "audit.html").read_text(encoding="utf-8")
    assert not list((run / "audit").glob("fold_*"))


def test_a_folder_to_correct_masks_in_and_one_that_is_taken_refused_before_any_training(tmp_path):
    run, _ = make_run(tmp_path)
    asked = (run, "--epochs", 1, "--export-review", tmp_path / "review")
    told = call(*asked)
    assert f"{tmp_path / 'review' / 'README.txt'}" in told.stdout
    assert len(list((tmp_path / "review").glob("*/difference.nii.gz"))) == 6
    code, _, message = call_command(command, tmp_path / "nowhere", "--export-review", tmp_path / "review")
    assert (code, "--export-review" in message) == (2, True)


def test_no_run(tmp_path):
    code, _, message = call_command(command, tmp_path)
    assert (code, "no run to audit: config.yaml, split.json missing" in message) == (3, True)
    run, _ = make_run(tmp_path)
    code, _, message = call_command(command, run, "--folds", 0)
    assert (code, "model.safetensors missing" in message) == (3, True)


def test_predictions_instead_of_a_run(tmp_path):
    run, data = make_run(tmp_path)
    folder = tmp_path / "predictions"
    for case in (*TRAIN[:5], *TEST):
        write_volume(read_volume(data.dataset.label_path(case)), folder / f"{case}.nii.gz")
    asked = ("--data", data.dataset.root, "--predictions", folder, "--labels", data.labels, "--workers", 1)
    code, printed, message = call_command(command, *asked)
    assert code == 4
    assert message == f"1 of 6 cases were not audited:\n  {TRAIN[5]}: no prediction in {folder}"
    assert printed.startswith("Dice of the judges: the predictions: gland 1.00 (1 test case)")
    assert "slices all (4 of 20 wrong): audit 1.000" in printed
    assert (folder / "audit" / "audit.html").is_file()
    review = tmp_path / "review"
    code, printed, _ = call_command(command, *asked, "--export-review", review)
    assert (code, f"To correct them in ITK-SNAP or 3D Slicer: {review / 'README.txt'}" in printed) == (4, True)
    assert {path.name for path in review.iterdir() if path.is_dir()} == set(TRAIN[:5])
    for arguments, text in (
        ((*asked, "--export-review", review), "already there and not empty; choose another folder"),
        ((), "nothing to judge by: name the folder of a RUN, or --data DATA --predictions DIR"),
        ((run, *asked), "one of them judges; leave one out"),
        (asked[2:], "--data DATA is missing"),
        ((*asked, "--quick"), "--epochs and --quick are of the networks of a RUN"),
    ):
        code, _, message = call_command(command, *arguments)
        assert (code, text in message) == (2, True)
    code, _, message = call_command(command, *asked[:2], "--predictions", tmp_path / "none")
    assert (code, message) == (3, f"--predictions {tmp_path / 'none'}: no such folder")


def test_quick_is_the_runs_own_network_on_any_masks(tmp_path):
    run, data = make_run(tmp_path)
    run_training(read_settings(run / "config.yaml"), data, run, device=CPU)
    result = json.loads(call(run, "--quick", "--cases", "test", "--json").stdout)
    assert (result["folds"], result["in_sample"], result["labels"]) == (0, False, "labelsTr")
    assert [(row["case"], row["in_sample"]) for row in result["cases"]] == [(TEST[0], False)]
    given = json.loads(call(run, "--quick", "--given", "labelsTr", "--json").stdout)
    assert (given["labels"], given["truth"], given["in_sample"]) == ("labelsTr", None, True)
    code, _, message = call_command(command, run, "--quick", "--epochs", 2)
    assert (code, "only with --folds of 2 or more" in message) == (2, True)
