"""`l2b-cls corrupt`: a copy of a prepared set with wrong pictures in it."""

from pathlib import Path
from typing import Annotated

from typer import Argument, Option

from l2b_cli.shared.options import AsJson, PreparedOut, Seed, names
from l2b_cli.shared.result import print_result
from l2b_cli.shared.say import stderr_lines


def corrupt(
    data: Annotated[Path, Argument(help="Prepared data set.")],
    out: PreparedOut,
    mistakes: Annotated[
        str, Option(help="all, or duplicates (exact copies) or foreign (pictures of no class) alone.")
    ] = "all",
    share: Annotated[float, Option(help="Share of the training pictures that are replaced, equal parts a kind.")] = 0.1,
    seed: Seed = 0,
    as_json: AsJson = False,
) -> None:
    """Write a copy of a set in which training pictures are replaced: by exact copies, or by pictures of no class.

    Labels stay as they are. `l2b-cls train ... --noise mistakes` on the copy
    then gives copies two labels, counts pictures of no class as wrong, and
    plants the mistakes that need no picture.
    """
    from data_prep.label_noise.plant_pictures import PICTURES, plant_pictures
    from l2b_data.samples.image_set import open_image_set

    kinds = PICTURES if mistakes == "all" else names(mistakes)
    with stderr_lines("corrupt", quiet=as_json) as say:
        written = plant_pictures(open_image_set(data), out, kinds=kinds, share=share, seed=seed, say=say)
    planted = written.info["source"]["planted"]
    counts = {kind: len(planted[kind]) for kind in PICTURES}
    told = {"folder": str(out), "n_train": len(written.indices("train")), **counts, "share": share, "seed": seed}
    lines = [
        f"{out}: of {told['n_train']:,} training pictures {counts['duplicates']:,} are exact copies of another one, "
        f"{counts['foreign']:,} are of no class",
        "train on it with --noise mistakes; which they are: dataset.json, source.planted",
    ]
    print_result(told, lines, as_json=as_json)
