"""The table of RESULTS.md: every method on PROMISE12, one run a cell, resumable.

    python benchmarks/promise12_table.py DATA OUT [--noise L1 --noise L2] [--method l2b]... [--jobs 2]

A cell is a run folder OUT/METHOD_NOISE_sSEED; one that is finished is not run again. Methods of SEEDED get three seeds,
the others one. Each run gets one thread, so that two jobs use two cores. At the end, and with --table-only, a Markdown
table: mean over the seeds (and standard deviation of Dice) of the last network's metrics on the test cases.
"""

import argparse
import os
import statistics
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from itertools import product
from pathlib import Path

from l2b_seg.metrics.summary import Summary

METHODS = ("unetpp", "meta", "joint", "finetune", "nl", "mixup", "l2b", "l2b-net")
SEEDED = ("l2b", "joint", "unetpp", "finetune", "nl")
SEEDS = (0, 1, 2)


def cells(levels: list[str]) -> list[tuple[str, str, int]]:
    """(method, level, seed): every method with the first seed, then the other seeds of SEEDED."""
    first = [(method, level, SEEDS[0]) for level in levels for method in (*SEEDED, *sorted(set(METHODS) - set(SEEDED)))]
    return first + [(method, level, seed) for seed in SEEDS[1:] for level in levels for method in SEEDED]


def run(data: Path, out: Path, cell: tuple[str, str, int]) -> None:
    method, level, seed = cell
    folder = out / f"{method}_{level}_s{seed}"
    if (folder / "summary.json").is_file():
        return
    command = [sys.executable, "-W", "ignore", "-m", "l2b_cli.seg.main", "train", "promise12"]
    command += ["--data", str(data), "--preset", "cpu", "--method", method, "--noise", level, "--seed", str(seed)]
    command += ["--resume", str(folder)] if (folder / "checkpoint_latest.pt").is_file() else ["--out", str(folder)]
    out.mkdir(parents=True, exist_ok=True)
    with open(out / f"{folder.name}.log", "a") as log:
        subprocess.run(command, check=True, stdout=log, stderr=log, env=os.environ | {"OMP_NUM_THREADS": "1"})
    print(f"{folder.name} done", file=sys.stderr, flush=True)


def table(out: Path, levels: list[str]) -> str:
    """Markdown, one row a method and level. Distances: mean over cases with both masks present; missed beside them."""
    lines = [
        "| noise | method | seeds | Dice last | Dice best | HD | HD95 | ASSD | missed | train s | peak MB |",
        "|---|---|---|---|---|---|---|---|---|---|---|",
    ]
    for level, method in product(levels, METHODS):
        if rows := [Summary.read(path) for path in sorted(out.glob(f"{method}_{level}_s*/summary.json"))]:
            lines.append(f"| {level} | {method} | {len(rows)} | {' | '.join(_cells(rows))} |")
    return "\n".join(lines)


def _cells(rows: list[Summary]) -> list[str]:
    """The numbers of one line, from the summaries of its seeds."""
    dice = [row.mean["dice"] for row in rows]
    spread = f" ± {statistics.stdev(dice):.3f}" if len(dice) > 1 else ""
    cells = [f"{statistics.fmean(dice):.3f}{spread}", f"{statistics.fmean(row.best['dice'] for row in rows):.3f}"]
    for name in ("hd", "hd95", "assd"):
        defined = [row.mean[name] for row in rows if row.mean[name] is not None]
        cells.append(f"{statistics.fmean(defined):.2f}" if defined else "-")
    cells.append(f"{sum(row.n_missed for row in rows)} of {sum(row.n_cases for row in rows)}")
    return cells + [
        f"{statistics.fmean(getattr(row, key) for row in rows):.0f}" for key in ("train_seconds", "peak_memory_mb")
    ]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--noise", action="append", help="repeatable; L1 and L2 by default")
    parser.add_argument("--method", action="append", choices=METHODS, help="repeatable; all by default")
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--table-only", action="store_true")
    arguments = parser.parse_args()
    levels = arguments.noise or ["L1", "L2"]
    if not arguments.table_only:
        with ThreadPoolExecutor(arguments.jobs) as pool:
            chosen = [cell for cell in cells(levels) if cell[0] in (arguments.method or METHODS)]
            list(pool.map(lambda cell: run(arguments.data, arguments.out, cell), chosen))
    print(table(arguments.out, levels))


if __name__ == "__main__":
    main()
