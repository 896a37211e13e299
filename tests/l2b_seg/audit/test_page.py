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
from l2b_seg.audit.page import RANKINGS, audit_page, in_words
from l2b_seg.audit.write_audit import proposal_path
from tests import browser
from tests.l2b_seg.audit.wrong_masks import make_run


def page_of(audited, result):
    return audit_page(audited_masks(audited.data, "train", None), result, lambda case: proposal_path(audited.out, case))


def cards_of(page):
    return [part.partition("</article>")[0] for part in page.split("<article>")[1:]]


def test_cases_first_each_with_its_pictures_and_numbers(audited):
    page = (audited.out / "audit.html").read_text()
    assert page.index("Dice of the judges: network 1 of 2: gland 0.") < page.index("<article>")
    cards = cards_of(page)
    assert len(cards) == len(audited.result["cases"])
    for card, row in zip(cards, audited.result["cases"], strict=True):
        assert f"{row['rank']}. {row['case']}" in card
        assert f"score {row['score']:.3f}" in card
        assert card.count("data:image/webp") == 2
        for key, heading in (("dice", "Dice with the proposal"), ("loss", "mean loss"), ("soft_min", "soft minimum")):
            assert f"<dt>{heading}</dt><dd>{row[key]:.3f}</dd>" in card
    order = [page.index(cards[-1]), *(page.index(f'<h2 id="{name}"') for name in ("slices", "cases", "quality"))]
    assert order == sorted(order)


def test_what_is_wrong_in_words(audited):
    result = copy.deepcopy(audited.result)
    first, second = result["cases"][:2]
    first |= {"said": "mirrored left-right: turned back it agrees by Dice 0.97", "sure": 0.93, "mend": True}
    second |= {"said": "drawn on every third slice, empty between", "sure": 0.98, "mend": False}
    cards = cards_of(page_of(audited, result))
    assert "<b>Mirrored left-right: turned back it agrees by Dice 0.97.</b> How sure: 0.93 of 1;" in cards[0]
    assert "<code>audit --mend</code> can undo it" in cards[0]
    areas = {row["slice"]: row["given_area"] for row in result["slices"] if row["case"] == first["case"]}
    assert f"given mask, slice {max(areas, key=areas.get)}" in cards[0]  # the largest, where the whole mask is meant
    assert "<b>Drawn on every third slice, empty between.</b> How sure: 0.98 of 1." in cards[1]
    assert f"given mask, slice {second['worst_slice']}" in cards[1]
    assert "No kind of mistake is named. Slice" in cards[-1]


def test_dead_classes_are_named_beside_the_judges(audited):
    assert "a judge is dead" not in page_of(audited, audited.result)
    page = page_of(audited, audited.result | {"dead_classes": ["gland"]})
    assert "Left out of the scores, as a judge is dead: gland." in page


def test_tables_hold_all_rankings_and_sort_by_their_own_numbers(audited):
    page = (audited.out / "audit.html").read_text()
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
    page = (audited.out / "audit.html").read_text()
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
    page = (tmp_path / "out" / "audit.html").read_text()
    assert page.count("<script") == 1
    assert "&lt;script&gt;alert(1)" in page


def test_words():
    row = {"state": "ok", "dice": 0.31, "hd": 12.25, "given_area": 100.0, "proposal_area": 250.0}
    assert in_words(row, "mm") == (
        "Mask and proposal agree by Dice 0.31; their borders are up to 12.2 mm apart. "
        "The proposal is 2.5 times as large as the mask."
    )
    assert "The mask is 2.0 times as large" in in_words(row | {"proposal_area": 50.0}, "mm")
    assert "12.2 pixels apart." in in_words(row | {"proposal_area": 100.0}, "voxel")
    assert in_words(row | {"state": "no mask", "proposal_area": 900.0}, "voxel") == (
        "The mask is empty, but the model proposes 900 pixels."
    )
    assert "covers 9.0 cm²" in in_words(row | {"state": "no proposal", "given_area": 900.0}, "mm")
    assert in_words(row | {"state": "both empty"}, "mm") == "Neither the mask nor the model shows anything here."


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
    for expected in (by_loss, by_loss[::-1]):
        button.click()
        cells = table.find_elements("css selector", "tbody td:nth-child(2)")
        assert [cell.text for cell in cells] == expected
    browser.assert_nothing_foreign_runs(driver)
    narrow = {"width": 400, "height": 800, "deviceScaleFactor": 1, "mobile": True}
    driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", narrow)
    assert driver.execute_script("return document.documentElement.scrollWidth") <= 400
