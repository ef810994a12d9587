#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Disturbs a command at each of its mutating system calls and checks what is left.

    sweep.py --mlops BIN --crashrun BIN --scenario add --fault kill          # every point
    sweep.py --mlops BIN --crashrun BIN --share 40 --seed 3 --budget 170     # some points of everything
    sweep.py --mlops BIN --crashrun BIN --scenario add --fault EIO --point 17   # one again

A fault is `kill`, or an errno such as ENOSPC that the one call returns, or with a `+` that all later ones return, too.
The project is built once for each scenario; each point starts from a copy of it at the same path. What must hold
afterwards is in oracles.py. One line for each scenario and fault; the exit code is 1 if anything was violated, and
then the directories are kept and named.
"""
import argparse
import concurrent.futures
import json
import os
import queue
import random
import shutil
import subprocess
import sys
import tempfile
import threading
import time

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

import oracles  # noqa: E402
from box import LIMIT_SECONDS, Box, Broken, State  # noqa: E402
from scenarios import BY_NAME, SCENARIOS  # noqa: E402

FAULTS = ["kill", "ENOSPC", "EIO", "EACCES"]
FULL_FAULTS = FAULTS + ["ENOSPC+", "EIO+"]
KEPT_FAILURES = 10


class Slot:
    """One worker's place: a box at a fixed path, the template it starts from, and the undisturbed result."""

    def __init__(self, root, options):
        self.root = root
        self.options = options
        self.box = Box(os.path.join(root, "box"), options.mlops)
        self.template = os.path.join(root, "template")
        self.scenario = None

    def prepare(self, scenario):
        if self.scenario is scenario:
            return
        remove(self.template)
        remove(self.box.root)
        os.makedirs(self.box.root)
        scenario.build(self.box)
        self.scenario = scenario
        self.command = scenario.command(self.box)
        self.project = scenario.folder(self.box)
        os.rename(self.box.root, self.template)
        self.run_undisturbed()

    def run_undisturbed(self):
        box = self.box
        self.reset()
        self.before = State(box, self.project)
        self.committed = None
        if self.scenario.readable:
            self.committed = oracles.check_previous_commit(box, self.project, None)
            if isinstance(self.committed, list):
                raise Broken(self.committed[0])
        codes = {0, box.run([box.program, "fsck"], self.project).returncode}
        self.reset()
        box.mlops(*self.command, cwd=self.project)
        self.after = State(box, self.project)
        self.fsck_codes = codes | {box.run([box.program, "fsck"], self.project).returncode}
        problems = list(oracles.check_objects(box, self.project))
        if problems:
            raise Broken("undisturbed: " + problems[0])

    def reset(self):
        remove(self.box.root)
        subprocess.run(["cp", "-a", self.template, self.box.root], check=True)

    def disturb(self, options):
        """Runs the command under crashrun. Returns its report and what the command said on stderr."""
        report = os.path.join(self.root, "report.json")
        done = self.box.run([self.options.crashrun, "--json", "--timeout", str(LIMIT_SECONDS // 2), "--report", report] +
                            options + ["--", self.box.program] + self.command, self.project)
        with open(report, encoding="utf-8", errors="surrogateescape") as file:
            return json.load(file), done.stderr

    def count(self):
        self.reset()
        return self.disturb(["--count"])[0]["points"]

    def check(self, fault, point):
        """Disturbs at one point. Returns what the call was and the violations."""
        self.reset()
        if fault == "kill":
            words = ["--kill", str(point)]
        else:
            words = ["--error", fault.rstrip("+"), "--at", str(point)] + (["--sticky"] if fault.endswith("+") else [])
        box, project = self.box, self.project
        try:
            report, stderr = self.disturb(words)
            bad = list(oracles.check_answer(self.scenario, box, project, report, stderr, self.after))
            bad += oracles.check_objects(box, project)
            bad += oracles.check_user_files(self.scenario, project, self.before, self.after)
            bad += oracles.check_metadata(project, self.before, self.after)
            bad += oracles.check_references(box, project, self.before, self.after)
            spared = oracles.unremovable(report, fault)
            bad += oracles.check_locks(project, spared or oracles.left_by_kill(project, report))
            if self.committed is not None:
                bad += oracles.check_previous_commit(box, project, self.committed)
            if not bad:  # a recovery would destroy the evidence
                bad += oracles.check_recovery(self.scenario, box, project, self.command, self, spared)
        except subprocess.TimeoutExpired as hang:
            return "?", ["O5: `%s` hangs" % " ".join(map(str, hang.cmd))]
        where = "%s %s" % (report["syscall"], os.path.relpath(report["path"] or "/", box.root))
        return where, bad


def remove(path):
    subprocess.run(["rm", "-rf", path], check=True)


class Sweep:
    def __init__(self, options, work):
        self.options = options
        self.work = work
        self.slots = [Slot(os.path.join(work, "slot%d" % number), options) for number in range(options.jobs)]
        self.lock = threading.Lock()
        self.failures = []
        self.violations = 0
        self.total = 0

    def prepare(self, scenario):
        def work(slot):
            os.makedirs(slot.root, exist_ok=True)
            slot.prepare(scenario)

        try:
            in_threads([(work, slot) for slot in self.slots])
            return self.slots[0].count()
        except (Broken, subprocess.SubprocessError) as problem:
            raise Broken("%s: %s" % (scenario.name, problem)) from problem

    def choose(self, scenario, fault, count):
        points = list(range(1, count + 1))
        if self.options.point:
            return [self.options.point]
        drawn = random.Random("%d/%s/%s" % (self.options.seed, scenario.name, fault))
        drawn.shuffle(points)
        return points[:self.options.share] if self.options.share else points

    def one(self, scenario, fault, count, deadline):
        """Sweeps one scenario with one fault until the deadline, prints its line."""
        points = queue.SimpleQueue()
        for point in self.choose(scenario, fault, count):
            points.put(point)
        before, ran = self.violations, [0]

        def work(slot):
            while time.monotonic() < deadline and not (self.options.first and self.violations):
                try:
                    point = points.get_nowait()
                except queue.Empty:
                    return
                where, bad = slot.check(fault, point)
                with self.lock:
                    ran[0] += 1
                    if bad:
                        self.fail(slot, scenario, fault, point, where, bad)

        in_threads([(work, slot) for slot in self.slots])
        self.total += ran[0]
        print("%-15s %-8s points %4d  run %4d  violations %d"
              % (scenario.name, fault, count, ran[0], self.violations - before), flush=True)

    def fail(self, slot, scenario, fault, point, where, bad):
        self.violations += 1
        kept = ""
        if len(self.failures) < KEPT_FAILURES:
            kept = os.path.join(self.work, "failed", "%s-%s-%d" % (scenario.name, fault, point))
            remove(kept)
            os.makedirs(os.path.dirname(kept), exist_ok=True)
            shutil.move(slot.box.root, kept)
        self.failures.append(kept)
        print("%s %s point %d (%s)%s" % (scenario.name, fault, point, where, " kept in " + kept if kept else ""))
        for sentence in bad:
            print("    " + sentence.encode("utf-8", "backslashreplace").decode("utf-8").replace("\n", "\n      "), flush=True)

    def run(self):
        pairs = [(scenario, fault) for scenario in self.options.scenarios for fault in self.options.faults]
        end = time.monotonic() + self.options.budget if self.options.budget else float("inf")
        current, count = None, 0
        for done, (scenario, fault) in enumerate(pairs):
            if scenario is not current:
                current, count = scenario, self.prepare(scenario)
            now = time.monotonic()
            # At least a second for each, so that a slow machine still looks at everything.
            slice_end = now + max(1.0, (end - now) / (len(pairs) - done))
            self.one(scenario, fault, count, slice_end)
        print("total: %d faults injected, %d violations" % (self.total, self.violations))
        return 1 if self.violations else 0


def in_threads(tasks):
    """Runs all tasks at once; raises what the first failed one raised."""
    with concurrent.futures.ThreadPoolExecutor(len(tasks)) as pool:
        for future in [pool.submit(function, argument) for function, argument in tasks]:
            future.result()


def fast_directory():
    """Returns a directory in memory, where flushing costs nothing; what is tested is the order of calls, not the disk."""
    memory = "/dev/shm"
    usable = os.access(memory, os.W_OK) and shutil.disk_usage(memory).free > 1 << 29
    return memory if usable else tempfile.gettempdir()


def parse():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--mlops", required=True, help="the binary to disturb")
    parser.add_argument("--crashrun", required=True, help="the binary that disturbs")
    parser.add_argument("--scenario", default="all", help="names, separated by commas: " + ", ".join(BY_NAME))
    parser.add_argument("--fault", default="all", help="kill, or errnos, separated by commas")
    parser.add_argument("--share", type=int, default=0, help="points of each scenario and fault (default: all)")
    parser.add_argument("--seed", type=int, default=int(os.environ.get("MLOPS_TEST_SEED", "1")), help="draws the share")
    parser.add_argument("--point", type=int, default=0, help="only this one")
    parser.add_argument("--budget", type=float, default=0, help="seconds for everything; then fewer points are run")
    parser.add_argument("--first", action="store_true", help="stop at the first violation")
    parser.add_argument("--jobs", type=int, default=2, help="points at once")
    parser.add_argument("--full", action="store_true", default=os.environ.get("MLOPS_TEST_FULL") == "1",
                        help="every point, also of lasting errors, whatever the share and the budget")
    parser.add_argument("--work", default=fast_directory(),
                        help="existing directory to work in (default: memory if there is some)")
    options = parser.parse_args()
    options.mlops, options.crashrun = os.path.abspath(options.mlops), os.path.abspath(options.crashrun)
    for program in (options.mlops, options.crashrun):
        if not os.access(program, os.X_OK):
            parser.error("'%s' is no program; build it first" % program)
    if options.full:
        options.share, options.budget = 0, 0
    try:
        options.scenarios = SCENARIOS if options.scenario == "all" else [BY_NAME[n] for n in options.scenario.split(",")]
    except KeyError as unknown:
        parser.error("unknown scenario %s" % unknown)
    options.faults = options.fault.split(",")
    if options.fault == "all":
        options.faults = FULL_FAULTS if options.full else FAULTS
    return options


def main():
    options = parse()
    work = tempfile.mkdtemp(prefix="mlops-sweep-", dir=options.work)
    sweep = Sweep(options, work)
    try:
        code = sweep.run()
    except Broken as problem:
        print("cannot sweep %s" % problem, file=sys.stderr)
        code = 2
    finally:
        if not sweep.failures:
            remove(work)
    return code


if __name__ == "__main__":
    sys.exit(main())
