"""Checkpoints compared to the bit."""

import torch


class Stop(Exception):
    """The power cut of these tests."""


def contents(path):
    """A checkpoint's leaves by name, without the seconds its epochs took."""
    found = {}

    def walk(name, value):
        if isinstance(value, dict):
            for key, part in value.items():
                walk(f"{name}.{key}", part)
        elif isinstance(value, list):
            for number, part in enumerate(value):
                walk(f"{name}.{number}", part)
        elif not name.endswith(".seconds"):
            found[name] = value

    walk("", torch.load(path, weights_only=True))
    return found


def assert_same(a, b):
    """The contents of two checkpoints are the same to the bit."""
    assert a.keys() == b.keys()
    assert [name for name in a if not _same(a[name], b[name])] == []


def _same(a, b):
    return torch.equal(a, b) if isinstance(a, torch.Tensor) else a == b
