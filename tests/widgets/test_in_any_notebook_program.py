"""What another program for notebooks, VS Code say, does not have, our widgets do without."""

from __future__ import annotations

import ast
import re
import sys
from pathlib import Path

import sonoffkit

PACKAGE = Path(sonoffkit.__file__).parent
# All that is shown in an output: the widgets, and the figures and cards that are HTML of their own.
FILES = sorted(
    path
    for room in ("widgets", "wiring", "figures", "exercises.py", "diagnosis", "redacting.py", "readable.py")
    for path in [PACKAGE / room, *(PACKAGE / room).rglob("*")]
    if path.suffix in (".py", ".js", ".css")
)
# A link in the progress card must be one of an output's, or JupyterLab does not follow it. This takes away the frame
# that JupyterLab draws around that output; elsewhere there is none.
FRAME = re.compile(r"py:\d+: \.sk-progress \.jp-(OutputArea|RenderedHTML)[^{]*\{")
SELECTOR = re.compile(r"\.jp-[A-Z]")
VARIABLE = re.compile(r"var\(\s*(--jp-[\w-]+)\s*(,?)")
ELSEWHERE = re.compile(r"""https?:(?!//www\.w3\.org/)//|@import|url\(\s*['"]?(?!data:|#)|\bimport\(|\brequire\(""")
OF_THE_PROGRAM = re.compile(r"jupyterapp|acquireVsCodeApi|\bjp-(?!OutputArea|Rendered)[A-Z]\w+|window\.(parent|top)\b")


def texts(pattern: re.Pattern[str]) -> list[str]:
    """Where the pattern stands: file, line and words."""
    return [
        f"{path.relative_to(PACKAGE)}:{number}: {line.strip()}"
        for path in FILES
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1)
        if pattern.search(line)
    ]


def test_there_is_something_to_read():
    assert {".py", ".js", ".css"} == {path.suffix for path in FILES}
    assert len(FILES) > 50


def test_each_colour_of_jupyterlabs_has_another_for_where_there_is_none():
    without = [
        f"{path.relative_to(PACKAGE)}: {found[1]}"
        for path in FILES
        for found in VARIABLE.finditer(path.read_text(encoding="utf-8"))
        if not found[2]
    ]
    assert without == []


def test_no_selector_or_object_of_jupyterlabs_is_needed():
    assert texts(OF_THE_PROGRAM) == []
    assert [line for line in texts(SELECTOR) if not FRAME.search(line)] == []


def test_nothing_comes_from_another_place():
    assert texts(ELSEWHERE) == []


def test_widgets_are_made_by_ipywidgets_and_anywidget_alone():
    imported = {
        name.partition(".")[0]
        for path in FILES
        if path.suffix == ".py"
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        for name in _names(node)
    }
    others = imported - sys.stdlib_module_names
    assert {"ipywidgets", "anywidget"} <= others
    assert others <= {"ipywidgets", "anywidget", "traitlets", "IPython", "matplotlib", "numpy"}


def _names(node: ast.AST) -> list[str]:
    if isinstance(node, ast.Import):
        return [alias.name for alias in node.names]
    return [node.module or ""] if isinstance(node, ast.ImportFrom) and not node.level else []
