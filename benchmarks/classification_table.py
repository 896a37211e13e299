"""The classification tables of RESULTS.md: every method on one data set, one run a cell, resumable.

    python benchmarks/classification_table.py pneumoniamnist DATA OUT --noise symmetric-excluding:0.4 [--seeds 5]

DATA is a prepared set, OUT takes a run folder METHOD_NOISE_sSEED a cell; a finished one is not run again. The label
noise of a cell is drawn from its seed. Each run gets one thread, so that two jobs use two cores. --set goes to every
run alike; --select val prints figures of the validation samples, on which presets are chosen.
At the end, and with --table-only, two Markdown tables: mean and standard deviation over the seeds, and the curves: mean
accuracy after some of the epochs.
"""

import argparse
import os
import statistics
import subprocess
import sys
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from l2b_cls.metrics.summary import Summary
from l2b_run.training.epoch_row import read_epochs

ROWS: dict[str, tuple[str, tuple[str, ...]]] = {  # name of the row -> method, what is set for it
    **{name: (name, ()) for name in ("ce", "bootstrap-hard", "bootstrap-soft", "joint", "finetune")},
    **{name: (name, ()) for name in ("l2rw", "mwnet", "mnwnet", "rmnwnet", "l2b", "l2b-net")},
    "l2b-eq8-9": ("l2b", ("bootstrap.normalize=rectified", "bootstrap.judge_decay=0.0", "bootstrap.candidates=both")),
    "self-training": ("l2b", ("bootstrap.normalize=soft_choice", "bootstrap.candidates=pseudo")),
    "l2b-no-clean": ("l2b", ("meta.source=online",)),
}
"""self-training is l2b without what its name says: every pseudo-label counts alike, no meta gradient has a say."""


def run(options: argparse.Namespace, row: str, noise: str, seed: int) -> None:
    """One cell, unless it is finished."""
    folder = options.out / name_of(row, noise, seed)
    if (folder / "summary.json").is_file():
        return
    method, of_row = ROWS[row]
    command = [sys.executable, "-W", "ignore", "-m", "l2b_cli.cls.main", "train", options.recipe]
    if (folder / "checkpoint_latest.pt").is_file():
        command += ["--resume", str(folder)]
    else:
        command += ["--data", str(options.data), "--preset", "cpu", "--method", method, "--out", str(folder)]
        command += ["--noise", noise, "--noise-seed", str(seed), "--seed", str(seed), "--select", options.select]
        for text in (*options.overrides, *of_row):
            command += ["--set", text]
    options.out.mkdir(parents=True, exist_ok=True)
    with open(options.out / f"{folder.name}.log", "a") as log:
        subprocess.run(command, check=True, stdout=log, stderr=log, env=os.environ | {"OMP_NUM_THREADS": "1"})
    print(f"{folder.name} done", file=sys.stderr, flush=True)


def name_of(row: str, noise: str, seed: int) -> str:
    """The cell's folder; a colon is not for every file system."""
    return f"{row}_{noise.replace(':', '-')}_s{seed}"


def finished(out: Path, row: str, noise: str) -> list[Path]:
    """The folders of a row's finished runs, a seed each."""
    return [path.parent for path in sorted(out.glob(f"{name_of(row, noise, 0)[:-1]}*/summary.json"))]


def table(out: Path, rows: list[str], noises: list[str]) -> str:
    """Markdown, a line a noise and row; own, by loss: AUC of noise detection in the end, by those scores."""
    lines = [
        "| noise (wrong) | method | seeds | last | best | last ten | balanced, last | AUC, last | own | by loss |",
        "|---|---|---|---|---|---|---|---|---|---|",
    ]
    for noise in noises:
        for row in rows:
            if found := [Summary.read(folder / "summary.json") for folder in finished(out, row, noise)]:
                rates = [one.effective_noise for one in found]
                wrong = "unknown" if None in rates else f"{statistics.fmean(rates):.1%}"
                lines.append(f"| {noise} ({wrong}) | {row} | {len(found)} | {' | '.join(cells(found))} |")
    return "\n".join(lines)


def curves(out: Path, rows: list[str], noises: list[str], points: int = 8) -> str:
    """Markdown, a line a noise and row: mean accuracy over the seeds after `points` evenly spaced evaluations."""
    lines = ["| noise | method | accuracy after epoch |", "|---|---|---|"]
    for noise in noises:
        for row in rows:
            found = [read_epochs(folder / "metrics.jsonl", []) for folder in finished(out, row, noise)]
            if runs := [{one["epoch"]: one["test_accuracy"] for one in of if "test_accuracy" in one} for of in found]:
                epochs = sorted(set.intersection(*map(set, runs)))
                shown = sorted({epochs[len(epochs) * part // points - 1] for part in range(1, points + 1)})
                means = [f"{epoch}: {statistics.fmean(run[epoch] for run in runs):.3f}" for epoch in shown]
                lines.append(f"| {noise} | {row} | {', '.join(means)} |")
    return "\n".join(lines)


def cells(found: list[Summary]) -> list[str]:
    """The numbers of one row, from the summaries of its seeds."""
    tests, detections = [one.test for one in found], [one.auc_noise_detection for one in found]
    own = [next((value for name, value in one.items() if name != "loss"), None) for one in detections]
    scores = [(t.last.accuracy, t.best.accuracy, t.mean_last_10, t.last.balanced_accuracy, t.last.auc) for t in tests]
    return [_spread(values) for values in (*zip(*scores, strict=True), own, [one.get("loss") for one in detections])]


def _spread(values: Iterable[float | None]) -> str:
    defined = [value for value in values if value is not None]
    if not defined:
        return "-"
    spread = f" ± {statistics.stdev(defined):.3f}" if len(defined) > 1 else ""
    return f"{statistics.fmean(defined):.3f}{spread}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("recipe")
    parser.add_argument("data", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--noise", action="append", required=True, help="repeatable, e.g. symmetric:0.4")
    parser.add_argument("--row", action="append", choices=ROWS, help="repeatable; all by default")
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--first-seed", type=int, default=0)
    parser.add_argument("--select", choices=("test", "val"), default="test")
    parser.add_argument("--set", action="append", default=[], dest="overrides", help="setting of every run")
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--table-only", action="store_true")
    options = parser.parse_args()
    rows = options.row or list(ROWS)
    if not options.table_only:
        seeds = range(options.first_seed, options.first_seed + options.seeds)
        every = [(row, noise, seed) for seed in seeds for noise in options.noise for row in rows]
        with ThreadPoolExecutor(options.jobs) as pool:
            list(pool.map(lambda cell: run(options, *cell), every))
    print(table(options.out, rows, options.noise), curves(options.out, rows, options.noise), sep="\n\n")


if __name__ == "__main__":
    main()
