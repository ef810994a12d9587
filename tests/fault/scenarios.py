# SPDX-License-Identifier: Apache-2.0
"""The commands that are swept, each with the project in which it is disturbed.

A scenario's `build` makes the project once; every point starts from a copy of it. Its command must be one that a user
may simply give again.
"""
import json
import os
import time

from box import files_below, cache_of

MONTHS_AGO = time.time() - 90 * 86400


class Scenario:
    def __init__(self, name, build, command, project="ws", volatile=(), edits=(), extra_objects=False, readable=True,
                 runs=False):
        self.name = name
        self.build = build
        self.command = command if callable(command) else lambda box: list(command)
        self.project = project            # which of the box's projects the command runs in
        self.volatile = volatile          # outputs that a stage, not mlops, writes
        self.edits = edits                # files whose old text the user asked to replace
        self.extra_objects = extra_objects  # whether a disturbed and repeated command may leave more objects
        self.readable = readable          # whether the previous commit's data is in the cache
        self.runs = runs                  # whether it writes commits and refs of git

    def folder(self, box):
        return getattr(box, self.project)


def new_project(box):
    for folder in (box.ws, box.home, box.store):
        os.makedirs(folder)
    with open(os.path.join(box.home, ".gitconfig"), "w", encoding="utf-8") as file:
        file.write("[user]\n\tname = Test\n\temail = test@localhost\n[init]\n\tdefaultBranch = main\n[gc]\n\tauto = 0\n")
    box.git("init", "-q", "--template=", ".")
    box.mlops("init")
    box.write("notes.txt", "a file of the user's that is in nobody's care\n")
    box.write("data/a.txt", "first\n")
    box.write("data/sub/b.txt", "second\n" * 3000)
    box.write("data/sub/deep/c.bin", bytes(range(256)) * 40)
    box.write("data/tool.sh", "#!/bin/sh\necho tool\n", 0o755)
    os.symlink("sub/b.txt", os.path.join(box.ws, "data/link"))
    os.mkdir(os.path.join(box.ws, "data/empty"))
    box.write("single.txt", "a file alone\n")
    box.mlops("add", "data", "single.txt")
    box.commit("one")


def change_data(box):
    box.write("data/a.txt", "first, changed\n")
    box.write("data/sub/new.txt", "a new file\n")
    os.unlink(os.path.join(box.ws, "data/tool.sh"))
    box.write("more/x.txt", "another directory\n")
    box.write("more/y/z.txt", "below it\n")


def pipeline(box):
    new_project(box)
    box.write("params.yaml", "count:\n  k: 2  # lines to keep\n")
    box.write("src/upper.sh", "cat data/a.txt data/sub/b.txt | tr a-z A-Z > upper.txt\necho done\n")
    box.write("src/count.sh", "k=$(sed -n 's/^ *k: *\\([0-9]*\\).*/\\1/p' params.yaml)\nmkdir -p out/in\n"
              "head -n $k upper.txt > out/in/head.txt\nwc -l < upper.txt > out/lines.txt\n"
              "echo \"{\\\"kept\\\": $k}\" > metrics.json\n")
    box.mlops("stage", "add", "-n", "upper", "-d", "data", "-d", "src/upper.sh", "-o", "upper.txt", "sh", "src/upper.sh")
    box.mlops("stage", "add", "-n", "count", "-d", "upper.txt", "-d", "src/count.sh", "-p", "count.k", "-o", "out",
              "-M", "metrics.json", "sh", "src/count.sh")
    box.commit("pipeline")


def finished_pipeline(box):
    pipeline(box)
    box.mlops("run")
    box.commit("results")


def with_remote(box):
    finished_pipeline(box)
    box.mlops("remote", "add", "-d", "store", box.store)
    box.commit("remote")


def pushed_clone(box):
    with_remote(box)
    box.mlops("push")
    box.git("clone", "-q", box.ws, box.clone)


def two_versions(box):
    new_project(box)
    change_data(box)
    box.mlops("add", "data", "more")
    box.commit("two")
    box.git("checkout", "-q", "HEAD~1")


def two_versions_and_edits(box):
    two_versions(box)
    box.write("data/sub/b.txt", "an edit that is nowhere else\n")
    box.write("data/sub/untracked.txt", "a file that is nowhere else\n")


def changed(box):
    new_project(box)
    change_data(box)


def changed_in_place(box):
    new_project(box)
    box.write("data/a.txt", "first, changed\n")
    box.write("data/sub/new.txt", "a new file\n")


def changed_parameter(box):
    finished_pipeline(box)
    box.write("data/a.txt", "first, changed\n")
    box.mlops("add", "data")


def two_runs(box):
    finished_pipeline(box)
    box.mlops("run", "-S", "count.k=5")
    box.commit("more lines")


def oldest_run(box):
    return json.loads(box.mlops("runs", "list", "--json"))["runs"][-1]["id"]


def garbage(box):
    new_project(box)
    for text in ("never committed\n", "neither was this\n"):
        box.write("data/a.txt", text)
        box.mlops("add", "data")
    box.git("checkout", "-q", "--", ".")
    box.mlops("checkout", "--force")
    for path in files_below(cache_of(box.ws)):
        os.utime(path, (MONTHS_AGO, MONTHS_AGO), follow_symlinks=False)


def garbage_in_trash(box):
    garbage(box)
    box.mlops("gc")
    for path in files_below(cache_of(box.ws)):
        os.utime(path, (MONTHS_AGO, MONTHS_AGO), follow_symlinks=False)


OUTPUTS = ("upper.txt", "out", "metrics.json")

SCENARIOS = [
    Scenario("add", changed, ["add", "data", "more"]),
    Scenario("add-inside", changed_in_place, ["add", "data/sub"]),
    Scenario("commit", changed_in_place, ["commit", "--force"]),
    Scenario("checkout", two_versions, ["checkout"]),
    Scenario("checkout-force", two_versions_and_edits, ["checkout", "--force"]),
    Scenario("push", with_remote, ["push"]),
    Scenario("fetch", pushed_clone, ["fetch"], project="clone", readable=False),
    Scenario("pull", pushed_clone, ["pull"], project="clone", readable=False),
    Scenario("run", pipeline, ["run"], volatile=OUTPUTS, extra_objects=True, runs=True),
    Scenario("run-again", changed_parameter, ["run", "-S", "count.k=7"], volatile=OUTPUTS, edits=("params.yaml",),
             extra_objects=True, runs=True),
    Scenario("runs-apply", two_runs, lambda box: ["runs", "apply", oldest_run(box)], edits=("params.yaml", "metrics.json"),
             extra_objects=True, runs=True),
    Scenario("gc", garbage, ["gc"]),
    Scenario("gc-again", garbage_in_trash, ["gc"]),
    Scenario("install", new_project, ["install"], runs=True),
]
BY_NAME = {scenario.name: scenario for scenario in SCENARIOS}
