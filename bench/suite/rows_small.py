# SPDX-License-Identifier: Apache-2.0
"""N1 to N6: many small files. Every repetition that creates files does so in directories that did not exist before."""

import os
import shutil

from . import material, measure, projects
from .bench import Row, join_notes

LIGHT = 10  # repetitions of what takes a fraction of a second


def _count(bench):
    return f"{bench.sizes.files // 1000} k x 10 KB"


def _pool(bench):
    """The files, written once; whoever measures gets a copy or has it moved in."""
    if "pool" not in bench.shared:
        path = os.path.join(bench.fresh("pool"), "data")
        material.write_small_files(path, bench.sizes.directories, bench.sizes.files_each, 10_000)
        os.sync()
        bench.shared["pool"] = path
    return bench.shared["pool"]


def _copy_in(bench, project):
    bench.do(["cp", "-r", _pool(bench), os.path.join(project, "data")], project)
    os.sync()


def _add_ours(bench, n):
    """Adds the same files in n new projects; the last one stays for the other rows."""
    data = os.path.join(bench.fresh("source"), "data")
    bench.do(["cp", "-r", _pool(bench), data], os.path.dirname(data))
    timing = measure.Timing()
    for _ in range(n):
        project = projects.mlops_project(bench, "ours")
        os.rename(data, os.path.join(project, "data"))
        data = os.path.join(project, "data")
        os.sync()
        timing.add(bench.once([bench.mlops, "add", "data"], project))
    projects.commit_all(bench, project, "data")
    bench.shared["ours"] = project
    return timing


def _ours(bench):
    if "ours" not in bench.shared:
        _add_ours(bench, 1)
    return bench.shared["ours"]


def _prepare(bench, name, make, add):
    """Makes a peer's project with the files and times its first add, once."""
    if name not in bench.shared:
        project = make()
        _copy_in(bench, project)
        timing = bench.once(add, project)
        projects.commit_all(bench, project, "data")
        bench.shared[name] = (project, timing)
    return bench.shared[name]


def _dvc(bench):
    return _prepare(bench, "dvc", lambda: projects.dvc_project(bench, "dvc"), [bench.dvc, "add", "-q", "data"])


def _git(bench):
    return _prepare(bench, "git", lambda: projects.git_repository(bench, "git"), ["git", "add", "data"])


def _copies(bench, options, n):
    timing = measure.Timing()
    for _ in range(n):
        target = bench.fresh("cp")
        timing.add(bench.once(["cp", options, _pool(bench), target], target))
    return timing


def first_add(bench):
    _pool(bench)
    note = bench.settle()
    ours = _add_ours(bench, bench.repeat)
    baseline = ("`cp -r`", _copies(bench, "-r", 3))
    with bench.durability("off"):
        others = [("ours, durability off", _add_ours(bench, 3))]
    others.append(("`git add`", _git(bench)[1]))
    dvc = _dvc(bench)[1] if bench.dvc else None
    return [Row("N1", f"`add` {_count(bench)}", ours, 3.0, baseline, dvc, 8, others, join_notes(bench.dvc_note("DVC: hardlink"), note))]


def _walk(bench, project):
    return ("`find -printf`", bench.time(["find", "data", "-printf", "%s %T@ %C@ %i %m\\n"], project, LIGHT))


def status_unchanged(bench):
    project = _ours(bench)
    dvc_project = _dvc(bench)[0] if bench.dvc else None
    git_project = _git(bench)[0]
    bench.do([bench.mlops, "status"], project)
    note = bench.settle()
    ours = bench.time([bench.mlops, "status"], project, LIGHT, "up to date")
    others = [("`git status`", bench.time(["git", "status"], git_project, LIGHT, "clean"))]
    dvc = bench.time([bench.dvc, "status"], dvc_project, 3, "up to date") if bench.dvc else None
    return [Row("N2", f"`status`, {_count(bench)}, unchanged", ours, 0.15, _walk(bench, project), dvc, 40, others, note)]


class _Edits:
    """Changes one file, asks for the status, and adds it: over and over."""

    def __init__(self, bench):
        self.bench = bench
        self.seed = 1000

    def round(self, project, tool, quiet):
        """Returns the timings of status and add after one edit."""
        self.seed += 1
        material.replace_file(os.path.join(project, "data", "d003", "f00042.bin"), self.seed)
        status = self.bench.once([tool, "status"], project)
        return status, self.bench.once([tool, "add", *quiet, "data"], project)

    def rounds(self, project, tool, n, quiet=()):
        status, add = measure.Timing(), measure.Timing()
        for _ in range(n):
            one_status, one_add = self.round(project, tool, quiet)
            status.add(one_status)
            add.add(one_add)
        return status, add


def edit_one(bench):
    project = _ours(bench)
    dvc_project = _dvc(bench)[0] if bench.dvc else None
    git_project = _git(bench)[0]
    note = bench.settle()
    edits = _Edits(bench)
    status, add = edits.rounds(project, bench.mlops, LIGHT)
    git_status, git_add = edits.rounds(git_project, "git", 5)
    dvc_status, dvc_add = edits.rounds(dvc_project, bench.dvc, 3, ("-q",)) if bench.dvc else (None, None)
    projects.commit_all(bench, project, "edited")
    walk = _walk(bench, project)
    what = f"{_count(bench)}, one edited"
    return [
        Row("N3", f"`status`, {what}", status, 0.20, walk, dvc_status, 40, [("`git status`", git_status)], note),
        Row("N3", f"`add`, {what}", add, 0.20, walk, dvc_add, 40, [("`git add`", git_add)], note),
    ]


def _checkouts(bench, project, tool, n, quiet=()):
    """Moves the data away (no deletion, see the module's first line) and times its return."""
    timing = measure.Timing()
    for _ in range(n):
        os.rename(os.path.join(project, "data"), os.path.join(bench.fresh("aside"), "data"))
        timing.add(bench.once([tool, "checkout", *quiet], project))
    return timing


def _checkout_row(bench, link, target_seconds, target_ratio, cp_options):
    project = _ours(bench)
    dvc_project = _dvc(bench)[0] if bench.dvc else None
    projects.set_mlops_link(project, link)
    note = bench.settle()
    ours = _checkouts(bench, project, bench.mlops, bench.repeat)
    projects.set_mlops_link(project, None)
    baseline = (f"`cp {cp_options}`", _copies(bench, cp_options, 3))
    dvc = None
    if bench.dvc:
        projects.set_dvc_link(dvc_project, link)
        dvc = _checkouts(bench, dvc_project, bench.dvc, 1, ("-q",))
        projects.set_dvc_link(dvc_project, "hardlink")
    what = f"`checkout` {_count(bench)}, {link}, into a new directory"
    return Row("N5", what, ours, target_seconds, baseline, dvc, target_ratio, [], note)


def checkout(bench):
    return [_checkout_row(bench, "copy", 3.5, 4, "-r"), _checkout_row(bench, "hardlink", 1.3, 5, "-rl")]


class _TwoVersions:
    """Two recorded states of a project that differ in one file of a hundred; the pointer file says which one is wanted."""

    def __init__(self, bench, project, tool, pointer, quiet=()):
        self.bench, self.project, self.tool, self.quiet = bench, project, tool, quiet
        self.pointer = os.path.join(project, pointer)
        self.texts = [self._text()]
        for number, path in enumerate(material.some_files(os.path.join(project, "data"), 0.01)):
            material.replace_file(path, 5000 + number)
        bench.do([tool, "add", *quiet, "data"], project)
        self.texts.append(self._text())

    def _text(self):
        with open(self.pointer, encoding="utf-8") as file:
            return file.read()

    def switch(self, version):
        with open(self.pointer, "w", encoding="utf-8") as file:
            file.write(self.texts[version])
        return self.bench.once([self.tool, "checkout", *self.quiet], self.project)

    def times(self, n):
        timing = measure.Timing()
        for number in range(n):
            timing.add(self.switch(number % 2))
        return timing


def _copies_of_share(bench, n):
    """What moving the bytes of the changed files alone takes: over existing ones, by `cp`."""
    pool = _pool(bench)
    changed, target = bench.fresh("changed"), bench.fresh("target")
    for path in material.some_files(pool, 0.01):
        below = os.path.join(changed, os.path.relpath(path, pool))
        os.makedirs(os.path.dirname(below), exist_ok=True)
        shutil.copy(path, below)
    command = ["cp", "-r", "--remove-destination", changed + "/.", target]
    bench.do(command, target)
    return bench.time(command, target, n)


def switch_versions(bench):
    rows = []
    dvc = None
    if bench.dvc:
        dvc = _TwoVersions(bench, _dvc(bench)[0], bench.dvc, "data.dvc", ("-q",)).times(3)
    for link in ("copy", "hardlink"):
        project = _ours(bench)
        projects.set_mlops_link(project, link)
        versions = _TwoVersions(bench, project, bench.mlops, "data.mlops")
        versions.times(2)
        note = bench.settle()
        ours = versions.times(LIGHT)
        baseline = ("`cp` of the 1 %", _copies_of_share(bench, 5))
        what = f"`checkout` of another version, {_count(bench)}, 1 % differ, {link}"
        rows.append(Row("N6", what, ours, 0.3, baseline, dvc, 30, [], join_notes(bench.dvc_note("DVC: hardlink"), note)))
    return rows
