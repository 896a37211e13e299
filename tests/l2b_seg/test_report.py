"""The report page: what is in it, what is left out, that texts stay texts, and that a browser opens it."""

import json
import re
import shutil
import subprocess
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from l2b_run.errors import ConfigError, DataError
from l2b_seg.report import MAX_SLICES, write_report
from l2b_seg.report_figures import curves_png, slice_png
from l2b_seg.run_record import RunRecord, read_run

EVIL = "<script>alert(1)</script>"
CHROMIUM = shutil.which("chromium")


def make_run(path: Path, *, method: str, dice: float, case: str = "Case00", weights: bool = False) -> Path:
    path.mkdir(parents=True)
    epochs = [
        {"epoch": epoch, "loss": 1 / epoch, "test_dice": dice * epoch / 5 if epoch % 2 else None}
        for epoch in (1, 2, 3, 4, 5)
    ]
    (path / "metrics.jsonl").write_text("".join(json.dumps(epoch) + "\n" for epoch in epochs))
    summary = {
        "method": method,
        "noise": "L1",
        "unit": "mm",
        "mean": {"dice": dice, "hd": 20.0, "hd95": 12.5, "assd": None},
        "last": dice,
        "best": {"dice": dice + 0.01, "epoch": 5},
        "train_seconds": 83.2,
        "peak_memory_mb": 1234.5,
        "metric_per_case": [{"case": case, "dice": dice}, {"case": "Case01", "dice": None}],
        "definitions": {"dice": "2 |A & B| / (|A| + |B|)"},
    }
    (path / "summary.json").write_text(json.dumps(summary))
    save_figures(path, count=2, name=case, weights=weights)
    return path


def save_figures(path: Path, *, count: int, name: str = "Case00", weights: bool = True, clean: bool = True) -> None:
    rng = np.random.default_rng(0)
    image = rng.random((count, 24, 24), np.float32)
    disc = (np.hypot(*np.mgrid[-12:12, -12:12]) < 7).astype(np.uint8)
    arrays: dict[str, Any] = {"image": image, "given": np.stack([disc] * count), "probability": image}
    if clean:
        arrays["clean"] = np.stack([np.roll(disc, 2, axis=0)] * count)
    if weights:
        arrays |= {"alpha": image / 100, "beta": (1 - image) / 100}
    np.savez(path / "figures.npz", names=np.array([f"{name} slice {i}" for i in range(count)]), **arrays)


class Page(HTMLParser):
    """Tags with their attributes, and all text outside of style."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.texts: list[str] = []
        self.in_style = False
        self.feed(path.read_text(encoding="utf-8"))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        self.in_style = tag == "style"

    def handle_data(self, data: str) -> None:
        if not self.in_style and data.strip():
            self.texts.append(data.strip())

    def images(self) -> list[str]:
        return [attributes["src"] or "" for tag, attributes in self.tags if tag == "img"]


def test_page_has_rows_curves_slices_and_cases(tmp_path: Path) -> None:
    plain = make_run(tmp_path / "plain", method="unetpp", dice=0.5)
    l2b = make_run(tmp_path / "weighted", method="l2b", dice=0.75, weights=True)
    page = Page(write_report([plain, l2b], tmp_path / "out" / "report.html", title="Two runs"))
    for text in ("Two runs", "plain", "weighted", "unetpp", "l2b", "0.5000", "0.7500", "0.7600", "12.50", "1,234 MB"):
        assert text in page.texts, text
    assert page.texts.count("1 min 23 s") == 2
    best = [attributes for tag, attributes in page.tags if tag == "td" and attributes.get("class") == "best"]
    assert len(best) == 2  # both Dice columns; equal HDs mark none
    assert len(page.images()) == 1 + 2  # curves, and the two slices that both runs share
    assert "0.750" in page.texts
    assert "2 |A & B| / (|A| + |B|)" in page.texts


def test_case_names_from_files_stay_text(tmp_path: Path) -> None:
    run = make_run(tmp_path / "run $x_ <b>", method=EVIL, dice=0.5, case=EVIL, weights=True)
    page = Page(write_report([run], tmp_path / "report.html"))
    assert EVIL in page.texts
    assert f"{EVIL} slice 0" in page.texts
    assert "run $x_ <b>" in page.texts
    assert not {"script", "b"} & {tag for tag, _ in page.tags}


def test_page_loads_nothing(tmp_path: Path) -> None:
    run = make_run(tmp_path / "run", method="l2b", dice=0.5, weights=True)
    page = Page(write_report([run], tmp_path / "report.html"))
    assert all(source.startswith("data:image/png;base64,iVBOR") for source in page.images())
    assert not {"link", "script", "iframe", "object"} & {tag for tag, _ in page.tags}
    text = re.sub(r"base64,[A-Za-z0-9+/=]+", "", (tmp_path / "report.html").read_text())
    assert not re.search(r"(https?:)?//\w|url\(|@import", text)


@pytest.mark.parametrize("kept", ["summary.json", "metrics.jsonl", "figures.npz"])
def test_missing_parts_are_left_out(tmp_path: Path, kept: str) -> None:
    run = make_run(tmp_path / "run", method="l2b", dice=0.5, weights=True)
    for file in run.iterdir():
        if file.name != kept:
            file.unlink()
    page = Page(write_report([run], tmp_path / "report.html"))
    headings = {"summary.json": "Cases", "metrics.jsonl": "Curves", "figures.npz": "Slices"}
    assert {heading for heading in headings.values() if heading in page.texts} == {headings[kept]}


def test_many_slices_are_thinned_and_said(tmp_path: Path) -> None:
    run = make_run(tmp_path / "run", method="l2b", dice=0.5)
    save_figures(run, count=MAX_SLICES + 5, clean=False, weights=False)
    page = Page(write_report([run], tmp_path / "report.html"))
    assert len(page.images()) == 1 + MAX_SLICES
    assert any(f"{MAX_SLICES} of {MAX_SLICES + 5} slices" in text for text in page.texts)
    assert "Case00 slice 0" in page.texts
    assert f"Case00 slice {MAX_SLICES + 4}" in page.texts


def test_runs_of_one_name_are_told_apart(tmp_path: Path) -> None:
    runs = [make_run(tmp_path / seed / "l2b", method="l2b", dice=0.5) for seed in ("s0", "s1")]
    page = Page(write_report(runs, tmp_path / "report.html"))
    assert {"s0/l2b", "s1/l2b"} <= set(page.texts)


def test_same_runs_same_bytes(tmp_path: Path) -> None:
    run = make_run(tmp_path / "run", method="l2b", dice=0.5, weights=True)
    first = write_report([run], tmp_path / "a.html").read_bytes()
    assert write_report([run], tmp_path / "b.html").read_bytes() == first


def test_faults_of_all_folders_in_one_message_and_the_old_page_stays(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    broken = make_run(tmp_path / "broken", method="l2b", dice=0.5)
    (broken / "summary.json").write_text("{")
    (broken / "figures.npz").write_bytes((broken / "figures.npz").read_bytes()[:100])
    (tmp_path / "report.html").write_text("old")
    with pytest.raises(DataError) as caught:
        write_report([tmp_path / "none", tmp_path / "empty", broken], tmp_path / "report.html")
    for part in ("none: no such run folder", "not the folder of a run", "summary.json is damaged", "figures.npz is"):
        assert part in str(caught.value)
    assert (tmp_path / "report.html").read_text() == "old"
    with pytest.raises(ConfigError, match="no run folder"):
        write_report([], tmp_path / "report.html")


def test_an_array_that_needs_pickle_is_refused(tmp_path: Path) -> None:
    run = make_run(tmp_path / "run", method="l2b", dice=0.5)
    np.savez(run / "figures.npz", image=np.array([{"a": 1}], dtype=object))
    with pytest.raises(DataError, match=r"figures\.npz is damaged"):
        read_run(run)


def test_a_cut_last_line_is_a_run_that_goes_on_but_another_is_damage(tmp_path: Path) -> None:
    run = make_run(tmp_path / "run", method="l2b", dice=0.5)
    lines = (run / "metrics.jsonl").read_text().splitlines(keepends=True)
    (run / "metrics.jsonl").write_text("".join(lines) + lines[0][:9])
    assert len(read_run(run).epochs) == 5
    (run / "metrics.jsonl").write_text(lines[0][:9] + "\n" + lines[1])
    with pytest.raises(DataError, match=r"metrics\.jsonl line 1 is damaged"):
        read_run(run)


def test_pictures_without_masks_or_weights_or_values_are_drawn() -> None:
    image = np.zeros((1, 8, 8), np.float32)
    zero = RunRecord(Path("a"), {}, [], {"image": image, "given": image, "alpha": image, "beta": image}, ["a"])
    assert slice_png([("a", zero, 0)]).startswith(b"\x89PNG")
    assert curves_png([("a", zero)]) is None


@pytest.mark.skipif(CHROMIUM is None, reason="no chromium on this machine")
def test_a_browser_shows_the_page(tmp_path: Path) -> None:
    assert CHROMIUM is not None
    run = make_run(tmp_path / "run", method=EVIL, dice=0.5, weights=True)
    page = write_report([run], tmp_path / "report.html", title="Opened")
    flags = "--headless --no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking"
    shot = tmp_path / "shot.png"
    command = [
        *(CHROMIUM, *flags.split(), "--disable-component-update", "--disable-sync", "--window-size=1280,1600"),
        *(f"--user-data-dir={tmp_path / 'profile'}", f"--screenshot={shot}", page.as_uri()),
    ]
    subprocess.run(command, capture_output=True, timeout=120, check=True)
    from PIL import Image

    with Image.open(shot) as picture:
        pixels = np.asarray(picture.convert("RGB"))
    assert pixels.shape == (1600, 1280, 3)
    # the page is white with much drawn on it, in colours: not an error page and not blank
    assert 0.02 < (pixels < 200).any(axis=2).mean() < 0.7
    assert len(np.unique(pixels.reshape(-1, 3), axis=0)) > 1000
