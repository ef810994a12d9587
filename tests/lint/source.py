# SPDX-License-Identifier: Apache-2.0
"""What the lints share: finding source files, looking at C++ without its comments and strings, reporting."""

import re
import sys
from pathlib import Path

# Ends each line that lies inside a raw string literal: it is text, not code.
TEXT_LINE = "\f"

_TOKEN = re.compile(
    r"""
    (?P<line_comment>//[^\n]*)
  | (?P<block_comment>/\*.*?\*/)
  | (?P<raw>R"(?P<mark>[^()\s\\]{0,16})\(.*?\)(?P=mark)")
  | (?P<string>"(?:[^"\\\n]|\\.)*")
  | (?P<digits>\b\d[0-9a-fA-FxX']*)
  | (?P<char>'(?:[^'\\\n]|\\.)+')
    """,
    re.VERBOSE | re.DOTALL,
)


def _blank(match):
    """Keeps line breaks, so that line numbers stay true, and empties the rest."""
    if match.group("digits"):
        return match.group().replace("'", "0")
    breaks = "\n" * match.group().count("\n")
    if match.group("raw"):
        return '""' + breaks.replace("\n", TEXT_LINE + "\n")
    if match.group("line_comment") or match.group("block_comment"):
        return breaks or " "
    return '""' + breaks


def code_of(text):
    """Returns C++ text in which comments are blank and literals empty."""
    return _TOKEN.sub(_blank, text)


def sources(root, *folders):
    """Yields (path relative to root, text) of every C++ file below the folders, in sorted order."""
    for folder in folders:
        for path in sorted((root / folder).rglob("*")):
            if path.suffix in (".cpp", ".hpp"):
                yield path.relative_to(root).as_posix(), path.read_text(encoding="utf-8")


def root_argument():
    """Returns the source directory, the first argument of every lint."""
    return Path(sys.argv[1]).resolve()


def report(violations, advice):
    """Prints every violation and ends the program: 0 when there is none."""
    for violation in violations:
        print(violation)
    if violations:
        print(f"{len(violations)} violation(s): {advice}")
    sys.exit(1 if violations else 0)
