# SPDX-License-Identifier: Apache-2.0
"""Plays a scenario with one tool and writes down what could be seen after every step."""

import json
import os

from sandbox import Broken

# What DVC is asked at the end, in both sandboxes: it must see the same, so find nothing to do where it would find none
# after its own work. The last may fetch, so nothing comes after it.
QUESTIONS = [
    ["status", "--json"], ["data", "status", "--json", "--granular"], ["diff", "--json"], ["repro", "--dry"],
    ["gc", "-w", "--dry", "-f"],
]
REMOTE_QUESTIONS = [["status", "-c", "--json"], ["fetch"]]


class ByDvc:
    """TOOL is DVC."""

    def __init__(self, dvc):
        self.dvc = dvc

    def run(self, sandbox, step):
        return self.dvc.run(step.words, sandbox.cwd, sandbox.environment())


class ByMlops:
    """TOOL is mlops."""

    def __init__(self, binary):
        self.binary = binary

    def run(self, sandbox, step):
        done = sandbox.execute([self.binary, *step.mlops_words()])
        return done.returncode, done.stdout, done.stderr


def play(scenario, sandbox, tool, dvc, ask):
    """Yields one observation for each TOOL step, and one for the questions at the end if ask; in a scenario with the option
    [asked] DVC is asked after each step.

    An observation is a dict of plain values, so that it can be kept: step, ok, seen (what is compared of the output),
    tree, and `said` for people.
    """
    sandbox.begin(scenario.options)
    for step in scenario.steps:
        if step.kind == "tool":
            sandbox.clock += 1
            yield _observe(step, sandbox, *tool.run(sandbox, step))
            if ask and "asked" in scenario.options:
                yield {"step": f"{step.line}: what DVC says", "questions": questions(sandbox, dvc, QUESTIONS)}
        elif step.kind == "dvc":
            sandbox.clock += 1
            code, out, err = dvc.run(step.words, sandbox.cwd, sandbox.environment())
            if code != 0:
                raise Broken(f"'{step.line}' ended with {code}: {err}{out}")
        else:
            sandbox.prepare(step)
    if ask:
        yield {"step": "what DVC says at the end", "questions": questions(sandbox, dvc, QUESTIONS + REMOTE_QUESTIONS)}


def _observe(step, sandbox, code, out, err):
    seen = None
    if step.mark == "~":
        seen = "\n".join(sorted(sandbox.same_everywhere(out).split("\n")))
    if step.mark == "=":
        seen = sandbox.same_everywhere(out)
        if "--json" in step.words or "--show-json" in step.words:
            seen = _json(seen)
    return {"step": step.line, "ok": code == 0, "seen": seen, "tree": sandbox.snapshot(),
            "said": sandbox.same_everywhere(f"exit code {code}\n{out}{err}")}


def _json(text):
    try:
        return json.loads(text)
    except ValueError:
        return text


def questions(sandbox, dvc, asked):
    """DVC's answers about the sandbox; those about a remote only where there is one."""
    try:
        with open(os.path.join(sandbox.repo, ".dvc", "config"), encoding="utf-8") as file:
            has_remote = "remote = " in file.read()
    except OSError:
        return {}
    answers = {}
    for words in asked:
        if has_remote or words not in REMOTE_QUESTIONS:
            code, out, err = dvc.run(words, sandbox.repo, sandbox.environment())
            answers[" ".join(words)] = sandbox.same_everywhere(f"exit code {code}\n{out}{err}")
    return answers


def check_expectation(scenario, observations):
    """The scenario's own word on what succeeds must hold with DVC; else the scenario is wrong."""
    steps = [step for step in scenario.steps if step.kind == "tool"]
    for step, seen in zip(steps, [each for each in observations if "questions" not in each]):
        if step.mark in ("", "=", "~") and not seen["ok"] or step.mark == "!" and seen["ok"]:
            raise Broken(f"'{step.line}' ended otherwise than the scenario says, with DVC: {seen['said']}")
