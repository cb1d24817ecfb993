"""The catalogue's files, each by itself: what anybody who adds an entry, or a translation, is held to."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

# The only place that takes a regular expression apart is private; a test may.
from re import _constants as kinds
from re import _parser as parser

import pytest

import sonoffkit.diagnosis
from sonoffkit import errors
from sonoffkit.bootlog import Verdict
from sonoffkit.diagnosis import diagnose, explain, known
from sonoffkit.diagnosis.catalogue import catalogue, languages, phrases, words_of

ROOM = Path(sonoffkit.diagnosis.__file__).parent
FILES = {file.stem: file for file in sorted((ROOM / "entries").glob("*.toml")) if file.name.count(".") == 1}
TRANSLATIONS = sorted(file for file in (ROOM / "entries").glob("*.*.toml"))
KEYS = {
    "name", "title", "means", "safe", "errors", "errors_with_text", "before", "unless", "tells_ports", "sources",
    "causes", "patterns",
}  # fmt: skip
WORDS = {"title", "means", "safe", "causes"}
MOST_LETTERS = 600  # that one repeat may go over, however long the text is


def read(file: Path) -> dict:
    return tomllib.loads(file.read_text(encoding="utf-8"))


@pytest.fixture(params=FILES)
def entry(request) -> dict:
    return read(FILES[request.param])


def test_the_files_are_the_catalogue():
    assert list(FILES) == list(known())
    assert len(FILES) > 40


def test_an_entry_has_no_key_that_nobody_reads(entry):
    assert set(entry) - KEYS == set()
    assert {key for cause in entry["causes"] for key in cause} - {"what", "check", "fix", "heard"} == set()
    allowed = {"text", "example", "same_run", "not_in_run", "earlier", "whole_line"}
    assert {key for pattern in entry.get("patterns", ()) for key in pattern} - allowed == set()


def test_an_entry_has_its_files_name_in_kebab_case(entry):
    assert entry["name"] in FILES
    assert read(FILES[entry["name"]]) == entry
    assert re.fullmatch(r"[a-z]+(-[a-z]+)*", entry["name"])


def test_an_entry_says_what_happened_what_is_safe_and_what_to_do(entry):
    assert 3 <= len(entry["title"].split()) <= 14
    assert not entry["title"].endswith(".")
    sentences = [entry["means"], entry["safe"], *(c[key] for c in entry["causes"] for key in ("what", "check", "fix"))]
    assert [text for text in sentences if not text.strip().endswith((".", "?", "'"))] == []
    assert [text for text in sentences if len(text.split()) > 60] == []
    assert 1 <= len(entry["causes"]) <= 5


def test_an_entry_sends_people_to_notebooks_that_there_are(entry):
    there = {file.stem for file in (ROOM.parents[1] / "notebooks").glob("*.ipynb")}
    assert set(re.findall(r"notebook (\d-\w+)", str(entry))) <= there


def test_an_entrys_sources_can_be_looked_up(entry):
    assert [source for source in entry["sources"] if not re.fullmatch(r"([\w-]+/)?[\w-]+#\d+", source)] == []
    assert entry["sources"] or "patterns" not in entry or entry["name"] in ("cancelled", "cannot-save")


def test_an_entry_names_errors_and_entries_that_there_are(entry):
    assert set(entry.get("errors", [])) | set(entry.get("errors_with_text", [])) <= set(errors.__all__)
    assert set(entry.get("before", [])) <= set(FILES) - {entry["name"]}
    heard = {verdict for cause in entry["causes"] for verdict in cause.get("heard", ())}
    assert heard <= {verdict.name.lower() for verdict in Verdict}


def test_each_pattern_finds_its_example_and_the_entry_is_told_first(entry):
    firsts = [diagnose(pattern["example"], ports=())[0].name for pattern in entry.get("patterns", ())]
    assert firsts == [entry["name"]] * len(firsts)


def test_an_optional_space_is_no_optional_letter(entry):
    """Spaces are taken out of a pattern: of " ?" the question mark would be left, for the letter before it."""
    texts = [
        p[key] for p in entry.get("patterns", ()) for key in ("text", "same_run", "not_in_run", "earlier") if key in p
    ]
    assert [text for text in [*texts, entry.get("unless", "")] if " ?" in text] == []


def test_a_pattern_never_looks_back_over_what_it_has_read():
    """So a text of four megabytes takes four times as long as one of one: each try ends after so many letters."""
    entries = catalogue().values()
    patterns = [p for entry in entries for pattern in entry.patterns for p in vars(pattern).values()]
    compiled = [p.pattern for p in [*patterns, *(entry.unless for entry in entries)] if isinstance(p, re.Pattern)]
    assert len(compiled) > 120
    for pattern in compiled:
        assert nested_repeats(parser.parse(pattern)) <= 1, pattern


def nested_repeats(tree) -> int:
    """How deep repeats lie in one another, of those that can repeat more than once; each of them has a bound."""
    deepest = 0
    for kind, value in tree:
        if kind in (kinds.MAX_REPEAT, kinds.MIN_REPEAT):
            _, times, inner = value
            assert times is not kinds.MAXREPEAT, "a repeat without a bound"
            assert times <= MOST_LETTERS
            deepest = max(deepest, (times > 1) + nested_repeats(inner))
        elif kind is kinds.SUBPATTERN:
            deepest = max(deepest, nested_repeats(value[-1]))
        elif kind in (kinds.ASSERT, kinds.ASSERT_NOT):
            deepest = max(deepest, nested_repeats(value[1]))
        elif kind is kinds.BRANCH:
            deepest = max(deepest, *(nested_repeats(branch) for branch in value[1]))
    return deepest


@pytest.mark.parametrize("bad", ["a*", "a+", "a{3,}", "(a+b)?"])
def test_a_repeat_without_a_bound_would_be_noticed(bad):
    with pytest.raises(AssertionError, match="without a bound"):
        nested_repeats(parser.parse(bad))


def test_a_repeat_within_a_repeat_would_be_noticed():
    assert nested_repeats(parser.parse("((a{0,9}b){0,9})?")) == 2


# Errors


# Categories, whose kinds have entries, and what is no failure: the card says "run the cell above", and that is all.
NEED_NONE = {"SonoffkitError", "PortError", "DeviceError", "BackupError", "ImageError", "DumpError", "NotFinished"}


@pytest.mark.parametrize("name", sorted(set(errors.__all__) - NEED_NONE))
def test_each_error_of_the_kit_has_its_diagnosis(name):
    error = getattr(errors, name)("It went wrong.")
    assert name in {error for entry in catalogue().values() for error in entry.errors}
    diagnosis = diagnose(error, ports=())[0]
    assert diagnosis.evidence == (f"{name}: It went wrong.",)
    assert diagnosis.causes


@pytest.mark.parametrize("name", sorted(NEED_NONE))
def test_what_needs_none_has_none(name):
    assert diagnose(getattr(errors, name)("It went wrong.")) == ()


def test_an_error_means_one_entry_by_itself():
    means: dict[str, list[str]] = {}
    for entry in catalogue().values():
        for error in entry.errors:
            means.setdefault(error, []).append(entry.name)
    assert {error: names for error, names in means.items() if len(names) > 1} == {}


def test_an_error_has_an_entry_with_patterns_or_is_one_of_the_kits_own():
    """An entry is reached by a text, by an error, or (knowledge for whoever asks) by its name alone."""
    lost = [e.name for e in catalogue().values() if not (e.patterns or e.errors)]
    assert lost == ["five-volts-or-mains"]
    assert "3.3 V" in explain("five-volts-or-mains").means


def test_a_name_that_there_is_not_is_refused_with_those_that_there_are():
    with pytest.raises(ValueError, match=r"no entry 'nothing'; there are: .*no-answer"):
        explain("nothing")


# Other languages


def test_there_is_a_translation():
    assert [file.name for file in TRANSLATIONS] == ["no-answer.de.toml"]
    assert languages("no-answer") == ("en", "de")


@pytest.mark.parametrize("file", TRANSLATIONS, ids=lambda file: file.name)
def test_a_translation_has_all_the_words_and_nothing_else(file):
    name, language, _ = file.name.split(".")
    data = read(file)
    assert set(data) == WORDS
    assert [set(cause) for cause in data["causes"]] == [{"what", "check", "fix"}] * len(read(FILES[name])["causes"])
    english, translated = words_of(name), words_of(name, language)
    pairs = [(english.title, translated.title), (english.means, translated.means), (english.safe, translated.safe)]
    pairs += [
        pair
        for one, other in zip(english.causes, translated.causes, strict=True)
        for pair in zip(vars(one).values(), vars(other).values(), strict=True)
    ]
    assert [same for same, other in pairs if same == other or not other] == []
    assert set(read(ROOM / f"phrases.{language}.toml")) == set(phrases())


def test_a_diagnosis_speaks_the_language_where_there_is_one_and_english_where_not():
    text = "Failed to connect to ESP8266: No serial data received."
    assert diagnose(text, language="de")[0].title == "Das Gerät antwortet nicht"
    assert diagnose(text, language="xx")[0].title == "The device does not answer"
    assert diagnose(text, language="../../x")[0].title == "The device does not answer"
    assert explain("port-lost", language="de").title == "The port vanished while it was in use"
