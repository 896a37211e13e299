"""The report page: what is in it, what is left out, and that texts stay texts (test_report_browser.py opens it)."""

import base64
import hashlib
import json
import re
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from l2b_data.cases.dataset import CLEAN_LABELS
from l2b_data.errors import ConfigError, DataError
from l2b_data.images.volume import Volume, read_volume, write_volume
from l2b_run.report.curves import curve_panels
from l2b_run.report.page import json_for_script
from l2b_seg.metrics.summary import Summary
from l2b_seg.prediction.trust import trust_path
from l2b_seg.report.kept_slices import figure_cases
from l2b_seg.report.run_record import RunRecord, read_run
from l2b_seg.report.write_report import CURVES, write_report
from l2b_seg.run_data import RunData
from l2b_seg.training_weights.file import TRAINING_WEIGHTS
from tests.l2b_seg.report.test_pictures import filled
from tests.l2b_seg.saved_run import save_run
from tests.l2b_seg.tiny import META, NOISY, SHAPE, TEST, TRAIN

EVIL = "<script>alert(1)</script>"


def make_run(path: Path, *, method: str, dice: float, case: str = "Case00", weights: bool = False) -> Path:
    path.mkdir(parents=True)
    epochs = [
        {"epoch": epoch, "loss": 1 / epoch, "test_dice": dice * epoch / 5 if epoch % 2 else None}
        for epoch in (1, 2, 3, 4, 5)
    ]
    (path / "metrics.jsonl").write_text("".join(json.dumps(epoch) + "\n" for epoch in epochs))
    summary = {
        "method": method,
        "noise": {"level": "L1"},
        "unit": "mm",
        "mean": {"dice": dice, "hd": 20.0, "hd95": 12.5, "assd": None},
        "last": {"dice": dice},
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


def save_audit(run: Path, cases: list[str]) -> None:
    slices = [
        {"rank": place, "case": case, "slice": 3 - place, "score": 1 / place, "dice": 0.1 * place, "hd95": None}
        for place, case in enumerate(cases, start=1)
    ]
    (run / "audit").mkdir()
    definitions = {"judged_by": "networks of its own", "slices": {"score": "1 - expected Dice", "fold": "not shown"}}
    (run / "audit" / "audit.json").write_text(json.dumps({"slices": slices, "definitions": definitions}))


class Page(HTMLParser):
    """Tags with their attributes, texts outside of style and script, and the data the script reads."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.texts: list[str] = []
        self.inside = ""
        self.contents: dict[str, list[str]] = {"style": [], "script": []}
        self.feed(path.read_text(encoding="utf-8"))
        self.data = json.loads(self.contents["script"][0])

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        self.inside = tag

    def handle_endtag(self, tag: str) -> None:
        self.inside = ""

    def handle_data(self, data: str) -> None:
        if self.inside in self.contents:
            self.contents[self.inside].append(data)
        elif data.strip():
            self.texts.append(data.strip())

    def case(self, title: str) -> dict[str, Any]:
        return next(case for case in self.data["cases"] if case["title"] == title)


def test_page_has_rows_curves_slices_and_cases(tmp_path: Path) -> None:
    plain = make_run(tmp_path / "plain", method="unetpp", dice=0.5)
    l2b = make_run(tmp_path / "weighted", method="l2b", dice=0.75, weights=True)
    page = Page(write_report([plain, l2b], tmp_path / "out" / "report.html", title="Two runs"))
    for text in ("Two runs", "plain", "weighted", "unetpp", "l2b", "0.5000", "0.7500", "0.7600", "12.50", "1,234 MB"):
        assert text in page.texts, text
    assert page.texts.count("1 min 23 s") == 2
    best = [attributes for tag, attributes in page.tags if tag == "td" and attributes.get("class") == "best"]
    assert len(best) == 2  # both Dice columns; equal HDs mark none
    assert "plain, epoch 3: 0.3" in page.texts
    assert "0.750" in page.texts
    assert "2 |A & B| / (|A| + |B|)" in page.texts


def test_runs_without_their_data_show_the_slices_they_kept(tmp_path: Path) -> None:
    plain = make_run(tmp_path / "plain", method="unetpp", dice=0.5)
    l2b = make_run(tmp_path / "weighted", method="l2b", dice=0.75, weights=True)
    page = Page(write_report([plain, l2b], tmp_path / "report.html"))
    assert [case["title"] for case in page.data["cases"]] == ["Case00 slice 0", "Case00 slice 1"]
    shown = page.case("Case00 slice 0")
    assert shown["sources"] == ["given:the run folder", "clean", "run0", "run1"]
    assert [shown_map["key"] for shown_map in shown["maps"]] == ["run1/last alpha", "run1/last beta"]
    (l2b / TRAINING_WEIGHTS).touch()  # a run that keeps its weights has those of training in its figures
    again = Page(write_report([plain, l2b], tmp_path / "report.html")).case("Case00 slice 0")
    assert [shown_map["key"] for shown_map in again["maps"]] == ["run1/alpha", "run1/beta"]
    pictures = read_run(l2b).pictures
    paths = shown["slices"][0]["outlines"]
    np.testing.assert_array_equal(
        filled(paths["given:the run folder"]["foreground"], (24, 24)), pictures["given"][0] == 1
    )
    np.testing.assert_array_equal(filled(paths["run1"]["foreground"], (24, 24)), pictures["probability"][0] > 0.5)
    assert any("plain: only the slices kept in the run folder" in text for text in page.texts)


def test_whole_cases_of_the_data_set_under_every_run(tmp_path: Path, data: RunData) -> None:
    runs = [save_run(tmp_path / name, data, seed=seed) for seed, name in enumerate(("one", "two"))]
    page = Page(write_report(runs, tmp_path / "report.html", cases=4))
    assert [case["title"] for case in page.data["cases"]] == ["case5 (test)", *(f"{case} (training)" for case in TRAIN)]
    test, trained = page.case("case5 (test)"), page.case("case0 (training)")
    assert test["sources"] == ["clean", "run0", "run1"]
    assert test["maps"] == []
    assert trained["sources"] == [f"given:{NOISY}", "clean", "run0", "run1"]
    assert {shown_map["key"] for shown_map in trained["maps"]} == {
        f"run{n}/last {kind}" for n in (0, 1) for kind in ("alpha", "beta")
    }
    given, clean = (read_volume(data.dataset.label_path("case0", folder)).array for folder in (NOISY, CLEAN_LABELS))
    for index, part in enumerate(trained["slices"]):
        for source, mask in ((f"given:{NOISY}", given), ("clean", clean)):
            path = part["outlines"].get(source, {}).get("prostate", "")
            np.testing.assert_array_equal(filled(path, mask.shape[1:]), mask[index] > 0)
        both = int(given[index].sum()) + int(clean[index].sum())
        if both:
            dice = 2 * int((given[index] & clean[index]).sum()) / both
            assert part["dice"][f"given:{NOISY}"] == pytest.approx(dice, abs=1e-4)
    names = [source["name"] for source in page.data["sources"]]
    assert names == ["given mask", "clean mask", "prediction of one", "prediction of two"]
    assert len({(source["line"]["hue"], source["line"]["dash"]) for source in page.data["sources"]}) == 4


def test_the_audits_trust_comes_first_and_weights_are_those_of_training(tmp_path: Path, data: RunData) -> None:
    runs = [save_run(tmp_path / name, data, seed=seed) for seed, name in enumerate(("one", "two"))]
    given = read_volume(data.dataset.label_path("case0", NOISY))
    low = given.with_array(np.where(np.arange(6)[:, None, None] == 2, np.float32(0.2), np.ones(SHAPE, np.float32)))
    write_volume(low, trust_path(runs[1] / "audit", "case0"))
    np.savez(runs[1] / TRAINING_WEIGHTS, case0=np.ones((2, 6, 32, 32), np.float16))
    page = Page(write_report(runs, tmp_path / "report.html", cases=4))
    shown = page.case("case0 (training)")
    assert [(found["key"], found["text"], found["trust"]) for found in shown["maps"]] == [
        ("run1/trust", "trust in the given mask, two", True),
        ("run0/last alpha", "weight of the given mask under the last network (alpha), one", False),
        ("run0/last beta", "weight of the network's label under the last network (beta), one", False),
        ("run1/alpha", "training weight of the given mask (alpha), two", False),
        ("run1/beta", "training weight of the network's label (beta), two", False),
    ]
    assert [part["number"] for part in shown["slices"] if "run1/trust" in part["maps"]] == [2]
    other = page.case("case1 (training)")["maps"]
    assert not any(found["trust"] for found in other)
    write_volume(Volume(np.zeros((2, 3, 4), np.float32)), trust_path(runs[1] / "audit", "case0"))
    page = Page(write_report(runs, tmp_path / "report.html", cases=4))
    assert not any(found["trust"] for found in page.case("case0 (training)")["maps"]), "of another grid"


def test_the_audits_worst_cases_are_shown_first_and_lead_to_their_slice(tmp_path: Path, data: RunData) -> None:
    run = save_run(tmp_path / "run", data)
    save_audit(run, [TRAIN[2], TRAIN[0], META[0]])
    page = Page(write_report([run], tmp_path / "report.html", cases=2))
    assert [case["case"] for case in page.data["cases"]] == [TEST[0], TRAIN[2]]
    buttons = [attributes for tag, attributes in page.tags if tag == "button" and "data-case" in attributes]
    assert {"type": "button", "class": "link", "data-case": TRAIN[2], "data-slice": "2"} in buttons
    assert not any(button["data-case"] == TRAIN[0] for button in buttons)
    assert {f"{TRAIN[2]}, slice 2", f"{TRAIN[0]}, slice 1", "1.000", "0.500"} <= set(page.texts)
    assert {"Judged by networks of its own.", "1 - expected Dice"} <= set(page.texts)
    assert "not shown" not in page.texts
    assert "HD95" not in page.texts[page.texts.index("suspicion") :]  # a column without a value


def test_unusable_masks_leave_the_page_whole(tmp_path: Path, data: RunData) -> None:
    """No clean mask of a training case, and one of another shape: no line. A given one missing: the case is named."""
    run = save_run(tmp_path / "run", data)
    data.dataset.label_path(TRAIN[0], CLEAN_LABELS).unlink()
    other = data.dataset.label_path(TRAIN[1], CLEAN_LABELS)
    volume = read_volume(other)
    write_volume(type(volume)(volume.array[:3]), other)
    data.dataset.label_path(TRAIN[2], NOISY).unlink()
    page = Page(write_report([run], tmp_path / "report.html", cases=4))
    assert [case["case"] for case in page.data["cases"]] == [TEST[0], TRAIN[0], TRAIN[1]]
    assert all("clean" not in case["sources"] for case in page.data["cases"][1:])
    assert any(text.startswith(f"{TRAIN[2]} is left out: ") for text in page.texts)


def test_texts_from_files_stay_text(tmp_path: Path) -> None:
    run = make_run(tmp_path / "run $x_ <b>", method=EVIL, dice=0.5, case=EVIL, weights=True)
    save_audit(run, [EVIL])
    page = Page(write_report([run], tmp_path / "report.html", title=EVIL))
    assert page.texts.count(EVIL) >= 4  # title, heading, method, case
    assert f"{EVIL}, slice 2" in page.texts
    assert "run $x_ <b>" in page.texts
    assert page.case(f"{EVIL} slice 0")["case"] == f"{EVIL} slice 0"
    assert [attributes.get("type") for tag, attributes in page.tags if tag == "script"] == ["application/json", None]
    assert "b" not in {tag for tag, _ in page.tags}


def test_json_in_a_script_element_cannot_end_it() -> None:
    value = {"</script>": ["<!--", "&amp;", "\u2028", "é"]}
    text = json_for_script(value)
    assert not set(text) & set("<>&\u2028")
    assert json.loads(text) == value


def test_page_loads_nothing_and_forbids_the_rest(tmp_path: Path) -> None:
    run = make_run(tmp_path / "run", method="l2b", dice=0.5, weights=True)
    page = Page(write_report([run], tmp_path / "report.html"))
    assert not {"link", "iframe", "object", "embed", "base", "form"} & {tag for tag, _ in page.tags}
    assert not any({"src", "style"} & attributes.keys() for _, attributes in page.tags)
    assert all(part["image"].startswith("data:image/webp;") for case in page.data["cases"] for part in case["slices"])
    text = re.sub(r"base64,[A-Za-z0-9+/=]+", "", (tmp_path / "report.html").read_text(encoding="utf-8"))
    assert re.findall(r"(?:https?:)?//\w[^\"'\s]*|url\(|@import", text.replace("http://www.w3.org/2000/svg", "")) == []
    policy = next(a["content"] for tag, a in page.tags if tag == "meta" and "http-equiv" in a)
    assert policy is not None
    assert policy.startswith("default-src 'none'; img-src data:; ")
    for name, content in (("style", page.contents["style"][0]), ("script", page.contents["script"][1])):
        digest = base64.b64encode(hashlib.sha256(content.encode()).digest()).decode()
        assert f"{name}-src 'sha256-{digest}'" in policy


@pytest.mark.parametrize("kept", ["summary.json", "metrics.jsonl", "figures.npz"])
def test_missing_parts_are_left_out(tmp_path: Path, kept: str) -> None:
    run = make_run(tmp_path / "run", method="l2b", dice=0.5, weights=True)
    for file in run.iterdir():
        if file.name != kept:
            file.unlink()
    page = Page(write_report([run], tmp_path / "report.html"))
    headings = {"summary.json": "Cases", "metrics.jsonl": "Curves", "figures.npz": "Slices"}
    assert {heading for heading in headings.values() if heading in page.texts} == {headings[kept]}


def test_several_classes_have_a_column_and_rows_of_their_own(tmp_path: Path) -> None:
    run = make_run(tmp_path / "run", method="l2b", dice=0.5)
    summary = json.loads((run / "summary.json").read_text())
    summary["classes"] = {"gland": {"mean": {"dice": 0.625}}, EVIL: {"mean": {"dice": 0.375}}}
    summary["metric_per_case"][0]["classes"] = {"gland": {"dice": 0.61}, EVIL: {"dice": None}}
    (run / "summary.json").write_text(json.dumps(summary))
    page = Page(write_report([run], tmp_path / "report.html"))
    assert {"Dice gland", f"Dice {EVIL}", "0.6250", "0.3750", "0.610", "mean of classes"} <= set(page.texts)
    assert [a["data-class"] for tag, a in page.tags if tag == "tr" and "data-class" in a].count("gland") == 1


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
    for part in (
        "none: no such run folder",
        "not the folder of a run",
        "summary.json cannot be read",
        "figures.npz is",
    ):
        assert part in str(caught.value)
    assert (tmp_path / "report.html").read_text(encoding="utf-8") == "old"
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


def test_a_damaged_audit_is_named(tmp_path: Path) -> None:
    run = make_run(tmp_path / "run", method="l2b", dice=0.5)
    (run / "audit").mkdir()
    for content in ("{", '{"slices": 3}', "[]"):
        (run / "audit" / "audit.json").write_text(content)
        with pytest.raises(DataError, match=r"audit\.json"):
            write_report([run], tmp_path / "report.html")


def test_pictures_without_masks_or_weights_or_values_are_shown() -> None:
    image = np.zeros((1, 8, 8), np.float32)
    pictures = dict.fromkeys(("image", "given", "alpha", "beta"), image)
    zero = RunRecord(Path("a"), Summary.from_json({}), [], pictures=pictures, names=["a"])
    assert [list(case.masks) for case in figure_cases([("run0", zero)])] == [["given:the run folder"]]
    assert curve_panels([("a", zero.epochs)], CURVES) == []


def test_a_curve_bridges_epochs_without_a_value_and_holds_all_of_them() -> None:
    rows = [{"epoch": epoch, "test_dice": None if epoch % 2 else 0.25} for epoch in range(1, 8)]
    (panel,) = curve_panels([("a", rows)], CURVES)
    assert panel["title"] == "Dice on the test cases"
    points = [tuple(map(float, point.split(","))) for point in panel["lines"][0]["points"].split()]
    assert len(points) == 3
    assert len({y for _, y in points}) == 1
    assert [text for *_, text in panel["lines"][0]["marks"]] == [f"a, epoch {epoch}: 0.25" for epoch in (2, 4, 6)]


def test_a_curve_of_one_epoch_has_no_halves_of_epochs() -> None:
    (panel,) = curve_panels([("a", [{"epoch": 20, "test_dice": 0.5}])], CURVES)
    assert [text for _, text in panel["x_ticks"]] == ["20"]
