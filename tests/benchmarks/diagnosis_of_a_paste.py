"""How long the diagnosis of a large paste takes, and that it grows as the paste does.

    python tests/benchmarks/diagnosis_of_a_paste.py

Each kind of text is diagnosed with 1 MB and with 4 MB of it, three times, and
the best time counts. The ratio of a linear one is 4; one that looks at each
place from each other place would have 16.
"""

from __future__ import annotations

import random
import time
from pathlib import Path

from sonoffkit.diagnosis import diagnose

MB = 1_000_000
RUNS = Path(__file__).parents[1] / "diagnosis" / "runs"
TEXTS = {
    "logs of runs that went well": "".join(file.read_text(encoding="utf-8") for file in sorted(RUNS.glob("*.txt"))),
    "the same error, again and again": "fatal error: Failed to connect to ESP8266: No serial data received.\n",
    "one line of one letter": "a",
    "starts of errors, never their ends": "could not open port 'COM5': PermissionError(13, ",
    "numbers that begin as errors do": "[Errno 13] [Errno 2] [Errno 16] ",
    "boot logs": " ets Jan  8 2013,rst cause:2, boot mode:(3,6)\n",
    "colours that never end": "\x1b[31m\x1b[",
    "random bytes": random.Random(1).randbytes(MB).decode("latin-1"),
}


def best_of_three(text: str) -> float:
    times = []
    for _ in range(3):
        start = time.perf_counter()
        diagnose(text, ports=())
        times.append(time.perf_counter() - start)
    return min(times)


def main() -> None:
    diagnose("", ports=())  # the catalogue is read once
    print(f"{'text':36}{'1 MB':>8}{'4 MB':>8}{'ratio':>8}")
    for name, text in TEXTS.items():
        one, four = (best_of_three((text * (size // len(text) + 1))[:size]) for size in (MB, 4 * MB))
        print(f"{name:36}{one:7.2f}s{four:7.2f}s{four / one:8.1f}")


if __name__ == "__main__":
    main()
