# SPDX-License-Identifier: Apache-2.0
"""A small project on disk with everything around it, and what can be read off it without asking mlops.

    root/ws      the git repository and mlops project
    root/clone   a clone of it, for scenarios that need one
    root/store   the remote, a folder
    root/home    HOME of every command
"""
import hashlib
import os
import re
import stat
import subprocess

LIMIT_SECONDS = 240  # a command that takes this long hangs, on a machine however busy
DIGEST = re.compile(r"\b[0-9a-f]{64}\b")
OBJECT = re.compile(r"^[0-9a-f]{62}(\.tree)?$")
KEPT_IN_STATE_FOLDER = ("config", "config.local", ".gitignore")


class Broken(Exception):
    """An undisturbed command failed: nothing can be said about disturbed ones."""


class Box:
    def __init__(self, root, mlops):
        self.root = root
        self.program = mlops
        self.ws = os.path.join(root, "ws")
        self.clone = os.path.join(root, "clone")
        self.store = os.path.join(root, "store")
        self.home = os.path.join(root, "home")

    def environment(self):
        env = {k: v for k, v in os.environ.items() if not k.startswith(("MLOPS_", "GIT_", "XDG_"))}
        # A leak check cannot run under ptrace, and a kill leaves nothing to check anyway.
        asan = ":".join(filter(None, [env.get("ASAN_OPTIONS"), "detect_leaks=0"]))
        env.update(HOME=self.home, LC_ALL="C.UTF-8", TZ="UTC", GIT_CONFIG_NOSYSTEM="1", PYTHONDONTWRITEBYTECODE="1",
                   ASAN_OPTIONS=asan)
        return env

    def run(self, argv, cwd=None):
        return subprocess.run(argv, cwd=cwd or self.ws, env=self.environment(), stdin=subprocess.DEVNULL,
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=LIMIT_SECONDS,
                              encoding="utf-8", errors="surrogateescape")

    def must(self, argv, cwd=None):
        done = self.run(argv, cwd)
        if done.returncode != 0:
            raise Broken("undisturbed `%s` ended with %d\n%s%s" % (" ".join(argv), done.returncode, done.stdout, done.stderr))
        return done.stdout

    def mlops(self, *words, cwd=None):
        return self.must([self.program, *words], cwd)

    def git(self, *words, cwd=None):
        return self.must(["git", *words], cwd)

    def commit(self, message):
        self.git("add", "-A")
        self.git("commit", "-q", "-m", message)

    def write(self, path, content, mode=0o644):
        full = os.path.join(self.ws, path)
        os.makedirs(os.path.dirname(full), exist_ok=True)
        if os.path.lexists(full):
            os.unlink(full)  # the file may be read-only or share its bytes with the cache
        with open(full, "wb") as file:
            file.write(content if isinstance(content, bytes) else content.encode("utf-8"))
        os.chmod(full, mode)


def digest_of(path):
    with open(path, "rb") as file:
        return hashlib.sha256(file.read()).hexdigest()


def read_text(path):
    with open(path, encoding="utf-8", errors="surrogateescape") as file:
        return file.read()


def is_metadata(path):
    """Whether mlops itself owns the text of this file of the workspace."""
    name = os.path.basename(path)
    return (name in (".gitignore", ".mlopsignore", ".gitattributes", "mlops.yaml", "mlops.lock") or
            (name.endswith(".mlops") and name != ".mlops") or path.startswith(".mlops/"))


def describe(path):
    """Returns what stands at a path: kind, executable bit, digest or link target."""
    status = os.lstat(path)
    if stat.S_ISLNK(status.st_mode):
        return ("link", os.readlink(path))
    if stat.S_ISDIR(status.st_mode):
        return ("directory",)
    if not stat.S_ISREG(status.st_mode):
        return ("special", status.st_mode)
    return ("exec" if status.st_mode & 0o100 else "file", digest_of(path))


def listing(project):
    """Returns {path: what stands there} for everything of a project but .git and the inside of .mlops."""
    found = {}
    for folder, folders, files in os.walk(project):
        relative = os.path.relpath(folder, project)
        if relative == ".":
            folders[:] = [name for name in folders if name not in (".git", ".mlops")]
            files += [os.path.join(".mlops", name) for name in KEPT_IN_STATE_FOLDER
                      if os.path.exists(os.path.join(project, ".mlops", name))]
        for name in folders + files:
            path = os.path.normpath(os.path.join(relative, name))
            found[path] = describe(os.path.join(project, path))
    return found


def git_listing(project):
    """Returns the files of .git that mlops may edit by `install` and `trust`, as texts."""
    top = os.path.join(project, ".git")
    found = {}
    for path in ["config", "info/attributes"] + ["hooks/" + name for name in sorted_names(os.path.join(top, "hooks"))]:
        full = os.path.join(top, path)
        if os.path.isfile(full):
            found[".git/" + path] = read_text(full)
    return found


def sorted_names(folder):
    return sorted(os.listdir(folder)) if os.path.isdir(folder) else []


def files_below(folder):
    for path, _, names in os.walk(folder):
        for name in names:
            yield os.path.join(path, name)


def objects(store):
    """Returns {object name: path} of a cache or remote, by the look of the paths alone."""
    found = {}
    for path in files_below(store):
        folder, name = os.path.split(path)
        prefix = os.path.basename(folder)
        if len(prefix) == 2 and OBJECT.match(name) and os.path.basename(os.path.dirname(folder)) == "sha256":
            found[prefix + name] = path
    return found


def cache_of(project):
    return os.path.join(project, ".mlops", "cache")


def saved_digests(project):
    """Returns the digests of all bytes that a documented command can bring back: store, its trash, rescue."""
    places = [os.path.join(cache_of(project), "objects"), os.path.join(cache_of(project), "trash"),
              os.path.join(project, ".mlops", "rescue")]
    return {digest_of(path) for place in places for path in files_below(place) if os.path.isfile(path)}


def run_refs(project):
    done = subprocess.run(["git", "for-each-ref", "--format=%(refname)", "refs/mlops/"], cwd=project,
                          stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, encoding="utf-8")
    return done.stdout.split()


class State:
    """Everything of a project that the oracles look at, at one moment."""

    def __init__(self, box, project):
        self.files = listing(project)
        self.texts = {path: read_text(os.path.join(project, path)) for path, what in self.files.items()
                      if is_metadata(path) and what[0] in ("file", "exec")}
        self.texts.update(git_listing(project))
        cache = objects(os.path.join(cache_of(project), "objects"))
        self.objects = set(cache)
        self.remote = set(objects(box.store))
        self.runs = len(run_refs(project))
        self.stages = {os.path.basename(path) for path in files_below(os.path.join(cache_of(project), "stages"))}
        named = {digest for text in self.texts.values() for digest in DIGEST.findall(text)}
        self.missing = {digest for digest in named if digest not in cache and digest + ".tree" not in cache}
