# SPDX-License-Identifier: Apache-2.0
"""One of the two identical places in which a scenario is played, and all that can be seen in it."""

import hashlib
import os
import shutil
import stat
import subprocess

# The text of small files is kept, so that a difference can be shown.
SHOWN_BYTES = 20000
LIMIT_SECONDS = 120
# What `dvc init` makes; the scenario `init` compares the real thing.
SKELETON = {".dvc/config": "", ".dvc/.gitignore": "/config.local\n/tmp\n/cache\n", ".dvcignore": ""}


class Broken(Exception):
    """The scenario itself does not work: a shell line or a DVC line failed."""


class Sandbox:
    """A directory with `repo`, where everything happens, `home`, and what the scenario makes beside them."""

    def __init__(self, top):
        self.top = os.path.realpath(top)
        self.repo = os.path.join(self.top, "repo")
        self.cwd = self.repo
        self.clock = 0
        os.makedirs(os.path.join(self.top, "home"))
        os.makedirs(self.repo)

    def environment(self):
        """Nothing of the user's; a clock of its own, so that commits have the same names in both sandboxes."""
        home = os.path.join(self.top, "home")
        stamp = f"{1700000000 + self.clock} +0000"
        return {
            "PATH": os.environ["PATH"], "HOME": home, "LC_ALL": "C.UTF-8", "TZ": "UTC", "SHELL": "/bin/sh", "TOP": self.top,
            "LOG": os.path.join(self.top, "log"),
            "GIT_AUTHOR_NAME": "Test", "GIT_AUTHOR_EMAIL": "test@example.com", "GIT_AUTHOR_DATE": stamp,
            "GIT_COMMITTER_NAME": "Test", "GIT_COMMITTER_EMAIL": "test@example.com", "GIT_COMMITTER_DATE": stamp,
            "GIT_CONFIG_NOSYSTEM": "1", "GIT_CONFIG_COUNT": "2", "GIT_CONFIG_KEY_0": "init.defaultBranch",
            "GIT_CONFIG_VALUE_0": "main", "GIT_CONFIG_KEY_1": "protocol.file.allow", "GIT_CONFIG_VALUE_1": "always",
            "DVC_NO_ANALYTICS": "true", "DVC_SITE_CACHE_DIR": os.path.join(home, "site"),
            "DVC_SYSTEM_CONFIG_DIR": os.path.join(home, "system"), "DVC_GLOBAL_CONFIG_DIR": os.path.join(home, "global"),
            "MLOPS_CONFIG_SYSTEM": os.path.join(home, "none"), "PYTHONDONTWRITEBYTECODE": "1",
        }

    def begin(self, options):
        if "bare" in options:
            return
        self.run(["git", "init", "-q", "--template=", "."])
        for name, text in SKELETON.items():
            os.makedirs(os.path.dirname(os.path.join(self.repo, name)), exist_ok=True)
            with open(os.path.join(self.repo, name), "w", encoding="utf-8") as file:
                file.write(text)
        self.run(["git", "add", "-A"])
        self.run(["git", "commit", "-q", "-m", "begin"])

    def run(self, command):
        done = self.execute(command)
        if done.returncode != 0:
            raise Broken(f"{' '.join(command)} ended with {done.returncode}: {done.stderr}{done.stdout}")

    def execute(self, command):
        return subprocess.run(command, cwd=self.cwd, env=self.environment(), stdin=subprocess.DEVNULL, capture_output=True,
                              encoding="utf-8", errors="backslashreplace", timeout=LIMIT_SECONDS, check=False)

    def prepare(self, step):
        """Carries out a step that is the same for both tools."""
        self.clock += 1
        if step.kind == "cd":
            self.cwd = os.path.normpath(os.path.join(self.repo, step.text))
        elif step.kind == "file":
            path = os.path.join(self.cwd, step.words[0])
            os.makedirs(os.path.dirname(path), exist_ok=True)
            with open(path, "w", encoding="utf-8") as file:
                file.write(step.text)
        else:
            self.run(["bash", "--noprofile", "--norc", "-euo", "pipefail", "-c", step.text])

    def same_everywhere(self, text):
        return text.replace(self.top, "@TOP@")

    def snapshot(self):
        """Everything below the sandbox by path: kind, mode, links, content. Not: home, git's and DVC's private files."""
        found = {}
        self._look(self.top, "", found)
        if os.path.isdir(os.path.join(self.repo, ".git")):
            status = subprocess.run(["git", "status", "--porcelain", "-uall"], cwd=self.repo, env=self.environment(),
                                    capture_output=True, encoding="utf-8", errors="backslashreplace", check=False)
            found["(git status)"] = status.stdout
        return found

    def _look(self, directory, prefix, found):
        with os.scandir(directory) as entries:
            for entry in sorted(entries, key=lambda each: each.name):
                path = prefix + entry.name
                if path == "home" or entry.name == ".git" or path.endswith(".dvc/tmp"):
                    continue
                if entry.is_symlink():
                    found[path] = "link to " + self.same_everywhere(os.readlink(entry.path))
                elif entry.is_dir():
                    # Whether an empty fan-out directory stays behind in a store is nobody's business.
                    if not _in_store(path):
                        found[path + "/"] = "directory"
                    self._look(entry.path, path + "/", found)
                elif entry.is_file():
                    found[path] = _file(entry.path)
                else:
                    found[path] = "special file"

    def remove(self):
        for top, folders, _ in os.walk(self.top):
            for name in folders:
                path = os.path.join(top, name)
                if not os.path.islink(path):
                    os.chmod(path, 0o700)
        shutil.rmtree(self.top)


def _in_store(path):
    return path.startswith(("remote/", "cache/")) or "/.dvc/cache/" in path


def _file(path):
    state = os.lstat(path)
    mode = f"file {stat.S_IMODE(state.st_mode):04o}{' linked' if state.st_nlink > 1 else ''}\n"
    with open(path, "rb") as file:
        content = file.read()
    if len(content) <= SHOWN_BYTES:
        try:
            text = content.decode("utf-8")
            if "\0" not in text:
                return mode + text
        except UnicodeDecodeError:
            pass
    return f"{mode}{len(content)} bytes, sha256 {hashlib.sha256(content).hexdigest()}"
