"""The error tree: what is drawn is what is there, and each error says what to do next."""

from __future__ import annotations

import inspect
import re

import pytest

from sonoffkit import errors
from sonoffkit.errors import BackupNeeded, NoAnswer, SonoffkitError, VerifyFailed

CLASSES = {name: cls for name, cls in vars(errors).items() if inspect.isclass(cls)}
CATEGORIES = {"SonoffkitError", "PortError", "DeviceError", "BackupError"}  # never raised themselves


def drawn_tree() -> dict[str, str]:
    """Each name in the docstring's drawing, and the name above it."""
    above: list[str] = []
    parents = {}
    for line in (errors.__doc__ or "").splitlines():
        stem = line[4:]
        if not line.startswith("    ") or not stem.strip("│├└─ "):
            continue
        name = stem.lstrip("│├└─ ").split()[0]
        depth = (len(stem) - len(stem.lstrip("│├└─ "))) // 4
        above[depth:] = [name]
        parents[name] = above[depth - 1] if depth else "Exception"
    return parents


def test_the_drawn_tree_is_the_real_one():
    assert drawn_tree() == {name: cls.__base__.__name__ for name, cls in CLASSES.items()}


def test_the_exported_names_are_all_there_are():
    assert sorted(errors.__all__) == sorted(CLASSES)


def test_each_line_of_the_drawing_says_what_the_error_means():
    branches = [line for line in (errors.__doc__ or "").splitlines() if "── " in line]
    leaves = [line for line in branches if line.split("── ")[1].split()[0] not in CATEGORIES | {"ImageError"}]
    assert leaves
    assert [line for line in leaves if len(line.split("── ")[1].split()) < 3] == []


@pytest.mark.parametrize("name", sorted(set(CLASSES) - CATEGORIES))
def test_every_error_says_what_to_do_next(name):
    error = CLASSES[name]("What is wrong.")
    assert str(error) == "What is wrong."
    assert error.hint
    assert error.hint.endswith((".", "practice://basic"))


def test_hints_say_what_is_safe_where_something_is_at_stake():
    says = re.compile(r"Nothing|untouched|is safe|is kept|as they were|as it was|does not|Do not use it")
    nothing_at_stake = {"NoPortFound", "SeveralPortsFound", "NotFinished"}
    silent = {name for name in set(CLASSES) - CATEGORIES if not says.search(CLASSES[name].usual_hint)}
    assert silent - nothing_at_stake <= {"DeviceRefused"}  # after which nobody knows


def test_categories_are_categories_only():
    assert {name for name in CATEGORIES if not CLASSES[name].usual_hint} == CATEGORIES
    assert all(CLASSES[name].__subclasses__() for name in CATEGORIES)


def test_a_better_hint_takes_the_place_of_the_usual_one():
    assert VerifyFailed("wrong", "Do this instead.").hint == "Do this instead."
    assert VerifyFailed("wrong").hint == VerifyFailed.usual_hint


def test_a_notebook_shows_the_words_and_no_stack():
    assert BackupNeeded("There is none.")._render_traceback_() == [
        "BackupNeeded: There is none.",
        "",
        "What to do: Make a backup first: notebook 2-backup. Nothing has been changed on the device.",
    ]


def test_one_except_catches_them_all():
    with pytest.raises(SonoffkitError):
        raise NoAnswer("silence")
