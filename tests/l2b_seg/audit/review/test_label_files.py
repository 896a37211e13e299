"""Names and colours of labels as ITK-SNAP and 3D Slicer read them."""

import re

from l2b_seg.audit.review.label_files import itksnap_labels, slicer_colours

LABELS = [(1, 'peripheral "zone"\nof it', "#56B4E9"), (300, "bladder", "#0000ff")]
ROW = re.compile(r'\s*(\d+)\s+(\d+)\s+(\d+)\s+(\d+)\s+([\d.]+)\s+(\d+)\s+(\d+)\s+"(.*)"')  # as ITK-SNAP scans a line


def test_itksnap():
    lines = [line for line in itksnap_labels(LABELS).splitlines() if not line.startswith("#")]
    found = [ROW.fullmatch(line).groups() for line in lines]
    assert found == [
        ("0", "0", "0", "0", "0", "0", "0", "Clear Label"),
        ("1", "86", "180", "233", "1", "1", "1", "peripheral 'zone' of it"),
        ("300", "0", "0", "255", "1", "1", "1", "bladder"),
    ]


def test_slicer():
    lines = [line for line in slicer_colours(LABELS).splitlines() if not line.startswith("#")]
    assert [line.split() for line in lines] == [
        ["0", "background", "0", "0", "0", "0"],
        ["1", "peripheral_'zone'_of_it", "86", "180", "233", "255"],
        ["300", "bladder", "0", "0", "255", "255"],
    ]
    assert slicer_colours([(1, " ", "#000000")]).splitlines()[-1].split()[1] == "_"
