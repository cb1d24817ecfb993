"""What people paste by mistake: nothing, binary, megabytes, their passwords."""

from __future__ import annotations

import random

from failure_texts import RECIPE, TEXTS
from hypothesis import given
from hypothesis import strategies as st

from sonoffkit.diagnosis import diagnose, listing, matching
from sonoffkit.diagnosis.catalogue import catalogue
from sonoffkit.practice import practice_device

MB = 1 << 20


def names(problem):
    return [diagnosis.name for diagnosis in diagnose(problem, ports=())]


def test_nothing_gives_nothing():
    assert [names(nothing) for nothing in ("", b"", " \r\n\t", "\x00", b"\xff\xfe", "\x1b[", "\x1b]0;")] == [[]] * 7
    assert listing(()) == ""


@given(st.binary(max_size=300) | st.text(max_size=300))
def test_whatever_is_pasted_there_is_an_answer(problem):
    assert isinstance(diagnose(problem, ports=()), tuple)


@given(st.binary(max_size=200), st.sampled_from(TEXTS))
def test_an_error_under_binary_rubbish_is_told(rubbish, row):
    name, text = row
    assert names(rubbish.replace(b"\x1b", b"") + b"\n" + text.encode())[0] == name


def test_a_dump_pasted_by_mistake_gives_nothing(home):
    assert names(practice_device("basic").contents()) == []
    assert names(random.Random(1).randbytes(MB)) == []


def test_one_line_of_megabytes_is_shown_in_part():
    text = "x" * MB + RECIPE[0][1] + "y" * MB
    (diagnosis,) = diagnose(text, ports=())
    assert diagnosis.name == "wrong-port"
    (line,) = diagnosis.evidence
    assert len(line) < 500
    assert "could" in line


def test_a_thousand_times_the_same_error_is_one_diagnosis_with_little_evidence():
    (diagnosis,) = diagnose("\n".join(f"{n}: {RECIPE[1][1]}" for n in range(1000)))
    assert [line.split(":")[0] for line in diagnosis.evidence] == ["0", "999"]


def test_what_must_come_before_is_looked_for_once_however_often_the_error_is_there(monkeypatch):
    """Else a paste of n errors would be read n times over."""
    looked = []
    places = matching._places
    monkeypatch.setattr(matching, "_places", lambda context, pasted: looked.append(context) or places(context, pasted))
    contexts = sum(
        (pattern.same_run is not None) + (pattern.not_in_run is not None) + (pattern.earlier is not None)
        for entry in catalogue().values()
        for pattern in entry.patterns
    )
    for times in (1, 500):
        looked.clear()
        diagnose("\n".join(f"esptool.py v2.8\nStub running...\n{text}" for _, text in TEXTS * times)[:MB], ports=())
        assert len(looked) == contexts


def test_secrets_are_masked_in_what_is_shown():
    text = (
        "WIFI_SSID=Home WIFI_PASSWORD=hunter2hunter2 mqtt://joe:s3cretpw@broker/ "
        '{"apikey": "8e1f9a52-07b1-4d6e-9a53-1c2d3e4f5a6b"} ' + RECIPE[0][1]
    )
    (diagnosis,) = diagnose(text, ports=())
    shown = repr(diagnosis) + listing([diagnosis])
    assert [secret for secret in ("hunter2", "s3cretpw", "8e1f9a52", "1c2d3e4f5a6b") if secret in shown] == []
    assert "COM5" in shown


def test_a_log_that_mixes_three_failures_is_listed_with_all_three():
    log = "\n".join(f"esptool.py v4.8.1\n{text}" for text in (TEXTS[20][1], RECIPE[1][1], RECIPE[0][1]))
    found = diagnose(log, ports=())
    assert len(found) == 3
    text = listing(found, width=80)
    assert max(map(len, text.splitlines())) <= 80
    assert [text.count(f"[{diagnosis.name}]") for diagnosis in found] == [1, 1, 1]
    assert text.startswith("There is no such port  [wrong-port]\n")
    assert text.count("Also in this text:") == 2
