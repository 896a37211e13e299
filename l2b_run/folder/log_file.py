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
def log_file(logger: logging.Logger, path: Path) -> Iterator[None]:
    """Append what `logger` and its children say, from INFO up, to `path`, and the expected error that ends the block.

    Ctrl-C ends it with "interrupted". Raises L2BError where the file cannot be opened.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handler = _Handler(path, encoding="utf-8")
    except OSError as error:
        raise L2BError(f"cannot write {path}: {error.strerror}; choose another run folder with --out") from error
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(message)s"))
    logger.addHandler(handler)
    logger.setLevel(logging.INFO)
    try:
        yield
    except (L2BError, KeyboardInterrupt) as error:
        logger.error("%s", str(error) or "interrupted")
        raise
    finally:
        logger.removeHandler(handler)
        with suppress(OSError):
            handler.close()
