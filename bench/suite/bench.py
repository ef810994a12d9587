# SPDX-License-Identifier: Apache-2.0
"""What all rows share: the tools, the places, the sizes, and the shape of a result."""

import contextlib
import itertools
import os
import shutil
from dataclasses import dataclass, field

from . import measure, peers


@dataclass
class Row:
    """One line of the report."""

    id: str
    what: str
    ours: measure.Timing
    target_seconds: float = None
    baseline: tuple = None  # (name, Timing): what the machine itself can do
    dvc: measure.Timing = None
    target_ratio: float = None  # to DVC
    others: list = field(default_factory=list)  # (name, Timing)
    note: str = ""


@dataclass
class Sizes:
    """How much work the rows are; `quick` is for trying the scripts out, its figures mean little."""

    big_bytes: int
    several_bytes: int
    directories: int
    files_each: int
    stages: int
    dvc_stages: int

    @staticmethod
    def of(quick):
        if quick:
            return Sizes(256 << 20, 64 << 20, 20, 100, 100, 20)
        return Sizes(5 << 30, 1 << 30, 100, 1000, 1000, 100)

    @property
    def files(self):
        return self.directories * self.files_each


class Bench:
    """One run of the suite. Everything it makes lies below `work`; nothing is deleted before the end but big files,
    since ext4 creates files slowly for minutes after a mass deletion."""

    def __init__(self, options):
        self.mlops = os.path.abspath(options.mlops)
        self.dvc = None if options.no_dvc else peers.find_dvc(options.peers)
        self.ninja = peers.have_ninja()
        self.sizes = Sizes.of(options.quick)
        self.repeat = options.repeat
        self.slow = options.slow
        self.patience = options.patience
        self.work = os.path.abspath(options.work)
        self.shared = {}
        self._numbers = itertools.count(1)
        self._top = os.path.join(self.work, f"bench-{os.getpid()}")
        home = self.fresh("home")
        self.env = peers.environment(home)
        self.runner = measure.Runner(self.env, home)

    def fresh(self, name):
        """A new directory that no measurement has touched."""
        path = os.path.join(self._top, f"{next(self._numbers):03}-{name}")
        os.makedirs(path)
        return path

    def settle(self):
        """Lets earlier writes and other processes finish; returns a note when others went on."""
        os.sync()
        busy = measure.wait_until_quiet(self.patience)
        return f"others used {busy:.0%} of the processors" if busy > 0.15 else ""

    def time(self, argv, cwd, n=None, expect=None):
        return self.runner.many(argv, cwd, n or self.repeat, expect)

    def once(self, argv, cwd, expect=None):
        return self.runner.once(argv, cwd, expect)

    def do(self, argv, cwd):
        return self.runner.quietly(argv, cwd)

    @contextlib.contextmanager
    def durability(self, level):
        """Within it, ours runs with this setting instead of its default."""
        self.env["MLOPS_DURABILITY"] = level
        try:
            yield
        finally:
            del self.env["MLOPS_DURABILITY"]

    def dvc_note(self, text):
        return text if self.dvc else ""

    def clean_up(self):
        os.chdir(self.work)
        shutil.rmtree(self._top, ignore_errors=True)


def join_notes(*notes):
    return "; ".join(note for note in notes if note)
