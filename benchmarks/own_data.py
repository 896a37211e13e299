"""A new user's way over data sets of other kinds, nothing set by hand: check, prepare, train folder, predict, evaluate.

    python benchmarks/own_data.py OUT [SET ...] [--source DATA] [--method l2b] [--seed 0]

Sets, all written as files of the kind people have, into OUT/SET/images and OUT/SET/masks: zones (synthetic volumes of
three classes with label values 1, 2, 4), retina (drawn: thin dark vessels on a disc), heart (drawn: ring, pool and
crescent, a small part of anisotropic volumes, off the centre); from --source, which has the folders bu_bil, isic2019
and prostate158: cells (BU-BIL), lesions14 and lesions400 (HAM10000), orders (two Prostate158 cases in three axis orders
each, so that a test case is a training one stored otherwise). Every step is the command line, in a process of its own.
Printed and kept in OUT/table.md: what was derived, exit codes, Dice of `evaluate` on the test cases, and minutes of
training. A set that is finished is not run again.
"""

import argparse
import io
import json
import re
import subprocess
import sys
import time
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

Pair = tuple[str, Any, Any]
"""Name, image and mask: arrays of a picture, or volumes."""


def cells(source: Path) -> Iterator[Pair]:
    with zipfile.ZipFile(source / "bu_bil" / "BU-BIL_Dataset1.zip") as archive:
        found: dict[str, dict[str, np.ndarray]] = {}
        for name in archive.namelist():
            if match := re.fullmatch(r".*(RawImages|GoldStandard)/(?:seg_)?(b\d+)\.png", name, re.IGNORECASE):
                picture = np.array(Image.open(io.BytesIO(archive.read(name))).convert("L"))
                found.setdefault(match[2].lower(), {})[match[1].lower()] = picture
    for name, files in sorted(found.items()):
        yield name, files["rawimages"], np.where(files["goldstandard"] < 128, 255, 0).astype(np.uint8)


def lesions(count: int) -> Callable[[Path], Iterator[Pair]]:
    def read(source: Path) -> Iterator[Pair]:
        folder = source / "isic2019"
        with (
            zipfile.ZipFile(folder / "ISIC_2019_Training_Input.zip") as images,
            zipfile.ZipFile(folder / "lesion_masks.zip") as masks,
        ):
            by_id = {Path(name).stem: name for name in images.namelist() if name.endswith(".jpg")}
            named = {Path(name).stem.removesuffix("_segmentation"): name for name in masks.namelist()}
            both = sorted(set(by_id) & set(named))
            for one in np.random.default_rng(5).permutation(both)[:count].tolist():
                mask = Image.open(io.BytesIO(masks.read(named[one]))).convert("L")
                image = Image.open(io.BytesIO(images.read(by_id[one]))).convert("RGB").resize(mask.size)
                yield one, np.array(image), np.array(mask)

    return read


def orders(source: Path) -> Iterator[Pair]:
    """As the scanner has them, and with their axes permuted: the same voxels at the same places."""
    import SimpleITK as sitk

    for case in ("001", "020"):
        folder = source / "prostate158" / case
        image = sitk.ReadImage(str(next(folder.glob("t2.nii*"))))
        mask = sitk.ReadImage(
            str(next(path for path in sorted(folder.glob("*anatomy*")) if "reader2" not in path.name))
        )
        mask.CopyInformation(image)
        for order in ((0, 1, 2), (2, 0, 1), (1, 2, 0)):
            yield (
                f"{case}_{''.join('xyz'[axis] for axis in order)}",
                *(sitk.PermuteAxes(one, order) for one in (image, mask != 0)),
            )


def zones(source: Path) -> Iterator[Pair]:
    from data_prep.mask_sets.synthetic import synthetic_case

    for number in range(16):
        image, mask = synthetic_case(7, number, classes=3)
        yield f"case{number:02d}", image, mask.with_array(np.array([0, 1, 2, 4], np.uint8)[mask.array])


def retina(source: Path) -> Iterator[Pair]:
    """Twenty colour pictures of 400 x 420: vessels two to five pixels wide that fork, on an uneven disc."""
    for number in range(20):
        rng = np.random.default_rng([11, number])
        height, width = 400, 420
        rows, columns = np.mgrid[:height, :width]
        disc = np.hypot(rows - 200, columns - 210) < 190
        vessels = np.zeros((height, width), bool)
        start = np.array([200 + rng.normal(0, 8), 120 + rng.normal(0, 8)])
        for angle in np.deg2rad([-70, -40, 40, 70, 110, 250]) + rng.normal(0, 0.15, 6):
            _vessel(rng, vessels, start, float(angle), 2.6)
        vessels &= disc
        shade = 90 + 25 * np.sin(rows / 90 + rng.uniform(0, 6)) + 15 * np.cos(columns / 70 + rng.uniform(0, 6))
        spot = 60 * np.exp(-((rows - start[0]) ** 2 + (columns - start[1]) ** 2) / 600)
        image = np.stack([1.5 * shade + spot, shade + spot, 0.5 * shade], 2) - 28 * vessels[..., None]
        image = np.where(disc[..., None], image + rng.normal(0, 9, (height, width, 3)), 5)
        yield f"eye{number:02d}", image.clip(0, 255).astype(np.uint8), (255 * vessels).astype(np.uint8)


def _vessel(rng: np.random.Generator, out: np.ndarray, at: np.ndarray, angle: float, radius: float) -> None:
    """Draw a winding line from `at`, in rows and columns, that thins and forks."""
    rows, columns = np.mgrid[-4:5, -4:5]
    while radius > 0.8:
        for _ in range(int(rng.integers(35, 60))):
            at = at + np.array([np.sin(angle), np.cos(angle)])
            angle += rng.normal(0, 0.06)
            row, column = (round(float(one)) for one in at)
            if not (4 <= row < out.shape[0] - 4 and 4 <= column < out.shape[1] - 4):
                return
            out[row - 4 : row + 5, column - 4 : column + 5] |= np.hypot(rows, columns) <= radius
        radius *= 0.78
        _vessel(rng, out, at, angle + rng.uniform(0.4, 0.8), radius)
        angle -= rng.uniform(0.1, 0.4)


def heart(source: Path) -> Iterator[Pair]:
    """Sixteen volumes of 9 slices, 10 x 1.4 x 1.4 mm: the heart is a tenth of the field of view, left of its middle."""
    from l2b_data.images.volume import Volume

    for number in range(16):
        rng = np.random.default_rng([13, number])
        rows, columns = np.mgrid[:216, :240]
        centre, radius = (100 + rng.normal(0, 9), 92 + rng.normal(0, 9)), rng.uniform(15, 20)
        masks, images = [], []
        for depth in range(9):
            size = radius * (1 - 0.75 * (max(depth - 5, 0) / 3) ** 2) * (depth > 0)
            away = np.hypot(rows - centre[0], columns - centre[1])
            right = np.hypot((rows - centre[0]) / 1.3, columns - centre[1] + 1.9 * size)
            mask = np.where(right < 1.2 * size, 3, 0)
            mask = np.where(away < size + 6, 2 if size else 0, mask)
            mask = np.where(away < size, 1, mask).astype(np.uint8)
            body = np.hypot((rows - 108) / 85, (columns - 120) / 110) < 1
            image = np.array([90.0, 210.0, 70.0, 200.0])[mask] * body + 12 * np.sin(rows / 17 + columns / 23)
            lung = np.hypot((rows - 120) / 45, (columns - 185) / 38) < 1
            images.append(np.where(lung, 25, image) * rng.uniform(0.9, 1.1) + rng.normal(0, 16, mask.shape))
            masks.append(mask)
        volume = Volume(np.array(images).astype(np.int16), (10.0, 1.4, 1.4), spacing_known=True)
        yield f"patient{number:03d}", volume, volume.with_array(np.array(masks))


SETS = {
    "zones": zones,
    "heart": heart,
    "retina": retina,
    "lesions14": lesions(14),
    "cells": cells,
    "orders": orders,
    "lesions400": lesions(400),
}


def write(one: Any, folder: Path, name: str, *, jpeg: bool) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    if isinstance(one, np.ndarray):
        Image.fromarray(one).save(folder / f"{name}.{'jpg' if jpeg else 'png'}", **({"quality": 95} if jpeg else {}))
    elif hasattr(one, "with_array"):
        from l2b_data.images.volume import write_volume

        write_volume(one, folder / f"{name}.nii.gz")
    else:
        import SimpleITK as sitk

        sitk.WriteImage(one, str(folder / f"{name}.nii.gz"))


def tool(log: Path, *arguments: object) -> tuple[int, str]:
    """Exit code and stdout of l2b-seg; both streams go to `log`."""
    command = [sys.executable, "-W", "ignore", "-m", "l2b_cli.seg.main", *map(str, arguments)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    with open(log, "a") as handle:
        handle.write(f"$ l2b-seg {' '.join(map(str, arguments))}\n{done.stdout}{done.stderr}exit {done.returncode}\n")
    return done.returncode, done.stdout


def run(name: str, folder: Path, options: argparse.Namespace) -> dict[str, Any]:
    images, masks, data = folder / "images", folder / "masks", folder / "data"
    trained, log = folder / f"{options.method}_s{options.seed}", folder / "log.txt"
    if not images.is_dir():
        for case, image, mask in SETS[name](options.source):
            write(image, images, case, jpeg=name.startswith("lesions"))
            write(mask, masks, case, jpeg=False)
    codes = [tool(log, "check", "--images", images, "--labels", masks)[0]]
    codes.append(tool(log, "prepare", "folder", "--images", images, "--labels", masks, "--out", data)[0])
    started = time.perf_counter()
    command = ["train", "folder", "--data", data, "--method", options.method, "--seed", options.seed]
    codes.append(tool(log, *command, "--preset", "cpu", "--device", "cpu", "--out", trained)[0])
    minutes = (time.perf_counter() - started) / 60
    inputs, references = folder / "test_images", folder / "test_masks"
    for case in json.loads((data / "splits.json").read_text())["test"]:
        for source, target in ((images, inputs), (masks, references)):
            target.mkdir(exist_ok=True)
            for path in source.glob(f"{case}.*"):
                (target / path.name).write_bytes(path.read_bytes())
    predicted = folder / f"predicted_{trained.name}"
    codes.append(tool(log, "predict", trained, inputs, predicted, "--device", "cpu")[0])
    code, text = tool(log, "evaluate", predicted, references, "--labels", "all", "--json")
    summary = json.loads(text) if text.startswith("{") else {}
    return {"set": name, "codes": [*codes, code], "minutes": minutes} | results(summary, trained)


def results(summary: dict[str, Any], trained: Path) -> dict[str, Any]:
    import yaml

    settings = yaml.safe_load((trained / "config.yaml").read_text())
    classes = {name: one["mean"]["dice"] for name, one in (summary.get("classes") or {}).items()}
    return {
        "dice": summary.get("mean", {}).get("dice"),
        "classes": classes,
        "cases": summary.get("n_cases"),
        "settings": f"{settings['slices']['size']} px of {settings['slices']['crop']:.0%}, batch "
        f"{settings['batch_size']}, {settings['epochs'] * settings['steps_per_epoch']} steps",
    }


def line(row: dict[str, Any]) -> str:
    dice = "-" if row["dice"] is None else f"{row['dice']:.3f}"
    several = ", ".join(f"{value:.3f}" for value in row["classes"].values())
    codes = " ".join(map(str, row["codes"]))
    return (
        f"| {row['set']} | {row['settings']} | {codes} | {row['cases']} | {dice}{f' ({several})' if several else ''} | "
        f"{row['minutes']:.1f} |"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("out", type=Path)
    parser.add_argument("sets", nargs="*", default=list(SETS), choices=list(SETS))
    parser.add_argument(
        "--source", type=Path, default=Path("data"), help="folder with bu_bil, isic2019 and prostate158"
    )
    parser.add_argument("--method", default="l2b")
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    rows = []
    for name in options.sets:
        folder = options.out / name
        kept = folder / f"{options.method}_s{options.seed}.json"
        if not kept.is_file():
            folder.mkdir(parents=True, exist_ok=True)
            kept.write_text(json.dumps(run(name, folder, options), indent=1))
        rows.append(json.loads(kept.read_text()))
        print(line(rows[-1]), flush=True)
    heads = "| set | derived | exit codes | test cases | Dice (a class) | min |", "|---|---|---|---|---|---|"
    (options.out / "table.md").write_text("\n".join([*heads, *map(line, rows)]) + "\n")


if __name__ == "__main__":
    main()
