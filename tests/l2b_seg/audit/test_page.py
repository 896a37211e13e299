"""The page of an audit: cases first, in words and pictures; tables that can be sorted; nothing foreign."""

import base64
import copy
import hashlib
from collections.abc import Iterator
from typing import Any

import pytest

from l2b_run.audit.cross_fit import AuditOptions
from l2b_seg.audit.audit import audit
from l2b_seg.audit.masks import audited_masks
from l2b_seg.audit.page import RANKINGS, audit_page
from tests import browser
from tests.l2b_seg.audit.wrong_masks import make_run


def page_of(audited, result):
    return audit_page(audited_masks(audited.data, "train", None), result, audited.out)


def cards_of(page):
    return [part.partition("</article>")[0] for part in page.split("<article ")[1:]]


def test_cases_first_each_with_its_pictures_and_numbers(audited):
    page = (audited.out / "audit.html").read_text(encoding="utf-8")
    assert page.index("Dice of the judges: network 1 of 2: gland 0.") < page.index("<article ")
    cards = cards_of(page)
    assert len(cards) == len(audited.result["cases"])
    for card, row in zip(cards, audited.result["cases"], strict=True):
        assert f"{row['rank']}. {row['case']}" in card
        assert f"score {row['score']:.3f}" in card
        assert f'data-case="{row["case"]}"' in card
        slices = card.count('class="slide"')
        assert 1 <= slices <= 4  # of the case
        assert card.count("data:image/webp") == slices  # once, whatever lies over it
        for name in ("given mask", "proposal"):
            assert card.count(f'aria-label="{name}, {row["case"]}, slice ') == slices
        assert card.count("difference:") == slices
        for key, heading in (("dice", "Dice with the proposal"), ("loss", "mean loss"), ("soft_min", "soft minimum")):
            assert f"<dt>{heading}</dt><dd>{row[key]:.3f}</dd>" in card
    order = [page.index(cards[-1]), *(page.index(f'<h2 id="{name}"') for name in ("slices", "cases", "quality"))]
    assert order == sorted(order)


MIRRORED = {
    "diagnosis": "mirrored",
    "said": "mirrored left-right: turned back it agrees by Dice 0.97",
    "sure": 0.93,
    "mend": True,
}


def with_first(audited, **row):
    """The audit's result with other words about its first case."""
    result = copy.deepcopy(audited.result)
    result["cases"][0] |= row
    return result


def test_what_is_wrong_in_a_sentence(audited):
    result = with_first(audited, **MIRRORED)
    result["cases"][1] |= {"said": "drawn on every third slice, empty between", "sure": 0.98, "mend": False}
    cards = cards_of(page_of(audited, result))
    assert "Mirrored left-right: turned back it agrees by Dice 0.97" in cards[0]
    assert "(how sure: 0.93 of 1)" in cards[0]
    assert "Drawn on every third slice, empty between" in cards[1]
    assert "No kind of mistake is named." in cards[-1]


def test_a_case_whose_judge_is_unsure_says_so(audited):
    result = copy.deepcopy(audited.result)
    for row in result["cases"]:
        row |= {"unsure": False, "expected_dice": 0.8}
    assert "judge unsure" not in page_of(audited, result)
    result["cases"][1] |= {"unsure": True, "expected_dice": 0.314}
    cards = cards_of(page_of(audited, result))
    assert ["judge unsure" in card for card in cards] == [False, True, False, False, False, False]
    assert "it expects a Dice of 0.31, usual in this set is 0.80" in cards[1]
    assert '<td class="text">unsure</td>' in page_of(audited, result)


def test_every_case_can_be_decided_and_the_mend_is_offered_and_drawn_where_there_is_one(audited):
    page = page_of(audited, with_first(audited, **MIRRORED))
    cards = cards_of(page)
    for card in cards:
        for decision in ("keep", "proposal", "exclude"):
            assert f'data-decision="{decision}"' in card
    first = audited.result["cases"][0]["case"]
    assert ['data-decision="mend"' in card for card in cards] == [True] + [False] * 5
    assert [f'aria-label="mend, {first}, slice ' in card for card in cards] == [True] + [False] * 5
    lists = page.split('<select data-case="')[1:]
    assert [one.partition('"')[0] for one in lists] == [row["case"] for row in audited.result["cases"]]
    assert ["use the mend" in one.partition("</select>")[0] for one in lists] == [True] + [False] * 5


def test_a_case_that_was_not_audited_can_be_kept_or_excluded(audited):
    page = page_of(audited, audited.result | {"failed": {"case<9>": "no prediction"}})
    row = page.partition('<select data-case="case&lt;9&gt;"')[2].partition("</li>")[0]
    assert [part.partition('"')[0] for part in row.split('<option value="')[1:]] == ["", "keep", "exclude"]
    assert "no prediction" in row


def test_cases_beyond_those_with_a_card_can_be_decided(audited, monkeypatch):
    monkeypatch.setattr("l2b_seg.audit.page.TOP_CASES", 2)
    page = page_of(audited, audited.result)
    assert len(cards_of(page)) == 2
    assert page.count('<select data-case="') == 6


def test_dead_classes_are_named_beside_the_judges(audited):
    assert "a judge is dead" not in page_of(audited, audited.result)
    page = page_of(audited, audited.result | {"dead_classes": ["gland"]})
    assert "Left out of the scores, as a judge is dead: gland." in page


def test_tables_hold_all_rankings_and_sort_by_their_own_numbers(audited):
    page = (audited.out / "audit.html").read_text(encoding="utf-8")
    slices, cases = (part.partition("</table>")[0] for part in page.split('<table class="sortable">')[1:])
    for table in (slices, cases):
        for heading in ("rank", "case", "score", "1 - Dice", "mean loss", "soft minimum", "HD95", "true Dice"):
            assert f'<button type="button">{heading}</button>' in table
    assert cases.count("<tr>") == 1 + 6
    assert slices.count("<tr>") == 1 + 24
    for row in audited.result["cases"]:
        assert f'data-value="{row["loss"]}"' in cases
    quality = page.partition('id="quality"')[2].partition("</table>")[0]
    for text in ("cases: 3 of 6 wrong", "slices that show the foreground: 4 of 19 wrong", "all slices: 4 of 24 wrong"):
        assert text in quality
    order = [quality.index(f'scope="row">{text}') for text in RANKINGS.values()]
    assert order == sorted(order)
    for part in ("cases", "foreground", "all"):
        for name in RANKINGS:
            assert f"<td>{audited.result['truth'][part][name]['auroc']:.3f}</td>" in quality


def test_without_clean_masks_nothing_is_said_of_the_truth(audited):
    result = copy.deepcopy(audited.result) | {"truth": None}
    for row in (*result["cases"], *result["slices"]):
        del row["true_dice"], row["wrong"]
    page = page_of(audited, result)
    for text in ("true Dice", "AUROC", "How good the ranking is"):
        assert text not in page


def test_the_policy_knows_the_pages_own_style_and_script_alone(audited):
    page = (audited.out / "audit.html").read_text(encoding="utf-8")
    assert "src=" not in page
    allowed = []
    for tag in ("style", "script"):
        assert page.count(f"<{tag}") == 1
        text = page.split(f"<{tag}>")[1].split(f"</{tag}>")[0]
        allowed.append(f"{tag}-src 'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'")
    assert f"default-src 'none'; img-src data:; {'; '.join(allowed)}; base-uri" in page


def test_a_case_name_stays_text(tmp_path, any_judge):
    name = "<script>alert(1)"
    run, data = make_run(tmp_path, names={"case1": name})
    audit(run, data, tmp_path / "out", AuditOptions(2, 2))
    page = (tmp_path / "out" / "audit.html").read_text(encoding="utf-8")
    assert page.count("<script") == 1
    assert "&lt;script&gt;alert(1)" in page


@pytest.fixture(scope="module")
def driver(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    pytest.importorskip("selenium", reason="selenium is not installed")
    yield from browser.start_browser(tmp_path_factory.mktemp("profile"))


@browser.needed
def test_in_a_browser(driver, audited):
    driver.get((audited.out / "audit.html").as_uri())
    assert browser.severe(driver) == []
    table = driver.find_elements("css selector", "table.sortable")[1]
    by_loss = [row["case"] for row in sorted(audited.result["cases"], key=lambda row: row["loss"])]
    button = next(one for one in table.find_elements("css selector", "button") if one.text.startswith("mean loss"))
    driver.execute_script("arguments[0].scrollIntoView()", table)  # else the bar lies over the button
    for expected in (by_loss, by_loss[::-1]):
        button.click()
        cells = table.find_elements("css selector", "tbody td:nth-child(2)")
        assert [cell.text for cell in cells] == expected
    browser.assert_nothing_foreign_runs(driver)
    narrow = {"width": 400, "height": 800, "deviceScaleFactor": 1, "mobile": True}
    driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", narrow)
    assert driver.execute_script("return document.documentElement.scrollWidth") <= 400
