"""The report in a browser, used as a reader uses it: slider, checkboxes, sorting, jumps, the keyboard alone."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from l2b_data.cases.dataset import Dataset
from l2b_data.images.volume import read_volume, write_volume
from l2b_seg.prediction.trust import trust_path
from l2b_seg.report.write_report import write_report
from l2b_seg.run_data import RunData
from tests import browser
from tests.browser import LAPTOP, severe
from tests.l2b_seg.report.test_write_report import EVIL, make_run, save_audit
from tests.l2b_seg.saved_run import save_run
from tests.l2b_seg.tiny import META, NOISY, TEST, TRAIN, make_dataset

pytest.importorskip("selenium", reason="selenium is not installed")
pytestmark = browser.needed

HOSTILE = "<img src=x onerror=alert(1)>"  # a name a file can have, as the other one cannot


@pytest.fixture(scope="module")
def driver(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    yield from browser.start_browser(tmp_path_factory.mktemp("profile"))


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Page "whole": two runs on a data set, a case with a hostile name; "kept": a run known by its folder alone."""
    root = tmp_path_factory.mktemp("report")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("L2B_CACHE", str(root / "cache"))
        data = RunData(
            make_hostile(root / "data"), NOISY, {"level": "L2"}, [HOSTILE, *TRAIN[1:]], list(META), list(TEST)
        )
        runs = [save_run(root / name, data, seed=seed) for seed, name in enumerate(("plain", "weighted"))]
        save_audit(runs[1], [HOSTILE, TRAIN[1]])
        given = read_volume(data.dataset.label_path(TRAIN[1], NOISY))
        trust = np.where(np.roll(given.array, 9, axis=1) > 0, 0.1, 1.0).astype(np.float32)
        write_volume(given.with_array(trust), trust_path(runs[1] / "audit", TRAIN[1]))
        summary = json.loads((runs[1] / "summary.json").read_text())
        summary["metric_per_case"] += [
            {"case": f"case{n}", "dice": dice} for n, dice in ((10, 0.9), (9, None), (8, 0.1))
        ]
        (runs[1] / "summary.json").write_text(json.dumps(summary))
        whole = write_report(runs, root / "whole.html", cases=4)
        kept = make_run(root / "kept", method=EVIL, dice=0.5, case=EVIL, weights=True)
        save_audit(kept, [EVIL])
        return {"whole": whole, "kept": write_report([kept], root / "kept.html", title=EVIL)}


def make_hostile(root: Path) -> Dataset:
    """The tiny data set with the first training case under a hostile name."""
    make_dataset(root)
    for folder, ending in (("imagesTr", "_0000.nii.gz"), ("labelsTr", ".nii.gz"), (NOISY, ".nii.gz")):
        (root / folder / f"{TRAIN[0]}{ending}").rename(root / folder / f"{HOSTILE}{ending}")
    splits = json.loads((root / "splits.json").read_text())
    splits["train"][0] = HOSTILE
    (root / "splits.json").write_text(json.dumps(splits))
    return Dataset.open(root)


@pytest.fixture
def page(driver: Any, pages: dict[str, Path]) -> Any:
    driver.get(pages["whole"].as_uri())
    yield driver
    assert severe(driver) == []


def find(page: Any, selector: str) -> Any:
    return page.find_element("css selector", selector)


def choose(page: Any, selector: str, text: str) -> None:
    from selenium.webdriver.support.ui import Select

    Select(find(page, selector)).select_by_visible_text(text)


def lines(page: Any) -> dict[str, tuple[str, bool]]:
    """Path and visibility of every source's line in the picture, without the halos."""
    found = page.execute_script(
        "return Object.entries(outlines).map(([id, {lines}]) =>"
        " [id, lines[1].getAttribute('d'), getComputedStyle(lines[1]).visibility])"
    )
    return {source: (path, visible == "visible") for source, path, visible in found}


def image(page: Any) -> str:
    return str(find(page, "#image").get_attribute("href"))


def column(page: Any, number: int, table: str = "#cases") -> list[str]:
    cells = page.find_elements("css selector", f"{table} tbody tr > :nth-child({number})")
    return [cell.text for cell in cells if cell.is_displayed()]


def test_slider_and_arrow_keys_go_through_the_slices(page: Any) -> None:
    from selenium.webdriver.common.keys import Keys

    slider, frame = find(page, "#slice"), find(page, "#frame")
    slider.send_keys(Keys.HOME)
    assert find(page, "#position").text == "slice 0 / 5"
    first = image(page)
    slider.send_keys(Keys.ARROW_RIGHT)
    assert find(page, "#position").text == "slice 1 / 5"
    assert image(page) != first
    assert (
        page.execute_script(
            "return new Promise(done => { const i = new Image(); i.onload = () => done(i.width);"
            f" i.onerror = () => done(0); i.src = '{first}'; }})"
        )
        == 48
    )
    frame.send_keys(Keys.ARROW_UP, Keys.ARROW_UP, Keys.PAGE_UP)
    assert find(page, "#position").text == "slice 5 / 5"
    frame.send_keys(Keys.ARROW_LEFT)
    assert find(page, "#position").text == "slice 4 / 5"


def test_checkboxes_switch_outlines_on_and_off(page: Any) -> None:
    choose(page, "#case", f"{HOSTILE} (training)")
    shown = lines(page)
    assert set(shown) == {f"given:{NOISY}", "clean", "run0", "run1"}
    assert all(visible for _, visible in shown.values())
    assert shown["clean"][0].startswith("M")
    assert shown[f"given:{NOISY}"][0] != shown["clean"][0]
    box = find(page, "input[data-source=clean]")
    box.click()
    assert [source for source, (_, visible) in lines(page).items() if not visible] == ["clean"]
    find(page, "#slice").send_keys("\ue00f")  # the choice stays on the next slice (page down)
    assert not lines(page)["clean"][1]
    box.send_keys(" ")
    assert lines(page)["clean"][1]


def test_a_test_case_has_no_given_mask_and_no_weights(page: Any) -> None:
    choose(page, "#case", f"{TEST[0]} (test)")
    assert lines(page)[f"given:{NOISY}"][0] == ""
    assert not find(page, f"input[data-source='given:{NOISY}']").is_displayed()
    assert not find(page, "#map").is_enabled()


def test_weight_maps_lie_over_the_image_with_their_scale(page: Any) -> None:
    choose(page, "#case", f"{HOSTILE} (training)")
    overlay, scale = find(page, "#overlay"), find(page, "#weight-scale")
    assert overlay.get_attribute("visibility") == "hidden"
    assert not scale.is_displayed()
    choose(page, "#map", "weight of the network's label under the last network (beta), weighted")
    assert overlay.get_attribute("visibility") == "visible"
    assert str(overlay.get_attribute("href")).startswith("data:image/png;base64,")
    assert scale.is_displayed()
    assert not find(page, "#trust-scale").is_displayed()
    boxes = [find(page, name).rect for name in ("#image", "#overlay")]
    assert boxes[0] == boxes[1]


def test_trust_is_shown_until_something_else_is_chosen(page: Any) -> None:
    choose(page, "#case", f"{TRAIN[1]} (training)")
    overlay, scale = find(page, "#overlay"), find(page, "#trust-scale")
    assert find(page, "#map option:checked").text == "trust in the given mask, weighted"
    assert scale.is_displayed()
    assert not find(page, "#weight-scale").is_displayed()
    assert overlay.get_attribute("visibility") == "visible"
    choose(page, "#map", "none")
    assert overlay.get_attribute("visibility") == "hidden"
    assert not scale.is_displayed()
    choose(page, "#case", f"{HOSTILE} (training)")
    choose(page, "#case", f"{TRAIN[1]} (training)")
    assert find(page, "#map option:checked").text == "none"


def test_headings_sort_their_column_by_mouse_and_keyboard(page: Any) -> None:
    heading = find(page, "#cases th:nth-child(3)")
    assert heading.text.startswith("Dice")
    heading.find_element("css selector", "button").click()
    assert heading.get_attribute("aria-sort") == "ascending"
    assert column(page, 3) == ["0.100", "0.500", "0.600", "0.900", "–"]
    heading.find_element("css selector", "button").send_keys("\n")
    assert heading.get_attribute("aria-sort") == "descending"
    assert column(page, 3) == ["0.900", "0.600", "0.500", "0.100", "–"]
    find(page, "#cases th:nth-child(1) button").click()
    assert heading.get_attribute("aria-sort") == "none"
    assert column(page, 1) == ["case5", "case5", "case8", "case9", "case10"]  # numbers as numbers


def test_a_filter_leaves_the_rows_of_one_run(page: Any) -> None:
    choose(page, "[data-filter=run]", "plain")
    assert column(page, 2) == ["plain"]
    choose(page, "[data-filter=run]", "all")
    assert len(column(page, 2)) == 5


def test_the_audit_leads_to_its_slice(page: Any) -> None:
    row = next(row for row in page.find_elements("css selector", "#audit tbody tr") if HOSTILE in row.text)
    row.find_element("css selector", "button").click()
    assert find(page, "#case option:checked").text == f"{HOSTILE} (training)"
    assert find(page, "#position").text == "slice 2 / 5"
    assert page.switch_to.active_element.get_attribute("id") == "frame"
    top = page.execute_script("return document.getElementById('slices').getBoundingClientRect().top")
    assert 0 <= top < 120


def test_a_laptops_window_holds_image_and_slider(page: Any) -> None:
    assert page.execute_script("return document.documentElement.scrollWidth") <= LAPTOP[0]
    page.execute_script("document.getElementById('slices').scrollIntoView()")
    for name in ("#picture", "#slice", "#outlines", "#map", "#zoom"):
        box = page.execute_script(f"return document.querySelector('{name}').getBoundingClientRect().toJSON()")
        assert box["top"] >= 40, name
        assert box["bottom"] <= LAPTOP[1], name
    assert find(page, "#picture").size["height"] > 400


def test_zoom_shows_the_masks_or_all_of_the_image(page: Any) -> None:
    def view() -> str:
        return str(page.execute_script("return document.getElementById('picture').getAttribute('viewBox')"))

    choose(page, "#case", f"{TRAIN[1]} (training)")
    page.execute_script("chosenCase().focus = [10, 20, 60, 30]; fit()")  # the untrained networks' masks fill the image
    assert view() == "10 20 60 30"
    assert find(page, "#picture").size == {"width": 560, "height": 280}
    find(page, "#zoom").click()
    assert view() == "0 0 96 96"
    assert find(page, "#picture").size == {"width": 560, "height": 560}


def test_every_control_is_reached_by_the_keyboard_and_its_focus_is_seen(page: Any) -> None:
    reached = browser.reached_by_tab(page, ["id", "data-source"])
    assert {"a", "frame", "slice", "case", "clean", "run0", "zoom", "button"} <= reached


@pytest.mark.parametrize("name", ["whole", "kept"])
def test_hostile_names_stay_text_and_nothing_foreign_runs(driver: Any, pages: dict[str, Path], name: str) -> None:
    driver.get(pages[name].as_uri())
    hostile = {"whole": HOSTILE, "kept": EVIL}[name]
    options = [option.text for option in driver.find_elements("css selector", "#case option")]
    assert any(hostile in option for option in options)
    for number in range(len(options)):
        driver.execute_script(
            f"const c = document.getElementById('case'); c.value = {number};c.dispatchEvent(new Event('change'))"
        )
    assert any(hostile in text for text in column(driver, 2, "#audit"))
    if name == "kept":
        assert hostile in column(driver, 1)
        assert hostile in driver.title
    assert len(driver.find_elements("css selector", "script")) == 2
    assert driver.find_elements("css selector", "main img") == []
    assert severe(driver) == []
    browser.assert_nothing_foreign_runs(driver)


def test_dark_pages_are_dark_and_as_clear(driver: Any, pages: dict[str, Path]) -> None:
    with browser.dark_pages(driver):
        driver.get(pages["whole"].as_uri())
        browser.assert_dark_and_clear(driver)
