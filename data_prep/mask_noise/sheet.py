"""A page of slices with clean and noisy contours, to look at what a corruption did."""

from pathlib import Path
from typing import Any

import numpy as np

from l2b_data.cases.dataset import Dataset
from l2b_data.cases.noise_manifest import read_manifest
from l2b_data.files.atomic import atomic_file
from l2b_data.images.volume import read_volume

_CLEAN_COLOUR = "#00e5a8"
_NOISY_COLOUR = "#ff5a36"
_MARGIN = 0.35


def noise_sheet(dataset: Dataset, folder: Path, path: Path | str, *, rows: int = 6, columns: int = 5) -> None:
    """Write a PNG: `rows` cases spread over the training cases, `columns` slices spread over the foreground of each.

    Where every case is a single slice, `rows` x `columns` cases. Each panel shows the image (three 8-bit channels in
    colour, others as their mean) around the foreground, the clean contours in green and the noisy ones in red, and
    above it what was drawn. Fewer cases or slices than asked for leave panels out.
    """
    from matplotlib.figure import Figure

    manifest = read_manifest(folder)
    entries = manifest["cases"]
    single = all(len(entry["slices"]) <= 1 for entry in entries.values())
    cases = _spread(sorted(entries), rows * columns if single else rows)
    count = -(-len(cases) // columns) if single else len(cases)
    figure = Figure(figsize=(2.5 * columns, 2.35 * count + 0.6), dpi=110, layout="constrained")
    grid = figure.subplots(count, columns, squeeze=False)
    for axis in grid.flat:
        axis.set_axis_off()
    for number, case in enumerate(cases):
        entry, axes = entries[case], grid.flat[number : number + 1] if single else grid[number]
        _draw_case(axes, dataset, folder, case, _spread(entry["slices"], len(axes)))
        text = f"{case}\nDice {entry['dice']:.3f}"
        if single:
            axes[0].set_title(f"{text}; {axes[0].get_title()}", fontsize=7)
        else:
            axes[0].text(-0.06, 0.5, text, rotation=90, ha="right", va="center", transform=axes[0].transAxes)
    target = manifest["target_dice"]
    wanted = "not calibrated" if target is None else f"target {target:.4f}"
    figure.suptitle(
        f"{manifest['level']}, seed {manifest['seed']}: mean Dice {manifest['achieved_dice']:.4f} ({wanted}), "
        f"length factor {manifest['length_factor']:.4f}; clean green, noisy red"
    )
    with atomic_file(Path(path)) as temporary:
        figure.savefig(temporary, format="png")


def _draw_case(axes: Any, dataset: Dataset, folder: Path, case: str, rows: list[dict[str, Any]]) -> None:
    """The slices of the manifest's `rows`, one an axis."""
    volumes = [read_volume(path) for path in dataset.image_paths(case)]
    cut = volumes[0].cut(dataset.plane).unflipped
    channels = [cut.apply(volume.array) for volume in volumes]
    colour = len(channels) == 3 and all(channel.dtype == np.uint8 for channel in channels)
    image = np.stack(channels, -1) if colour else np.mean(channels, axis=0)
    paths = (dataset.label_path(case), folder / f"{case}.nii.gz")
    clean, noisy = (cut.apply(read_volume(path).array) for path in paths)
    window = _window((clean > 0) | (noisy > 0))
    for axis, row in zip(axes, rows, strict=False):
        index = row["index"]
        _draw(axis, image[index][window], clean[index][window], noisy[index][window])
        axis.set_title(_caption(row), fontsize=7)


def _spread(items: list[Any], count: int) -> list[Any]:
    """At most `count` items, evenly spread from the first to the last."""
    if len(items) <= count:
        return items
    return [items[round(at)] for at in np.linspace(0, len(items) - 1, count)]


def _window(masks: np.ndarray) -> tuple[slice, slice]:
    """In-plane box around all foreground of (D, H, W), with a margin; the whole slice where there is none."""
    extents = []
    for axis, length in ((1, masks.shape[1]), (2, masks.shape[2])):
        hits = np.flatnonzero(masks.any(axis=tuple({0, 1, 2} - {axis})))
        if not hits.size:
            return slice(None), slice(None)
        margin = int(_MARGIN * (hits[-1] - hits[0] + 1))
        extents.append(slice(max(0, int(hits[0]) - margin), min(length, int(hits[-1]) + 1 + margin)))
    return extents[0], extents[1]


def _draw(axis: Any, image: np.ndarray, clean: np.ndarray, noisy: np.ndarray) -> None:
    low, high = np.percentile(image, (1, 98))
    axis.imshow(image, cmap="gray", vmin=low, vmax=max(high, low + 1e-6), interpolation="nearest")
    for labels, colour in ((clean, _CLEAN_COLOUR), (noisy, _NOISY_COLOUR)):
        for value in np.unique(labels[labels > 0]):
            mask = labels == value
            extent = (-1, mask.shape[1], -1, mask.shape[0])  # padded, so that contours close at the edge
            axis.contour(np.pad(mask, 1).astype(float), [0.5], colors=[colour], linewidths=1.2, extent=extent)


def _caption(row: dict[str, Any]) -> str:
    if row["outcome"] == "deleted":
        return f"slice {row['index']}: deleted"
    outcome = "" if row["outcome"] == "deformed" else f" → {row['outcome']}"
    return f"slice {row['index']}: {row['angle_deg']:+d}°, {row['operation']} {row['kernel_px']} px{outcome}"
