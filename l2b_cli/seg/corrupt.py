"""`l2b-seg corrupt`: noisy copies of the training masks."""

import json
import time
from pathlib import Path
from typing import Annotated, Any

import typer

from l2b_cli.shared.say import stderr_lines

_SHOWN = ("level", "seed", "target_dice", "achieved_dice", "achieved_hd", "hd_unit", "length_factor", "deleted_slices")


def corrupt(
    data: Annotated[Path, typer.Argument(help="Prepared data set.")],
    level: Annotated[str, typer.Option(help="Published noise level: L1 (worst), L2 or L3.")],
    target_dice: Annotated[
        float | None, typer.Option(help="Mean Dice to reach instead of the level's (.4148, .6206, .8031).")
    ] = None,
    seed: Annotated[int, typer.Option(min=0, help="Seed of the noise.")] = 0,
    calibrate: Annotated[
        bool, typer.Option("--calibrate/--no-calibrate", help="Or the published kernels, scaled to the in-plane size.")
    ] = True,
    workers: Annotated[int, typer.Option(min=1, help="Threads; the masks do not depend on it.")] = 1,
    sheet: Annotated[
        Path | None, typer.Option(help="Also write a PNG page of slices with clean and noisy contours.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the result as JSON.")] = False,
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
            dataset,
            level=level,
            seed=seed,
            target_dice=target_dice,
            calibrate=calibrate,
            workers=workers,
            say=say,
        )
    seconds = time.perf_counter() - started
    manifest = read_manifest(folder)
    if sheet is not None:
        noise_sheet(dataset, folder, sheet)
    _print_result(manifest, folder, seconds, as_json)


def _print_result(manifest: dict[str, Any], folder: Path, seconds: float, as_json: bool) -> None:
    if as_json:
        row = {key: manifest[key] for key in _SHOWN}
        typer.echo(json.dumps({**row, "folder": str(folder), "cases": len(manifest["cases"]), "seconds": seconds}))
    else:
        _print_table(manifest, seconds)
        typer.echo(str(folder))


def _print_table(manifest: dict[str, Any], seconds: float) -> None:
    from rich.console import Console
    from rich.table import Table

    target, distance = manifest["target_dice"], manifest["achieved_hd"]
    table = Table("level", "seed", "target", "Dice", f"HD ({manifest['hd_unit']})", "length factor", "deleted", "time")
    table.add_row(
        manifest["level"],
        str(manifest["seed"]),
        "-" if target is None else f"{target:.4f}",
        f"{manifest['achieved_dice']:.4f}",
        "-" if distance is None else f"{distance:.2f}",
        f"{manifest['length_factor']:.4f}",
        f"{manifest['deleted_slices']} of {manifest['foreground_slices']} slices",
        f"{seconds:.1f} s",
    )
    Console(width=110).print(table)
