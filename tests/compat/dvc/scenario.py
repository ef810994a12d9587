# SPDX-License-Identifier: Apache-2.0
"""The language of the scenarios: what is played twice, once with DVC as TOOL and once with mlops.

    == add-file                          a scenario's name; [bare] behind it: an empty directory, not even git;
                                         [asked]: what DVC says of the repository is compared after every TOOL, not only at the end
    : what it is about                   for people
    file params.yaml                     writes a file; its lines follow, indented by two spaces
      lr: 0.1
    TOOL add data                        the tool; it must succeed
    !TOOL add nothing                    it must fail
    ?TOOL status -c                      it may do either, but both tools the same
    =TOOL status --json                  also compares what it prints; with --json as JSON, else as text
    ~TOOL dag --dot                      also compares what it prints, in whatever order the lines come
    DVC add data                         always DVC, in both repositories: makes what the tool finds
    cd sub                               for all that follows; relative to the repository
    echo more >>data                     anything else: lines of shell, in the repository

After every TOOL everything in the sandbox is compared. A scenario starts in a git repository with one commit and an
empty .dvc; `remote` beside it is the place for a folder remote, `log` is for stages to write down that they ran.
"""

import dataclasses
import shlex

TOOL_MARKS = {"TOOL": "", "!TOOL": "!", "?TOOL": "?", "=TOOL": "=", "~TOOL": "~", "DVC": "D"}
# By DVC's words; mlops' own where they differ by design.
MLOPS_WORDS = {"init": ["init", "--dvc"]}


class Malformed(Exception):
    """A scenario that cannot be understood."""


@dataclasses.dataclass
class Step:
    """One thing that is done: kind is `tool`, `dvc`, `file`, `cd` or `shell`."""

    kind: str
    line: str
    mark: str = ""
    words: list = dataclasses.field(default_factory=list)
    text: str = ""

    def mlops_words(self):
        first = self.words[0] if self.words else ""
        return MLOPS_WORDS.get(first, [first]) + self.words[1:] if self.words else []


@dataclasses.dataclass
class Scenario:
    name: str
    options: frozenset
    text: str
    steps: list


def parse(text, where):
    """All scenarios of a file."""
    found, head, body = [], None, []
    for line in text.split("\n"):
        if line.startswith("== "):
            if head:
                found.append(_scenario(head, body, where))
            head, body = line[3:].strip(), []
        elif head:
            body.append(line)
        elif line.strip() and not line.startswith("#"):
            raise Malformed(f"{where}: '{line}' stands before the first scenario")
    if head:
        found.append(_scenario(head, body, where))
    return found


def _scenario(head, body, where):
    name, _, options = head.partition(" ")
    while body and not body[-1].strip():
        body.pop()
    try:
        steps = list(_steps(body))
    except ValueError as error:
        raise Malformed(f"{where}: {name}: {error}") from error
    return Scenario(name, frozenset(options.strip("[] ").split()), "\n".join([head, *body]), steps)


def _steps(lines):
    at = 0
    while at < len(lines):
        line = lines[at]
        at += 1
        first = line.split(" ", 1)[0]
        if not line.strip() or line.startswith((":", "#")):
            continue
        if first in TOOL_MARKS:
            while _open_quote(line) and at < len(lines):
                line += "\n" + lines[at]
                at += 1
            yield Step("dvc" if first == "DVC" else "tool", line, TOOL_MARKS[first], shlex.split(line)[1:])
        elif first == "cd":
            yield Step("cd", line, text=line[3:].strip())
        elif first == "file":
            content, at = _indented(lines, at)
            yield Step("file", line, words=shlex.split(line)[1:], text=content)
        elif line.startswith("  "):
            raise ValueError(f"'{line.strip()}' is indented below no file")
        else:
            shell = [line]
            while at < len(lines) and _is_shell(lines[at]):
                shell.append(lines[at])
                at += 1
            yield Step("shell", shell[0], text="\n".join(shell))


def _open_quote(line):
    try:
        shlex.split(line)
    except ValueError:
        return True
    return False


def _is_shell(line):
    return line.strip() != "" and line.split(" ", 1)[0] not in (*TOOL_MARKS, "cd", "file") and line[0] not in ":# "


def _indented(lines, at):
    content = []
    while at < len(lines):
        if lines[at].startswith("  "):
            content.append(lines[at][2:])
        elif not lines[at].strip() and any(later.strip() for later in lines[at:]) and \
                next(later for later in lines[at:] if later.strip()).startswith("  "):
            content.append("")
        else:
            break
        at += 1
    return "".join(line + "\n" for line in content), at
