"""log.txt: what the run says, and the error that ended it."""

import logging

import pytest

from l2b_data.errors import DataError, L2BError
from l2b_run.folder.log_file import log_file


def test_lines_are_appended_and_the_error_that_ended_it_is_told(tmp_path):
    path, logger = tmp_path / "run" / "log.txt", logging.getLogger("l2b_seg.some.part")
    with log_file("l2b_seg", path):
        logger.info("epoch 1")
        logging.getLogger("l2b_run.training").info("of the loop")
    logger.info("after it")
    with pytest.raises(DataError), log_file("l2b_seg", path):
        raise DataError("no such case")
    with pytest.raises(KeyboardInterrupt), log_file("l2b_seg", path):
        raise KeyboardInterrupt
    said = [line.split(maxsplit=2)[2] for line in path.read_text().splitlines()]
    assert said == ["INFO epoch 1", "INFO of the loop", "ERROR no such case", "ERROR interrupted"]


def test_a_place_that_takes_no_file(tmp_path):
    (tmp_path / "log.txt").mkdir()
    with (
        pytest.raises(L2BError, match="choose another run folder with --out"),
        log_file("l2b_seg", tmp_path / "log.txt"),
    ):
        pass
