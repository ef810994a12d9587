# SPDX-License-Identifier: Apache-2.0
"""Differences between what DVC and what mlops left and said, as text."""

import difflib
import json
import re

SHOWN_LINES = 60
# DVC leaves some of its temporary files in its cache; mlops has a folder there that is no object to DVC; and whether there is
# a cache without anything in it matters to nobody.
LEFT_BEHIND = re.compile(r"/\.[\w-]{22}\.tmp$|/\.dvc/cache/((fs|mlops)/.*)?$|^cache/(mlops/.*)?$")
# What DVC keeps in sets comes out in another order each time.
UNORDERED = ("TOOL data status", "TOOL diff", "TOOL ls", "TOOL du", "TOOL params diff", "TOOL metrics")


def differences(want, got):
    """Lines that say how an observation of mlops differs from DVC's; none when they agree."""
    if "questions" in want:
        return _questions(want["questions"], got["questions"])
    found = []
    if want["ok"] != got["ok"]:
        found.append(f"dvc {'succeeded' if want['ok'] else 'failed'}, mlops {'succeeded' if got['ok'] else 'failed'}")
    theirs, ours = _seen(want), _seen(got)
    if theirs != ours:
        found += ["the outputs differ:"] + _diff(_text(theirs), _text(ours))
    found += _trees(want["tree"], got["tree"], _of_path)
    if found:
        found += ["dvc said:", *_indented(want["said"]), "mlops said:", *_indented(got["said"])]
    return found


def _seen(observation):
    """What was printed, in an order that both tools have."""
    seen = observation["seen"]
    if not observation["step"].lstrip("!?=~").startswith(UNORDERED):
        return seen
    return "\n".join(sorted(seen.split("\n"))) if isinstance(seen, str) else _ordered(seen)


def _ordered(value):
    if isinstance(value, dict):
        return {name: _ordered(item) for name, item in value.items()}
    if isinstance(value, list):
        return sorted((_ordered(item) for item in value), key=lambda item: json.dumps(item, sort_keys=True))
    return value


def changes(before, after):
    """What a step changed, for people."""
    return _trees(before, after, _change)


def _trees(theirs, ours, describe):
    found = []
    for path in sorted({*theirs, *ours}):
        if theirs.get(path) != ours.get(path) and not LEFT_BEHIND.search(path):
            found += describe(path, theirs.get(path), ours.get(path))
    return found


def _change(path, before, after):
    if after is None:
        return [f"{path}: gone"]
    if before is None:
        return [f"{path}: made:", *_indented(after)]
    return [f"{path}: changed:", *_diff(before, after)]


def _of_path(path, theirs, ours):
    if ours is None:
        return [f"{path}: mlops did not make it; dvc made:", *_indented(theirs)[:12]]
    if theirs is None:
        return [f"{path}: only mlops made it:", *_indented(ours)[:12]]
    return [f"{path}: differs:", *_diff(theirs, ours)]


def _questions(want, got):
    found = []
    for question in want:
        if want[question] != got.get(question):
            found += [f"dvc {question}, asked about what mlops left:", *_diff(want[question], got.get(question, ""))]
    return found


def _text(value):
    return value if isinstance(value, str) else json.dumps(value, indent=1, sort_keys=True)


def _indented(text):
    return ["    " + line for line in text.rstrip("\n").split("\n")[:SHOWN_LINES]]


def _diff(theirs, ours):
    lines = list(difflib.unified_diff(theirs.split("\n"), ours.split("\n"), "dvc", "mlops", lineterm="", n=2))[2:]
    return ["    " + line for line in lines[:SHOWN_LINES]]
