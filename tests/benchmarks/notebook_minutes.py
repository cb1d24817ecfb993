"""The minutes that each notebook says it takes, beside what they are made of: reading, running, exercises.

    python tests/benchmarks/notebook_minutes.py

Read: its words, and those that Run All shows, at the pace of instructions. Run: its cells, headless, one after the
other. Each exercise and each hunt is given the time in which a learner has read it, tried, and looked. No person was
timed: a class is slower, and talks; a real device adds its wiring, and less than a minute for each backup.
"""

from __future__ import annotations

import re
import tempfile
from pathlib import Path
from typing import Any

import nbformat

from sonoffkit.rehearsal import rehearse

WORDS_A_MINUTE = 130  # instructions are read slower than a story (200 to 250)
EXERCISE_MINUTES, HUNT_MINUTES = 1.5, 3.0
STATED = re.compile(r"About (\d+) minutes")
TAGS = re.compile(r"<(style|svg|script)\b.*?</\1>|<[^>]+>", re.DOTALL)


def words_of(cell: Any) -> int:
    """The words of a text, or of what a code cell shows."""
    if cell.cell_type == "markdown":
        shown = [cell.source]
    else:
        data = [output.get("data", {}) for output in cell.outputs]
        shown = [str(one.get("text/html") or one.get("text/plain", "")) for one in data if not is_widget(one)]
        shown += [str(output.text) for output in cell.outputs if output.output_type == "stream"]
    return sum(len(re.findall(r"[A-Za-z]{2,}", TAGS.sub(" ", text))) for text in shown)


def is_widget(data: dict[str, Any]) -> bool:
    return "application/vnd.jupyter.widget-view+json" in data


def minutes_of(notebook: Any, seconds: float) -> dict[str, float]:
    code = [cell.source for cell in notebook.cells if cell.cell_type == "code"]
    exercises = sum(bool(re.search(r"= None\b", source)) for source in code)
    hunts = sum("hunt_check(" in source for source in code)
    return {
        "read": sum(map(words_of, notebook.cells)) / WORDS_A_MINUTE,
        "run": seconds / 60,
        "exercises": (exercises - hunts) * EXERCISE_MINUTES + hunts * HUNT_MINUTES,
    }


def main() -> None:
    print(f"{'notebook':24}{'stated':>8}{'sum':>8}{'read':>8}{'run':>8}{'exercises':>11}   minutes")
    with tempfile.TemporaryDirectory() as folder:
        for run in rehearse(Path(folder)):
            notebook = nbformat.read(Path(folder) / run.name, as_version=4)
            stated = STATED.search("".join(cell.source for cell in notebook.cells))
            assert stated, run.name
            parts = minutes_of(notebook, run.seconds)
            row = (float(stated[1]), sum(parts.values()), parts["read"], parts["run"])
            print(f"{run.name:24}" + "".join(f"{value:8.1f}" for value in row) + f"{parts['exercises']:11.1f}")


if __name__ == "__main__":
    main()
