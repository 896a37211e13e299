"""How well `audit` finds corrupted PROMISE12 masks, beside the usual ways to rank them: a table a noise level.

    python benchmarks/audit_table.py DATA OUT [--noise L1 --noise L2 --noise L3] [--folds 2]

DATA is a prepared data set. For every level networks are cross-fitted with the l2b method (cpu preset), as `l2b-seg
audit` does, and again with plain training (unetpp): its loss is what a user without this package would rank by. All
rankings are of the same slices of the same folds. Folders OUT/METHOD_NOISE keep the networks, so that a level that
stopped goes on; --table-only prints what is there. The score's form was chosen on other cases (RESULTS.md).
"""

import argparse
import json
import sys
import time
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

LEVELS = ("L1", "L2", "L3")
BOUNDS = (0.9, 0.8, 0.7, 0.5)
"""Dice below which a mask counts as wrong: at 0.9 nearly all drawn masks of L1 and L2 are, little is left to find."""
RANKINGS = (  # method whose networks judge, column, what it is
    ("l2b", "score", "audit (l2b networks)"),
    ("l2b", "loss", "mean loss, l2b networks"),
    ("l2b", "soft_min", "soft minimum (cleanlab), l2b networks"),
    ("unetpp", "score", "audit score, plain networks"),
    ("unetpp", "loss", "mean loss, plain networks"),
    ("unetpp", "soft_min", "soft minimum (cleanlab), plain networks"),
)
NO_NETWORK = "mask not empty, no network"
"""What there is to gain by sorting empty masks last: nearly all of a ranking's AUROC where most masks are wrong."""


def run(data: Path, out: Path, method: str, level: str, options: argparse.Namespace) -> None:
    """Audit the masks of one level with networks of one method, unless its audit.json is there."""
    import torch
    import yaml

    from l2b_data.files.atomic import write_json, write_text
    from l2b_run.audit.cross_fit import AuditOptions
    from l2b_seg.audit.audit import audit
    from pipelines.plan.request import TrainRequest, plan
    from pipelines.plan.segmentation import SEGMENTATION

    torch.set_num_threads(options.threads)
    folder = out / f"{method}_{level}"
    if (folder / "audit" / "audit.json").is_file():
        return
    overrides = [] if options.epochs is None else [f"epochs={options.epochs}"]
    request = TrainRequest(
        "promise12",
        data,
        method,
        level,
        preset="cpu",
        out=folder / "run",
        device="cpu",
        seed=options.seed,
        overrides=overrides,
    )
    planned = plan(request, SEGMENTATION)
    write_text(folder / "config.yaml", yaml.safe_dump(planned.settings.model_dump(), sort_keys=False))
    write_json(folder / "split.json", planned.data.record())
    started = time.perf_counter()

    def say(row: dict[str, Any]) -> None:
        if "seconds" in row:
            told = f"network {row['fold'] + 1}, epoch {row['epoch']}, loss {row['loss']:.4f}"
            print(f"{folder.name}: {told}", file=sys.stderr, flush=True)

    audit(folder, planned.data, folder / "audit", AuditOptions(options.folds, progress=say))
    print(f"{folder.name}: {time.perf_counter() - started:.0f} s", file=sys.stderr, flush=True)


def table(out: Path, levels: list[str]) -> str:
    """Markdown, a row a level and ranking: its quality over all slices and over those with foreground."""
    lines = [
        "| noise | slices ranked by | wrong, all | AUROC | AP | Spearman | wrong, foreground | AUROC | AP | Spearman |",
        "|---|---|---|---|---|---|---|---|---|---|",
    ]
    for level in levels:
        quality = level_quality(out, level)
        for text in (*(text for _, _, text in RANKINGS), NO_NETWORK):
            if quality is None or text not in quality["all"]:
                continue
            cells = []
            for part in ("all", "foreground"):
                found = quality[part]
                cells.append(f"{found['wrong']} of {found['slices']}")
                cells += [_number(found[text][key]) for key in ("auroc", "average_precision", "spearman")]
            lines.append(f"| {level} | {text} | {' | '.join(cells)} |")
    return "\n".join(lines)


def table_of_bounds(out: Path, levels: list[str]) -> str:
    """Markdown: AUROC over all slices / those with foreground, a column a Dice below which a mask counts as wrong."""
    lines = [f"| noise | slices ranked by | {' | '.join(f'below {bound:g}' for bound in BOUNDS)} |"]
    lines.append("|---" * (2 + len(BOUNDS)) + "|")
    for level in levels:
        found = [level_quality(out, level, bound) for bound in BOUNDS]
        known = [quality for quality in found if quality is not None]
        if not known:
            continue
        wrong = [f"{quality['all']['wrong']} wrong" for quality in known]
        lines.append(f"| {level} | | {' | '.join(wrong)} |")
        for text in (*(text for _, _, text in RANKINGS), NO_NETWORK):
            if text in known[0]["all"]:
                cells = [
                    " / ".join(_number(one[part][text]["auroc"]) for part in ("all", "foreground")) for one in known
                ]
                lines.append(f"| | {text} | {' | '.join(cells)} |")
    return "\n".join(lines)


def level_quality(out: Path, level: str, wrong_below: float = BOUNDS[0]) -> dict[str, Any] | None:
    """`ranking_quality` of RANKINGS, on the slices all audits of the level have; None where there is none."""
    from l2b_seg.audit.truth import ranking_quality

    audits = {}
    for method in dict.fromkeys(method for method, _, _ in RANKINGS):
        path = out / f"{method}_{level}" / "audit" / "audit.json"
        if path.is_file():
            rows = json.loads(path.read_text())["slices"]
            audits[method] = {(row["case"], row["slice"]): row for row in rows}
    if not audits:
        return None
    first = next(iter(audits.values()))
    places = sorted(first)
    if any(sorted(rows) != places for rows in audits.values()):
        sys.exit(f"{out}: the audits of {level} are not of the same slices; remove one and run again")
    scores = {
        text: [audits[method][place][column] for place in places]
        for method, column, text in RANKINGS
        if method in audits and all(rows[column] is not None for rows in audits[method].values())
    }
    scores[NO_NETWORK] = [float(first[place]["given_area"] > 0) for place in places]
    dice = []
    for place in places:
        row = first[place]
        # a slice without a given area whose true Dice is 1 has no clean area either
        dice.append(None if row["given_area"] == 0 and row["true_dice"] == 1 else row["true_dice"])
    return ranking_quality(scores, dice, wrong_below)


def _number(value: float | None) -> str:
    return "-" if value is None else f"{value:.3f}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--noise", action="append", choices=LEVELS, help="repeatable; all three by default")
    parser.add_argument("--folds", type=int, default=2)
    parser.add_argument("--epochs", type=int, help="of the run whose steps each network takes; the preset's by default")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--table-only", action="store_true")
    options = parser.parse_args()
    levels = options.noise or list(LEVELS)
    if not options.table_only:
        for level in levels:
            for method in dict.fromkeys(method for method, _, _ in RANKINGS):
                run(options.data, options.out, method, level, options)
    print(table(options.out, levels), table_of_bounds(options.out, levels), sep="\n\n")


if __name__ == "__main__":
    main()
