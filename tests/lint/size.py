# SPDX-License-Identifier: Apache-2.0
"""Fails on files over 500 lines and functions over 60. Usage: size.py SOURCE_DIR

Functions are found by their braces: a block whose heading ends in a parameter list and what may follow one, outside of
any other function. Lines of text inside a raw string literal are not counted. Tables (`name = {`) and the insides of classes and namespaces are not functions."""

import re

import source

FILE_LINES = 500
FUNCTION_LINES = 60

SCOPE = re.compile(r"^(\[\[.*?\]\]\s*|inline\s+|export\s+|typedef\s+|static\s+|const\s+|constexpr\s+)*"
                   r"(?:(?:namespace|class|struct|union|enum)\b|extern\s*\"\")")
TEMPLATE = re.compile(r"^(template\s*<[^{};]*?>\s*)+(?=[\w\[:~])")
FUNCTION_END = re.compile(r"\)\s*(const|noexcept|override|final|mutable|&|->[^=]*|:[^:].*|requires.*|try|\s)*$",
                          re.DOTALL)


def is_function(heading):
    heading = TEMPLATE.sub("", heading.strip())
    if SCOPE.match(heading) and not re.match(r"[^({]*\boperator\b", heading):
        return False
    return bool(FUNCTION_END.search(heading)) and not re.search(r"(?<![=!<>+\-*/])=(?!=)[^,)]*$", heading)


def functions(code):
    """Yields (first line, number of lines) of each outermost function."""
    depth, begin, function_depth, first = 0, 0, None, 0
    heading_start = 0
    for match in re.finditer(r"[{};]|^[ \t]*#(?:[^\n]*\\\n)*[^\n]*", code, re.MULTILINE):
        token = match.group()
        if token == "{":
            heading = code[heading_start:match.start()]
            if function_depth is None and is_function(heading):
                function_depth, begin = depth, match.start()
                first = code.count("\n", 0, heading_start + len(heading) - len(heading.lstrip())) + 1
            depth += 1
        elif token == "}":
            depth -= 1
            if depth == function_depth:
                length = code.count("\n", 0, match.start()) + 2 - first
                yield first, length - code.count(source.TEXT_LINE, begin, match.start())
                function_depth = None
        heading_start = match.end()


def main():
    violations = []
    for path, text in source.sources(source.root_argument(), "lib", "cli"):
        lines = text.count("\n")
        if lines > FILE_LINES:
            violations.append(f"{path}: {lines} lines, at most {FILE_LINES}")
        for first, length in functions(source.code_of(text)):
            if length > FUNCTION_LINES:
                violations.append(f"{path}:{first}: function of {length} lines, at most {FUNCTION_LINES}")
    source.report(violations, "split by what each part is about")


main()
