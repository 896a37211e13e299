"""The log of a run as a file in its folder."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from l2b_data.errors import L2BError


class _Handler(logging.FileHandler):
    def handleError(self, record: logging.LogRecord) -> None:
        """A line that cannot be written (no space left) ends no training and shows no traceback."""


@contextmanager
def log_file(package: str, path: Path) -> Iterator[None]:
    """Append what the run says, from INFO up, to `path`, and the expected error that ends the block.

    package: the task's, whose loggers speak beside those of l2b_run.

    Ctrl-C ends it with "interrupted". Raises L2BError where the file cannot be opened.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handler = _Handler(path, encoding="utf-8")
    except OSError as error:
        raise L2BError(f"cannot write {path}: {error.strerror}; choose another run folder with --out") from error
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(message)s"))
    loggers = [logging.getLogger(name) for name in (package, "l2b_run")]
    for logger in loggers:
        logger.addHandler(handler)
        logger.setLevel(logging.INFO)
    try:
        yield
    except (L2BError, KeyboardInterrupt) as error:
        loggers[0].error("%s", str(error) or "interrupted")
        raise
    finally:
        for logger in loggers:
            logger.removeHandler(handler)
        with suppress(OSError):
            handler.close()
