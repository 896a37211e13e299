"""How well `audit` finds the worst masks of a real annotator: 35 phase-contrast images of cells (BU-BIL, data set 1).

    python benchmarks/audit_bu_bil.py BU-BIL_Dataset1.zip OUT [--reader Person3_Amira] [--misfiled 4]

The masks of one reader are the given ones; the gold standard is known for --meta of the images and used for nothing
else before the ranking is made. Then every mask's Dice against the gold standard says how wrong it is: printed are
the places of the worst masks in the ranking, and Spearman's correlation for the audit, the mean loss and cleanlab.
--misfiled exchanges masks among themselves first, an error that happens in folders: as many as a number says, or the
named ones (B18,B24,B25,B31 are those whose files the archive spells apart). Objects are dark in the masks.
Images are shrunk by --shrink. OUT keeps the networks.
"""

import argparse
import io
import re
import sys
import zipfile
from pathlib import Path
from typing import Any

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

GIVEN = "labelsTr_given"


def read_masks(archive: zipfile.ZipFile, folder: str) -> dict[str, np.ndarray]:
    """Case id -> picture (H, W) of one folder of the archive; ids whatever the case of the file's letters."""
    from PIL import Image

    found = {}
    for name in archive.namelist():
        if match := re.fullmatch(rf".*{folder}/(?:seg_)?(b\d+)\.png", name, re.IGNORECASE):
            found[match[1].upper()] = np.array(Image.open(io.BytesIO(archive.read(name))).convert("L"))
    return found


def shrunk(picture: np.ndarray, factor: int) -> np.ndarray:
    """Means over blocks of factor x factor pixels, float32."""
    height, width = (length // factor * factor for length in picture.shape)
    blocks = picture[:height, :width].reshape(height // factor, factor, width // factor, factor)
    return blocks.mean((1, 3), dtype=np.float32)


def prepare(source: Path, root: Path, options: argparse.Namespace) -> tuple[Any, dict[str, float]]:
    """The prepared data set in `root`, and each case's Dice of the given mask against the gold standard."""
    from l2b_data.cases.dataset import CLEAN_LABELS, Dataset, write_dataset_files
    from l2b_data.cases.dice import dice
    from l2b_data.images.volume import Volume, write_volume

    with zipfile.ZipFile(source) as archive:
        images = read_masks(archive, "RawImages")
        gold, given = read_masks(archive, "GoldStandard"), read_masks(archive, f"ExpertsAnnotations/{options.reader}")
    masks = [{case: shrunk(255 - mask, options.shrink) > 127 for case, mask in part.items()} for part in (gold, given)]
    cases = [str(case) for case in np.random.default_rng([options.seed, 1]).permutation(sorted(images))]
    named = [] if options.misfiled.isdigit() else options.misfiled.split(",")
    cases = [case for case in cases if case not in named] + named  # none of them judges or tests
    train, meta, test = cases[options.meta + 1 :], cases[: options.meta], cases[options.meta : options.meta + 1]
    moved = exchange(masks[1], named or draw(masks[1], sorted(train), int(options.misfiled), options.seed))
    for case, picture in images.items():
        image = Volume(shrunk(picture, options.shrink)[None], spacing_known=False)
        write_volume(image, root / "imagesTr" / f"{case}_0000.nii.gz")
        for folder, part in ((CLEAN_LABELS, masks[0]), (GIVEN, moved)):
            if folder == GIVEN or case not in train:  # the gold standard of training cases stays out of the folder
                write_volume(image.with_array(part[case][None].astype(np.uint8)), root / folder / f"{case}.nii.gz")
    write_dataset_files(
        root,
        name="BU-BIL",
        channels=["phase contrast"],
        labels={"background": 0, "cell": 1},
        splits={"train": sorted(train), "meta": sorted(meta), "test": test},
        spacing_unit="voxel",
        how={"text": "drawn with a seed"},
        source={"dataset": "BU-BIL 1", "reader": options.reader},
    )
    return Dataset.open(root), {case: dice(masks[0][case], moved[case]) for case in train}


def draw(masks: dict[str, np.ndarray], cases: list[str], count: int, seed: int) -> list[str]:
    """`count` of the cases whose masks have the first one's shape."""
    usual = [case for case in cases if masks[case].shape == masks[cases[0]].shape]
    return [str(case) for case in np.random.default_rng([seed, 2]).permutation(usual)[:count]]


def exchange(masks: dict[str, np.ndarray], chosen: list[str]) -> dict[str, np.ndarray]:
    """The masks with those of the chosen cases handed on in a circle."""
    return masks | {case: masks[other] for case, other in zip(chosen, chosen[1:] + chosen[:1], strict=True)}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("source", type=Path, help="BU-BIL_Dataset1.zip")
    parser.add_argument("out", type=Path)
    parser.add_argument("--reader", default="Person3_Amira")
    parser.add_argument("--misfiled", default="0", help="how many masks to exchange, or their cases: B18,B24")
    parser.add_argument("--meta", type=int, default=4, help="images whose gold standard is known")
    parser.add_argument("--worst", type=int, default=4, help="worst masks whose places are printed")
    parser.add_argument("--shrink", type=int, default=4)
    parser.add_argument("--folds", type=int, default=2)
    parser.add_argument("--epochs", type=int, default=400, help="of each network")
    parser.add_argument("--size", type=int, default=96)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--threads", type=int, default=2)
    report(parser.parse_args())


def report(options: argparse.Namespace) -> None:
    """Prepare, audit, and print how the ranking compares with the gold standard."""
    import torch
    import yaml
    from scipy.stats import spearmanr

    from l2b_data.files.atomic import write_json, write_text
    from l2b_run.audit.cross_fit import AuditOptions
    from l2b_seg.audit.audit import audit
    from l2b_seg.recipe import load_settings
    from l2b_seg.run_data import RunData, with_task

    torch.set_num_threads(options.threads)
    dataset, truth = prepare(options.source, options.out / "data", options)
    overrides = [f"slices.size={options.size}", "slices.crop=1.0", "batch_size=8", "meta_batch_size=4"]
    settings = load_settings("promise12", preset="cpu", method="l2b", seed=options.seed, overrides=overrides)
    data = RunData(dataset, GIVEN, {"labels": GIVEN}, *(dataset.splits[name] for name in ("train", "meta", "test")))
    run = options.out / "run"
    write_text(run / "config.yaml", yaml.safe_dump(with_task(settings, dataset).model_dump(), sort_keys=False))
    write_json(run / "split.json", data.record())

    def say(row: dict[str, Any]) -> None:
        if "seconds" in row and row["epoch"] % 10 == 0:
            told = f"network {row['fold'] + 1}, epoch {row['epoch']}, loss {row['loss']:.4f}"
            print(told, file=sys.stderr, flush=True)

    result = audit(run, data, options.out / "audit", AuditOptions(options.folds, options.epochs, progress=say))
    rows = result["slices"]
    worst = sorted(truth, key=lambda case: truth[case])[: options.worst]
    spread = f"{min(truth.values()):.3f} to {max(truth.values()):.3f}"
    print(f"{len(rows)} masks of {options.reader}, Dice against the gold standard {spread}")
    for column, text in (("score", "audit"), ("loss", "mean loss"), ("soft_min", "soft minimum (cleanlab)")):
        if any(row[column] is None for row in rows):
            continue
        order = [row["case"] for row in sorted(rows, key=lambda row: -row[column])]
        places = ", ".join(f"{case} (Dice {truth[case]:.3f}) {order.index(case) + 1}." for case in worst)
        rho = spearmanr([row[column] for row in rows], [1 - truth[row["case"]] for row in rows]).statistic
        print(f"{text}: Spearman {rho:.3f}; places of the worst: {places}")


if __name__ == "__main__":
    main()
