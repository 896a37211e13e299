"""`l2b-seg prepare promise12 | synthetic`: a published data set, and one made on the spot."""

from pathlib import Path
from typing import Annotated

from typer import Option

from l2b_cli.seg.prepare.options import run_prepare
from l2b_cli.shared.options import AsJson, Download, DownloadDir, PreparedOut, Seed
from l2b_cli.shared.say import stderr_lines
from l2b_data.errors import ConfigError


def promise12(
    out: PreparedOut,
    source: Annotated[
        list[Path] | None, Option(help="Folder with CaseNN.mhd files, or a zip of them; repeat for several.")
    ] = None,
    download: Download = False,
    split: Annotated[str, Option(help="official: the published split by case id; random: drawn.")] = "official",
    seed: Seed = 0,
    test_cases: Annotated[int, Option(min=1, help="Test cases where they are drawn.")] = 8,
    spacing_unit: Annotated[
        str, Option(help="mm, voxel, or auto: voxel where headers have no spacing or exactly 1 1 1.")
    ] = "auto",
    download_dir: DownloadDir = None,
    base_url: Annotated[str | None, Option(envvar="L2B_ZENODO_URL", hidden=True)] = None,
    as_json: AsJson = False,
) -> None:
    """PROMISE12 (prostate T2 MR): challenge files or the zenodo copy (record 8026660, training_data.zip)."""
    from data_prep.fetch.download import DEFAULT_BASE_URL
    from data_prep.mask_sets.promise12 import fetch_promise12, prepare_promise12
    from l2b_data.files.cache import cache_dir

    if bool(source) == download:
        raise ConfigError("prepare promise12: give either --source DIR_OR_ZIP (may be repeated) or --download")
    sources = list(source or [])
    if download:
        with stderr_lines("download") as say:
            sources = [fetch_promise12(download_dir or cache_dir(), base_url=base_url or DEFAULT_BASE_URL, say=say)]
    options = {"split": split, "seed": seed, "test_cases": test_cases, "spacing_unit": spacing_unit}
    run_prepare(prepare_promise12, sources, out, **options, as_json=as_json)


def synthetic(
    out: PreparedOut,
    classes: Annotated[int, Option(help="1: the gland; 3: its two zones and the bladder.")] = 1,
    train: Annotated[int, Option(min=1, help="Training cases.")] = 12,
    meta: Annotated[int, Option(min=1, help="Meta cases.")] = 2,
    test: Annotated[int, Option(min=1, help="Test cases.")] = 5,
    size: Annotated[int, Option(min=32, help="Pixels a side.")] = 96,
    seed: Seed = 0,
    as_json: AsJson = False,
) -> None:
    """Prostate-like MR volumes made on the spot, for trying things where no data can be had."""
    from data_prep.mask_sets.synthetic import make_synthetic

    counts = {"n_train": train, "n_meta": meta, "n_test": test}
    run_prepare(make_synthetic, out, seed=seed, **counts, size=size, classes=classes, as_json=as_json)
