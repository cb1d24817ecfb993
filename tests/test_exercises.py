"""The exercises' checks: right, wrong, not answered, and each with its reason."""

from __future__ import annotations

import pytest

from sonoffkit.exercises import Verdict, check

WHY, HINT = "All eight bits are 1.", "Eight bits, each of them 1."


def test_a_right_answer_is_told_with_its_reason():
    assert check(255, 0xFF, WHY, HINT) == Verdict(True, "Right. All eight bits are 1.")


@pytest.mark.parametrize("answer", [0, 254, "255", "", False, [], 0x1FF])
def test_a_wrong_answer_gets_a_hint_and_not_the_reason(answer):
    assert check(answer, 0xFF, WHY, HINT) == Verdict(False, "Not quite. Eight bits, each of them 1.")


def test_an_exercise_that_is_not_answered_is_no_mistake():
    assert check(None, 0xFF, WHY, HINT) == Verdict(False, "Not answered yet: replace None, and run this cell again.")


@pytest.mark.parametrize(("answer", "sign"), [(255, "✓"), (1, "→"), (None, "→")])
def test_a_notebook_shows_the_sentence_with_its_sign(answer, sign):
    verdict = check(answer, 0xFF, WHY, HINT)
    shown = verdict._repr_mimebundle_(include=None, exclude=None)
    assert shown == {"text/plain": f"{sign} {verdict.text}", "text/html": f"<p>{sign} {verdict.text}</p>"}


def test_what_is_shown_is_no_html():
    shown = check(1, 1, "<b>bold</b> & bare", HINT)._repr_mimebundle_()
    assert shown["text/html"] == "<p>✓ Right. &lt;b&gt;bold&lt;/b&gt; &amp; bare</p>"
    assert shown["text/plain"] == "✓ Right. <b>bold</b> & bare"
