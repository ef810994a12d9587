# SPDX-License-Identifier: Apache-2.0
"""Projects of each tool, ready to be measured."""

import os

from . import peers


def git_repository(bench, name):
    path = bench.fresh(name)
    bench.do(["git", "init", "-q", "-b", "main"], path)
    return path


def commit_all(bench, path, message):
    bench.do(["git", "add", "-A"], path)
    bench.do(["git", "commit", "-q", "--allow-empty", "-m", message], path)


def mlops_project(bench, name):
    path = git_repository(bench, name)
    bench.do([bench.mlops, "init"], path)
    commit_all(bench, path, "init")
    return path


def set_mlops_link(path, kind):
    """`kind` None: the default, reflink or else copy."""
    with open(os.path.join(path, ".mlops", "config.local"), "w", encoding="ascii") as file:
        file.write(f"[cache]\n\ttype = {kind}\n" if kind else "")


def dvc_project(bench, name, link="hardlink"):
    path = git_repository(bench, name)
    bench.do([bench.dvc, "init", "-q"], path)
    set_dvc_link(path, link)
    commit_all(bench, path, "init")
    return path


def set_dvc_link(path, link):
    sections = {}
    for key, value in [*peers.DVC_SETTINGS, ("cache.type", link)]:
        section, name = key.split(".")
        sections.setdefault(section, []).append(f"    {name} = {value}")
    with open(os.path.join(path, ".dvc", "config"), "w", encoding="ascii") as file:
        for section, lines in sections.items():
            file.write("\n".join([f"[{section}]", *lines]) + "\n")
