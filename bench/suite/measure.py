# SPDX-License-Identifier: Apache-2.0
"""Times whole processes: wall clock, processor time and peak memory of each, as the kernel counts them."""

import os
import resource
import statistics
import time
from dataclasses import dataclass, field


class Failed(Exception):
    """A measured command did not do what it should; its figure would mean nothing."""


@dataclass
class Timing:
    """Repetitions of one command."""

    walls: list = field(default_factory=list)
    cpus: list = field(default_factory=list)
    peaks_kb: list = field(default_factory=list)
    floor_kb: int = 0  # no peak below this can be seen

    @property
    def n(self):
        return len(self.walls)

    @property
    def median(self):
        return statistics.median(self.walls)

    @property
    def low(self):
        return min(self.walls)

    @property
    def high(self):
        return max(self.walls)

    @property
    def cpu(self):
        return statistics.median(self.cpus)

    @property
    def peak(self):
        kb = max(self.peaks_kb)
        return f"{kb / 1024:.0f} MB" if kb > self.floor_kb else f"< {self.floor_kb / 1024 + 1:.0f} MB"

    def add(self, other):
        self.floor_kb = max(self.floor_kb, other.floor_kb)
        self.walls += other.walls
        self.cpus += other.cpus
        self.peaks_kb += other.peaks_kb


class Runner:
    """Starts processes in a fixed environment and waits for each."""

    def __init__(self, env, scratch):
        self.env = env
        self.out_path = os.path.join(scratch, "stdout")
        self.err_path = os.path.join(scratch, "stderr")

    def once(self, argv, cwd, expect=None):
        """Runs one process to its end and returns its Timing; `expect` must occur in what it prints."""
        flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC
        actions = [
            (os.POSIX_SPAWN_OPEN, 0, os.devnull, os.O_RDONLY, 0),
            (os.POSIX_SPAWN_OPEN, 1, self.out_path, flags, 0o600),
            (os.POSIX_SPAWN_OPEN, 2, self.err_path, flags, 0o600),
        ]
        os.chdir(cwd)
        begin = time.perf_counter_ns()
        pid = os.posix_spawnp(argv[0], argv, self.env, file_actions=actions)
        _, status, usage = os.wait4(pid, 0)
        wall = (time.perf_counter_ns() - begin) / 1e9
        self._check(argv, os.waitstatus_to_exitcode(status), expect)
        # Until it becomes the command, the new process shares our memory, and the kernel counts that as its peak.
        floor_kb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        return Timing([wall], [usage.ru_utime + usage.ru_stime], [usage.ru_maxrss], floor_kb)

    def many(self, argv, cwd, n, expect=None):
        """Runs the same process n times; for commands that leave the same state behind."""
        timing = Timing()
        for _ in range(n):
            timing.add(self.once(argv, cwd, expect))
        return timing

    def quietly(self, argv, cwd):
        """Runs a process that is preparation, not measurement; returns what it printed."""
        self.once(argv, cwd)
        return self._read(self.out_path)

    def _check(self, argv, code, expect):
        said = self._read(self.out_path) + self._read(self.err_path)
        shown = " ".join(os.path.basename(word) for word in argv[:6])
        if code != 0:
            raise Failed(f"`{shown}` ended with {code}: {said.strip()[-400:]}")
        if expect is not None and expect not in said:
            raise Failed(f"`{shown}` did not print '{expect}' but: {said.strip()[-400:]}")

    @staticmethod
    def _read(path):
        with open(path, encoding="utf-8", errors="replace") as file:
            return file.read(1 << 20)


def _busy_share(seconds):
    """The share of all processors that was busy for the next moment."""

    def read():
        with open("/proc/stat", encoding="ascii") as file:
            numbers = [int(word) for word in file.readline().split()[1:9]]
        return sum(numbers), numbers[3] + numbers[4]

    total, idle = read()
    time.sleep(seconds)
    total_later, idle_later = read()
    return 1 - (idle_later - idle) / max(1, total_later - total)


def wait_until_quiet(patience_seconds, limit=0.15):
    """Waits until nobody else computes, so that they do not enter our figures; returns the busy share in the end."""
    give_up = time.monotonic() + patience_seconds
    while True:
        share = _busy_share(1.0)
        if share <= limit or time.monotonic() >= give_up:
            return share
