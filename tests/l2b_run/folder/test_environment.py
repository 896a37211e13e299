"""What a run ran on: plain values, and limits of a container."""

import json
from pathlib import Path

from l2b_data.files.extras import package_version
from l2b_run.folder.environment import environment, memory_mb


def test_plain_values_without_what_is_not_installed():
    found = environment("cpu")
    assert json.loads(json.dumps(found)) == found
    assert found["device"] == "cpu"
    assert found["versions"]["numpy"] == package_version("numpy") is not None
    assert package_version("a-package-nobody-has") is None


def test_memory_is_what_a_container_may_use(monkeypatch):
    whole = memory_mb()
    monkeypatch.setattr(Path, "is_file", lambda path: True)
    for text, found in (("1000000", 1.0), ("max", whole)):
        monkeypatch.setattr(Path, "read_text", lambda path, encoding, text=text: f"{text}\n")
        assert memory_mb() >= found if text == "max" else memory_mb() == found
