"""What an installation lacks is found, with what to do; looking changes nothing."""

import pytest

from l2b_cli.shared import doctor as doctor_module
from l2b_cli.shared.doctor import doctor_rows, examine
from l2b_data.files.extras import EXTRAS

PACKAGES = {"torch": "torch", "numpy": "numpy"}


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch):
    monkeypatch.setenv("L2B_CACHE", str(tmp_path / "later" / "cache"))


def examined(packages=PACKAGES, step=lambda device: None):
    return examine(packages, step)


def test_a_package_that_is_missing_or_broken_is_a_problem():
    found = examined(PACKAGES | {"torchnothing": "torchnothing"})
    assert found["problems"] == [
        "torchnothing cannot be imported (No module named 'torchnothing'): pip install --upgrade torchnothing"
    ]
    assert found["self_test"]["cpu"]["ok"] is True, "torch itself is fine and is still tried"
    found = examined(PACKAGES | {"torch": "torch_that_is_nowhere"})
    assert "self_test" not in found
    assert any(problem.startswith("torch cannot be imported") for problem in found["problems"])
    assert dict(doctor_rows(found))["usable"] == "no"


def test_a_step_that_fails_is_a_problem():
    def step(device):
        raise ArithmeticError("no derivative\nof this")

    found = examined(step=step)
    assert found["self_test"]["cpu"] == {"ok": False, "error": "ArithmeticError: no derivative"}
    assert "a training step on cpu failed (ArithmeticError: no derivative)" in found["problems"][0]
    assert dict(doctor_rows(found))["training step on cpu"] == "ArithmeticError: no derivative"


def test_cache_that_cannot_be_written_and_full_disk(monkeypatch, tmp_path):
    assert examined()["problems"] == []
    (tmp_path / "file").write_text("no folder")
    monkeypatch.setenv("L2B_CACHE", str(tmp_path / "file" / "cache"))
    assert any("L2B_CACHE" in problem for problem in examined()["problems"])
    monkeypatch.setenv("L2B_CACHE", str(tmp_path / "later" / "cache"))
    monkeypatch.setattr(doctor_module, "_LITTLE_DISK_GB", 1e9)
    problems = examined()["problems"]
    assert len(problems) == 1
    assert "GB free: free space" in problems[0]
    assert not (tmp_path / "later").exists(), "looking makes no folder"


def test_extras_say_how_to_install_them(monkeypatch):
    monkeypatch.setitem(EXTRAS, "onnx", ("onnx_that_is_nowhere",))
    found = examined()
    assert found["usable"], "an extra is optional"
    assert dict(doctor_rows(found))["extra onnx"] == "onnx_that_is_nowhere not installed: pip install 'l2b[onnx]'"
