# SPDX-License-Identifier: Apache-2.0
"""Differences between what DVC and what mlops left and said, as text."""

import difflib
import json

SHOWN_LINES = 60


def differences(want, got):
    """Lines that say how an observation of mlops differs from DVC's; none when they agree."""
    if "questions" in want:
        return _questions(want["questions"], got["questions"])
    found = []
    if want["ok"] != got["ok"]:
        found.append(f"dvc {'succeeded' if want['ok'] else 'failed'}, mlops {'succeeded' if got['ok'] else 'failed'}")
    if want["seen"] != got["seen"]:
        found += ["the outputs differ:"] + _diff(_text(want["seen"]), _text(got["seen"]))
    for path in sorted({*want["tree"], *got["tree"]}):
        ours, theirs = got["tree"].get(path), want["tree"].get(path)
        if ours != theirs:
            found += _of_path(path, theirs, ours)
    if found:
        found += ["dvc said:", *_indented(want["said"]), "mlops said:", *_indented(got["said"])]
    return found


def _of_path(path, theirs, ours):
    if ours is None:
        return [f"{path}: mlops did not make it; dvc made:", *_indented(theirs)[:40]]
    if theirs is None:
        return [f"{path}: only mlops made it:", *_indented(ours)[:40]]
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
    lines = list(difflib.unified_diff(theirs.split("\n"), ours.split("\n"), "dvc", "mlops", lineterm="", n=2))
    return ["    " + line for line in lines[:SHOWN_LINES]]
