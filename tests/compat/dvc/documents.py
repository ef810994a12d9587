# SPDX-License-Identifier: Apache-2.0
"""Random documents, and what DVC's own writer makes of them. Run by the Python of DVC's virtual environment.

    documents.py FIRST COUNT REQUESTS EXPECTED

Writes a line for each document as emit_check reads it, and DVC's texts, each followed by NUL. Left out is what DVC writes
but cannot read again: keys with blanks that reach beyond column 80, and U+0085, U+2028, U+2029.
"""

import json
import random
import sys

from dvc.utils.serialize import dumps_yaml

WORDS = ["word", "a", "it's", "x: y", '"q"', "--flag", "é", "日本", "\\", "  ", "#h", "b,c", "😀", "\t", "\n", "12", "/a/b/c", "${x}", "k=v", "&&", ">", "|",
         "-", "\r", "\x01", "\x7f", "\xa0", "\ufeff", "null", "1.5", "true", "{", "[", "!", "%", "@", "`", "*", "?", ":", "'", "<<", "=", "..", "---"]
PLAIN = ["word", "a", "--flag", "/a/b/c", "b,c", "k=v", "é", "some-thing", "0123456789", "日本"]
TRICKY = ["", " ", "~", "null", "Null", "true", "True", "yes", "on", "off", "0", "017", "0o17", "0x1F", "0b1", "1_000", "+1", "-1", "1.", ".5", "1e5", "1e-05",
          ".inf", "-.inf", ".nan", "nan", "inf", "12:30:45", "1:2", "2020-01-01", "2020-01-01 10:00:00", "2020-01-01T10:00:00Z", "=", "<<", "-", "?", ":", "- a",
          "? a", ": a", ":a", "a:", "a: b", "a #b", "a#b", "#a", "---", "--- a", "...", "....", "'", '"', "'a'", '"a"', "a'b", "it's: x", "!a", "&a", "*a", "%a",
          "@a", "`a", "|", ">", "[a]", "{a}", "a,b", " a", "a ", "a\n", "\na", "a\n b", "a \nb", "a\n\nb", "\ta", "a\t", "\\", "C:\\x", "0.1e", "1e", "e5", "0x", "1__0",
          "190:20:30", "0777", "08", "1,000", "é", "日本", "😀", "\x85"[:0], "\x00", "\x1b", "\xad", "\ue000", "\ufffd"]


def text(rng):
    kind = rng.random()
    if kind < 0.25:
        return rng.choice(TRICKY)
    if kind < 0.35:
        return rng.choice(WORDS)
    pool = rng.sample(WORDS, rng.randint(1, 5)) if rng.random() < 0.6 else rng.choice([WORDS, PLAIN])
    return rng.choice([" ", "", "  ", " ", " "]).join(rng.choice(pool) for _ in range(rng.randint(1, 60 if kind < 0.7 else 8)))


def key(rng):
    kind = rng.random()
    if kind < 0.5:
        return rng.choice(PLAIN) + str(rng.randint(0, 99))
    if kind < 0.6:
        return rng.choice(TRICKY)
    if kind < 0.65:
        return rng.choice([0, 7, -3, True, False, None, 1.5])
    if kind < 0.75:
        return "".join(rng.choice(PLAIN) for _ in range(rng.randint(1, 30)))[: rng.choice([70, 90, 122, 123, 130])]
    return text(rng)[:50]


def value(rng, depth, made):
    kind = rng.random()
    if depth < 5 and kind < 0.24:
        return remember(rng, made, mapping(rng, depth + 1, rng.randint(0, 3), made))
    if depth < 5 and kind < 0.45:
        return remember(rng, made, [value(rng, depth + 1, made) for _ in range(rng.randint(0, 3))])
    if kind < 0.5:
        return rng.choice([None, True, False])
    if kind < 0.56:
        return rng.choice([0, 1, -1, rng.randint(-(10**6), 10**6), 2**63 - 1, -(2**63), 2**63, 10**25])
    if kind < 0.63:
        return rng.choice([rng.random(), rng.random() * 10.0 ** rng.randint(-20, 20), 1e16, 1e15, 1e-5, 1e-4, float("inf"), float("-inf"), float("nan"), -0.0, 5.0, 1e300])
    if kind < 0.66 and made:
        return rng.choice(made)
    return text(rng)


def remember(rng, made, container):
    if rng.random() < 0.15:
        made.append(container)
    return container


def mapping(rng, depth, size, made):
    found, names = {}, set()
    for _ in range(size):
        name = key(rng)
        if key_text(name) not in names:
            names.add(key_text(name))
            found[name] = value(rng, depth, made)
    return found


def key_text(name):
    if name is None:
        return "null"
    if isinstance(name, bool):
        return "true" if name else "false"
    return name if isinstance(name, str) else repr(name)


class Request:
    """A document in the words of emit_check."""

    def __init__(self, document):
        self.numbers, self.typed, self.places = [], [], {}
        self.document = self.convert(document, [])

    def convert(self, item, path, aliased=False):
        if isinstance(item, (dict, list)) and not aliased:
            known = self.places.setdefault(id(item), [])
            known.append(path)
            # The second place of an object is an alias: nothing below it is met again.
            aliased = len(known) > 1
        if isinstance(item, dict):
            self.typed += [[*path, key_text(name)] for name in item if not isinstance(name, str)]
            return {key_text(name): self.convert(member, [*path, key_text(name)], aliased) for name, member in item.items()}
        if isinstance(item, list):
            return [self.convert(member, [*path, at], aliased) for at, member in enumerate(item)]
        if isinstance(item, int) and not isinstance(item, bool) and not -(2**63) <= item < 2**63:
            self.numbers.append(path)
            return str(item)
        return item

    def line(self):
        shared = [places for places in self.places.values() if len(places) > 1]
        return json.dumps({"document": self.document, "shared": shared, "numbers": self.numbers, "typed": self.typed})


def main():
    first, count = int(sys.argv[1]), int(sys.argv[2])
    with open(sys.argv[3], "w", encoding="utf-8") as requests, open(sys.argv[4], "wb") as expected:
        for number in range(first, first + count):
            rng = random.Random(f"document {number}")
            document = mapping(rng, 0, rng.randint(1, 5), [])
            print(Request(document).line(), file=requests)
            expected.write(dumps_yaml(document).encode("utf-8", "surrogatepass") + b"\0")


main()
