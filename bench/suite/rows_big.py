# SPDX-License-Identifier: Apache-2.0
"""B1 and B2: big files. What `add` costs here is reading, hashing and writing bytes; the disk and one SHA-256 stream set
the pace. A few big files are deleted between repetitions, which frees space and does not slow ext4 down."""

import os
import shutil

from . import material, measure, projects
from .bench import Row, join_notes

HEAVY = 3  # repetitions of what writes gigabytes


def _size(size):
    return f"{size / 2**30:g} GiB" if size >= 1 << 30 else f"{size >> 20} MiB"


class _Tracked:
    """A file or directory that moves from project to project by renaming, so that it is written once."""

    def __init__(self, bench, name, make):
        self.bench = bench
        self.name = name
        self.path = os.path.join(bench.fresh("big"), name)
        make(self.path)
        os.sync()

    def warm(self):
        material.read_through(self.path)

    def cold(self):
        for path in [self.path] if os.path.isfile(self.path) else material.some_files(self.path, 1):
            material.drop_from_memory(path)

    def times(self, n, state, make_project, command):
        """Runs `command` on it in n projects, each new and gone afterwards."""
        timing = measure.Timing()
        for _ in range(n):
            project = make_project()
            place = os.path.join(project, self.name)
            os.rename(self.path, place)
            self.path = place
            os.sync()
            state()
            timing.add(self.bench.once(command, project))
            self.path = os.path.join(self.bench.fresh("big"), self.name)
            os.rename(place, self.path)
            shutil.rmtree(project)
        return timing

    def times_ours(self, state):
        add = [self.bench.mlops, "add", self.name]
        return self.times(HEAVY, state, lambda: projects.mlops_project(self.bench, "ours"), add)

    def times_copy(self, state):
        timing = measure.Timing()
        for _ in range(HEAVY):
            target = self.bench.fresh("cp")
            os.sync()
            state()
            timing.add(self.bench.once(["cp", "-r", self.path, target], target))
            shutil.rmtree(target)
        return timing

    def times_dvc(self, state, link):
        """Once, and last: with links DVC leaves the file read-only and shared with its cache."""
        return self.times(1, state, lambda: projects.dvc_project(self.bench, "dvc", link), [self.bench.dvc, "add", "-q", self.name])


def _row(bench, tracked, row_id, what, state, target_seconds, target_ratio):
    note = bench.settle()
    ours = tracked.times_ours(state)
    with bench.durability("off"):
        others = [("ours, durability off", tracked.times_ours(state))]
    baseline = ("`cp -r`", tracked.times_copy(state))
    dvc = None
    if bench.dvc:
        others.append(("DVC, copies", tracked.times_dvc(state, "copy")))
        dvc = tracked.times_dvc(state, "hardlink")
    return Row(row_id, what, ours, target_seconds, baseline, dvc, target_ratio, others, join_notes(bench.dvc_note("DVC: hardlink, no copy made"), note))


def one_big_file(bench):
    size = bench.sizes.big_bytes
    rows = []
    for state_name, target_seconds, target_ratio in (("warm", 2.9, 2.5), ("cold", None, 1.5)):
        tracked = _Tracked(bench, "big.bin", lambda path: material.write_file(path, size, 1))
        state = tracked.warm if state_name == "warm" else tracked.cold
        rows.append(_row(bench, tracked, "B1", f"`add` 1 x {_size(size)}, {state_name}", state, target_seconds, target_ratio))
        os.unlink(tracked.path)
    return rows


def _write_four(path, size):
    os.makedirs(path)
    for number in range(4):
        material.write_file(os.path.join(path, f"part{number}.bin"), size, number)


def four_big_files(bench):
    size = bench.sizes.several_bytes
    tracked = _Tracked(bench, "parts", lambda path: _write_four(path, size))
    row = _row(bench, tracked, "B2", f"`add` 4 x {_size(size)} in one directory, warm", tracked.warm, 1.3, 4)
    shutil.rmtree(tracked.path)
    return [row]
