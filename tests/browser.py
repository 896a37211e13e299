"""Chromium as a reader of our pages has it, for tests; they skip where it is not installed."""

import json
import shutil
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

CHROMIUM, DRIVER = shutil.which("chromium") or shutil.which("google-chrome"), shutil.which("chromedriver")
LAPTOP = (1366, 768)
needed = pytest.mark.skipif(not (CHROMIUM and DRIVER), reason="no chromium and chromedriver on this machine")


def start_browser(profile: Path) -> Iterator[Any]:
    """Yield a headless Chromium with a laptop's window and a log of what went wrong on its pages; it loads nothing."""
    from selenium import webdriver

    options = webdriver.ChromeOptions()
    options.binary_location = CHROMIUM
    flags = "headless=new no-sandbox disable-gpu disable-dev-shm-usage no-first-run disable-background-networking"
    for flag in (*flags.split(), "disable-component-update", "disable-sync", f"user-data-dir={profile}"):
        options.add_argument(f"--{flag}")
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    driver = webdriver.Chrome(options=options, service=webdriver.ChromeService(executable_path=DRIVER))
    metrics = {"width": LAPTOP[0], "height": LAPTOP[1], "deviceScaleFactor": 1, "mobile": False}
    driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", metrics)
    yield driver
    driver.quit()


def saves_into(driver: Any, folder: Path) -> None:
    """Files that a page saves go into the folder."""
    driver.execute_cdp_cmd("Browser.setDownloadBehavior", {"behavior": "allow", "downloadPath": str(folder)})


def saved(path: Path, seconds: float = 10) -> Any:
    """The JSON of a file that a page is saving; the file is then removed."""
    ends = time.monotonic() + seconds
    while not path.is_file() and time.monotonic() < ends:
        time.sleep(0.02)
    found = json.loads(path.read_text())
    path.unlink()
    return found


def severe(driver: Any) -> list[dict[str, Any]]:
    """What the browser logged as wrong since the last call."""
    return [entry for entry in driver.get_log("browser") if entry["level"] == "SEVERE"]


def assert_nothing_foreign_runs(driver: Any) -> None:
    """No alert is open, the page's policy knows its own script alone, and all it loaded came with it."""
    from selenium.common.exceptions import NoAlertPresentException

    with pytest.raises(NoAlertPresentException):
        driver.switch_to.alert.accept()
    driver.execute_script(
        "const s = document.createElement('script'); s.textContent = 'window.foreign = 1'; document.body.append(s);"
    )
    assert driver.execute_script("return window.foreign") is None
    assert any("Content Security Policy" in entry["message"] for entry in driver.get_log("browser"))
    urls = driver.execute_script("return performance.getEntriesByType('resource').map(each => each.name)")
    assert all(url.startswith("data:") for url in urls)


def reached_by_tab(driver: Any, attributes: Sequence[str]) -> set[str]:
    """Every control the tab key reaches, by the first of `attributes` it has, else its tag; each shows its focus."""
    reached: list[str] = []
    driver.find_element("css selector", "body").send_keys("\t")
    while (active := driver.switch_to.active_element).tag_name != "body" and len(reached) < 60:
        named = (active.get_attribute(name) for name in attributes)
        reached.append(next(filter(None, named), active.tag_name))
        outline = driver.execute_script("return getComputedStyle(document.activeElement).outlineStyle")
        assert outline != "none", reached
        active.send_keys("\t")
    return set(reached)


@contextmanager
def dark_pages(driver: Any) -> Iterator[None]:
    """Pages are opened as a reader has them who asked for dark ones."""
    scheme = {"features": [{"name": "prefers-color-scheme", "value": "dark"}]}
    driver.execute_cdp_cmd("Emulation.setEmulatedMedia", scheme)
    try:
        yield
    finally:
        driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": []})


def assert_dark_and_clear(driver: Any) -> None:
    """The page is dark; its text and the first line of its curves stand out as WCAG asks (7 and 3)."""
    colours = driver.execute_script(
        "const s = getComputedStyle(document.body); const l = getComputedStyle(document.querySelector('polyline'));"
        "return [s.backgroundColor, s.color, l.stroke]"
    )
    page, ink, line = (luminance(colour) for colour in colours)
    assert page < 0.05
    assert (ink + 0.05) / (page + 0.05) > 7
    assert (line + 0.05) / (page + 0.05) > 3


def luminance(colour: str) -> float:
    """Relative luminance (WCAG 2) of "rgb(r, g, b)"."""
    parts = [int(part) / 255 for part in colour[4:-1].split(",")]
    linear = [part / 12.92 if part <= 0.03928 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
