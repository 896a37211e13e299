"""All surface metrics in one call against MONAI's four calls, side by side in one run, one thread each.

    OMP_NUM_THREADS=1 python benchmarks/surface_metrics.py [--repeats 15] [--json]

Two masks of 64 x 256 x 256 voxels (1.5 x 0.625 x 0.625 mm): a prostate-sized ellipsoid with a wavy surface, and a
reading of it that is shifted, scaled and wavy in another way (Dice 0.87). `--scale 2` is a large organ, where the
search for neighbours outweighs what is saved by cropping and by finding each border once.

MONAI: HD, HD95, symmetric ASD and surface Dice. Calls alternate; the ratio is the median of the pairs' ratios. Peak
memory is the growth of a fresh process's peak resident size over what it held before the call.
"""

import argparse
import json
import math
import os
import statistics
import subprocess
import sys
import time
import warnings
from pathlib import Path
from typing import Any

import numpy as np
from scipy import ndimage

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from l2b_data.cases.surface import surface_distances

SHAPE = (64, 256, 256)
SPACING = (1.5, 0.625, 0.625)
TOLERANCE = 2.0
TARGET_RATIO = 8.0
NAMES = ("hd", "hd95", "assd", "nsd")


def wavy_ellipsoid(centre: Any, radii_mm: Any, seed: int, shape: Any = SHAPE) -> np.ndarray:
    """Mask (D, H, W) of an ellipsoid whose radius varies smoothly by about 5 %."""
    noise = ndimage.gaussian_filter(np.random.default_rng(seed).standard_normal(shape), (3, 8, 8))
    offsets = np.indices(shape, dtype=np.float32) - np.reshape(centre, (3, 1, 1, 1))
    scaled = offsets * np.reshape(SPACING, (3, 1, 1, 1)) / np.reshape(radii_mm, (3, 1, 1, 1))
    return np.sqrt((scaled**2).sum(axis=0)) <= 1 + 0.05 * noise / noise.std()


def pair(scale: float) -> tuple[np.ndarray, np.ndarray]:
    """Prediction and reference; `scale` multiplies the gland's radii of 24 x 20 x 25 mm."""
    ref = wavy_ellipsoid((32, 128, 128), scale * np.array([24, 20, 25]), seed=0)
    pred = wavy_ellipsoid((33, 130, 127), scale * np.array([23, 21, 24]), seed=1)
    return pred, ref


def ours(pred: np.ndarray, ref: np.ndarray) -> dict[str, float]:
    found = surface_distances(pred, ref, SPACING, tolerance_mm=TOLERANCE)
    return {name: getattr(found, name) for name in NAMES}


def monai(pred: Any, ref: Any) -> dict[str, float]:
    from monai.metrics.hausdorff_distance import compute_hausdorff_distance
    from monai.metrics.surface_dice import compute_surface_dice
    from monai.metrics.surface_distance import compute_average_surface_distance

    options: dict[str, Any] = {"include_background": True, "spacing": SPACING}
    return {
        "hd": compute_hausdorff_distance(pred, ref, **options).item(),
        "hd95": compute_hausdorff_distance(pred, ref, percentile=95, **options).item(),
        "assd": compute_average_surface_distance(pred, ref, symmetric=True, **options).item(),
        "nsd": compute_surface_dice(pred, ref, class_thresholds=[TOLERANCE], **options).item(),
    }


def as_monai(masks: tuple[np.ndarray, np.ndarray]) -> list[Any]:
    """One-hot form that MONAI takes: (1 case, 1 class, D, H, W) float32."""
    import torch

    torch.set_num_threads(1)
    return [torch.as_tensor(mask)[None, None].float() for mask in masks]


def timed(call: Any, *arguments: Any) -> float:
    started = time.perf_counter()
    call(*arguments)
    return time.perf_counter() - started


def measure(scale: float, repeats: int) -> dict[str, Any]:
    """Times in ms, their ratio, and the largest difference between the values."""
    masks = pair(scale)
    tensors = as_monai(masks)
    mine, theirs = ours(*masks), monai(*tensors)  # also warms both up
    seconds = [(timed(ours, *masks), timed(monai, *tensors)) for _ in range(repeats)]
    return {
        "voxels": [int(mask.sum()) for mask in masks],
        "dice": 2 * int((masks[0] & masks[1]).sum()) / sum(int(mask.sum()) for mask in masks),
        "values": mine,
        "largest_difference": max(abs(mine[name] - theirs[name]) for name in NAMES),
        "ours_ms": 1e3 * statistics.median(mine for mine, _ in seconds),
        "monai_ms": 1e3 * statistics.median(theirs for _, theirs in seconds),
        "ratio": statistics.median(theirs / mine for mine, theirs in seconds),
        "lowest_ratio": min(theirs / mine for mine, theirs in seconds),
        "ours_peak_mib": peak_in_fresh_process("ours", scale),
        "monai_peak_mib": peak_in_fresh_process("monai", scale),
    }


def peak_in_fresh_process(who: str, scale: float) -> float:
    """MiB by which one call raises the peak; nan where the system does not tell."""
    command = [sys.executable, __file__, "--peak-of", who, "--scale", str(scale)]
    return float(subprocess.run(command, check=True, capture_output=True, text=True).stdout)


def print_peak(who: str, scale: float) -> None:
    masks: Any = pair(scale)
    small: Any = tuple(mask[28:36, 100:150, 100:150].copy() for mask in masks)
    if who == "monai":
        masks, small = as_monai(masks), as_monai(small)
    call = {"ours": ours, "monai": monai}[who]
    call(*small)  # lazy imports are not the call's memory
    if not os.access("/proc/self/clear_refs", os.W_OK):
        print(math.nan)
        return
    Path("/proc/self/clear_refs").write_text("5")  # the peak starts again from the current size
    before = resident_kib("VmHWM")
    call(*masks)
    print((resident_kib("VmHWM") - before) / 1024)


def resident_kib(field: str) -> int:
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith(field))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--repeats", type=int, default=15)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--peak-of", choices=["ours", "monai"], help=argparse.SUPPRESS)
    parser.add_argument("--scale", type=float, default=1.0, help="gland size; 2 is a large organ")
    options = parser.parse_args()
    warnings.filterwarnings("ignore", category=FutureWarning)
    if options.peak_of:
        print_peak(options.peak_of, options.scale)
        return
    found = measure(options.scale, options.repeats)
    if options.json:
        print(json.dumps(found, indent=1))
        return
    print(f"{' x '.join(map(str, SHAPE))}, masks of {found['voxels']} voxels, Dice {found['dice']:.3f}")
    print("values  " + "  ".join(f"{name} {value:.4f}" for name, value in found["values"].items()))
    print(f"largest difference to MONAI {found['largest_difference']:.1e}")
    print(f"ours    {found['ours_ms']:7.1f} ms   peak + {found['ours_peak_mib']:6.1f} MiB")
    print(f"MONAI   {found['monai_ms']:7.1f} ms   peak + {found['monai_peak_mib']:6.1f} MiB")
    print(f"ratio   {found['ratio']:7.1f}      lowest of a pair {found['lowest_ratio']:.1f}, target {TARGET_RATIO:g}")


if __name__ == "__main__":
    main()
