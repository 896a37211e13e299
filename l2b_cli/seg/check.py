"""`l2b-seg check`: integrity of a prepared data set, or of images and masks that are to become one."""

from dataclasses import replace
from pathlib import Path
from typing import Annotated

from typer import Argument, Option

from l2b_cli.shared.findings import print_findings
from l2b_cli.shared.options import AsJson
from l2b_cli.shared.say import stderr_lines
from l2b_data.cases.check.fault import Fault
from l2b_data.errors import ConfigError, DataError


def check(
    data: Annotated[Path | None, Argument(help="Prepared data set.")] = None,
    images: Annotated[list[str] | None, Option(help="Instead: images, as `prepare folder` takes them.")] = None,
    labels: Annotated[str | None, Option(help="Folder or pattern of their masks.")] = None,
    fix_header: Annotated[
        bool,
        Option("--fix-header", help="First give copies of masks (MASKS_fixed) their image's spacing and position."),
    ] = False,
    in_place: Annotated[
        bool, Option("--in-place", help="With --fix-header: rewrite the masks; MASKS_backup keeps them.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Check images, masks, splits and noisy copies of a data set. Exit code 3 if there is a fault."""
    from data_prep.own_cases.check_folder import check_folder
    from data_prep.own_cases.image_pairs import find_pairs
    from l2b_data.cases.check.data_set import check_dataset
    from l2b_data.cases.check.fix_header import FixedHeaders, dataset_pairs, fix_headers
    from l2b_data.cases.dataset import Dataset

    if (data is None) == (images is None and labels is None) or bool(images) != bool(labels):
        raise ConfigError("check: give either a prepared data set, or --images and --labels")
    if in_place and not fix_header:
        raise ConfigError("check: --in-place says where --fix-header writes; give both")
    name, cases = str(labels if data is None else data), 0
    fixed = FixedHeaders()
    with stderr_lines("check", quiet=as_json) as say:
        try:
            if data is not None:
                dataset = Dataset.open(data)
                cases = len(dataset.cases)
                if fix_header:
                    fixed = fix_headers(dataset_pairs(dataset), in_place=in_place)
                found = check_dataset(dataset, say=say)
            else:
                raw, faults = find_pairs(images or [], name, merge=True, say=say)
                cases = len(raw)
                if fix_header:
                    pairs = {case: (one.images[0], one.label) for case, one in raw.items()}
                    fixed = fix_headers(pairs, in_place=in_place)
                    raw = {case: replace(one, label=fixed.written.get(case, one.label)) for case, one in raw.items()}
                found = check_folder(raw, faults, say=say)
        except DataError as error:
            if not as_json:
                raise
            # a program that reads the findings gets the one that came before all others, too
            found = [Fault("unreadable", None, name, str(error))]
    before = [f"fixed {case}: {change}" for case, change in fixed.changed.items()]
    if before and not in_place:
        folders = dict.fromkeys(str(path.parent) for path in fixed.written.values())
        before.append(
            f"copies are in {', '.join(folders)}, with the sound masks: name it as --labels, or use --in-place"
        )
    before += [f"not fixed {line}" for line in fixed.refused]
    print_findings(
        name,
        found,
        number=(cases, "case"),
        more={"fixed": fixed.changed, "not_fixed": fixed.refused},
        before=before,
        as_json=as_json,
    )
