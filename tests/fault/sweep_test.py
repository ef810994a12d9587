#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Tests that a sweep passes a program without faults and finds each mistake that the fake can make.

    sweep_test.py PATH_TO_CRASHRUN
"""
import os
import re
import shutil
import subprocess
import sys
import unittest

sys.dont_write_bytecode = True
HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, HERE)

import oracles  # noqa: E402

CRASHRUN = "crashrun"


def sweep(*words, bug=""):
    env = dict(os.environ, FAKE_BUG=bug)
    env.pop("MLOPS_TEST_FULL", None)
    done = subprocess.run([sys.executable, os.path.join(HERE, "sweep.py"), "--mlops", os.path.join(HERE, "fake_mlops.py"),
                           "--crashrun", CRASHRUN, "--scenario", "add"] + list(words), env=env, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, text=True, timeout=300)
    for kept in re.findall(r"kept in (\S+)\)?", done.stdout):
        shutil.rmtree(kept.split("/failed/")[0], ignore_errors=True)
    return done


class SweepOfTheFake(unittest.TestCase):
    def test_a_careful_program_passes(self):
        done = sweep("--fault", "kill,ENOSPC,EIO+", "--share", "20")
        self.assertEqual(done.returncode, 0, done.stdout)
        self.assertRegex(done.stdout, r"(?m)^add +kill +points +\d\d  run +20  violations 0$")
        self.assertRegex(done.stdout, r"(?m)^total: 60 faults injected, 0 violations$")

    def finds(self, bug, sign, fault="kill", share="30"):
        done = sweep("--fault", fault, "--share", share, "--first", bug=bug)
        self.assertEqual(done.returncode, 1, done.stdout)
        self.assertRegex(done.stdout, r"(?m)^    " + sign)

    def test_finds_an_object_that_is_written_in_place(self):
        self.finds("torn-object", "O1: object")

    def test_finds_a_user_file_that_is_moved_away_for_a_while(self):
        self.finds("moves-away", "O3: the bytes of", share="60")

    def test_finds_a_pointer_that_is_written_in_place(self):
        self.finds("pointer-in-place", r"O4: \w+.mlops is neither", share="85")

    def test_finds_a_pointer_that_comes_before_its_objects(self):
        self.finds("pointer-first", "O8: the cache lacks")

    def test_finds_a_lock_that_outlives_its_holder(self):
        self.finds("stale-lock", "O5: the same command ends with 1: error: .*exists")

    def test_finds_an_error_that_is_taken_for_success(self):
        self.finds("swallows-errors", "O12: exit code 0, but", fault="EIO")

    def test_finds_a_failure_without_a_word(self):
        self.finds("says-nothing", "O12: exit code 1 without", fault="EACCES", share="5")

    def test_finds_a_failure_that_is_called_a_bug(self):
        self.finds("calls-it-a-bug", "O12: the command calls it a bug", fault="EACCES", share="5")

    def test_the_same_seed_draws_the_same_points(self):
        lines = [sweep("--fault", "EIO", "--share", "4", "--seed", "7", "--jobs", "1", bug="says-nothing").stdout
                 for _ in range(2)]
        points = [re.findall(r"point (\d+)", text) for text in lines]
        self.assertEqual(points[0], points[1])
        self.assertEqual(len(points[0]), 4)

    def test_a_program_that_fails_undisturbed_is_no_result(self):
        done = subprocess.run([sys.executable, os.path.join(HERE, "sweep.py"), "--mlops", "/bin/false", "--crashrun", CRASHRUN],
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        self.assertEqual(done.returncode, 2)
        self.assertIn("undisturbed", done.stdout)


class Mixing(unittest.TestCase):
    OLD = "version: 1\nstages:\n  a:\n    cmd: x\n    outs:\n    - o\n  b:\n    cmd: y\n"
    NEW = OLD.replace("cmd: x", "cmd: X").replace("cmd: y", "cmd: Y") + "  c:\n    cmd: z\n"

    def test_a_lock_may_hold_old_stages_beside_new_ones(self):
        half = self.OLD.replace("cmd: x", "cmd: X")
        self.assertTrue(oracles.mixed("mlops.lock", half, self.OLD, self.NEW))
        self.assertTrue(oracles.mixed("mlops.lock", half + "  c:\n    cmd: z\n", self.OLD, self.NEW))

    def test_a_torn_or_foreign_lock_is_none(self):
        for cut in range(1, len(self.NEW)):
            text = self.NEW[:cut]
            whole_entries = set(oracles.entries(text)) <= set(oracles.entries(self.OLD) + oracles.entries(self.NEW))
            self.assertEqual(oracles.mixed("mlops.lock", text, self.OLD, self.NEW),
                             whole_entries and text.endswith("\n") and "version: 1" in text and "stages:" in text, repr(text))
        self.assertFalse(oracles.mixed("mlops.lock", self.OLD.replace("cmd: x", "cmd: q"), self.OLD, self.NEW))

    def test_a_pointer_is_never_mixed(self):
        self.assertFalse(oracles.mixed("data.mlops", "a\nb\n", "a\n", "b\n"))

    def test_ignore_lines_may_come_one_by_one(self):
        self.assertTrue(oracles.mixed(".gitignore", "/a\n/b\n", "/a\n", "/a\n/b\n/c\n"))
        self.assertFalse(oracles.mixed(".gitignore", "/b\n", "/a\n", "/a\n/b\n"))


if __name__ == "__main__":
    CRASHRUN = os.path.abspath(sys.argv.pop(1))
    unittest.main()
