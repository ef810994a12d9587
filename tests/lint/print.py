# SPDX-License-Identifier: Apache-2.0
"""Fails when lib/ talks (prints, reads the environment, changes directory), or changes files other than through lib/fs.
Usage: print.py SOURCE_DIR"""

import re

import source

TALK = [
    (r"std::(cout|cerr|clog|wcout|wcerr)\b", "prints"),
    (r"\b(?:printf|fprintf|vprintf|puts|fputs|putchar|perror)\s*\(", "prints"),
    (r"\bfmt::(?:v?print|println)\s*\(", "prints"),
    (r"\b(?:secure_)?getenv\s*\(", "reads the environment"),
    (r"\b(?:set|unset|put)env\s*\(", "changes the environment"),
    (r"\bf?chdir\s*\(|\bcurrent_path\s*\(", "changes or asks the current directory"),
]
MUTATION = [
    (r"(?:filesystem|\bfs|\bstdfs)::(?:create_\w+|remove(?:_all)?|rename|copy(?:_file|_symlink)?|resize_file|permissions|"
     r"last_write_time)\s*\(", "changes files through std::filesystem"),
    (r"\bstd::(?:ofstream|fstream)\b|\bfopen\s*\(", "opens a file around lib/fs"),
    (r"::(?:rename|renameat2?|unlink|unlinkat|rmdir|mkdir|mkdirat|symlink|symlinkat|link|linkat|truncate|ftruncate|"
     r"chmod|fchmod|fchmodat|utimensat|futimens|fallocate|mkstemp|mkdtemp|mkostemp)\s*\(", "changes files around lib/fs"),
    (r"\bO_(?:CREAT|TRUNC|WRONLY|RDWR)\b", "opens a file for writing around lib/fs"),

]


def allowed(path, what):
    # lib/fs is the seam: the one place below which system calls that change files may lie.
    return path.startswith("lib/fs/") and "around lib/fs" in what


def main():
    violations = []
    for path, text in source.sources(source.root_argument(), "lib"):
        code = source.code_of(text)
        for pattern, what in TALK + MUTATION:
            for match in re.finditer(pattern, code):
                # `fs::rename` is ours wherever the namespace is mlops::fs; only std::filesystem is meant.
                if match.group().startswith("fs::") and "namespace fs = std::filesystem" not in code:
                    continue
                if re.match(r"::\w", match.group()) and re.search(r"[\w>]$", code[: match.start()]):
                    continue
                if not allowed(path, what):
                    line = code.count("\n", 0, match.start()) + 1
                    violations.append(f"{path}:{line}: {what}: {match.group().strip()}")
    source.report(violations, "values go up to cli/, mutation goes down to lib/fs")


main()
