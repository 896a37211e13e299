"""SIGTERM noted between two steps; the handler before comes back, and gets the second signal."""

import os
import signal
import threading

from l2b_run.training.sigterm import sigterm_seen


def test_seen_once_and_the_second_goes_to_the_handler_before():
    came = []
    before = signal.signal(signal.SIGTERM, lambda *a: came.append(1))
    handler = signal.getsignal(signal.SIGTERM)
    try:
        with sigterm_seen() as seen:
            assert not seen()
            os.kill(os.getpid(), signal.SIGTERM)
            assert seen()
            assert came == []
            os.kill(os.getpid(), signal.SIGTERM)
            assert came == [1]
        assert signal.getsignal(signal.SIGTERM) is handler
    finally:
        signal.signal(signal.SIGTERM, before)


def test_another_thread_takes_no_signal():
    answers = []

    def ask():
        with sigterm_seen() as seen:
            answers.append(seen())

    thread = threading.Thread(target=ask)
    thread.start()
    thread.join()
    assert answers == [False]
