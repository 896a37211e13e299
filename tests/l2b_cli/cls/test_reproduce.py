"""`l2b-cls reproduce` as a user runs it: list, estimate, run, go on; wrong input; signals."""

import json
import shutil
import signal
import subprocess
import sys
import time

import numpy as np
import pytest

from l2b_cli.cls.reproduce import reproduce as reproduce_command
from l2b_data.samples.write_image_set import write_image_set
from pipelines.reproduce.cells import estimate as module
from pipelines.reproduce.cells.time_steps import Timing
from tests.command import call_command, started

TINY = (
    *("epochs=2", "network.widths=[4,4,4]", "data.meta_size=20", "batch_size=32", "meta_batch_size=8"),
    "log_weights_every=2",
)
CE, L2B = "cifar10-uniform-0.4_ce_s0", "cifar10-uniform-0.4_l2b_s0"


@pytest.fixture(scope="session")
def data(tmp_path_factory):
    """Ten classes of 32 x 32 colour pictures, a corner of each as bright as its class."""
    rng = np.random.default_rng(0)
    labels = np.arange(260) % 10
    images = rng.integers(0, 60, (len(labels), 32, 32, 3), dtype=np.uint8)
    images[:, :16, :16] += (18 * labels)[:, None, None, None].astype(np.uint8)
    split = ["train"] * 200 + ["test"] * 60
    root = tmp_path_factory.mktemp("cifar") / "cifar10"
    classes = [f"class {number}" for number in range(10)]
    made = write_image_set(root, name="cifar10", images=images, labels=labels, split=split, classes=classes)
    return made.root


def arguments(data, out, *more, cells="cifar10:0.4", methods="l2b", sets=TINY):
    given = ("table1", "--data", data, "--preset", "cpu", "--device", "cpu", "--out", out)
    return (*given, "--cells", cells, "--methods", methods, *(part for one in sets for part in ("--set", one)), *more)


@pytest.fixture
def untimed(monkeypatch):
    """No process for the estimate, which other tests are about."""
    monkeypatch.setattr(module, "measure_apart", lambda run, kind, jobs: Timing(0.1, 1.0, 2.0, 2, 100.0))


def call(*given):
    return call_command(reproduce_command, *given)


@pytest.fixture(scope="session")
def reproduced(data, tmp_path_factory):
    """The folder of a finished run of Table 1, and what the command printed."""
    out = tmp_path_factory.mktemp("reproduced") / "t"
    code, text, said = call(*arguments(data, out))
    assert code == 0, said
    return out, text, said


def test_a_cell_beside_the_paper_s_number(reproduced):
    out, text, said = reproduced
    assert "1 run to do: about " in said
    assert f"[1/1] {L2B} finished: 2 epochs, " in said
    found = json.loads((out / "table1.json").read_text())
    ours = {cell["row"]: cell for cell in found["cells"]}
    summary = json.loads((out / "runs" / L2B / "summary.json").read_text())
    assert ours["l2b"]["paper"]["mean"] == 89.9
    assert ours["l2b"]["last"]["mean"] == pytest.approx(100 * summary["test"]["last"]["accuracy"])
    assert ours["l2b"]["best"]["mean"] == pytest.approx(100 * summary["test"]["best"]["accuracy"])
    assert ours["l2rw"]["best"] is None
    assert summary["noise"] == "uniform:0.4"
    shown = text.splitlines()
    assert any(line.split() == ["L2B", "paper", "89.9"] for line in shown)
    assert any(line.split() == ["best", f"{ours['l2b']['best']['mean']:.1f}", "(1)"] for line in shown)
    described = "cifar10: 180 training images of 10 classes at 32 pixels, 60 evaluated; small-cnn 4-4-4, 2 epochs."
    assert described in " ".join(text.split())
    assert (out / "table1.md").read_text().startswith("## table1")
    assert (out / "table1.png").stat().st_size > 10_000
    assert max(map(len, shown)) <= 100


def test_finished_runs_are_kept_and_more_cells_join_them(reproduced, data, untimed):
    out, _, _ = reproduced
    before = (out / "runs" / L2B / "summary.json").stat().st_mtime_ns
    code, text, said = call(*arguments(data, out, "--json", cells="cifar10:0.4,cifar10:0.2"))
    assert code == 0, said
    found = json.loads(text)
    assert [cell["cell"] for cell in found["cells"] if cell["row"] == "l2b" and cell["runs"]] == [
        *("cifar10:0.2", "cifar10:0.4")
    ]
    assert (out / "runs" / L2B / "summary.json").stat().st_mtime_ns == before
    assert "finished" not in said


def test_a_run_of_other_settings_is_not_taken_for_this_one(reproduced, data):
    out, _, _ = reproduced
    code, text, said = call(*arguments(data, out, sets=("epochs=3", *TINY[1:])))
    assert (code, text) == (2, "")
    assert f"{L2B} has epochs 2 instead of 3: name another --out, or remove it" in said


def test_a_dry_run_estimates_and_makes_nothing(reproduced, data, tmp_path):
    code, text, said = call(*arguments(data, tmp_path / "new", "--dry-run", methods="ce"))
    assert code == 0, said
    heads, row, line = text.splitlines()
    assert heads.split() == ["data", "row", "runs", "step", "epoch", "run", "memory"]
    assert row.split()[:3] == ["cifar10", "ce", "1"]
    assert line.startswith("1 run to do: about ")
    assert not (tmp_path / "new").exists()
    out, _, _ = reproduced
    code, text, _ = call(*arguments(data, out, "--dry-run", "--json"))
    found = json.loads(text)
    assert (code, found["costs"], found["kept"], found["seconds"]) == (0, [], 1, None)


def test_a_failed_run_is_listed_and_the_others_stay(reproduced, data, untimed, tmp_path):
    out = tmp_path / "t"
    shutil.copytree(reproduced[0] / "runs" / L2B, out / "runs" / L2B)
    (out / "runs" / CE).mkdir(parents=True)
    (out / "runs" / CE / "config.yaml").write_text("of the user's own")
    code, text, said = call(*arguments(data, out, methods="ce,l2b"))
    assert code == 4
    assert f"1 of 2 runs failed:\n  {CE}: error: --out {out / 'runs' / CE}: config.yaml would be lost" in said
    assert f"Failed: {CE}: error: " in text
    found = json.loads((out / "table1.json").read_text())
    assert list(found["failed"]) == [CE]
    assert [cell["row"] for cell in found["cells"] if cell["runs"]] == ["l2b"]


@pytest.mark.parametrize(
    ("given", "texts"),
    [
        (("table9",), ["there is no table 'table9': take one of fig1a"]),
        ((), ["name a TABLE and a folder with --out"]),
        (("table1", "--preset", "big", "--cells", "cifar10:0.4"), ["preset 'big' is not in"]),
        (("table1", "--cells", "cifar10:0.4", "--set", "epochs=none"), ["epochs"]),
        (
            ("table1", "--cells", "cifar10:0.7", "--methods", "l3b", "--device", "tpu"),
            ["--cells cifar10:0.7: table1 has", "--methods l3b: no row of table1", "--device 'tpu'"],
        ),
        (("table2", "--data", "cifar9=x"), ["--data cifar9=x: table2 needs cifar10, cifar100"]),
    ],
)
def test_wrong_input_is_one_message_and_nothing_is_written(data, tmp_path, given, texts):
    named = () if not given or "--data" in given else ("--data", data)
    code, text, said = call(*given, *named, *(("--out", tmp_path / "t") if given else ()))
    assert (code, text) == (2, "")
    for wanted in texts:
        assert wanted in said
    assert not (tmp_path / "t").exists()


def test_the_list_needs_no_data():
    code, text, _ = call("--list")
    assert code == 0
    assert "cifar10: 0.2, 0.3, 0.4, 0.5" in text
    code, text, _ = call("--list", "--json")
    tables = {row["table"]: row for row in json.loads(text)}
    assert tables["table4"]["data"] == ["clothing1m"]
    assert {"row": "ce", "title": "CE", "method": "ce", "runs": True} in tables["table1"]["rows"]


def test_a_list_imports_no_torch():
    done = subprocess.run(
        [sys.executable, "-X", "importtime", "-m", "l2b_cli.cls.main", "reproduce", "--list"],
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    assert "pydantic\n" in done.stderr
    assert "torch\n" not in done.stderr


def test_a_signal_ends_the_training_too_and_the_same_command_goes_on(data, untimed, tmp_path):
    out = tmp_path / "t"
    line = [sys.executable, "-m", "l2b_cli.cls.main", "reproduce"]
    line += map(str, arguments(data, out, methods="ce", sets=("epochs=100000", *TINY[1:])))
    checkpoint = out / "runs" / CE / "checkpoint_latest.pt"
    with (
        open(tmp_path / "stderr", "w+") as errors,
        started(line, stdout=subprocess.DEVNULL, stderr=errors) as process,
    ):
        until = time.monotonic() + 120
        while not checkpoint.is_file() and time.monotonic() < until and process.poll() is None:
            time.sleep(0.1)
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=60) == 143
        errors.seek(0)
        said = errors.read()
    assert "the same command goes on from there" in said
    assert "Traceback" not in said
    metrics = checkpoint.with_name("metrics.jsonl")
    epochs = len(metrics.read_text().splitlines())
    assert epochs >= 1
    time.sleep(0.5)
    assert len(metrics.read_text().splitlines()) == epochs  # nothing trains on
    assert "terminated in epoch" in (out / "runs" / CE / "log.txt").read_text()
    assert (out / "table1.md").is_file()
    config = checkpoint.with_name("config.yaml")
    config.write_text(config.read_text().replace("epochs: 100000", f"epochs: {epochs + 1}"))
    code, _, said = call(*arguments(data, out, methods="ce", sets=(f"epochs={epochs + 1}", *TINY[1:])))
    assert code == 0, said
    assert f"{CE} goes on after epoch {epochs}" in said
    assert len(metrics.read_text().splitlines()) == epochs + 1
