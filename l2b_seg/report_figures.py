"""The pictures of a report as PNG bytes: curves of all runs, and one strip a slice with the runs side by side.

Colours: Okabe and Ito's palette, told apart with every common colour blindness; line styles say the same again.
"""

import io
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from l2b_seg.run_record import RunRecord

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

OKABE_ITO = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000")
LINE_STYLES = ("-", "--", "-.", ":")
CONTOURS = (  # on grey images: name in the arrays, word for the reader, colour, line style, width
    ("given", "given mask", "#D55E00", "--", 1.5),
    ("clean", "clean mask", "#56B4E9", "-", 2.8),  # broad, as a prediction that agrees lies on top of it
    ("probability", "prediction", "#F0E442", "-", 1.1),
)
WEIGHTS = ("alpha", "beta")
PANELS_ACROSS = 6
CURVES = (  # key in metrics.jsonl, title
    ("test_dice", "Dice on the test cases"),
    ("val_dice", "Dice on the validation cases"),
    ("loss", "training loss"),
    ("alpha_share", "share of the weight on given labels"),
)


def run_style(number: int) -> tuple[str, str]:
    """Colour and line style of the run with this number; the first 28 differ."""
    return OKABE_ITO[number % len(OKABE_ITO)], LINE_STYLES[number // len(OKABE_ITO) % len(LINE_STYLES)]


def curves_png(runs: Sequence[tuple[str, RunRecord]]) -> bytes | None:
    """One panel for each of CURVES that any run has, against the epoch; None where there is nothing to draw.

    `runs` are (label, record). An epoch without the value (or with null) is bridged.
    """
    from matplotlib.figure import Figure
    from matplotlib.ticker import MaxNLocator

    panels = [(key, title) for key, title in CURVES if any(_points(run, key)[0] for _, run in runs)]
    if not panels:
        return None
    across = min(len(panels), 2 if len(panels) == 4 else 3)
    figure = Figure(figsize=(11.5, 3.4 * -(-len(panels) // across)), dpi=110, layout="constrained")
    for position, (key, title) in enumerate(panels):
        axes = figure.add_subplot(-(-len(panels) // across), across, position + 1)
        for number, (label, run) in enumerate(runs):
            epochs, values = _points(run, key)
            if epochs:
                colour, style = run_style(number)
                marker = "o" if len(epochs) < 25 else None
                axes.plot(
                    epochs, values, color=colour, linestyle=style, marker=marker, markersize=3, label=_plain(label)
                )
        axes.set_title(title, fontsize=10, loc="left")
        axes.set_xlabel("epoch", fontsize=9)
        axes.xaxis.set_major_locator(MaxNLocator(integer=True))
        axes.grid(color="#e3e3e3", linewidth=0.6)
        axes.spines[["top", "right"]].set_visible(False)
        axes.tick_params(labelsize=8)
        if position == 0 and len(runs) <= 14:
            axes.legend(fontsize=8, frameon=False)
    return _png(figure)


def slice_png(views: Sequence[tuple[str, RunRecord, int]]) -> bytes:
    """One slice as several runs saw it: the image, the contours of each run, alpha and beta where a run has them.

    `views` are (label, record, index of the slice in it), all of one slice. Weights are shown as multiples of the mean
    weight of an entry in that run's slices, alpha and beta of a run on one colour scale. All panels are cropped to the
    surroundings of the masks.
    """
    from matplotlib.figure import Figure

    rows, columns = _window(views)
    _, first, index = views[0]
    image = first.pictures["image"][index][rows, columns]
    weighted = [(label, run, i, name) for label, run, i in views for name in WEIGHTS if name in run.pictures]
    count = 1 + len(views) + len(weighted)
    across = min(count, PANELS_ACROSS)
    down = -(-count // across)
    height, width = image.shape
    figure = Figure(figsize=(2.25 * across, (2.25 * height / width + 0.28) * down), dpi=130, layout="constrained")
    panels = [figure.add_subplot(down, across, position + 1) for position in range(count)]
    low, high = np.percentile(image, [0.5, 99.5])
    for panel in panels[: 1 + len(views)]:
        panel.imshow(image, cmap="gray", vmin=low, vmax=max(high, low + 1e-6), interpolation="nearest")
    _bare(panels[0], "image")
    for panel, (label, run, i) in zip(panels[1:], views, strict=False):
        _bare(panel, label)
        for name, _, colour, style, thickness in CONTOURS:
            if name in run.pictures:
                _contour(panel, run.pictures[name][i][rows, columns], colour, style, width=thickness)
    for panel, (label, run, i, name) in zip(panels[1 + len(views) :], weighted, strict=True):
        scale, top = _weight_scale(run)
        drawn = panel.imshow(
            run.pictures[name][i][rows, columns] / scale, cmap="viridis", vmin=0.0, vmax=top, interpolation="nearest"
        )
        _bare(panel, f"{label}: {name}")
        for mask, _, _, style, _ in CONTOURS[:2]:
            if mask in run.pictures:
                _contour(panel, run.pictures[mask][i][rows, columns], "white", style, width=0.8)
        figure.colorbar(drawn, ax=panel, fraction=0.045, pad=0.02).ax.tick_params(labelsize=6)
    return _png(figure)


def _points(run: RunRecord, key: str) -> tuple[list[float], list[float]]:
    points = [(epoch["epoch"], epoch[key]) for epoch in run.epochs if isinstance(epoch.get(key), int | float)]
    return [float(x) for x, _ in points], [float(y) for _, y in points]


def _window(views: Sequence[tuple[str, RunRecord, int]]) -> tuple[slice, slice]:
    """Rows and columns around all masks of a slice: a square with a margin, at least half of the picture."""
    height, width = views[0][1].pictures["image"].shape[1:]
    union = np.zeros((height, width), bool)
    for _, run, index in views:
        for name, *_ in CONTOURS:
            if name in run.pictures:
                union |= run.pictures[name][index] > 0.5
    if not union.any():
        return slice(0, height), slice(0, width)
    rows, columns = np.nonzero(union)
    extent = max(np.ptp(rows), np.ptp(columns)) + 1
    side = int(max(1.5 * extent, 0.5 * max(height, width)))
    ends = []
    for middle, length in (((rows.min() + rows.max()) // 2, height), ((columns.min() + columns.max()) // 2, width)):
        start = int(np.clip(middle - side // 2, 0, max(length - side, 0)))
        ends.append(slice(start, min(start + side, length)))
    return ends[0], ends[1]


def _weight_scale(run: RunRecord) -> tuple[float, float]:
    """The mean weight of an entry, and the top of the colour scale in multiples of it."""
    weights = np.stack([run.pictures[name] for name in WEIGHTS if name in run.pictures])
    mean = float(weights.mean())
    if not mean > 0:
        return 1.0, 1.0
    return mean, max(float(np.percentile(weights, 99.5)) / mean, 1.0)


def _contour(axes: "Axes", mask: np.ndarray | None, colour: str, style: str, *, width: float) -> None:
    if mask is not None and (mask > 0.5).any():
        # a frame of zeros closes the contour of a mask that reaches the edge of the picture
        closed = np.pad(mask.astype(float), 1)
        x, y = np.arange(-1, mask.shape[1] + 1), np.arange(-1, mask.shape[0] + 1)
        axes.contour(x, y, closed, levels=[0.5], colors=[colour], linestyles=[style], linewidths=width)
        axes.set_xlim(-0.5, mask.shape[1] - 0.5)
        axes.set_ylim(mask.shape[0] - 0.5, -0.5)


def _bare(axes: "Axes", title: str) -> None:
    axes.set_title(_plain(title), fontsize=8)
    axes.set_xticks([])
    axes.set_yticks([])


def _plain(text: str) -> str:
    """The text with its dollar signs kept from starting a formula."""
    return text.replace("$", r"\$")


def _png(figure: "Figure") -> bytes:
    buffer = io.BytesIO()
    metadata: dict[str, Any] = {"Software": None}  # the version of the library would change the bytes
    figure.savefig(buffer, format="png", metadata=metadata)
    return buffer.getvalue()
