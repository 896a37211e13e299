"""The demo end to end, as short as it gets: its figures are RESULTS.md's business, not a test's."""

from contextlib import nullcontext
from pathlib import Path

import pytest

from l2b_data.errors import ConfigError
from pipelines.demo.segmentation import DEMO
from pipelines.demo.steps import run_demo

SHORT = ["epochs=2", "slices.size=32", "network.widths=[4,4,4,4,4]"]


def run_short(out: Path) -> list[dict]:
    return run_demo(DEMO, out, progress_of=lambda method, epochs: nullcontext(lambda row: None), overrides=SHORT)


def test_demo_trains_every_method_and_writes_one_report(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("L2B_CACHE", str(tmp_path / "cache"))
    summaries = run_short(tmp_path / "demo")
    assert [summary.method for summary in summaries] == list(DEMO.methods)
    assert all(summary.noise == {"level": "L1", "seed": 0} for summary in summaries)
    page = (tmp_path / "demo" / "report.html").read_text(encoding="utf-8")
    assert all(method in page for method in DEMO.methods)


def test_demo_never_overwrites(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("mine")
    with pytest.raises(ConfigError, match="not empty"):
        run_short(tmp_path)
    assert (tmp_path / "notes.txt").read_text() == "mine"
