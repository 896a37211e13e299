"""How well `audit` finds and names the mistakes people make, beside the usual ways to rank masks: tables.

    python benchmarks/audit_mistakes.py OUT --set promise12 data/promise12 --set lesions data/lesions [--seeds 3]

Each --set is a recipe and a prepared data set. For every seed a share of its training masks is spoilt as by `l2b-seg
corrupt --mistakes all`, networks are cross-fitted (preset cpu) and the masks audited, as by `l2b-seg audit`. Folders
OUT/RECIPE_sSEED keep the networks, so that what stopped goes on; --table-only prints what is there. The truth, which
masks were spoilt and how, comes from the manifest and is read after the ranking.
"""

import argparse
import json
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

RANKINGS = ("score", "one_minus_dice", "loss", "soft_min", "hd95")
GOOD_JUDGE = 0.8
"""Dice of the proposal with the clean mask from which a mechanical mistake should be named."""


def run(recipe: str, data: Path, seed: int, folder: Path, method: str, share: float) -> None:
    """Plant, cross-fit, audit and mend, unless audit.json is there."""
    import torch
    import yaml

    from data_prep.mask_mistakes.plant import plant
    from l2b_data.cases.dataset import Dataset
    from l2b_data.files.atomic import write_json, write_text
    from l2b_run.audit.cross_fit import AuditOptions
    from l2b_seg.audit.audit import audit
    from pipelines.plan.request import TrainRequest, plan
    from pipelines.plan.segmentation import SEGMENTATION

    torch.set_num_threads(1)
    if (folder / "audit" / "audit.json").is_file():
        return
    labels = plant(Dataset.open(data), share=share, seed=seed).name
    request = TrainRequest(
        recipe,
        data,
        method,
        None,
        labels=labels,
        preset="cpu",
        out=folder / "run",
        device="cpu",
        seed=seed,
        overrides=[],
    )
    planned = plan(request, SEGMENTATION)
    write_text(folder / "config.yaml", yaml.safe_dump(planned.settings.model_dump(), sort_keys=False))
    write_json(folder / "split.json", planned.data.record())
    started = time.perf_counter()

    def say(row: dict[str, Any]) -> None:
        if "seconds" in row and row["epoch"] % 5 == 0:
            print(f"{folder.name}: network {row['fold'] + 1}, epoch {row['epoch']}", file=sys.stderr, flush=True)

    audit(folder, planned.data, folder / "audit", AuditOptions(2, progress=say), mend_to=folder / "mended")
    print(f"{folder.name}: {time.perf_counter() - started:.0f} s", file=sys.stderr, flush=True)


def cases_of(folder: Path) -> list[dict[str, Any]]:
    """The rows of the cases with the truth: kind (None: not spoilt), partner_true, judge (Dice to clean), mended."""
    from data_prep.mask_mistakes.plant import label_dice
    from l2b_data.cases.dataset import Dataset
    from l2b_data.cases.label_map import case_labels
    from l2b_data.cases.noise_manifest import read_manifest

    found, record = (json.loads((folder / name).read_text()) for name in ("audit/audit.json", "split.json"))
    dataset = Dataset.open(record["dataset"])
    truth = read_manifest(dataset.root / record["labels"])["cases"]
    rows = found["cases"]
    for row in rows:
        clean = case_labels(dataset, row["case"]).array
        proposal = case_labels(dataset, row["case"], (folder / "audit" / "proposals").resolve()).array
        row |= {"kind": truth[row["case"]]["kind"], "judge": label_dice(proposal, clean), "mended": None}
        row["partner_true"] = truth[row["case"]]["partner"]
        if (folder / "mended" / f"{row['case']}.nii.gz").is_file():
            row["mended"] = label_dice(case_labels(dataset, row["case"], (folder / "mended").resolve()).array, clean)
    return rows


def auroc(rows: Sequence[dict[str, Any]], ranking: str, kind: str | None = None) -> float | None:
    """AUROC of the spoilt cases (of one kind), None without any; a missing distance counts as the largest."""
    return _quality(rows, ranking, kind)["auroc"]


def _quality(rows: Sequence[dict[str, Any]], ranking: str, kind: str | None = None) -> dict[str, float | None]:
    from l2b_run.audit.quality import detection_quality

    counted = [row for row in rows if kind is None or row["kind"] in (None, kind)]
    score = np.array([np.inf if row[ranking] is None else row[ranking] for row in counted], float)
    score = np.where(np.isinf(score), np.max(score[np.isfinite(score)], initial=0) + 1, score)
    return detection_quality(score, np.array([row["kind"] is not None for row in counted], bool))


def ranking_table(sets: dict[str, list[Path]]) -> str:
    """Markdown: AUROC / average precision of cases, AUROC of slices; mean over the seeds, each seed behind it."""
    lines = ["| set | ranked by | cases: AUROC (a seed) | average precision | slices: AUROC | with foreground |"]
    lines.append("|---" * 6 + "|")
    for name, folders in sets.items():
        rows = [cases_of(folder) for folder in folders]
        truths = [json.loads((folder / "audit" / "audit.json").read_text())["truth"] for folder in folders]
        for ranking in RANKINGS:
            found = [_quality(of_seed, ranking) for of_seed in rows]
            seeds = ", ".join(f"{one['auroc']:.3f}" for one in found)
            cells = [f"{_mean(one['auroc'] for one in found)} ({seeds})"]
            cells.append(_mean(one["average_precision"] for one in found))
            cells += [
                _mean(truth[part][ranking]["auroc"] for truth in truths if ranking in truth[part]) for part in PARTS
            ]
            lines.append(f"| {name} | {ranking} | {' | '.join(cells)} |")
    return "\n".join(lines)


PARTS = ("all", "foreground")


def kind_table(sets: dict[str, list[Path]]) -> str:
    """Markdown, a row a set and kind: AUROC against the cases left as they are, and how many were named right."""
    from l2b_seg.audit.mistakes.diagnosis import MECHANICAL

    lines = [
        f"| set | kind | cases | {' | '.join(RANKINGS)} | named right | judge above {GOOD_JUDGE:g} | mended Dice |"
    ]
    lines.append("|---" * (6 + len(RANKINGS)) + "|")
    for name, folders in sets.items():
        rows = [cases_of(folder) for folder in folders]
        everyone = [row for of_seed in rows for row in of_seed]
        for kind in sorted({row["kind"] for row in everyone if row["kind"]}):
            mine = [row for row in everyone if row["kind"] == kind]
            cells = [_mean(auroc(seed, ranking, kind) for seed in rows) for ranking in RANKINGS]
            good = [row for row in mine if row["judge"] >= GOOD_JUDGE]
            cells += [f"{sum(map(right, part))} of {len(part)}" for part in (mine, good)]
            cells.append(_mean(row["mended"] for row in mine if right(row)) if kind in MECHANICAL else "")
            lines.append(f"| {name} | {kind} | {len(mine)} | {' | '.join(cells)} |")
        clean = [row for row in everyone if row["kind"] is None]
        named = [row["diagnosis"] for row in clean if row["diagnosis"]]
        told = f" ({', '.join(sorted(named))})" if named else ""
        lines.append(f"| {name} | none | {len(clean)} |{' |' * len(RANKINGS)} {len(named)} named{told} | | |")
    return "\n".join(lines)


def right(row: dict[str, Any]) -> bool:
    """Whether the mistake is named right, a swap with its partner."""
    return bool(row["diagnosis"] == row["kind"] and (row["kind"] != "swapped" or row["partner"] == row["partner_true"]))


def trust_table(sets: dict[str, list[Path]]) -> str:
    """Markdown: AUROC of wrong pixels by trust, over all spoilt cases of the seeds, and by kind."""
    from l2b_data.cases.dataset import Dataset
    from l2b_data.cases.label_map import case_labels
    from l2b_data.images.volume import read_volume
    from l2b_seg.audit.judges.trust import pixel_auroc
    from l2b_seg.prediction.trust import trust_path

    lines = ["| set | kind | AUROC of wrong pixels, trust |", "|---|---|---|"]
    for name, folders in sets.items():
        found: dict[str, list[tuple[np.ndarray, np.ndarray, np.ndarray]]] = {"all": []}
        for folder in folders:
            record = json.loads((folder / "split.json").read_text())
            dataset = Dataset.open(record["dataset"])
            for row in cases_of(folder):
                if row["kind"]:
                    case = row["case"]
                    arrays = (
                        -read_volume(trust_path(folder / "audit", case)).array,
                        case_labels(dataset, case, record["labels"]).array,
                        case_labels(dataset, case).array,
                    )
                    found["all"].append(arrays)
                    found.setdefault(row["kind"], []).append(arrays)
        for kind, of_cases in found.items():
            trust, given, clean = (list(part) for part in zip(*of_cases, strict=True))
            value = pixel_auroc({"trust": trust}, given, clean)["trust"]
            lines.append(f"| {name} | {kind} | {'-' if value is None else format(value, '.3f')} |")
    return "\n".join(lines)


def _mean(values: Iterator[float | None] | Sequence[float | None]) -> str:
    defined = [value for value in values if value is not None]
    return f"{np.mean(defined):.3f}" if defined else "-"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("out", type=Path)
    parser.add_argument("--set", dest="sets", nargs=2, action="append", metavar=("RECIPE", "DATA"), required=True)
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--method", default="l2b")
    parser.add_argument("--share", type=float, default=0.2)
    parser.add_argument("--table-only", action="store_true")
    options = parser.parse_args()
    sets: dict[str, list[Path]] = {}
    for seed in range(options.seeds):
        for recipe, data in options.sets:
            folder = options.out / f"{recipe}_s{seed}"
            if not options.table_only:
                run(recipe, Path(data), seed, folder, options.method, options.share)
            if (folder / "audit" / "audit.json").is_file():
                sets.setdefault(recipe, []).append(folder)
    print(ranking_table(sets), kind_table(sets), trust_table(sets), sep="\n\n")


if __name__ == "__main__":
    main()
