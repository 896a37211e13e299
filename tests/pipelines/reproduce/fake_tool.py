"""A tool whose `train` takes no time: it says what it was called with, and does what FAKE_TOOL in its folder says.

FAKE_TOOL is the name of a run -> "fail", "wait" (an epoch, then nothing more until it is ended); the others finish.
"""

import json
import os
import signal
import sys
import time
from pathlib import Path


def main() -> None:
    arguments = sys.argv[1:]
    place = arguments.index("--resume" if "--resume" in arguments else "--out")
    out = Path(arguments[place + 1])
    out.mkdir(parents=True, exist_ok=True)
    with open(out / "calls.txt", "a") as calls:
        calls.write(json.dumps([os.environ["OMP_NUM_THREADS"], *arguments]) + "\n")
    what = json.loads(os.environ.get("FAKE_TOOL", "{}")).get(out.name)
    print("training", flush=True)
    if what == "fail":
        print("error: optimizer.lr is too large\nlower it", file=sys.stderr)
        sys.exit(1)
    (out / "metrics.jsonl").write_text('{"epoch": 1}\n')
    (out / "checkpoint_latest.pt").touch()
    if what == "wait":
        signal.signal(signal.SIGTERM, lambda number, frame: sys.exit(143))
        while True:
            time.sleep(0.05)
    (out / "summary.json").write_text("{}")


if __name__ == "__main__":
    main()
