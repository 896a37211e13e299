"""`l2b-seg doctor`: what it finds here, and that it sees what is broken."""

import json

import pytest
import torch

import l2b
from l2b_cli.seg.doctor import PACKAGES, tiny_step
from l2b_cli.seg.doctor import doctor as command
from l2b_cli.shared.doctor import examine
from tests.command import call_command


def test_this_installation_is_usable(own_cache):
    (own_cache / "slices").mkdir(parents=True)
    (own_cache / "slices" / "a.npy").write_bytes(b"x" * 3_000_000)
    random_state = torch.get_rng_state()
    found = examine(PACKAGES, tiny_step)
    assert torch.equal(torch.get_rng_state(), random_state)
    assert found["problems"] == []
    assert found["usable"] is True
    assert found["versions"]["torch"] == torch.__version__.split("+")[0]
    assert set(PACKAGES) < set(found["versions"])
    assert found["self_test"]["cpu"]["ok"] is True
    assert len(found["self_test"]) == 1 + len(found["cuda"]["devices"]) == 1 + torch.cuda.device_count()
    assert found["cache"]["folder"] == str(own_cache)
    assert found["cache"]["size_mb"] == pytest.approx(3)
    assert found["cache"]["free_gb"] > 0
    assert 0.1 < found["memory_gb"] < 1e5
    json.dumps(found, allow_nan=False)


def test_output_as_text_and_as_json():
    code, text, message = call_command(command)
    assert (code, message) == (0, "")
    lines = dict(line.split(maxsplit=1) for line in text.splitlines())
    assert lines["usable"] == "yes"
    assert lines["torch"].startswith(str(torch.__version__).split("+")[0])
    assert any(line.startswith("training step on cpu") and line.endswith(" s") for line in text.splitlines())
    code, text, _ = call_command(command, "--json")
    assert code == 0
    assert json.loads(text)["usable"] is True


def test_a_package_that_is_missing_is_a_problem(monkeypatch):
    monkeypatch.setitem(PACKAGES, "torchnothing", "torchnothing")
    code, text, message = call_command(command)
    assert code == 1
    assert "torchnothing cannot be imported (No module named 'torchnothing'): pip install" in message
    assert "usable                      no" in text


def test_a_step_that_does_not_work_is_a_problem(monkeypatch):
    original = l2b.train_step

    def without_weights(*args, **kwargs):
        step = original(*args, **kwargs)
        step.weights.zero_()
        return step

    monkeypatch.setattr(l2b, "train_step", without_weights)
    found = examine(PACKAGES, tiny_step)
    assert found["self_test"]["cpu"] == {
        "ok": False,
        "error": "RuntimeError: weights of shape (2, 2, 16, 16) and sum 0.0000, expected 1",
    }
    assert found["usable"] is False
