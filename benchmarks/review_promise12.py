"""Dice before and after a review of training masks, and with clean ones: plant, audit, decide, apply, train again.

    python benchmarks/review_promise12.py OUT DATA [--seeds 3] [--methods unetpp l2b] [--epochs N]

DATA is PROMISE12 as `l2b-seg prepare promise12` leaves it. For every seed a fifth of its training masks is spoilt as by
`l2b-seg corrupt --mistakes all` and audited by two-fold l2b networks (preset cpu). Two readers decide, `l2b-seg apply`
writes the reviewed masks, and every method trains on the spoilt, the reviewed and the clean masks (preset cpu, the
seed's own) and is evaluated on the test cases, whose masks nobody touched.

page    follows the page by a rule and sees no clean mask: takes the mend wherever the audit offers one, excludes a case
        with another mistake named, keeps all others
truth   has the clean masks: takes whichever of given mask, mend and proposal is nearest to them; what these choices
        can do at best

Folders OUT/sSEED keep everything, so that what stopped goes on; --table-only prints what is there. --epochs: of the
trainings, instead of the preset's.
"""

import argparse
import json
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

ROWS = {
    "given": "as spoilt",
    "page": "reviewed by the page",
    "truth": "reviewed, truth known",
    "clean": "clean",
}


def page_reader(row: dict[str, Any]) -> str:
    """The decision that the page suggests, from the case's row in audit.json."""
    return "mend" if row["mend"] else "exclude" if row["diagnosis"] else "keep"


def review(audit: Path, out: Path, reader: str) -> None:
    """Decide every case as `reader` does and apply the decisions, unless that is done."""
    from l2b_data.files.atomic import write_json
    from l2b_data.review.decisions import FORMAT
    from l2b_seg.audit.apply.apply import apply
    from l2b_seg.audit.apply.read_audit import read_audit

    if out.is_dir():
        return
    found = read_audit(audit)
    words = {case: page_reader(row) if reader == "page" else _nearest(found, case) for case, row in found.rows.items()}
    file = out.with_name(f"decisions_{reader}.json")
    cases = {case: {"decision": word} for case, word in words.items()}
    write_json(file, {"format": FORMAT, "by": f"reader {reader} of review_promise12.py", "cases": cases})
    apply(audit, file, out)


def _nearest(found: Any, case: str) -> str:
    """keep, mend or proposal: the mask with the largest Dice to the clean one."""
    from data_prep.mask_mistakes.plant import label_dice
    from l2b_data.cases.label_map import case_labels
    from l2b_seg.audit.mistakes.mend import mended_labels

    dataset = found.masks.dataset
    masks = {
        "keep": case_labels(dataset, case, found.masks.folders[case]).array,
        "proposal": case_labels(dataset, case, (found.folder / "proposals").resolve()).array,
    }
    if found.can_mend(case):
        masks["mend"] = mended_labels(found.masks, found.rows[case], found.folder, found.plane)
    clean = case_labels(dataset, case).array
    return max(masks, key=lambda word: label_dice(masks[word], clean))


def train_on(data: Path, labels: str | None, method: str, seed: int, out: Path, epochs: int | None) -> None:
    """Train on a folder of masks (None: the clean ones), unless that is done; an interrupted run goes on."""
    from pipelines.plan.request import TrainRequest, plan, train
    from pipelines.plan.segmentation import SEGMENTATION

    if (out / "summary.json").is_file():
        return
    begun = out if (out / "checkpoint_latest.pt").is_file() else None
    noise = "clean" if labels is None else None
    request = TrainRequest("promise12", data, method, noise, labels, preset="cpu", out=out, device="cpu", seed=seed)
    request = replace(request, resume=begun, overrides=[f"epochs={epochs}"] * (epochs is not None))
    train(plan(request, SEGMENTATION))
    print(f"{out}: done", file=sys.stderr, flush=True)


def make(data: Path, seed: int, folder: Path, methods: Sequence[str], epochs: int | None) -> None:
    """All of one seed."""
    import torch

    from benchmarks.audit_mistakes import run as plant_and_audit

    torch.set_num_threads(1)
    plant_and_audit("promise12", data, seed, folder / "audited", "l2b", 0.2)
    masks: dict[str, str | None] = {"given": f"labelsTr_mistakes_s{seed}", "clean": None}
    for reader in ("page", "truth"):
        review(folder / "audited" / "audit", folder / reader, reader)
        masks[reader] = str(folder / reader)
    for method in methods:
        for name in ROWS:
            train_on(data, masks[name], method, seed, folder / f"{name}_{method}", epochs)


def masks_table(data: Path, folders: Sequence[Path]) -> str:
    """Markdown, a row a seed and set of masks: how they differ from the clean ones, and what was decided."""
    from data_prep.mask_mistakes.plant import label_dice
    from l2b_data.cases.dataset import Dataset
    from l2b_data.cases.label_map import case_labels
    from l2b_data.review.manifest import read_review

    dataset = Dataset.open(data)
    lines = ["| seed | masks | Dice to clean, mean | least | below 0.95 | mended | proposal | excluded |"]
    lines.append("|---" * 8 + "|")
    for folder in folders:
        seed = folder.name[1:]
        for name in ("given", "page", "truth"):
            place = f"labelsTr_mistakes_s{seed}" if name == "given" else (folder / name).resolve()
            counts = read_review(folder / name)["counts"] if name != "given" else {}
            there = [case for case in dataset.splits["train"] if dataset.label_path(case, place).is_file()]
            pairs = ((case_labels(dataset, case, place).array, case_labels(dataset, case).array) for case in there)
            found = np.array([label_dice(mask, clean) for mask, clean in pairs])
            cells = [f"{found.mean():.3f}", f"{found.min():.3f}", f"{(found < 0.95).sum()} of {len(found)}"]
            cells += [str(counts.get(word, "-")) for word in ("mend", "proposal", "exclude")]
            lines.append(f"| {seed} | {ROWS[name]} | {' | '.join(cells)} |")
    return "\n".join(lines)


def dice_table(folders: Sequence[Path], methods: Sequence[str]) -> str:
    """Markdown: Dice of the test cases after the last epoch, a seed and mean, and the mean gain over spoilt masks."""
    lines = ["| method | masks | Dice a seed | mean | against as spoilt |", "|---" * 5 + "|"]
    for method in methods:
        dice = {name: {folder: _dice(folder / f"{name}_{method}") for folder in folders} for name in ROWS}
        for name, text in ROWS.items():
            there = {folder: value for folder, value in dice[name].items() if value is not None}
            gains = [value - before for folder, value in there.items() if (before := dice["given"][folder]) is not None]
            seeds = ", ".join("-" if value is None else f"{value:.3f}" for value in dice[name].values())
            mean = f"{np.mean(list(there.values())):.3f}" if there else "-"
            gain = f"{np.mean(gains):+.3f}" if gains and name != "given" else ""
            lines.append(f"| {method} | {text} | {seeds} | {mean} | {gain} |")
    return "\n".join(lines)


def _dice(run: Path) -> float | None:
    path = run / "summary.json"
    return json.loads(path.read_text())["mean"]["dice"] if path.is_file() else None


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("out", type=Path)
    parser.add_argument("data", type=Path)
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--methods", nargs="+", default=["unetpp", "l2b"])
    parser.add_argument("--epochs", type=int)
    parser.add_argument("--table-only", action="store_true")
    options = parser.parse_args()
    if not options.table_only:
        for seed in range(options.seeds):
            make(options.data, seed, options.out / f"s{seed}", options.methods, options.epochs)
    folders = [path for seed in range(options.seeds) if ((path := options.out / f"s{seed}") / "truth").is_dir()]
    print(masks_table(options.data, folders), dice_table(folders, options.methods), sep="\n\n")


if __name__ == "__main__":
    main()
