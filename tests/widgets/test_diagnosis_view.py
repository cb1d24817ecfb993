"""The box into which any error can be pasted, and a diagnosis as HTML."""

from __future__ import annotations

import re

from sonoffkit.diagnosis import explain, known
from sonoffkit.widgets import DiagnosisBox
from sonoffkit.widgets.diagnosis_view import diagnosis_details

RECIPE = "A fatal error occurred: Failed to connect to Espressif device: Timed out waiting for packet header"


def answer(box: DiagnosisBox) -> str:
    (html,) = [part.value for part in box.children if "sk-answer" in part._dom_classes]
    return html


def press(box: DiagnosisBox) -> None:
    (button,) = [part for part in box.children if "sk-explain" in part._dom_classes]
    button.click()


def paste(box: DiagnosisBox, text: str) -> None:
    (field,) = [part for part in box.children if "sk-pasted" in part._dom_classes]
    field.value = text


def test_a_text_from_the_beginning_is_explained_at_once():
    box = DiagnosisBox(RECIPE)
    assert [found.name for found in box.diagnoses] == ["no-answer"]
    assert "The device does not answer" in answer(box)
    assert "<details open>" in answer(box)


def test_what_is_pasted_is_explained_when_asked():
    box = DiagnosisBox()
    assert answer(box) == ""
    paste(box, RECIPE)
    press(box)
    assert "Timed out waiting for packet header" in answer(box)


def test_an_empty_box_asks_for_a_text():
    box = DiagnosisBox()
    press(box)
    assert "Paste something first." in answer(box)
    assert box.diagnoses == ()


def test_what_is_not_known_is_said_and_leads_to_help():
    box = DiagnosisBox("the kettle is boiling")
    assert "Nothing in this text is known here." in answer(box)
    assert "sonoffkit diagnose --bundle" in answer(box)


def test_a_password_beside_the_error_is_not_shown_and_markup_stays_text():
    box = DiagnosisBox(f"<script>alert(1)</script> password=sesame99 {RECIPE}")
    assert box.diagnoses
    assert "sesame99" not in answer(box)
    assert "<script>" not in answer(box)


def test_several_failures_are_told_one_after_the_other():
    box = DiagnosisBox(f"{RECIPE}\n\ncould not open port 'COM5': WindowsError(2, 'x')\n")
    assert len(box.diagnoses) == 2
    assert "Also: " in answer(box)


def test_every_entry_of_the_catalogue_can_be_shown():
    for name in known():
        html = diagnosis_details(explain(name))
        assert html.count("<li>") == len(explain(name).causes) > 0
        assert re.findall(r"<(?!/?(details|summary|p|ol|li|b|br)\b)", html) == []
