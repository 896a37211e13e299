"""`l2b-seg corrupt`: copies of the training masks, spoilt by noise or by mistakes people make."""

import time
from pathlib import Path
from typing import Annotated, Any

from rich import box
from rich.table import Table
from typer import Argument, Option

from l2b_cli.shared.options import AsJson, Seed
from l2b_cli.shared.result import Part, print_result
from l2b_cli.shared.say import stderr_lines
from l2b_data.errors import ConfigError

_SHOWN = ("level", "seed", "target_dice", "achieved_dice", "achieved_hd", "hd_unit", "length_factor", "deleted_slices")
_PLANTED = ("level", "seed", "share", "spoilt", "counts", "left_out", "achieved_dice")


def corrupt(
    data: Annotated[Path, Argument(help="Prepared data set.")],
    level: Annotated[str | None, Option(help="Published noise level: L1 (worst), L2 or L3.")] = None,
    mistakes: Annotated[
        str | None,
        Option(help="Mistakes people make instead of a level: all, or kinds with commas (swapped,mirrored,...)."),
    ] = None,
    share: Annotated[float, Option(help="With --mistakes: share of the training cases that get one.")] = 0.2,
    target_dice: Annotated[float | None, Option(help="Mean Dice instead of the level's .4148, .6206, .8031.")] = None,
    seed: Seed = 0,
    calibrate: Annotated[
        bool, Option("--calibrate/--no-calibrate", help="Or the published kernels, scaled to the in-plane size.")
    ] = True,
    workers: Annotated[int, Option(min=1, help="Threads; the masks do not depend on it.")] = 1,
    sheet: Annotated[Path | None, Option(help="Also write a PNG page of slices with clean and noisy contours.")] = None,
    as_json: AsJson = False,
) -> None:
    """Write spoilt copies of the training masks: noise of a level's Dice, or mistakes people make."""
    from data_prep.mask_mistakes.plant import parse_kinds, plant
    from data_prep.mask_noise.corrupt import corrupt as write_noisy_masks
    from data_prep.mask_noise.sheet import noise_sheet
    from l2b_data.cases.dataset import Dataset
    from l2b_data.cases.noise_manifest import read_manifest

    if (level is None) == (mistakes is None):
        raise ConfigError("corrupt: give either --level L1, L2 or L3, or --mistakes all or kinds of them")
    dataset = Dataset.open(data)
    started = time.perf_counter()
    with stderr_lines("corrupt", quiet=as_json) as say:
        if mistakes is not None:
            if target_dice is not None or not calibrate or sheet is not None:
                raise ConfigError("--target-dice, --no-calibrate and --sheet go with --level, not with --mistakes")
            folder = plant(dataset, parse_kinds(mistakes), share=share, seed=seed, say=say)
        else:
            assert level is not None
            folder = write_noisy_masks(
                dataset, level=level, seed=seed, target_dice=target_dice, calibrate=calibrate, workers=workers, say=say
            )
    seconds = time.perf_counter() - started
    manifest = read_manifest(folder)
    if sheet is not None:
        noise_sheet(dataset, folder, sheet)
    told = {key: manifest[key] for key in (_SHOWN if mistakes is None else _PLANTED)}
    told |= {"folder": str(folder), "cases": len(manifest["cases"]), "seconds": seconds}
    shown = (_table(manifest, seconds), str(folder)) if mistakes is None else _planted(manifest, folder)
    print_result(told, shown, as_json=as_json)


def _table(manifest: dict[str, Any], seconds: float) -> Table:
    """One row, at most 80 columns wide."""
    target, distance = manifest["target_dice"], manifest["achieved_hd"]
    cells = {
        "level": manifest["level"],
        "seed": str(manifest["seed"]),
        "target": "-" if target is None else f"{target:.4f}",
        "Dice": f"{manifest['achieved_dice']:.4f}",
        f"HD {manifest['hd_unit']}": "-" if distance is None else f"{distance:.2f}",
        "length factor": f"{manifest['length_factor']:.4f}",
        "deleted slices": f"{manifest['deleted_slices']} of {manifest['foreground_slices']}",
        "time": f"{seconds:.1f} s",
    }
    table = Table(*cells, box=box.SIMPLE_HEAD, pad_edge=False, padding=0)
    table.add_row(*cells.values())
    return table


def _planted(manifest: dict[str, Any], folder: Path) -> tuple[Part, ...]:
    """A row a spoilt case, and the kinds this data set cannot have."""
    table = Table("case", "mistake", "Dice to clean", "partner", box=box.SIMPLE_HEAD, pad_edge=False, padding=0)
    for case, row in manifest["cases"].items():
        if row["kind"] is not None:
            table.add_row(case, row["kind"], f"{row['dice']:.3f}", row["partner"] or "")
    counted = f"{manifest['spoilt']} of {len(manifest['cases'])} masks spoilt"
    absent = [f"Left out, no case can have it: {', '.join(manifest['left_out'])}"] if manifest["left_out"] else []
    return table, counted, *absent, str(folder)
