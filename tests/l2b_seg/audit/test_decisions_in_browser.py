"""The page of an audit as a reader decides on it: by key, button and list; saved, opened, found again."""

import copy
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from l2b_seg.audit.masks import audited_masks
from l2b_seg.audit.page import audit_page
from tests import browser

pytest.importorskip("selenium", reason="selenium is not installed")
pytestmark = browser.needed

EVIL = "</select><img src=x onerror=alert(1)>\"'&"
LEFT, RIGHT = "\ue012", "\ue014"


@pytest.fixture(scope="module")
def driver(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    yield from browser.start_browser(tmp_path_factory.mktemp("profile"))


@pytest.fixture
def page(driver: Any, audited: Any, tmp_path: Path) -> Any:
    """The page of the six cases; the first has a mend, and nothing is kept from before."""
    result = copy.deepcopy(audited.result)
    result["cases"][0] |= {"diagnosis": "mirrored", "said": "mirrored", "sure": 0.9, "mend": True}
    path = tmp_path / "audit.html"
    path.write_text(audit_page(audited_masks(audited.data, "train", None), result, audited.out))
    browser.saves_into(driver, tmp_path)
    driver.get(path.as_uri())
    driver.execute_script("localStorage.clear()")
    driver.refresh()
    yield driver
    assert browser.severe(driver) == []


@pytest.fixture
def names(audited: Any) -> list[str]:
    return [row["case"] for row in audited.result["cases"]]


def press(page: Any, keys: str) -> None:
    for key in keys:
        page.switch_to.active_element.send_keys(key)


def focused(page: Any) -> str:
    return str(page.execute_script("return document.activeElement.closest('article')?.dataset.case ?? ''"))


def text(page: Any, name: str) -> str:
    return str(page.find_element("id", name).text)


def pressed(page: Any, case: str) -> list[str]:
    """The decisions whose button is down on the card of a case."""
    down = f"article[data-case='{case}'] [aria-pressed=true]"
    return [button.get_attribute("data-decision") for button in page.find_elements("css selector", down)]


def listed(page: Any, case: str) -> Any:
    return page.find_element("css selector", f"select[data-case='{case}']")


def click(page: Any, element: Any) -> None:
    page.execute_script("arguments[0].scrollIntoView({block: 'center'})", element)
    element.click()


def test_decided_by_key_button_and_list_saved_and_found_again(page: Any, names: list[str], tmp_path: Path) -> None:
    from selenium.webdriver.support.ui import Select

    assert text(page, "decided") == "0 of 6 decided"
    press(page, "n")
    assert focused(page) == names[0]
    press(page, "mnx")
    assert focused(page) == names[1]
    press(page, "np")
    click(page, page.find_element("css selector", f"article[data-case='{names[3]}'] [data-decision=keep]"))
    click(page, listed(page, names[5]))
    Select(listed(page, names[5])).select_by_visible_text("exclude")
    assert text(page, "decided") == "5 of 6 decided"
    assert [pressed(page, name) for name in names] == [["mend"], ["exclude"], ["proposal"], ["keep"], [], ["exclude"]]
    assert listed(page, names[0]).get_attribute("value") == "mend"
    click(page, page.find_element("css selector", "#keys summary"))
    page.find_element("id", "reviewer").send_keys(" Ada ")
    click(page, page.find_element("id", "save"))
    wanted = {"mend": names[0], "proposal": names[2], "keep": names[3]}
    cases = {case: {"decision": decision} for decision, case in wanted.items()}
    cases |= {case: {"decision": "exclude"} for case in (names[1], names[5])}
    found = browser.saved(tmp_path / "decisions.json")
    assert found == {"format": "l2b decisions 1", "by": "Ada", "cases": cases}
    page.refresh()
    assert text(page, "decided") == "5 of 6 decided"
    assert pressed(page, names[0]) == ["mend"]
    assert listed(page, names[5]).get_attribute("value") == "exclude"
    assert page.find_element("id", "reviewer").get_attribute("value") == "Ada"
    page.execute_script("localStorage.clear()")
    page.refresh()
    assert text(page, "decided") == "0 of 6 decided"
    (tmp_path / "mine.json").write_text(json.dumps(found))
    page.find_element("id", "open").send_keys(str(tmp_path / "mine.json"))
    assert text(page, "review-said") == "5 opened from mine.json."
    press(page, "s")
    assert browser.saved(tmp_path / "decisions.json") == found


def test_keys_move_between_cards_and_to_the_next_undecided_one(page: Any, names: list[str]) -> None:
    press(page, "nnb")
    assert focused(page) == names[0]
    top = page.execute_script("return document.activeElement.getBoundingClientRect().top")
    assert 0 <= top < 60
    assert page.execute_script("return getComputedStyle(document.activeElement).outlineStyle") == "solid"
    press(page, "knkb")
    press(page, "u")
    assert focused(page) == names[2]
    press(page, "nnnn")
    assert focused(page) == names[5]
    assert text(page, "review-said") == "No further card."


def test_a_choice_is_taken_back_and_only_offered_ones_are_taken(page: Any, names: list[str]) -> None:
    press(page, "k")
    assert text(page, "review-said") == "No card is chosen: press N, or click on one."
    press(page, "nnm")
    assert text(page, "review-said") == "This case has no such choice."
    assert text(page, "decided") == "0 of 6 decided"
    button = page.find_element("css selector", f"article[data-case='{names[1]}'] [data-decision=proposal]")
    for decided in ("1 of 6 decided", "0 of 6 decided"):
        click(page, button)
        assert text(page, "decided") == decided
    click(page, page.find_element("css selector", "#keys summary"))
    page.find_element("id", "reviewer").send_keys("knp")  # letters of a name decide nothing
    assert text(page, "decided") == "0 of 6 decided"


def test_the_table_sorts_by_decision_with_undecided_cases_last(page: Any, names: list[str]) -> None:
    press(page, "nxnpnknk")  # the fourth is taken back
    click(page, page.find_element("css selector", f"article[data-case='{names[3]}'] [data-decision=keep]"))
    table = page.find_elements("css selector", "table.sortable")[-1]
    page.execute_script("arguments[0].scrollIntoView()", table)
    table.find_element("css selector", "th:last-child button").click()
    cells = table.find_elements("css selector", "tbody td:nth-child(2)")
    assert [cell.text for cell in cells] == [names[2], names[1], names[0], *names[3:]]


def test_a_file_of_another_audit_or_of_nothing_changes_nothing(page: Any, names: list[str], tmp_path: Path) -> None:
    cases = {names[1]: {"decision": "mend"}, "stranger": {"decision": "keep"}, names[2]: {"decision": "keep"}}
    (tmp_path / "other.json").write_text(json.dumps({"format": "l2b decisions 1", "cases": cases}))
    page.find_element("id", "open").send_keys(str(tmp_path / "other.json"))
    assert text(page, "review-said") == (
        f"1 opened from other.json. Left out, as this audit has no such case or choice: {names[1]}, stranger."
    )
    assert text(page, "decided") == "1 of 6 decided"
    for name, content in (("format.json", '{"format": "2", "cases": {}}'), ("broken.json", "{")):
        (tmp_path / name).write_text(content)
        page.find_element("id", "open").send_keys(str(tmp_path / name))
        assert text(page, "review-said").startswith(f"{name} is no file of decisions: ")
    assert text(page, "decided") == "1 of 6 decided"


def test_another_audit_of_the_same_cases_starts_anew(page: Any, audited: Any, tmp_path: Path) -> None:
    press(page, "nk")
    page.get((audited.out / "audit.html").as_uri())
    assert text(page, "decided") == "0 of 6 decided"


def test_slices_are_scrolled_by_arrow_and_button(page: Any, names: list[str]) -> None:
    def shown() -> int:
        script = "const s = arguments[0].querySelector('.slides'); return Math.round(s.scrollLeft / s.clientWidth)"
        return int(page.execute_script(script, card))

    card = page.find_element("css selector", f"article[data-case='{names[0]}']")
    current = "button[aria-current=true]"
    press(page, "n" + RIGHT)
    assert shown() == 1
    assert card.find_element("css selector", current).get_attribute("data-slide") == "1"
    press(page, LEFT + LEFT)
    assert shown() == 0
    click(page, card.find_element("css selector", "[data-slide='2']"))
    assert shown() == 2


def test_every_control_is_reached_by_the_keyboard_and_its_focus_is_seen(page: Any) -> None:
    reached = browser.reached_by_tab(page, ["data-decision", "data-slide", "data-case", "id"])
    assert {"keep", "mend", "proposal", "exclude", "1"} <= reached


def test_hostile_names_are_decided_as_well(driver: Any, audited: Any, tmp_path: Path) -> None:
    result = copy.deepcopy(audited.result)
    last = result["cases"][-1]["case"]
    for row in (*result["cases"], *result["slices"]):
        row["case"] = {last: EVIL}.get(row["case"], row["case"])
    masks = audited_masks(audited.data, "train", None)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("l2b_seg.audit.page.TOP_CASES", 2)
        (tmp_path / "audit.html").write_text(audit_page(masks, result, audited.out))
    browser.saves_into(driver, tmp_path)
    driver.get((tmp_path / "audit.html").as_uri())
    place = driver.find_elements("css selector", "select[data-case]")[-1]
    assert place.get_attribute("data-case") == EVIL
    click(driver, place)
    place.send_keys("ex")
    press(driver, "\ue007")
    driver.execute_script("save()")
    assert browser.saved(tmp_path / "decisions.json")["cases"] == {EVIL: {"decision": "exclude"}}
    assert browser.severe(driver) == []
    browser.assert_nothing_foreign_runs(driver)
