# SPDX-License-Identifier: Apache-2.0
"""P1 and P3: pipelines of many trivial stages, `cp` from one small file to the next, in three shapes.

DVC writes its lock anew after each stage, so its first run of a thousand takes a quarter of an hour. The no-op row
therefore gives DVC the lock and cache that such a run leaves, written here; DVC itself says that all is up to date.
"""

import hashlib
import os
from dataclasses import dataclass

from . import measure, projects
from .bench import Row, join_notes

NOOPS = 20
CONTENT = b"the same few bytes for every stage\n"


@dataclass
class Stage:
    name: str
    deps: list
    out: str

    @property
    def command(self):
        return f"cp {self.deps[0]} {self.out}"


def _output(number):
    return f"out/{number:04}.txt"


def chain(count):
    return [Stage(f"s{i:04}", [_output(i - 1) if i else "in.txt"], _output(i)) for i in range(count)]


def fan_out(count):
    return [Stage(f"s{i:04}", [_output(0) if i else "in.txt"], _output(i)) for i in range(count)]


def grid(count, columns=25):
    """Each stage needs its left and its upper neighbour."""
    stages = []
    for i in range(count):
        deps = ([_output(i - 1)] if i % columns else []) + ([_output(i - columns)] if i >= columns else [])
        stages.append(Stage(f"s{i:04}", deps or ["in.txt"], _output(i)))
    return stages


SHAPES = {"chain": chain, "fan-out": fan_out, "grid": grid}


def pipeline_text(stages):
    """The pipeline file; for this much, ours and DVC's read the same."""
    lines = ["stages:"]
    for stage in stages:
        lines += [f"  {stage.name}:", f"    cmd: {stage.command}", "    deps:"]
        lines += [f"    - {path}" for path in stage.deps]
        lines += ["    outs:", f"    - {stage.out}"]
    return "\n".join(lines) + "\n"


def ninja_text(stages):
    lines = ["rule cp", "  command = $cmd", ""]
    for stage in stages:
        lines += [f"build {stage.out}: cp {' '.join(stage.deps)}", f"  cmd = {stage.command}"]
    return "\n".join(lines) + "\n"


def dvc_lock_text(stages):
    md5 = hashlib.md5(CONTENT, usedforsecurity=False).hexdigest()

    def entries(paths):
        return [line for path in paths for line in (f"    - path: {path}", "      hash: md5", f"      md5: {md5}", f"      size: {len(CONTENT)}")]

    lines = ["schema: '2.0'", "stages:"]
    for stage in sorted(stages, key=lambda stage: stage.name):
        lines += [f"  {stage.name}:", f"    cmd: {stage.command}", "    deps:", *entries(stage.deps), "    outs:", *entries([stage.out])]
    return "\n".join(lines) + "\n"


def _write(path, text):
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "wb") as file:
        file.write(text if isinstance(text, bytes) else text.encode())


def _fill(bench, project, name, text):
    _write(os.path.join(project, "in.txt"), CONTENT)
    _write(os.path.join(project, name), text)
    os.makedirs(os.path.join(project, "out"), exist_ok=True)
    projects.commit_all(bench, project, "pipeline")
    return project


def _mlops(bench, stages):
    return _fill(bench, projects.mlops_project(bench, "ours"), "mlops.yaml", pipeline_text(stages))


def _dvc(bench, stages):
    return _fill(bench, projects.dvc_project(bench, "dvc"), "dvc.yaml", pipeline_text(stages))


def _ninja(bench, stages):
    return _fill(bench, projects.git_repository(bench, "ninja"), "build.ninja", ninja_text(stages))


def _dvc_after_run(bench, stages):
    """A DVC project as its first run would leave it."""
    project = _dvc(bench, stages)
    md5 = hashlib.md5(CONTENT, usedforsecurity=False).hexdigest()
    _write(os.path.join(project, ".dvc", "cache", "files", "md5", md5[:2], md5[2:]), CONTENT)
    for stage in stages:
        _write(os.path.join(project, stage.out), CONTENT)
    _write(os.path.join(project, "dvc.lock"), dvc_lock_text(stages))
    _write(os.path.join(project, "out", ".gitignore"), "".join(f"/{os.path.basename(stage.out)}\n" for stage in stages))
    projects.commit_all(bench, project, "locked")
    return project


def _noop_row(bench, shape):
    stages = SHAPES[shape](bench.sizes.stages)
    project = _mlops(bench, stages)
    bench.do([bench.mlops, "repro", "-j2"], project)
    projects.commit_all(bench, project, "locked")
    bench.do([bench.mlops, "repro"], project)
    note = bench.settle()
    ours = bench.time([bench.mlops, "repro"], project, NOOPS, "up to date")
    baseline = None
    if bench.ninja:
        built = _ninja(bench, stages)
        bench.do(["ninja", "-j2"], built)
        baseline = ("`ninja`", bench.time(["ninja"], built, NOOPS, "no work to do"))
    dvc = None
    if bench.dvc:
        locked = _dvc_after_run(bench, stages)
        bench.do([bench.dvc, "repro"], locked)
        dvc = bench.time([bench.dvc, "repro"], locked, 3, "up to date")
    what = f"`repro`, {len(stages)} stages ({shape}), nothing to do"
    return Row("P1", what, ours, 0.030, baseline, dvc, 150, [], note)


def nothing_to_do(bench):
    return [_noop_row(bench, shape) for shape in SHAPES]


def _first_runs(bench, stages, make, command, n):
    timing = measure.Timing()
    for _ in range(n):
        timing.add(bench.once(command, make(bench, stages)))
    return timing


def _first_run_row(bench, shape, count, with_dvc):
    stages = SHAPES[shape](count)
    note = bench.settle()
    ours = _first_runs(bench, stages, _mlops, [bench.mlops, "repro", "-j2"], bench.repeat)
    with bench.durability("off"):
        others = [("ours, durability off", _first_runs(bench, stages, _mlops, [bench.mlops, "repro", "-j2"], 3))]
    baseline = ("`ninja -j2`", _first_runs(bench, stages, _ninja, ["ninja", "-j2"], 3)) if bench.ninja else None
    dvc = _first_runs(bench, stages, _dvc, [bench.dvc, "repro", "-q"], 1) if with_dvc and bench.dvc else None
    skipped = "" if with_dvc or not bench.dvc else "DVC only with --slow"
    target_seconds = 5.0 if count == bench.sizes.stages else None
    what = f"`repro -j2`, first run of {count} stages ({shape})"
    return Row("P3", what, ours, target_seconds, baseline, dvc, 200 if with_dvc and target_seconds else None, others, join_notes(skipped, note))


def first_run(bench):
    rows = [_first_run_row(bench, "fan-out", bench.sizes.dvc_stages, True)]
    rows += [_first_run_row(bench, shape, bench.sizes.stages, bench.slow and shape == "fan-out") for shape in SHAPES]
    return rows
