"""SIGTERM noted, so that a loop can stop between two steps."""

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType


@contextmanager
def sigterm_seen() -> Iterator[Callable[[], bool]]:
    """Yield a function that tells whether SIGTERM has come since; the handler before is put back at the end.

    A second SIGTERM goes to the handler before: it ends a step that takes too long. Outside the main thread, where
    Python takes no signals, the answer is always no.
    """
    if threading.current_thread() is not threading.main_thread():
        yield lambda: False
        return
    seen = threading.Event()

    def note(number: int, frame: FrameType | None) -> None:
        seen.set()
        signal.signal(signal.SIGTERM, before)

    before = signal.getsignal(signal.SIGTERM) or signal.SIG_DFL
    signal.signal(signal.SIGTERM, note)
    try:
        yield seen.is_set
    finally:
        signal.signal(signal.SIGTERM, before)
