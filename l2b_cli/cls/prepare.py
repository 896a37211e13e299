"""`l2b-cls prepare`: images and labels as published, or a user's own -> prepared set."""

from pathlib import Path
from typing import Annotated

import typer

from l2b_cli.cls import prepare_own
from l2b_cli.cls.prepare_options import AsJson, Out, Seed, TestFraction, ValFraction, names, print_result
from l2b_cli.shared.say import stderr_lines
from l2b_data.errors import ConfigError

app = typer.Typer(name="prepare", help="Turn images and labels into a prepared set.", no_args_is_help=True)

Source = Annotated[
    Path | None,
    typer.Option(help="The published .tar.gz, or the folder it unpacks to.", show_default=False),
]
Download = Annotated[bool, typer.Option("--download", help="Fetch the published archive (checked, resumed).")]
HumanLabels = Annotated[
    Path | None,
    typer.Option(help="Human labels of CIFAR-N (.pt); they become label sets human_...", show_default=False),
]
DownloadDir = Annotated[
    Path | None, typer.Option(help="Where the download is kept (default: user cache).", show_default=False)
]
BaseUrl = Annotated[str | None, typer.Option(envvar="L2B_CIFAR_URL", hidden=True)]


@app.callback()
def _prepare() -> None:
    """Turn images and labels into a prepared set."""


@app.command()
def cifar10(
    out: Out,
    source: Source = None,
    download: Download = False,
    human_labels: HumanLabels = None,
    download_dir: DownloadDir = None,
    base_url: BaseUrl = None,
    as_json: AsJson = False,
) -> None:
    """CIFAR-10 (python version), with CIFAR-10N's human labels if given."""
    _cifar("cifar10", out, source, download, human_labels, download_dir, base_url, as_json)


@app.command()
def cifar100(
    out: Out,
    source: Source = None,
    download: Download = False,
    human_labels: HumanLabels = None,
    download_dir: DownloadDir = None,
    base_url: BaseUrl = None,
    as_json: AsJson = False,
) -> None:
    """CIFAR-100 (python version), with CIFAR-100N's human labels if given."""
    _cifar("cifar100", out, source, download, human_labels, download_dir, base_url, as_json)


def _cifar(
    command: str,
    out: Path,
    source: Path | None,
    fetch: bool,
    human_labels: Path | None,
    download_dir: Path | None,
    base_url: str | None,
    as_json: bool,
) -> None:
    from data_prep.label_sets.cifar import prepare_cifar
    from data_prep.label_sets.cifar_files import BASE_URL, CIFAR10, CIFAR100, fetch_cifar
    from l2b_data.samples.write_image_set import require_free

    if (source is not None) == fetch:
        raise ConfigError(f"prepare {command}: give either --source ARCHIVE_OR_FOLDER or --download")
    require_free(out)
    cifar = CIFAR10 if command == "cifar10" else CIFAR100
    with stderr_lines("prepare") as say:
        if source is None:
            source = fetch_cifar(cifar, download_dir or _cache(), base_url=base_url or BASE_URL, say=say)
        image_set = prepare_cifar(cifar, source, out, human_labels=human_labels, say=say)
    print_result(image_set, as_json)


def _cache() -> Path:
    import pooch

    return Path(pooch.os_cache("l2b"))


@app.command()
def isic2019(
    out: Out,
    images: Annotated[Path, typer.Option(help="Folder or zip of the .jpg files.")],
    labels: Annotated[Path, typer.Option(help="ISIC_2019_Training_GroundTruth.csv.")],
    metadata: Annotated[
        Path | None,
        typer.Option(help="ISIC_2019_Training_Metadata.csv: images of one lesion stay together.", show_default=False),
    ] = None,
    lists: Annotated[
        Path | None,
        typer.Option(help="Folder with train.lst, test.lst and, if you like, val.lst; else drawn.", show_default=False),
    ] = None,
    size: Annotated[int, typer.Option(help="Pixels a side that the images are resized to, once.")] = 256,
    test_fraction: TestFraction = 0.2,
    val_fraction: ValFraction = 0.0,
    seed: Seed = 0,
    skip_absent: Annotated[
        bool, typer.Option("--skip-absent", help="Leave out entries of tables and lists without an image.")
    ] = False,
    workers: Annotated[int, typer.Option(min=1, help="Threads that decode.")] = 2,
    as_json: AsJson = False,
) -> None:
    """ISIC 2019 (dermoscopy): images, one-hot labels, metadata."""
    from data_prep.label_sets.class_split import SplitShares
    from data_prep.label_sets.isic2019 import find_lists, prepare_isic2019

    split = SplitShares(test_fraction, val_fraction, seed) if lists is None else find_lists(lists)
    with stderr_lines("prepare") as say:
        image_set = prepare_isic2019(
            images,
            labels,
            out,
            size=size,
            split=split,
            metadata=metadata,
            skip_absent=skip_absent,
            workers=workers,
            say=say,
        )
    print_result(image_set, as_json)


@app.command()
def clothing1m(
    out: Out,
    source: Annotated[Path, typer.Option(help="Folder with images/, the key lists and the label files.")],
    size: Annotated[int, typer.Option(help="Shorter side of the images as they are read.")] = 256,
    skip_absent: Annotated[bool, typer.Option("--skip-absent", help="Leave out keys without a file.")] = False,
    as_json: AsJson = False,
) -> None:
    """Clothing1M: key lists and label files; the images are read where they are."""
    from data_prep.label_sets.clothing1m import prepare_clothing1m

    with stderr_lines("prepare") as say:
        image_set = prepare_clothing1m(source, out, size=size, skip_absent=skip_absent, say=say)
    print_result(image_set, as_json)


@app.command()
def medmnist(
    out: Out,
    source: Annotated[Path, typer.Option(help="NAME.npz, NAME_64.npz, ... as published.")],
    class_names: Annotated[
        str | None, typer.Option(help="A,B,...: names of the classes, in their order.", show_default=False)
    ] = None,
    as_json: AsJson = False,
) -> None:
    """A 2-D set of MedMNIST, with its own train, val and test parts."""
    from data_prep.label_sets.medmnist import prepare_medmnist

    print_result(prepare_medmnist(source, out, class_names=names(class_names) or None), as_json)


@app.command()
def digits(
    out: Out,
    test_fraction: TestFraction = 0.2,
    val_fraction: ValFraction = 0.0,
    seed: Seed = 0,
    as_json: AsJson = False,
) -> None:
    """Handwritten digits, 8 x 8, that come with scikit-learn: no download."""
    from data_prep.label_sets.class_split import SplitShares
    from data_prep.label_sets.digits import prepare_digits

    print_result(prepare_digits(out, shares=SplitShares(test_fraction, val_fraction, seed)), as_json)


app.command()(prepare_own.folder)
