"""Work on many cases side by side, in processes of their own."""

import multiprocessing
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from typing import Any

Map = Callable[[Callable[[Any], Any], Iterable[Any]], Iterator[Any]]
"""As the built-in map: results in the order of the tasks."""


@contextmanager
def workers(count: int) -> Iterator[Map]:
    """A map over `count` new processes, which are gone after the block; the built-in one for 1.

    They are spawned: a fork of a process in which torch has started its threads can hang.
    """
    if count == 1:
        yield map
        return
    pool = ProcessPoolExecutor(count, mp_context=multiprocessing.get_context("spawn"))
    try:
        yield pool.map
    finally:
        pool.shutdown(cancel_futures=True)
