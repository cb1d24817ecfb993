"""The texts of a bundle: a start script for each system, and the README."""

from __future__ import annotations

from collections.abc import Sequence

from .targets import Target

__all__ = ["readme", "start_scripts"]

SH = """\
#!/bin/sh
# Starts the course from this folder: finds a Python that suits, and leaves the rest to start.py.
here=$(CDPATH= cd -- "$(dirname -- "$0")" && pwd) || exit 1

suits() {
  command -v "$1" >/dev/null 2>&1 || return 1
  # On a Mac without developer tools this one only opens a window that offers to install them.
  if [ "$(command -v "$1")" = /usr/bin/python3 ] && [ "$(uname)" = Darwin ]; then
    xcode-select -p >/dev/null 2>&1 || return 1
  fi
  "$1" "$here/start.py" --suits >/dev/null 2>&1
}

for version in @PYTHONS@; do
  for python in "python$version" "/Library/Frameworks/Python.framework/Versions/$version/bin/python$version" \\
    "/opt/homebrew/bin/python$version" "/usr/local/bin/python$version"; do
    if suits "$python"; then exec "$python" "$here/start.py" "$@"; fi
  done
done
for python in python3 python; do
  if suits "$python"; then exec "$python" "$here/start.py" "$@"; fi
done

cat >&2 <<'END'
@NO_PYTHON@
END
exit 1
"""

BAT = """\
@echo off
rem Starts the course from this folder: finds a Python that suits, and leaves the rest to start.py.
setlocal
rem or Python's install manager may go and fetch one
set "PYTHON_MANAGER_AUTOMATIC_INSTALL=false"
rem call, because some Pythons are found by way of a .bat of their own
set "FOUND="
for %%V in (@PYTHONS@) do (
  if not defined FOUND (
    call py -%%V "%~dp0start.py" --suits >nul 2>nul
    if not errorlevel 1 set "FOUND=py -%%V"
  )
)
for %%P in (python python3) do (
  if not defined FOUND (
    call %%P "%~dp0start.py" --suits >nul 2>nul
    if not errorlevel 1 set "FOUND=%%P"
  )
)
if not defined FOUND goto missing
call %FOUND% "%~dp0start.py" %*
if errorlevel 1 goto failed
exit /b 0

:missing
@NO_PYTHON@

:failed
pause
exit /b 1
"""

PS1 = """\
# Starts the course from this folder: finds a Python that suits, and leaves the rest to start.py.
$env:PYTHON_MANAGER_AUTOMATIC_INSTALL = 'false'  # or Python's install manager may go and fetch one
$start = Join-Path $PSScriptRoot 'start.py'
$candidates = @(@PYTHONS@ | ForEach-Object { , @('py', "-$_") }) + @(, @('python')) + @(, @('python3'))
foreach ($candidate in $candidates) {
    $program, $options = $candidate
    $options = @($options | Where-Object { $_ })
    if (-not (Get-Command $program -ErrorAction SilentlyContinue)) { continue }
    & $program @options $start --suits 2>&1 | Out-Null
    if ($LASTEXITCODE -eq 0) {
        & $program @options $start @args
        exit $LASTEXITCODE
    }
}
Write-Host @'
@NO_PYTHON@
'@
exit 1
"""

NO_PYTHON = """\
No Python that suits was found on this computer; nothing has been changed.
This folder needs {needs}, the usual 64-bit one.
Get the installer from python.org (without network: from a USB stick), install it, and start this again.
README.txt in this folder says more."""

README = """\
sonoffkit {version}: a course about Sonoff switches, to be used without a network
{line}

What this is
  Guided notebooks to back up, understand and reflash a Sonoff switch, with a real one or with a practice Sonoff
  made of software, and all programs that they need, except Python itself.
  For: {targets}
  It has {size} MB; started once, about {started} MB. Nothing is fetched from the network at any time.

How to start
  First copy this whole folder to the computer's own disk, not deep inside other folders (on Windows, best to
  C:\\sonoffkit). From a USB stick or a network drive it usually does not start.
{how}
  The first start installs, which takes a minute or two. Then JupyterLab opens in the browser, with the first
  notebook. Later starts are quick. To stop, press Ctrl-C in the window that opened, or close it.
  To install without opening anything (the evening before): add --prepare, as in {prepare}

If Python is missing
  It needs {pythons}, the usual 64-bit one. Which one you have: python3 --version (Windows: py --list).
  Get the installer at python.org before the class, and carry it on the same stick.
  Windows: run it, tick "Add python.exe to PATH". macOS: run it. Linux: take it from the system's own packages.
  An older or a newer Python may stay where it is; they do not disturb each other.

Where things are
  workshop    the notebooks that you work in, made at the first start; yours, and never overwritten
  notebooks   the same as they came, to look at
  wheels      the programs, as packages; locks: which of them are for which system
  env         what was installed from them, made at the first start; it may be deleted, and is made again
  Backups of devices lie in your user folder, not in here: deleting this folder does not delete them.

If something is wrong with the files
  start looks at the packages before it installs them. To check all files: sonoffkit bundle --check FOLDER
  The checksums (SHA-256) are in manifest.json. A damaged folder is copied anew; what is in workshop can stay.
"""

HOW = {
    "windows": (
        "  Windows: double-click start.bat. If Windows warns of an unknown publisher, choose More info, Run anyway.\n"
        "           In PowerShell: powershell -ExecutionPolicy Bypass -File start.ps1"
    ),
    "macos": (
        "  macOS:   right-click start.command, choose Open (a double click suffices the next time).\n"
        "           In a terminal: sh start.sh"
    ),
    "linux": "  Linux:   in a terminal: sh start.sh",
}
# Without ".\", cmd can take start.bat for its own command start.
PREPARE = {"windows": ".\\start.bat --prepare", "macos": "sh start.sh --prepare", "linux": "sh start.sh --prepare"}
# Measured: what is installed takes so many times what its packages take, on Linux; and a little for the notebooks.
GROWS = 4.5


def start_scripts(targets: Sequence[Target]) -> dict[str, str]:
    """The start scripts, by their file names, of the systems that are gathered for."""
    systems = _systems(targets)
    versions = sorted({target.python for target in targets}, key=lambda v: int(v.split(".")[1]), reverse=True)
    scripts = {}
    told = NO_PYTHON.format(needs=_pythons(targets))
    if systems & {"macos", "linux"}:
        scripts["start.sh"] = _filled(SH, " ".join(versions), told)
    if "macos" in systems:
        scripts["start.command"] = scripts["start.sh"]
    if "windows" in systems:
        echoed = "\n".join(f"echo {line}" for line in told.splitlines())
        scripts["start.bat"] = _filled(BAT, " ".join(versions), echoed).replace("\n", "\r\n")
        scripts["start.ps1"] = _filled(PS1, ", ".join(f"'{v}'" for v in versions), told).replace("\n", "\r\n")
    return scripts


def readme(version: str, targets: Sequence[Target], megabytes: int, largest: int) -> str:
    """The README; ``largest`` are the megabytes of the packages that one target installs."""
    systems = [system for system in HOW if system in _systems(targets)]
    title = f"sonoffkit {version}: a course about Sonoff switches, to be used without a network"
    return README.format(
        version=version,
        line="=" * len(title),
        targets="; ".join(str(target) for target in targets),
        size=megabytes,
        started=int(round(megabytes + GROWS * largest, -1)),
        how="\n".join(HOW[system] for system in systems),
        prepare=PREPARE[systems[0]],
        pythons=_pythons(targets),
    )


def _filled(script: str, versions: str, told: str) -> str:
    return script.replace("@PYTHONS@", versions).replace("@NO_PYTHON@", told)


def _systems(targets: Sequence[Target]) -> set[str]:
    return {target.platform.partition("-")[0] for target in targets}


def _pythons(targets: Sequence[Target]) -> str:
    minors = sorted({target.python for target in targets}, key=lambda v: int(v.split(".")[1]))
    return "Python " + " or ".join(minors)
