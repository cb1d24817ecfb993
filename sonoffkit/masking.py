"""Secrets in free text, masked wherever it is shown; names and addresses too, where it leaves the house."""

from __future__ import annotations

import re
from collections.abc import Callable

__all__ = ["MASK", "mask_text"]

MASK = "••••"

# No pattern here has a repeat inside a repeat, and whatever may be long ends at a line or has a bound:
# so the time is proportional to the text's length, whatever the text is.
_QUOTED = r"""(?P<quote>\\?["'])(?P<inside>[^"'\n]{1,256}|(?:(?!(?P=quote))[^\n]){1,256})(?P=quote)"""
_WORD = r"""[^\s,;&"'|{}\[\]()<>]{1,256}"""
_NAME = (
    r"(?:pass(?:word|wd|phrase|wort|code)?|passwort|kennwort|contraseña|mot de passe|psk|pwd|pmk|"
    r"(?:api|device|private|secret|access|auth|wifi|wpa|network|encryption|local|user|mqtt|ota)?[ _-]?key|"
    r"token|secret|credentials?|key ?content|schlüsselinhalt)"
)

# ``password=x``, ``"psk": "x"``, ``api_key:x``, ``password,x``
_QUOTED_VALUE = re.compile(rf"(?i)(?P<name>{_NAME}\d{{0,2}}\\?[\"']?[ \t]{{0,24}}(?:[:=,]|=>|:=)[ \t]{{0,8}}){_QUOTED}")
_ASSIGNED = re.compile(
    rf"(?i)(?P<name>{_NAME}\d{{0,2}}\\?[\"']?[ \t]{{0,24}}(?:=|=>|:=|,(?=\S))[ \t]{{0,2}}\\?[\"']?)(?P<value>{_WORD})"
)
# ``Password: three words of it``: nothing tells where it ends but the line, or the next name
_AFTER_COLON = re.compile(
    rf"(?i)(?P<name>{_NAME}\d{{0,2}}\\?[\"']?[ \t]{{0,24}}:[ \t]{{0,8}}\\?[\"']?)"
    rf"(?P<value>{_WORD}(?: (?!-|[\w.-]{{1,32}}[ ]?[:=]){_WORD}){{0,7}})"
)
# ``--password x``, ``Password1 x`` (Tasmota), ``Wi-Fi password is x``, ``with password x``, ``password is x``
_SPOKEN = re.compile(
    rf"(?i)(?P<name>--?{_NAME}[ ]|\bpassword[12][ ]|\b(?:wi-?fi|wlan|wpa[23]?)[ ]{_NAME}[ ](?:is[ ])?|"
    rf"\bwith[ ](?:the[ ])?{_NAME}[ ]|\b(?:password|passphrase|psk)[ ]is[ ])[\"'“‘]?(?P<value>{_WORD})"
)
_NETWORK = re.compile(
    rf"(?i)(?P<name>\bssid\d?[ =:]{{1,4}})(?P<ssid>\S[^\n]{{0,40}}?)(?P<between>[ ,;]{{1,3}}(?:and[ ])?"
    rf"(?:the[ ])?{_NAME}\d?[ =:]{{1,4}}(?:is[ ])?)(?P<value>[\"'“]?{_WORD})"
)
_BEARER = re.compile(r"(?i)(?P<name>\b(?:bearer|basic)[ ])(?P<value>[A-Za-z0-9+/=._~-]{12,2048})")
_IN_URL = re.compile(r"(?P<name>://[^\s/:@]{0,64}:)(?P<value>[^\s/]{1,128})(?=@)")
_UUID = re.compile(r"(?i)(?<![0-9a-f])[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}(?![0-9a-f])")
_KEY_64 = re.compile(r"(?i)(?<![0-9a-z])[0-9a-f]{64}(?![0-9a-z])")

# What names a person or a device, and is theirs to see but nobody else's
_MAC = re.compile(r"(?i)(?<![0-9a-f:-])[0-9a-f]{2}(?:(?::[0-9a-f]{2}){5,7}|(?:-[0-9a-f]{2}){5,7})(?![0-9a-f:-])")
_MAC_PLAIN = re.compile(r"(?i)(?P<name>\b(?:bssid|mac|mac ?address|mac ?addr)[\"']?[ ]?[:=]?[ ]?[\"']?)[0-9a-f]{12}\b")
_DEVICE_ID = re.compile(
    r"(?i)(?P<name>\b(?:device|chip|sub ?device)[ _-]?id[\"']?[ \t]{0,8}(?:[:=,]|is)?[ \t]{0,8}[\"']?)"
    r"(?:0x)?[0-9a-f]{5,16}\b"
)
_NAMED_AFTER_MAC = re.compile(r"(?i)(?P<name>\b(?:itead-|esp[_-]|tasmota[_-]|sonoff[_-]))[0-9a-f]{6,10}(?:-\d{4})?\b")
_USER_PATH = re.compile(
    r"(?i)(?P<name>(?<![\w.])/(?:home|users)/|\b[a-z]:(?:\\{1,2}|/)(?:users|documents and settings)(?:\\{1,2}|/)|"
    r"\\{1,2}users\\{1,2})(?P<value>[^\\/:*?\"'<>|\n]{1,64}(?=[\\/])|[^\s\\/:*?\"'<>|,;()]{1,64})"
)
_USER_AT_HOST = re.compile(r"(?<![\w.+-])[\w.+-]{1,64}@[\w-][\w.-]{0,253}")
_HOST_OR_SSID = (
    r"(?P<name>\b(?:(?:host|computer|user|ap|network)[ _-]?name|user|host|b?e?ssid\d?)"
    r"\\?[\"']?[ \t]{0,24}[:=][ \t]{0,8})"
)
_QUOTED_NAME = re.compile(rf"(?i){_HOST_OR_SSID}{_QUOTED}")
_PLAIN_NAME = re.compile(rf"(?i){_HOST_OR_SSID}(?P<value>[^\s,;\"'|{{}}\[\]()<>][^,;\"|{{}}\[\]()<>\n]{{0,63}})")
_SSID_ALONE = re.compile(r"(?i)(?P<name>\bssid\d?[ ])(?P<value>[\"']?[^\s,;:=\"'|]{1,32}[\"']?)")
# As the SDK and Tasmota log it
_JOINED = re.compile(r"(?P<name>\bconnected with )(?P<value>[^\n]{1,40}?)(?=, ?channel )")
_JOINING = re.compile(r"(?P<name>\bConnecting to AP\d )(?P<value>[^\n]{1,40}?)(?= Channel | as |\.\.\.|\n|$)")


def mask_text(text: str, *, exported: bool = False) -> str:
    """The text with its secrets masked; ``exported`` masks names and addresses of people and devices, too.

    Ports, error numbers, addresses in memory, versions and MD5 sums stay: a
    diagnosis needs them.
    """
    text = _NETWORK.sub(_network if exported else _value, text)
    text = _QUOTED_VALUE.sub(_quoted, text)
    for pattern in (_SPOKEN, _ASSIGNED, _AFTER_COLON, _BEARER, _IN_URL):
        text = pattern.sub(_value, text)
    for pattern in (_UUID, _KEY_64):
        text = pattern.sub(MASK, text)
    return _without_names(text) if exported else text


def _without_names(text: str) -> str:
    for pattern in (_MAC_PLAIN, _DEVICE_ID, _NAMED_AFTER_MAC):
        text = pattern.sub(rf"\g<name>{MASK}", text)
    for pattern in (_MAC, _USER_AT_HOST):
        text = pattern.sub(MASK, text)
    text = _QUOTED_NAME.sub(_quoted, text)
    for pattern in (_USER_PATH, _PLAIN_NAME, _SSID_ALONE, _JOINED, _JOINING):
        text = pattern.sub(_value, text)
    return text


Replace = Callable[[re.Match[str]], str]


def _value(found: re.Match[str]) -> str:
    head = found[0][: found.start("value") - found.start()]
    return head + MASK


def _quoted(found: re.Match[str]) -> str:
    return f"{found['name']}{found['quote']}{MASK}{found['quote']}"


def _network(found: re.Match[str]) -> str:
    return f"{found['name']}{MASK}{found['between']}{MASK}"
