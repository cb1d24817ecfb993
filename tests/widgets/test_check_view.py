"""The checks and the loop-back in a notebook, without a browser."""

from __future__ import annotations

import sys
import threading

import pytest
from waiting import wait_until

from sonoffkit.checks import HOW_TO_WIRE, Check
from sonoffkit.checks.adapters import adapters
from sonoffkit.checks.system import this_system
from sonoffkit.ports import Kind, Port
from sonoffkit.practice import practice_device
from sonoffkit.practice.faults import Wires
from sonoffkit.widgets import CheckView, LoopBack, check_view

PRACTICE = "practice://basic"


def parts(widget) -> list:
    return [widget, *(part for child in getattr(widget, "children", ()) for part in parts(child))]


def part(widget, style: str):
    (found,) = [one for one in parts(widget) if style in one._dom_classes]
    return found


@pytest.fixture(scope="module")
def view(tmp_path_factory):
    """A view that has looked, at a port that is not there, too."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SONOFFKIT_HOME", str(tmp_path_factory.mktemp("home")))
        view = CheckView(["/dev/no<such>port"])
        view.wait(60)
    return view


def test_it_looks_by_itself_and_shows_each_line(view):
    shown = part(view, "sk-checks").value
    assert shown.count('class="sk-line"') == len(view.checks) > 8
    assert "A practice Sonoff answers (ESP8266EX 1 MB)" in shown
    assert f"Python {sys.version_info.major}.{sys.version_info.minor}" in shown


def test_what_is_wrong_is_told_in_words_and_with_what_to_do(view):
    assert not view.ready
    shown = part(view, "sk-checks").value
    assert 'aria-label="to do">✗</b> <div>There is no port /dev/no&lt;such&gt;port.' in shown
    assert "→ Check the name, or plug the adapter in" in shown
    assert "1 to do." in part(view, "sk-ready").value
    assert "<such>" not in shown


@pytest.mark.parametrize(
    ("found", "says"),
    [
        ([Port("COM3", "CP2102", Kind.ADAPTER)], "Ready: nothing needs doing."),
        ([], "Ready for the practice Sonoff; no adapter for a real one was found."),
    ],
)
def test_ready_says_for_what(found, says, monkeypatch):
    monkeypatch.setattr(check_view, "run_checks", lambda *_: adapters(this_system(), found, []))
    view = CheckView()
    view.wait(60)
    assert says in part(view, "sk-ready").value


def test_by_its_button_it_looks_again():
    view = CheckView()
    view.wait(60)
    assert view.ready
    assert 'sk-good"><b class="sk-head">Ready' in part(view, "sk-ready").value
    first = view.checks
    part(view, "sk-look").click()
    view.wait(60)
    assert view.checks is not first
    assert [check.name for check in view.checks] == [check.name for check in first]
    assert not part(view, "sk-look").disabled


def test_the_loop_says_how_to_wire_it_before_anything_is_sent():
    device = practice_device("basic")
    loop = LoopBack(PRACTICE)
    assert all(step in part(loop, "sk-steps").value for step in HOW_TO_WIRE)
    assert loop.result is None
    assert device.line is None


def test_the_button_tests_the_adapter_and_shows_each_speed():
    practice_device("basic").faults.wires = Wires.LOOPED
    loop = LoopBack(PRACTICE)
    part(loop, "sk-look").click()
    loop.wait(60)
    assert loop.result.ok is True
    assert part(loop, "sk-speeds").value.count("comes back whole") == 5
    assert "sk-good" in part(loop, "sk-result").value
    assert "is good: all comes back, up to 921600 baud" in part(loop, "sk-result").value


def test_a_loop_that_is_not_there_is_shown_with_what_to_do():
    loop = LoopBack(PRACTICE)
    part(loop, "sk-look").click()
    loop.wait(60)
    assert loop.result.ok is False
    assert "sk-bad" in part(loop, "sk-result").value
    assert "Look whether the wire is on TX and RX" in part(loop, "sk-result").value


def test_a_click_while_it_works_begins_nothing_more():
    begun, may_end = [], threading.Event()

    def test(port, tell):
        begun.append(port)
        may_end.wait(60)
        return Check("loop", True, "good")

    loop = LoopBack("COM5", test)
    button = part(loop, "sk-look")
    button.click()
    wait_until(lambda: begun)
    button.click()
    assert button.disabled
    may_end.set()
    loop.wait(60)
    assert begun == ["COM5"]
    assert not button.disabled
