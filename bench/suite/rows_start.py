# SPDX-License-Identifier: Apache-2.0
"""S0: how long it takes to start, and to say that nothing changed in a small project."""

import os

from . import material, projects
from .bench import Row

STARTS = 20  # whole processes of ours; the targets of the start-up rows are medians of twenty


def _small_mlops_project(bench):
    path = projects.mlops_project(bench, "small")
    material.write_small_files(os.path.join(path, "data"), 2, 5, 10_000)
    material.write_file(os.path.join(path, "labels.csv"), 10_000, 2)
    with open(os.path.join(path, "params.yaml"), "w", encoding="ascii") as file:
        file.write("train:\n  lr: 0.1\n  epochs: 5\n")
    bench.do([bench.mlops, "add", "data", "labels.csv"], path)
    for name, source, made in (("prepare", "labels.csv", "a"), ("train", "a", "b"), ("evaluate", "b", "c")):
        add = [bench.mlops, "stage", "add", "-n", name, "-d", source, "-p", "train.lr", "-o", made, f"cp {source} {made}"]
        bench.do(add, path)
    bench.do([bench.mlops, "repro"], path)
    projects.commit_all(bench, path, "small")
    return path


def _small_dvc_project(bench):
    path = projects.dvc_project(bench, "small-dvc")
    material.write_small_files(os.path.join(path, "data"), 2, 5, 10_000)
    material.write_file(os.path.join(path, "labels.csv"), 10_000, 2)
    with open(os.path.join(path, "params.yaml"), "w", encoding="ascii") as file:
        file.write("train:\n  lr: 0.1\n  epochs: 5\n")
    bench.do([bench.dvc, "add", "-q", "data", "labels.csv"], path)
    for name, source, made in (("prepare", "labels.csv", "a"), ("train", "a", "b"), ("evaluate", "b", "c")):
        add = [bench.dvc, "stage", "add", "-q", "-n", name, "-d", source, "-p", "train.lr", "-o", made, f"cp {source} {made}"]
        bench.do(add, path)
    bench.do([bench.dvc, "repro", "-q"], path)
    projects.commit_all(bench, path, "small")
    return path


def _row(bench, what, path, dvc_path, command, target_seconds, git_command, expect=None):
    note = bench.settle()
    ours = bench.time([bench.mlops, *command], path, STARTS, expect)
    baseline = ("`true`", bench.time(["true"], path, STARTS))
    others = [(f"`git {git_command}`", bench.time(["git", git_command], path, STARTS))]
    dvc = bench.time([bench.dvc, *command], dvc_path, bench.repeat) if bench.dvc else None
    return Row("S0", what, ours, target_seconds, baseline, dvc, 50, others, note)


def start_up(bench):
    empty = projects.mlops_project(bench, "empty")
    empty_dvc = projects.dvc_project(bench, "empty-dvc") if bench.dvc else None
    small = _small_mlops_project(bench)
    small_dvc = _small_dvc_project(bench) if bench.dvc else None
    return [
        _row(bench, "`--version`", empty, empty_dvc, ["--version"], 0.005, "--version"),
        _row(bench, "`status`, empty project", empty, empty_dvc, ["status"], 0.005, "status"),
        _row(bench, "`status`, 11 files and 3 stages", small, small_dvc, ["status"], 0.010, "status", "up to date"),
    ]
