"""Python, packages, notebooks, the backup folder and a practice Sonoff: what is wrong, and the command for it."""

from __future__ import annotations

import pytest
from machines import Windows, named, the_only_flip, wrong

from sonoffkit.checks import Check, line, nothing_to_do, this_system


def test_a_line_is_a_sign_what_is_and_what_to_do():
    assert line(Check("a", True, "All is well")) == "✓ All is well"
    assert line(Check("a", False, "It is wrong.", "Mend it.")) == "✗ It is wrong. → Mend it."
    assert line(Check("a", None, "It does not apply.")) == "– It does not apply."
    assert line(Check("a", False, "It is wrong.", "Mend it."), plain=True) == "NO It is wrong. -> Mend it."


def test_only_what_is_wrong_is_to_do():
    assert nothing_to_do([Check("a", True, ""), Check("b", None, "", "perhaps")])
    assert not nothing_to_do([Check("a", True, ""), Check("b", False, "")])


def test_an_old_python_flips_one_line(mac):
    before = mac.checks()
    mac.python = (3, 10, 14)
    assert the_only_flip(before, mac.checks()).says == "Python 3.10.14 is too old: the kit needs 3.11."


@pytest.mark.parametrize("version", ["5.4", "5.4.0", "5.4.1.dev2+local", "5.10", "6"])
def test_a_package_at_its_floor_or_above_is_enough(mac, version):
    mac.versions["esptool"] = version
    assert wrong(mac.checks()) == []


def test_an_old_package_flips_one_line_with_the_command_for_this_python(mac):
    before = mac.checks()
    mac.versions["esptool"] = "5.3.9"
    flipped = the_only_flip(before, mac.checks())
    assert (flipped.name, flipped.says) == ("packages", "esptool 5.3.9 is older than 5.4.")
    assert flipped.do == "/opt/kit/bin/python -m pip install --upgrade 'esptool>=5.4'"


def test_what_opens_the_notebooks_has_a_line_of_its_own(mac):
    before = mac.checks()
    del mac.versions["ipywidgets"]
    flipped = the_only_flip(before, mac.checks())
    assert (flipped.name, flipped.says) == ("notebooks", "ipywidgets is missing.")
    assert flipped.do.endswith("'ipywidgets>=8.1'")


def test_an_environment_without_pip_is_served_by_uv(mac):
    mac.has_pip = False
    del mac.versions["pyserial"]
    assert named(mac.checks(), "packages").do == "uv pip install --python /opt/kit/bin/python 'pyserial>=3.5'"


@pytest.mark.parametrize(
    ("executable", "program"),
    [(r"C:\Kit\python.exe", r"C:\Kit\python.exe"), (r"C:\My Kit\python.exe", r'& "C:\My Kit\python.exe"')],
)
def test_on_windows_the_command_is_quoted_for_powershell(windows, executable, program):
    windows.executable = executable
    del windows.versions["pyserial"]
    assert named(windows.checks(), "packages").do == f'{program} -m pip install --upgrade "pyserial>=3.5"'


def test_a_full_disk_flips_one_line_that_says_how_much_is_free(mac, home):
    before = mac.checks()
    mac.free = 20 * 0x100000
    flipped = the_only_flip(before, mac.checks())
    assert flipped.says == (f"The disk of the backup folder {home / 'vault'} has 20 MB free; a backup may need 33 MB.")
    assert "export SONOFFKIT_VAULT=~/sonoff-backups" in flipped.do
    assert named(before, "backup folder").says == f"Backups can be written to {home / 'vault'}, 500 MB are free"


def test_a_folder_that_cannot_be_written_flips_one_line(mac, tmp_path, monkeypatch):
    before = mac.checks()
    (tmp_path / "file").touch()
    monkeypatch.setenv("SONOFFKIT_VAULT", str(tmp_path / "file" / "vault"))
    flipped = the_only_flip(before, mac.checks())
    assert flipped.says.startswith(f"Backups cannot be written to {tmp_path / 'file' / 'vault'}. (")


def test_windows_is_told_its_own_way_to_choose_a_folder(windows):
    windows.free = 0
    assert "setx SONOFFKIT_VAULT " in named(windows.checks(), "backup folder").do


def test_looking_makes_no_folder_and_leaves_no_file(mac, home, tmp_path):
    there = sorted(tmp_path.rglob("*"))
    mac.checks()
    assert sorted(tmp_path.rglob("*")) == there
    assert not home.exists()


def test_a_practice_sonoff_that_does_not_answer_flips_one_line(tmp_path):
    windows = Windows(tmp_path / "one")
    before = windows.checks()
    windows.practice_fails = "ModuleNotFoundError: No module named 'reedsolo'"
    flipped = the_only_flip(before, windows.checks())
    assert flipped.says == "A practice Sonoff does not answer. (ModuleNotFoundError: No module named 'reedsolo')"
    assert "--force-reinstall" in flipped.do


def test_the_practice_sonoff_really_answers_and_leaves_nothing(home, monkeypatch, tmp_path):
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr("tempfile.tempdir", None)
    assert this_system().ask_practice_sonoff() == "ESP8266EX 1 MB"
    assert not home.exists()
    assert list(tmp_path.iterdir()) == []


def test_of_a_practice_sonoff_that_fails_the_last_words_are_told(monkeypatch, tmp_path):
    (tmp_path / "esptool.py").write_text("raise ImportError('esptool is broken')")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    with pytest.raises(OSError, match=r"^ImportError: esptool is broken$"):
        this_system().ask_practice_sonoff()
