"""The exercises' checks: right, wrong, not answered, and each with its reason; never a false word about any dump."""

from __future__ import annotations

import random
from dataclasses import replace

import pytest

from sonoffkit.exercises import (
    Verdict,
    blank_check,
    check,
    hunt_check,
    left_behind_check,
    mode_byte_check,
    network_check,
    noise_check,
    owner_check,
    size_check,
    start_check,
    written_twice_check,
)
from sonoffkit.firmware import with_flash_parameters
from sonoffkit.practice import lesson_images, sample_dumps
from sonoffkit.report import inspect_dump
from sonoffkit.session import Identity

WHY, HINT = "All eight bits are 1.", "Eight bits, each of them 1."
OTHER = "Choose sample-basic.bin at the top, and run all cells below it."


@pytest.fixture(scope="module")
def samples():
    return {name: inspect_dump(data, name) for name, data in sample_dumps().items()}


@pytest.fixture(scope="module")
def basic(samples):
    return samples["sample-basic.bin"]


@pytest.fixture(scope="module")
def flashed(samples):
    return samples["sample-flashed-without-erase.bin"]


def test_a_right_answer_is_told_with_its_reason():
    assert check(255, 0xFF, WHY, HINT) == Verdict(True, "Right. All eight bits are 1.")


@pytest.mark.parametrize("answer", [0, 254, "255", "", False, [], 0x1FF])
def test_a_wrong_answer_gets_a_hint_and_not_the_reason(answer):
    assert check(answer, 0xFF, WHY, HINT) == Verdict(False, "Not quite. Eight bits, each of them 1.")


@pytest.mark.parametrize("answer", ["user1", "User1", " user1 "])
def test_how_a_name_is_typed_does_not_matter(answer):
    assert check(answer, "user1", WHY, HINT).right


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


# One exercise for each notebook with a device


@pytest.mark.parametrize(
    ("size", "hint"),
    [
        (0x100000, "Not quite. 1 MB is 1024 × 1024 bytes, and this flash has 1 MB."),
        (0x400000, "Not quite. 1 MB is 1024 × 1024 bytes, and this flash has 4 MB."),
    ],
)
def test_how_much_there_is_to_save_comes_from_the_device(size, hint):
    device = Identity("ESP8266EX", "5c:cf:7f:00:a9:82", 0x1440EF, size)
    assert size_check(None, device).text.startswith("Not answered yet")
    assert size_check(size - 1, device) == Verdict(False, hint)
    assert size_check(size, device) == Verdict(True, "Right. The next notebook saves all of them.")


@pytest.mark.parametrize(
    ("ask", "right", "wrong"),
    [
        (left_behind_check, [3 * 1024 * 1024, 3145728, 0x300000], [3, 0x400000, 0x100000, "3 MB"]),
        (written_twice_check, [0, 0x00, 0b00000000], [0xFF, 0x0F, 0xF0, 11110000]),
        (mode_byte_check, [3, 0x03], [0, 1, 2, "DOUT"]),
    ],
)
def test_what_a_notebook_asks_is_judged_by_what_was_learned_there(ask, right, wrong):
    assert ask(None) == Verdict(False, "Not answered yet: replace None, and run this cell again.")
    assert {ask(answer).right for answer in right} == {True}
    assert {ask(answer).right for answer in wrong} == {False}
    reason, hint = ask(right[0]).text, ask(wrong[0]).text
    assert reason.startswith("Right. ")
    assert hint.startswith("Not quite. ")


@pytest.mark.parametrize("image", lesson_images().values(), ids=lesson_images())
def test_the_mode_byte_that_is_asked_for_is_the_one_that_flashing_writes(image):
    written, _ = with_flash_parameters(image, "dout", 0x100000)
    assert mode_byte_check(written[2]).right
    assert not mode_byte_check(image[2]).right


# Which program starts?


def test_the_program_that_starts_is_told_with_the_reason_as_a_sentence(basic):
    assert not start_check(None, basic).right
    assert start_check("user2", basic).text.startswith("Not quite. The line Runs in the card")
    verdict = start_check("user1", basic)
    assert verdict.right
    assert verdict.text.startswith("Right. System parameters A (byte 0 at 0xfd000) says so, ")
    assert verdict.text.endswith("counts.")


def test_where_nothing_starts_no_answer_is_called_wrong():
    expected = f"This dump cannot answer that. Nothing in this dump says which program starts. {OTHER}"
    for answer in (None, "user1"):
        assert start_check(answer, inspect_dump(b"\xff" * 8192)) == Verdict(False, expected)


# Find the blank space


@pytest.mark.parametrize(
    ("selection", "says"),
    [
        ((0, 0), "Nothing is selected yet: drag across"),
        ((0x66000, 0x66020), "Not quite. You selected 32 bytes, all of them FF; it takes at least 4096."),
        ((0x66000, 0x67000), "Right. 4096 bytes, each of them FF."),
        ((0x66000, 0x78000), "Right. 73728 bytes, each of them FF."),
    ],
)
def test_a_blank_stretch_is_counted(basic, selection, says):
    verdict = blank_check(selection, basic)
    assert verdict.text.startswith(says)
    assert verdict.right == says.startswith("Right")


def test_bytes_that_are_not_blank_are_counted(basic):
    end = 0x78000 + 0x1000
    written = 0x1000 - basic.data[0x78000:end].count(0xFF)
    assert blank_check((0x77000, end), basic).text == (
        f"Not quite. Of the 8192 bytes that you selected, {written} are not FF."
    )


def test_a_dump_without_a_blank_sector_says_so():
    said = blank_check((0, 16), inspect_dump(b"\xff" * 4095 + b"\x00" + b"\xff" * 4095)).text
    assert said == f"This dump cannot answer that. Nowhere in this dump are 4096 bytes in a row FF. {OTHER}"


# The noisy sector


def test_the_noisy_sector_is_told_by_its_address(basic):
    assert not noise_check(None, basic).right
    assert " At 0xf8000 there are 7." in noise_check("a program", basic).text
    verdict = noise_check("compressed, encrypted or noise", basic)
    assert verdict.right
    assert verdict.text.startswith("Right. The 1 KiB at 0xf8000 has 7.")


@pytest.mark.parametrize("data", [b"", b"\x01", b"\xff" * 8192, random.Random(1).randbytes(1023)])
def test_where_nothing_is_noisy_no_claim_is_made(data):
    said = noise_check("compressed, encrypted or noise", inspect_dump(data)).text
    assert said == f"This dump cannot answer that. Nothing unknown in this dump is that dense. {OTHER}"


# Whose network?


def test_the_networks_name_is_told_with_its_places(basic):
    names = [secret.text() for secret in basic.secrets if secret.kind.value == "Wi-Fi name"]
    assert not network_check(None, basic).right
    assert not network_check(names[0].upper(), basic).right
    assert network_check("FRITZ!Box", basic).text == "Not quite. Look for Wi-Fi name in the table. Capitals count."
    assert network_check(names[0], basic) == Verdict(True, f"Right. It was found in {len(names)} places.")


def test_a_name_in_a_strange_encoding_is_no_error(basic):
    name = next(secret for secret in basic.secrets if secret.kind.value == "Wi-Fi name")
    odd = replace(basic, secrets=(replace(name, value=b"Caf\xe9", proof="the factory's own test network"),))
    assert not network_check("Cafe", odd).right
    assert network_check("Caf\\xe9", odd).text == (
        "Right. It was found in 1 place. It is the factory's own test network."
    )


def test_where_no_name_was_found_that_proves_nothing():
    said = network_check("none", inspect_dump(b"\xff" * 8192)).text
    assert said.startswith("This dump cannot answer that. No Wi-Fi name was found in this dump; where the firmware")


# Whose Wi-Fi does a device know that was flashed without erasing?


def test_the_old_owner_is_still_known(flashed):
    assert not owner_check(None, flashed).right
    assert owner_check("nobody's", flashed).text.startswith("Not quite. Open the list Masked")
    assert owner_check("the old owner's", flashed).text.startswith("Right. Flashing writes")


def test_a_sample_that_was_replaced_is_not_asked_about():
    said = owner_check("the old owner's", inspect_dump(b"\xff" * 8192)).text
    assert said.endswith("it holds no Wi-Fi name. Delete it, and run the notebook again.")


# Hunts on the practice bench


class Table:
    """A bench as the exercise meets it: asked with a guess, it answers; ``named`` is what was found on it."""

    def __init__(self, named: str = "") -> None:
        self.named = named

    def found(self, guess: str) -> Verdict:
        if guess not in ("loose-gnd", "noisy-line"):
            raise ValueError(f"there is no fault {guess!r}")
        return Verdict(guess == "loose-gnd", "Right." if guess == "loose-gnd" else "Not that.")


@pytest.mark.parametrize(
    ("guess", "right", "says"),
    [
        (None, False, "Not answered yet"),
        ("loose-gnd", True, "Right."),
        ("noisy-line", False, "Not that."),
        ("the cat", False, "Not quite. there is no fault 'the cat'"),
    ],
)
def test_a_hunt_is_judged_by_the_bench(guess, right, says):
    verdict = hunt_check(guess, Table())
    assert (verdict.right, verdict.text.startswith(says)) == (right, True)


def test_a_hunt_that_was_answered_on_the_bench_is_answered():
    verdict = hunt_check(None, Table(named="A wire is loose"))
    assert verdict == Verdict(True, "Answered on the bench: A wire is loose.")
