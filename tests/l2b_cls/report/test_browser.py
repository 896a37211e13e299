"""The report in a browser, used as a reader uses it: filters, the keyboard alone, dark pages, hostile names."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from l2b_cls.report.write_report import write_report
from tests import browser
from tests.browser import LAPTOP, severe
from tests.l2b_cls.report.test_write_report import AUDIT_ROW
from tests.l2b_cls.saved_run import save_images, save_run

pytest.importorskip("selenium", reason="selenium is not installed")
pytestmark = browser.needed

EVIL = "</script><img src=x onerror=alert(1)>\"'&"
COUNT = 24
SHOWN = COUNT * 2 // 3


@pytest.fixture(scope="module")
def driver(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    yield from browser.start_browser(tmp_path_factory.mktemp("profile"))


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two runs on pictures and classes with hostile names."""
    root = tmp_path_factory.mktemp("report")
    names = [f"{EVIL} {number}" for number in range(COUNT)]
    images = save_images(root / "data", names=names, count=COUNT, classes=[EVIL, "dog", "owl"])
    runs = [save_run(root / "plain", images, method=EVIL, weights=False), save_run(root / "l2b", images, seed=1)]
    return write_report(runs, root / "report.html", title=EVIL)


@pytest.fixture
def page(driver: Any, report: Path) -> Any:
    driver.get(report.as_uri())
    yield driver
    assert severe(driver) == []


def choose(page: Any, name: str, text: str) -> None:
    from selenium.webdriver.support.ui import Select

    Select(page.find_element("css selector", f"[data-filter={name}]")).select_by_visible_text(text)


def shown(page: Any) -> list[Any]:
    return [card for card in page.find_elements("css selector", ".card") if card.is_displayed()]


def test_the_run_with_weights_is_shown_first_and_another_can_be_chosen(page: Any) -> None:
    assert len(shown(page)) == SHOWN
    assert "alpha" in shown(page)[0].text
    choose(page, "deck", "plain")
    assert len(shown(page)) == SHOWN
    assert "alpha" not in shown(page)[0].text


def test_filters_leave_what_was_chosen_and_say_how_many(page: Any) -> None:
    choose(page, "truth", "the given one is wrong")
    wrong = shown(page)
    assert len(wrong) == SHOWN // 4
    assert all("given label wrong" in card.text for card in wrong)
    choose(page, "given", "dog")
    assert all(card.get_attribute("data-given") == "dog" for card in shown(page))
    count = page.find_element("css selector", "#count").text
    assert count == f"{len(shown(page))} sample{'s' if len(shown(page)) != 1 else ''}"
    choose(page, "truth", "any")
    choose(page, "given", EVIL)
    assert 0 < len(shown(page)) < SHOWN


def test_samples_of_an_audit_are_decided_saved_and_found_again(driver: Any, tmp_path: Path) -> None:
    """By key and button, under names as hostile as can be; cards that a filter hides are left out on the way."""
    names = [f"{EVIL} {number}" for number in range(COUNT)]
    images = save_images(tmp_path / "data", names=names, count=COUNT, classes=["cat", "dog", "owl"])
    run = save_run(tmp_path / "run", images)
    rows = [AUDIT_ROW | {"rank": place + 1, "index": 5 - place, "name": names[5 - place]} for place in range(4)]
    rows[2]["proposed"] = rows[2]["given"]
    rows[3]["proposed"] = None
    (tmp_path / "audit.json").write_text(json.dumps({"samples": rows, "classes": ["cat", "dog", "owl"]}))
    page = write_report([run], tmp_path / "audit.html", audit=tmp_path)
    browser.saves_into(driver, tmp_path)
    driver.get(page.as_uri())

    def press(keys: str) -> None:
        for key in keys:
            driver.switch_to.active_element.send_keys(key)

    def decided() -> str:
        return str(driver.find_element("id", "decided").text)

    assert [card.get_attribute("data-case") for card in shown(driver)] == [row["name"] for row in rows]
    assert decided() == "0 of 4 decided"
    press("npnx")
    third = shown(driver)[2].find_element("css selector", "[data-decision=keep]")
    driver.execute_script("arguments[0].scrollIntoView({block: 'center'})", third)
    third.click()
    assert decided() == "3 of 4 decided"
    press("s")
    cases = {rows[0]["name"]: "proposal", rows[1]["name"]: "exclude", rows[2]["name"]: "keep"}
    wanted = {name: {"decision": decision} for name, decision in cases.items()}
    assert browser.saved(tmp_path / "decisions.json") == {"format": "l2b decisions 1", "cases": wanted}
    driver.refresh()
    assert decided() == "3 of 4 decided"
    for card in shown(driver)[2:]:  # the given label once more, or none
        assert card.find_elements("css selector", "[data-decision=proposal]") == []
    press("nm")
    assert driver.find_element("id", "review-said").text == "This case has no such choice."
    driver.execute_script("document.querySelectorAll('.card')[1].hidden = true")
    press("n")
    assert driver.switch_to.active_element.get_attribute("data-case") == rows[2]["name"]
    assert severe(driver) == []
    browser.assert_nothing_foreign_runs(driver)


def test_a_report_that_is_no_audit_asks_for_no_decision(page: Any) -> None:
    assert page.find_elements("css selector", "#review, [data-decision]") == []


def test_pictures_are_there_and_confusion_is_shaded(page: Any) -> None:
    sizes = page.execute_script("return [...document.querySelectorAll('.card img')].map(i => i.naturalWidth)")
    assert sizes == [12] * (2 * SHOWN)
    back = "return getComputedStyle(document.querySelector('.confusion .diagonal')).backgroundColor"
    assert page.execute_script(back) != "rgba(0, 0, 0, 0)"


def test_numbers_on_every_shade_can_be_read(page: Any) -> None:
    """Text against its cell, each shade put on a cell in turn, as WCAG asks of small text."""
    found = page.execute_script(
        "const cell = document.querySelector('.confusion td'); const before = cell.className;"
        "const probe = document.createElement('canvas').getContext('2d', {willReadFrequently: true});"
        "const rgb = (colour) => { probe.fillStyle = colour; probe.fillRect(0, 0, 1, 1);"
        "  return 'rgb(' + [...probe.getImageData(0, 0, 1, 1).data].slice(0, 3).join(', ') + ')'; };"
        "const all = [1, 2, 3, 4, 5].map((shade) => { cell.className = 'heat' + shade;"
        "  const style = getComputedStyle(cell); return [rgb(style.backgroundColor), rgb(style.color)]; });"
        "cell.className = before; return all;"
    )
    for back, ink in found:
        dark, light = sorted((browser.luminance(back), browser.luminance(ink)))
        assert (light + 0.05) / (dark + 0.05) > 4.5, (back, ink)


def test_a_laptops_window_is_wide_enough(page: Any) -> None:
    assert page.execute_script("return document.documentElement.scrollWidth") <= LAPTOP[0]


def test_every_control_is_reached_by_the_keyboard_and_its_focus_is_seen(page: Any) -> None:
    reached = browser.reached_by_tab(page, ["data-filter"])
    assert {"a", "deck", "given", "truth"} <= reached


def test_hostile_names_stay_text_and_nothing_foreign_runs(page: Any) -> None:
    assert EVIL in page.title
    assert EVIL in shown(page)[0].text
    assert len(page.find_elements("css selector", "script")) == 1
    assert page.find_elements("css selector", "img:not(.card img)") == []
    browser.assert_nothing_foreign_runs(page)


def test_dark_pages_are_dark_and_as_clear(driver: Any, report: Path) -> None:
    with browser.dark_pages(driver):
        driver.get(report.as_uri())
        browser.assert_dark_and_clear(driver)
        test_numbers_on_every_shade_can_be_read(driver)
