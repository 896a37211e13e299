"""Folders of finished runs around freshly drawn networks: what `train` leaves, without the training."""

import json
from collections.abc import Sequence
from pathlib import Path

import torch
import yaml
from safetensors.torch import save_file

from l2b_data.files.atomic import write_json
from l2b_run.audit.kept_fold import RECORD
from l2b_seg.config import Settings
from l2b_seg.networks.build_network import network_of
from l2b_seg.recipe import read_settings
from l2b_seg.run_data import RunData, with_task
from tests.l2b_seg.tiny import make_settings


def save_network(settings: Settings, run: Path, *, seed: int = 0) -> None:
    torch.manual_seed(seed)
    state = {name: value.contiguous() for name, value in network_of(settings).state_dict().items()}
    save_file(state, run / "model.safetensors")


def save_run(path: Path, data: RunData, *, method: str = "l2b", seed: int = 0) -> Path:
    """config.yaml, split.json and model.safetensors, and of summary and metrics what a report reads."""
    settings = with_task(make_settings(method), data.dataset)
    path.mkdir()
    (path / "config.yaml").write_text(yaml.safe_dump(settings.model_dump()))
    write_json(path / "split.json", data.record())
    save_network(settings, path, seed=seed)
    dice = 0.5 + seed / 10
    summary = {
        "method": method,
        "noise": data.noise,
        "unit": "voxel",
        "mean": {"dice": dice, "hd": 20.0, "hd95": 12.5, "assd": None},
        "metric_per_case": [{"case": case, "dice": dice, "hd": 7.5} for case in data.evaluation],
        "definitions": {"dice": "2 |A & B| / (|A| + |B|)"},
    }
    write_json(path / "summary.json", summary)
    rows = [{"epoch": epoch, "loss": 1 / epoch, "test_dice": dice * epoch / 3} for epoch in (1, 2, 3)]
    (path / "metrics.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


def save_fold(run: Path, name: str, saw: Sequence[str], *, seed: int) -> Path:
    """A finished network of an audit of the run, which saw these cases; its fold.json."""
    folder = run / "audit" / name
    folder.mkdir(parents=True)
    (folder / "config.yaml").write_bytes((run / "config.yaml").read_bytes())
    save_network(read_settings(run / "config.yaml"), folder, seed=seed)
    write_json(folder / RECORD, {"sha256": dict.fromkeys(saw, ""), "finished": True})
    return folder / RECORD
