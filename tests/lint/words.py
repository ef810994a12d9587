# SPDX-License-Identifier: Apache-2.0
"""Fails on words of unfinished work in lib/ and cli/. Usage: words.py SOURCE_DIR"""

import re

import source

WORDS = re.compile(
    r"\bTODO\b(?!\(#\d+\))|\bFIXME\b|\bXXX\b|\bHACK\b|(?i:\bfor now\b|\bstub(?:s|bed)?\b|"
    r"\b(?:un|not (?:yet )?)implemented\b|\bin a real (?:system|implementation)\b|\btemporary (?:hack|solution)\b)"
)


def main():
    violations = []
    for path, text in source.sources(source.root_argument(), "lib", "cli"):
        for match in WORDS.finditer(text):
            violations.append(f"{path}:{text.count(chr(10), 0, match.start()) + 1}: '{match.group()}'")
    source.report(violations, "finish it, or open an issue and write TODO(#number)")


main()
