#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Tests of crashrun against programs whose system calls are known: `crashrun_test.py PATH_TO_CRASHRUN`."""
import json
import os
import subprocess
import sys
import tempfile
import time
import unittest

CRASHRUN = "crashrun"
# Each line of the program is one call, so the K-th state is known exactly.
SCRIPT = """
import os
os.mkdir('d')
f = os.open('d/a', os.O_CREAT | os.O_WRONLY, 0o644)
os.write(f, b'one')
os.write(f, b'two')
os.fsync(f)
os.close(f)
os.rename('d/a', 'd/b')
os.chmod('d/b', 0o444)
os.unlink('d/b')
os.rmdir('d')
"""
CALLS = ["mkdir", "openat", "write", "write", "fsync", "close", "rename", "chmod", "unlink", "rmdir"]
THREADS = """
import os, threading
def work(name):
    for i in range(20):
        f = os.open('%s%d' % (name, i), os.O_CREAT | os.O_WRONLY, 0o644)
        os.write(f, b'x')
        os.close(f)
all = [threading.Thread(target=work, args=(n,)) for n in 'abcd']
[t.start() for t in all]
[t.join() for t in all]
"""


class Crashrun(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory(prefix="crashrun-")
        self.addCleanup(self.folder.cleanup)
        self.cwd = os.path.join(self.folder.name, "cwd")
        os.mkdir(self.cwd)

    def crashrun(self, options, command):
        report = os.path.join(self.folder.name, "report")
        done = subprocess.run([CRASHRUN, "--json", "--report", report] + options + ["--"] + command, cwd=self.cwd,
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, timeout=60)
        with open(report, encoding="utf-8") as file:
            return done, json.load(file)

    def python(self, options, script=SCRIPT):
        return self.crashrun(options, [sys.executable, "-I", "-S", "-B", "-c", script])

    def state(self):
        """Returns what the program has left: each path with its content and mode, directories as None."""
        found = {}
        for path, folders, files in os.walk(self.cwd):
            for name in folders:
                found[os.path.relpath(os.path.join(path, name), self.cwd)] = None
            for name in files:
                full = os.path.join(path, name)
                with open(full, "rb") as file:
                    content = file.read()
                found[os.path.relpath(full, self.cwd)] = (content, os.stat(full).st_mode & 0o777)
        return found

    def test_lists_each_mutating_call_with_its_path(self):
        done, report = self.python(["--list"])
        self.assertEqual(done.returncode, 0)
        self.assertEqual([point["syscall"] for point in report["list"]], CALLS)
        self.assertEqual(report["points"], len(CALLS))
        paths = [os.path.relpath(point["path"], os.path.realpath(self.cwd)) for point in report["list"]]
        self.assertEqual(paths, ["d", "d/a", "d/a", "d/a", "d/a", "d/a", "d/b", "d/b", "d/b", "d"])
        self.assertFalse(report["killed"])
        self.assertEqual(report["exit"], 0)

    def test_reading_and_writing_to_streams_does_not_count(self):
        _, report = self.crashrun([], ["sh", "-c", "cat /etc/passwd; echo text; echo more >&2; : > /dev/null"])
        self.assertEqual(report["points"], 0)

    def test_kill_leaves_exactly_the_state_before_each_call(self):
        a = lambda content: {"d": None, "d/a": (content, 0o644)}
        b = lambda mode: {"d": None, "d/b": (b"onetwo", mode)}
        states = [{}, {"d": None}, a(b""), a(b"one"), a(b"onetwo"), a(b"onetwo"), a(b"onetwo"), b(0o644), b(0o444), {"d": None}]
        for index, state in enumerate(states):
            with self.subTest(call=CALLS[index]):
                self.setUp()
                done, report = self.python(["--kill", str(index + 1)])
                self.assertEqual((done.returncode, report["killed"], report["signal"]), (137, True, 9))
                self.assertEqual(report["syscall"], CALLS[index])
                self.assertEqual(self.state(), state)

    def test_kill_after_lets_the_call_happen(self):
        _, report = self.python(["--kill-after", "3"])
        self.assertTrue(report["killed"])
        self.assertEqual(self.state(), {"d": None, "d/a": (b"one", 0o644)})

    def test_a_kill_beyond_the_end_lets_the_command_finish(self):
        done, report = self.python(["--kill", "99"])
        self.assertEqual((done.returncode, report["killed"], report["syscall"]), (0, False, None))

    def test_an_error_is_returned_and_the_call_not_executed(self):
        for index, call in enumerate(CALLS):
            with self.subTest(call=call):
                self.setUp()
                done, report = self.python(["--error", "ENOSPC", "--at", str(index + 1)])
                self.assertEqual((done.returncode, report["injected"], report["syscall"]), (1, 1, call))
                self.assertIn("No space left", done.stderr)
        self.setUp()
        done, _ = self.python(["--error", "EIO", "--at", "7"])
        self.assertIn("d/a", self.state())
        self.assertIn("Input/output error", done.stderr)

    def test_sticky_fails_every_later_call(self):
        script = "import os\nfor i in range(5):\n  try: os.mkdir(str(i))\n  except OSError as e: print(i, e.errno)\n"
        done, report = self.python(["--error", "13", "--at", "3", "--sticky"], script)
        self.assertEqual(done.stdout, "2 13\n3 13\n4 13\n")
        self.assertEqual(report["injected"], 3)
        self.setUp()
        done, _ = self.python(["--error", "13", "--at", "3"], script)
        self.assertEqual(done.stdout, "2 13\n")

    def test_a_failing_close_has_closed(self):
        script = ("import os\nf = os.open('a', os.O_CREAT | os.O_WRONLY)\n"
                  "try: os.close(f)\nexcept OSError as e: print(e.errno)\n"
                  "try: os.fstat(f)\nexcept OSError as e: print(e.errno)\n")
        done, _ = self.python(["--error", "EIO", "--at", "2"], script)
        self.assertEqual(done.stdout, "5\n9\n")

    def test_programs_that_are_started_count_only_on_request(self):
        command = ["sh", "-c", "mkdir one; mkdir two; echo x > three"]
        _, report = self.crashrun(["--list"], command)
        self.assertEqual([p["path"].rsplit("/")[-1] for p in report["list"] if p["syscall"] != "close"], ["three", "three"])
        _, report = self.crashrun(["--list", "--children", "--kill", "2"], command)
        self.assertTrue(report["killed"])

    def test_all_threads_count_once(self):
        _, report = self.python(["--list"], THREADS)
        self.assertEqual(report["points"], 4 * 20 * 3)
        self.assertEqual([p["index"] for p in report["list"]], list(range(1, 241)))
        for at in (1, 77, 240):
            self.setUp()
            _, report = self.python(["--kill", str(at)], THREADS)
            self.assertTrue(report["killed"])

    def test_a_kill_reaches_everything_that_was_started(self):
        marker = "crashrun-test-%d" % os.getpid()
        script = ("import os, subprocess, time\n"
                  "subprocess.Popen(['sh', '-c', 'sleep 60; : %s'], start_new_session=True)\n"
                  "time.sleep(0.1)\nos.mkdir('d')\n" % marker)
        _, report = self.python(["--kill", "1"], script)
        self.assertTrue(report["killed"])
        self.assertEqual(self.running(marker), [])

    def test_what_outlives_the_command_is_reported_and_ended(self):
        marker = "crashrun-left-%d" % os.getpid()
        start = time.monotonic()
        done, report = self.crashrun([], ["sh", "-c", "(sleep 60; : %s) > /dev/null 2>&1 & exit 3" % marker])
        self.assertEqual((done.returncode, report["exit"], report["killed"]), (3, 3, False))
        self.assertGreaterEqual(report["left"], 1)
        self.assertEqual(self.running(marker), [])
        self.assertLess(time.monotonic() - start, 10)

    def running(self, marker):
        found = []
        for pid in filter(str.isdigit, os.listdir("/proc")):
            try:
                with open("/proc/%s/cmdline" % pid, "rb") as file:
                    if marker.encode() in file.read() and int(pid) != os.getpid():
                        found.append(pid)
            except OSError:
                pass
        return found

    def test_the_timeout_ends_the_command(self):
        done, report = self.crashrun(["--timeout", "0.2"], ["sleep", "60"])
        self.assertEqual((done.returncode, report["timed_out"], report["killed"]), (124, True, False))

    def test_signals_and_stops_pass_through(self):
        done, report = self.crashrun([], ["sh", "-c", "trap 'exit 7' TERM; kill -TERM $$; exit 1"])
        self.assertEqual(done.returncode, 7)
        done, report = self.crashrun([], ["sh", "-c", "kill -ABRT $$"])
        self.assertEqual((done.returncode, report["signal"], report["exit"]), (134, 6, None))
        done, _ = self.crashrun(["--timeout", "20"], ["sh", "-c", "sleep 60 & kill -STOP $!; kill -CONT $!; kill $!; wait $!; exit 5"])
        self.assertEqual(done.returncode, 5)

    def test_coreutils_copy_is_killed_half_way(self):
        with open(os.path.join(self.cwd, "a"), "wb") as file:
            file.write(os.urandom(300000))
        _, report = self.crashrun(["--kill", "2"], ["cp", "a", "b"])
        self.assertTrue(report["killed"])
        self.assertEqual(os.path.getsize(os.path.join(self.cwd, "b")), 0)

    def test_git_survives_being_counted_and_killed(self):
        git = ["git", "-c", "init.defaultBranch=main", "-c", "user.name=a", "-c", "user.email=a@b"]
        done, report = self.crashrun([], git + ["init", "-q", "--template=", "."])
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertGreater(report["points"], 5)
        with open(os.path.join(self.cwd, "f"), "w", encoding="utf-8") as file:
            file.write("text")
        _, report = self.crashrun(["--list"], git + ["add", "f"])
        self.assertTrue(any(p["path"].endswith("/.git/index.lock") for p in report["list"]))
        self.assertEqual(self.crashrun(["--children"], git + ["commit", "-qm", "one"])[0].returncode, 0)
        with open(os.path.join(self.cwd, "f"), "w", encoding="utf-8") as file:
            file.write("other")
        _, report = self.crashrun(["--kill", "3"], git + ["add", "f"])
        self.assertTrue(report["killed"])
        self.assertTrue(os.path.exists(os.path.join(self.cwd, ".git/index.lock")))

    def test_wrong_usage_is_refused(self):
        for words in ([], ["--kill", "1"], ["--kill", "x", "--", "true"], ["--at", "1", "--", "true"], ["--nonsense", "1", "--", "true"],
                      ["--error", "ENOSUCH", "--at", "1", "--", "true"]):
            done = subprocess.run([CRASHRUN] + words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
            self.assertEqual(done.returncode, 2, words)
            self.assertIn("usage:", done.stderr)

    def test_a_command_that_cannot_be_started_says_so(self):
        done, report = self.crashrun([], ["no-such-command-here"])
        self.assertEqual((done.returncode, report["points"]), (127, 0))
        self.assertIn("no-such-command-here", done.stderr)

    def test_it_costs_little(self):
        start = time.monotonic()
        for _ in range(10):
            self.crashrun([], ["true"])
        self.assertLess((time.monotonic() - start) / 10, 0.5)


if __name__ == "__main__":
    CRASHRUN = os.path.abspath(sys.argv.pop(1))
    unittest.main()
