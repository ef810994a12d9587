# SPDX-License-Identifier: Apache-2.0
"""Fails when a file includes a layer that lib/CMakeLists.txt does not let it use, or a third-party header that another
place owns. Usage: layers.py SOURCE_DIR RULES, where RULES holds lines of `layer: used used ...`."""

import re
import sys
from pathlib import Path

import source

# Prefix of a third-party header -> where it may be included. Anything with a slash that is neither here nor the
# system's is unknown and refused, so that a new dependency has to be declared.
OWNERS = {
    "CLI/": r"cli/args_parse\.cpp$",
    "fmt/": r"",
    "git2": r"lib/git/",
    "nlohmann/json_fwd": r"",
    "nlohmann/": r".*\.cpp$",
    "openssl/": r"lib/hash/",
    "toml++/": r"lib/spec/",
    "xxh": r"lib/hash/",
    "yaml-cpp/": r"lib/spec/",
}
# Headers that the build writes, for cli/ only.
GENERATED = ("version.hpp", "completions.hpp")
SYSTEM = ("sys/", "linux/", "net/", "netinet/", "arpa/", "asm/", "bits/")
INCLUDE = re.compile(r'^[ \t]*#[ \t]*include[ \t]*([<"])([^>"\n]+)[>"]', re.MULTILINE)


def read_rules(path):
    rules = {}
    for line in Path(path).read_text(encoding="utf-8").split("\n"):
        layer, colon, used = line.partition(":")
        if colon:
            rules[layer] = {layer, *used.split()}
    return rules


def check_own(path, header, rules):
    parts = path.split("/")
    target = header.split("/")[0] if "/" in header else ""
    if parts[0] == "cli":
        if target != "cli" and target not in rules and header not in GENERATED:
            return f"unknown header \"{header}\""
        return None
    if target not in rules:
        return f"'{parts[1]}' may not include \"{header}\""
    if target not in rules[parts[1]]:
        return f"'{parts[1]}' may not include '{target}'"
    return None


def check_foreign(path, header):
    for prefix, place in OWNERS.items():
        if header.startswith(prefix):
            return None if re.match(place, path) else f"<{header}> belongs to {place}"
    if "/" in header and not header.startswith(SYSTEM):
        return f"<{header}> is in no row of the owner table"
    return None


def main():
    rules = read_rules(sys.argv[2])
    violations = []
    for path, text in source.sources(source.root_argument(), "lib", "cli"):
        if path.startswith("lib/") and path.split("/")[1] not in rules:
            violations.append(f"{path}: lies in no declared layer")
            continue
        for match in INCLUDE.finditer(text):
            header = match.group(2)
            problem = check_own(path, header, rules) if match.group(1) == '"' else check_foreign(path, header)
            if problem:
                line = text.count("\n", 0, match.start()) + 1
                violations.append(f"{path}:{line}: {problem}")
    source.report(violations, "the layers are declared in lib/CMakeLists.txt, owners in tests/lint/layers.py")


main()
