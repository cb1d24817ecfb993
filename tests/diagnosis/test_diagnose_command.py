"""``sonoffkit diagnose``, as it is typed."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest
from click.testing import CliRunner
from failure_texts import RECIPE

from sonoffkit.cli import main
from sonoffkit.diagnosis import diagnose, listing, unknown_text_help

SILENCE = RECIPE[1][1]


def run(*words, paste=b""):
    return CliRunner().invoke(main, ["diagnose", *map(str, words)], input=paste)


@pytest.mark.parametrize("words", [(), ("-",)])
def test_a_paste_is_explained(words):
    done = run(*words, paste=SILENCE.encode())
    assert done.exit_code == 0
    assert done.stdout == listing(diagnose(SILENCE)) + "\n"
    assert done.stderr == ""


def test_a_file_is_explained(tmp_path):
    (tmp_path / "log.txt").write_bytes(("x\r\n" * 300 + SILENCE).encode("utf-16"))
    done = run(tmp_path / "log.txt")
    assert (done.exit_code, done.stdout.splitlines()[0]) == (0, "The device does not answer  [no-answer]")


def test_what_is_not_known_says_so_and_how_to_ask_for_help():
    done = run(paste=b"it is broken")
    assert (done.exit_code, done.stdout) == (1, unknown_text_help() + "\n")
    assert max(map(len, done.stdout.splitlines())) <= 100
    assert "--bundle" in done.stdout


def test_a_file_that_is_not_there_is_a_sentence(tmp_path):
    done = run(tmp_path / "none.txt")
    assert done.exit_code == 2
    assert "No such file or directory" in done.stderr
    assert "Traceback" not in done.stderr


def test_json_has_everything_and_none_is_an_empty_list():
    (one,) = json.loads(run("--json", paste=SILENCE.encode()).stdout)
    assert set(one) == {"name", "title", "means", "causes", "safe", "sources", "evidence", "language"}
    assert one["causes"][0]["what"].startswith("The button was not held")
    assert (run("--json", paste=b"x").stdout, run("--json", paste=b"x").exit_code) == ("[]\n", 1)


def test_another_language():
    assert run("--language", "de", paste=SILENCE.encode()).stdout.startswith("Das Gerät antwortet nicht  [no-answer]\n")


def test_a_bundle_is_written_once_and_never_over_another_file(tmp_path):
    out = tmp_path / "report.txt"
    done = run("--bundle", out, paste=f"{SILENCE} password=hunter2hunter2".encode())
    assert (done.exit_code, done.stderr) == (0, f"Wrote {out}\n")
    written = out.read_text(encoding="utf-8")
    assert "hunter2" not in written
    assert "[no-answer]" in written
    again = run("--bundle", out, paste=b"x")
    assert again.exit_code == 1
    assert again.stderr == f"Error: {out} cannot be written. (File exists)\n"
    assert out.read_text(encoding="utf-8") == written


@pytest.mark.skipif(sys.platform == "win32", reason="a pseudo-terminal is needed")
def test_at_a_terminal_it_says_how_to_end_a_paste():
    import pty

    ours, theirs = pty.openpty()
    with subprocess.Popen(
        [sys.executable, "-m", "sonoffkit", "diagnose"],
        stdin=theirs,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as program:
        said = program.stderr.readline()
        os.write(ours, f"{SILENCE}\n".encode() + b"\x04")
        out, _ = program.communicate()
    for end in (ours, theirs):
        os.close(end)
    assert said == "Paste the error, all of it; then press Ctrl-D on a line of its own.\n"
    assert "[no-answer]" in out
    assert program.returncode == 0
