#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Many at once on one cache: two clones share it, eight processes add, run, remove and collect garbage while every
object is made to look a month old. Afterwards: gc really deleted, every object that a pointer or lock names is whole,
nothing had to be unlocked by hand, and the next commands work.

    stress.py --mlops BIN [--seconds 60] [--workers 8] [--seed N] [--kill]

--kill also ends members with SIGKILL at random moments.
"""
import argparse
import hashlib
import os
import random
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time

OLD = time.time() - 30 * 24 * 3600
POINTER_DIGEST = re.compile(r"^(?:\s*)(?:- )?(kind|sha256): (\S+)$", re.M)


class Stress:
    def __init__(self, options, top):
        self.options, self.top = options, top
        self.cache = os.path.join(top, "cache")
        self.clones = [os.path.join(top, name) for name in ("one", "two")]
        self.counts, self.failures = {}, []
        self.lock = threading.Lock()
        self.stop = False
        self.env = {k: v for k, v in os.environ.items() if not k.startswith(("MLOPS_", "GIT_", "XDG_"))}
        self.env.update(HOME=os.path.join(top, "home"), LC_ALL="C.UTF-8", GIT_CONFIG_NOSYSTEM="1",
                        GIT_AUTHOR_NAME="t", GIT_AUTHOR_EMAIL="t@example.com",
                        GIT_COMMITTER_NAME="t", GIT_COMMITTER_EMAIL="t@example.com")
        os.mkdir(self.env["HOME"])

    def must(self, cwd, *argv):
        done = subprocess.run(argv, cwd=cwd, env=self.env, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, text=True, errors="replace")
        if done.returncode != 0:
            raise SystemExit("%r in %s ended with %d:\n%s" % (argv, cwd, done.returncode, done.stdout))
        return done.stdout

    def mlops(self, cwd, *words):
        return self.must(cwd, self.options.mlops, *words)

    def set_up(self):
        one, two = self.clones
        os.mkdir(one)
        self.must(one, "git", "init", "-q", "-b", "main")
        self.mlops(one, "init")
        os.mkdir(os.path.join(one, "data"))
        for worker in range(self.options.workers):
            with open(os.path.join(one, "in%d" % worker), "w") as out:
                out.write("%d\n" % worker)
        stages = "".join("  s%d:\n    cmd: cat in%d in%d > out%d\n    deps:\n    - in%d\n    outs:\n    - out%d\n" %
                         (n, n, n, n, n, n) for n in range(self.options.workers))
        with open(os.path.join(one, "mlops.yaml"), "w") as out:
            out.write("stages:\n" + stages)
        self.must(one, "git", "add", "-A")
        self.must(one, "git", "commit", "-q", "-m", "start")
        self.must(self.top, "git", "clone", "-q", one, two)
        for clone in self.clones:
            self.mlops(clone, "cache", "dir", self.cache)
            self.mlops(clone, "repro")

    def age(self):
        """Makes everything in the cache a month old, again and again."""
        while not self.stop:
            for folder in ("objects", "trash", "stages"):
                for top, _, files in os.walk(os.path.join(self.cache, folder)):
                    for name in files:
                        if ".mlops-tmp" not in name:
                            try:
                                os.utime(os.path.join(top, name), (OLD, OLD), follow_symlinks=False)
                            except FileNotFoundError:
                                continue  # a command took it away: that is what it is for
            time.sleep(0.05)

    def call(self, cwd, rng, *words):
        child = subprocess.Popen([self.options.mlops, *words], cwd=cwd, env=self.env, stdin=subprocess.DEVNULL,
                                 stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace")
        if self.options.kill and rng.random() < 0.15:
            time.sleep(rng.random() * 0.05)
            child.send_signal(signal.SIGKILL)
        output, _ = child.communicate(timeout=120)
        if child.returncode == -signal.SIGKILL:
            return "killed", output
        return child.returncode, output

    def note(self, what, code, words, output):
        with self.lock:
            self.counts[what] = self.counts.get(what, 0) + 1
            if code not in (0, "killed"):
                self.failures.append((words, code, output))
            if what == "gc" and code == 0:
                for word in ("deleted", "trashed"):
                    found = re.search(r'"%s": (\d+)' % word, output)
                    self.counts[word] = self.counts.get(word, 0) + int(found.group(1) if found else 0)

    def worker(self, number):
        rng = random.Random(self.options.seed * 1000 + number)
        clone = self.clones[number % 2]
        end = time.time() + self.options.seconds
        turn = 0
        while time.time() < end:
            turn += 1
            what = rng.choice(["add", "add", "add", "remove", "repro", "run", "gc", "gc", "status"])
            name = "data/w%d-%d" % (number, rng.randrange(3))
            path = os.path.join(clone, name)
            if what == "add":
                os.makedirs(path, exist_ok=True)
                # Contents that come back: an object may be on its way out when somebody adds it again.
                for part in range(rng.randrange(1, 4)):
                    with open(os.path.join(path, "p%d" % part), "w") as out:
                        out.write("content %d\n" % rng.randrange(12))
                words = ["add", name]
            elif what == "remove":
                if not os.path.exists(path + ".mlops"):
                    continue
                words = ["remove", name]
            elif what in ("repro", "run"):
                with open(os.path.join(clone, "in%d" % number), "w") as out:
                    out.write("%d\n" % rng.randrange(6))
                words = [what, "s%d" % number]
            elif what == "gc":
                words = ["gc", "-w", "--json", "--stages", "1h"]
            else:
                words = ["status"]
            code, output = self.call(clone, rng, *words)
            self.note(what, code, words, output)

    def named(self, clone):
        """(kind, digest) of everything that pointers and the lock of a clone name."""
        names = set()
        texts = []
        for top, dirs, files in os.walk(clone):
            dirs[:] = [d for d in dirs if d not in (".git", ".mlops")]
            texts += [os.path.join(top, f) for f in files if f.endswith(".mlops") or f == "mlops.lock"]
        for path in texts:
            kind = None
            for key, value in POINTER_DIGEST.findall(open(path).read()):
                if key == "kind":
                    kind = value
                else:
                    if os.path.exists(os.path.join(clone, "mlops.yaml")):
                        names.add((kind, value, os.path.relpath(path, clone)))
        return names

    def check(self, kind, digest, origin, seen, problems):
        if (kind, digest) in seen:
            return
        seen.add((kind, digest))
        tree = kind == "tree"
        path = os.path.join(self.cache, "objects/sha256", digest[:2], digest[2:] + (".tree" if tree else ""))
        try:
            content = open(path, "rb").read()
        except FileNotFoundError:
            held = [top for top, _, files in os.walk(os.path.join(self.cache, "trash"))
                    for f in files if digest[2:] in f]
            if not held:
                problems.append("%s %s, which %s names, is gone" % (kind, digest, origin))
                return
            content = None
        if content is None:
            return
        if hashlib.sha256(content).hexdigest() != digest:
            problems.append("%s %s has other bytes" % (kind, digest))
        if tree:
            for line in content.decode("utf-8").splitlines()[1:]:
                member_kind, member, _, _, _ = line.split(" ", 4)
                self.check(member_kind, member, origin, seen, problems)

    def verify(self):
        problems = []
        for clone in self.clones:
            seen = set()
            for kind, digest, origin in self.named(clone):
                # Outputs with cache: false and source files are named by locks, too; only cached ones must be here.
                if origin.endswith("mlops.lock") and not self.is_output(clone, digest):
                    continue
                self.check(kind, digest, origin, seen, problems)
        for clone in self.clones:
            for words in (["status"], ["repro"], ["checkout", "--force"], ["fsck"], ["gc", "--dry-run"]):
                code, output = self.call(clone, random.Random(0), *words) if not self.options.kill else \
                    (lambda d: (d.returncode, d.stdout))(subprocess.run(
                        [self.options.mlops, *words], cwd=clone, env=self.env, stdin=subprocess.DEVNULL,
                        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace"))
                if code != 0:
                    problems.append("afterwards `mlops %s` in %s ends with %s:\n%s" % (" ".join(words), clone, code, output))
        return problems

    def is_output(self, clone, digest):
        text = open(os.path.join(clone, "mlops.lock")).read()
        outs = "".join(part.split("\n  s")[0] for part in text.split("    outs:\n")[1:])
        return digest in outs

    def run(self):
        self.set_up()
        ager = threading.Thread(target=self.age)
        ager.start()
        workers = [threading.Thread(target=self.worker, args=(n,)) for n in range(self.options.workers)]
        for worker in workers:
            worker.start()
        for worker in workers:
            worker.join()
        self.stop = True
        ager.join()
        problems = self.verify()
        for words, code, output in self.failures:
            problems.append("`mlops %s` ended with %s:\n%s" % (" ".join(words), code, output))
        if not self.counts.get("deleted"):
            problems.append("gc deleted nothing: the test shows nothing")
        print("stress: " + ", ".join("%s %d" % item for item in sorted(self.counts.items())) +
              "; violations %d" % len(problems))
        return problems


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--mlops", required=True)
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--workers", type=int, default=8)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--kill", action="store_true")
    options = parser.parse_args()
    if os.environ.get("MLOPS_TEST_FULL"):
        options.seconds = max(options.seconds, 60)
    options.mlops = os.path.abspath(options.mlops)
    top = os.path.realpath(tempfile.mkdtemp(prefix="mlops-stress-"))
    problems = Stress(options, top).run()
    for problem in problems[:20]:
        print("VIOLATION: " + problem)
    if problems:
        print("kept: " + top)
        sys.exit(1)
    shutil.rmtree(top)


if __name__ == "__main__":
    main()
