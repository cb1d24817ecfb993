"""The report for whoever helps, as a block in a notebook."""

from __future__ import annotations

import html
import re

from sonoffkit.errors import NoAnswer
from sonoffkit.support import support_text
from sonoffkit.widgets import SupportReport


def shown(report: SupportReport) -> str:
    (part,) = [part for part in report.children if "sk-support" in part._dom_classes]
    return part.value


def test_it_shows_all_of_the_report_as_text_that_the_keyboard_can_scroll():
    report = SupportReport(NoAnswer("The device <does> not answer."), ["a line of the log"])
    (block,) = re.findall(r"<pre ([^>]*)>(.*)</pre>", shown(report), re.DOTALL)
    assert 'tabindex="0"' in block[0]
    assert html.unescape(block[1]) == report.text
    assert "<does>" not in shown(report)
    assert "== The log ==\na line of the log" in report.text


def test_its_lines_are_broken_by_the_notebook_alone():
    error = NoAnswer("The device does not answer.")
    report = SupportReport(error).text
    assert report.split() == support_text(error).split()
    assert max(map(len, report.splitlines())) > 100


def test_a_password_is_masked():
    assert "hunter2" not in shown(SupportReport("password=hunter2"))
