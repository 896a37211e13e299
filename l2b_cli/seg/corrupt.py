"""`l2b-seg corrupt`: noisy copies of the training masks."""

import time
from pathlib import Path
from typing import Annotated, Any

from rich import box
from rich.table import Table
from typer import Argument, Option

from l2b_cli.shared.options import AsJson, Seed
from l2b_cli.shared.result import print_result
from l2b_cli.shared.say import stderr_lines

_SHOWN = ("level", "seed", "target_dice", "achieved_dice", "achieved_hd", "hd_unit", "length_factor", "deleted_slices")


def corrupt(
    data: Annotated[Path, Argument(help="Prepared data set.")],
    level: Annotated[str, Option(help="Published noise level: L1 (worst), L2 or L3.")],
    target_dice: Annotated[float | None, Option(help="Mean Dice instead of the level's .4148, .6206, .8031.")] = None,
    seed: Seed = 0,
    calibrate: Annotated[
        bool, Option("--calibrate/--no-calibrate", help="Or the published kernels, scaled to the in-plane size.")
    ] = True,
    workers: Annotated[int, Option(min=1, help="Threads; the masks do not depend on it.")] = 1,
    sheet: Annotated[Path | None, Option(help="Also write a PNG page of slices with clean and noisy contours.")] = None,
    as_json: AsJson = False,
) -> None:
    """Write noisy copies of the training masks beside the clean ones, calibrated to the level's Dice."""
    from data_prep.mask_noise.corrupt import corrupt as write_noisy_masks
    from data_prep.mask_noise.sheet import noise_sheet
    from l2b_data.cases.dataset import Dataset
    from l2b_data.cases.noise_manifest import read_manifest

    dataset = Dataset.open(data)
    started = time.perf_counter()
    with stderr_lines("corrupt", quiet=as_json) as say:
        folder = write_noisy_masks(
            dataset, level=level, seed=seed, target_dice=target_dice, calibrate=calibrate, workers=workers, say=say
        )
    seconds = time.perf_counter() - started
    manifest = read_manifest(folder)
    if sheet is not None:
        noise_sheet(dataset, folder, sheet)
    told = {key: manifest[key] for key in _SHOWN}
    told |= {"folder": str(folder), "cases": len(manifest["cases"]), "seconds": seconds}
    print_result(told, (_table(manifest, seconds), str(folder)), as_json=as_json)


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
