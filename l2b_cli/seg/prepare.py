"""`l2b-seg prepare`: raw data -> prepared data set."""

from pathlib import Path
from typing import Annotated

import typer

from l2b_cli.seg import prepare_options, prepare_own
from l2b_cli.shared.say import stderr_lines
from l2b_data.errors import ConfigError

app = typer.Typer(name="prepare", help="Turn raw data into a prepared data set.", no_args_is_help=True)


@app.callback()
def _prepare() -> None:
    """Turn raw data into a prepared data set."""


@app.command()
def promise12(
    out: Annotated[Path, typer.Option(help="Folder of the prepared data set; must not exist or be empty.")],
    source: Annotated[
        list[Path] | None, typer.Option(help="Folder with CaseNN.mhd files, or a zip of them; repeat for several.")
    ] = None,
    download: Annotated[
        bool, typer.Option("--download", help="Fetch training_data.zip (zenodo record 8026660).")
    ] = False,
    split: Annotated[str, typer.Option(help="official: the published split by case id; random: drawn.")] = "official",
    seed: Annotated[int, typer.Option(min=0, help="Seed of drawn splits.")] = 0,
    test_cases: Annotated[int, typer.Option(min=1, help="Test cases where they are drawn.")] = 8,
    spacing_unit: Annotated[
        str, typer.Option(help="mm, voxel, or auto: voxel where headers have no spacing or exactly 1 1 1.")
    ] = "auto",
    download_dir: Annotated[Path | None, typer.Option(help="Where the download is kept (default: user cache).")] = None,
    base_url: Annotated[str | None, typer.Option(envvar="L2B_ZENODO_URL", hidden=True)] = None,
    as_json: prepare_options.AsJson = False,
) -> None:
    """PROMISE12 (prostate T2 MR): challenge files or the zenodo copy."""
    from data_prep.fetch.download import DEFAULT_BASE_URL
    from data_prep.mask_sets.promise12 import fetch_promise12, prepare_promise12

    if bool(source) == download:
        raise ConfigError("prepare promise12: give either --source DIR_OR_ZIP (may be repeated) or --download")
    with stderr_lines("prepare") as say:
        sources = list(source or [])
        if download:
            sources = [fetch_promise12(download_dir or _cache(), base_url=base_url or DEFAULT_BASE_URL, say=say)]
        dataset = prepare_promise12(
            sources, out, split=split, seed=seed, test_cases=test_cases, spacing_unit=spacing_unit, say=say
        )
    prepare_options.print_result(dataset, as_json)


@app.command()
def synthetic(
    out: prepare_options.Out,
    classes: Annotated[int, typer.Option(help="1: the gland; 3: its two zones and the bladder.")] = 1,
    train: Annotated[int, typer.Option(min=1, help="Training cases.")] = 12,
    meta: Annotated[int, typer.Option(min=1, help="Meta cases.")] = 2,
    test: Annotated[int, typer.Option(min=1, help="Test cases.")] = 5,
    size: Annotated[int, typer.Option(min=32, help="Pixels a side.")] = 96,
    seed: prepare_options.Seed = 0,
    as_json: prepare_options.AsJson = False,
) -> None:
    """Prostate-like MR volumes made on the spot, for trying things where no data can be had."""
    from data_prep.mask_sets.synthetic import make_synthetic

    with stderr_lines("prepare") as say:
        dataset = make_synthetic(
            out, seed=seed, n_train=train, n_meta=meta, n_test=test, size=size, classes=classes, say=say
        )
    prepare_options.print_result(dataset, as_json)


def _cache() -> Path:
    import pooch

    return Path(pooch.os_cache("l2b"))


app.command()(prepare_own.folder)
app.command("msd")(prepare_own.msd)
app.command("nnunet")(prepare_own.nnunet)
app.command("isic-lesions")(prepare_own.isic_lesions)
