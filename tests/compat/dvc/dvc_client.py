# SPDX-License-Identifier: Apache-2.0
"""The near end of dvc_server.py: a DVC that answers quickly."""

import json
import os
import subprocess
import sys
import tempfile


class Dvc:
    """Runs DVC commands one after the other. Started when first used."""

    def __init__(self, environment):
        self.python = os.path.join(environment, "bin", "python")
        self.process = None
        self.version = None

    def start(self):
        server = os.path.join(os.path.dirname(os.path.abspath(__file__)), "dvc_server.py")
        self.scratch = tempfile.TemporaryDirectory(prefix="mlops-compat-dvc-")
        errors = open(os.path.join(self.scratch.name, "server"), "w", encoding="utf-8")
        self.process = subprocess.Popen([self.python, server], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=errors, text=True)
        answer = self.process.stdout.readline()
        if not answer:
            with open(errors.name, encoding="utf-8") as file:
                sys.exit(f"error: DVC could not be started: {file.read()}")
        self.version = json.loads(answer)["version"]

    def run(self, words, cwd, environment):
        """Exit code, what it printed, and what it complained of."""
        if self.process is None:
            self.start()
        out, err = os.path.join(self.scratch.name, "out"), os.path.join(self.scratch.name, "err")
        request = {"argv": words, "cwd": cwd, "env": environment, "out": out, "err": err}
        self.process.stdin.write(json.dumps(request) + "\n")
        self.process.stdin.flush()
        answer = json.loads(self.process.stdout.readline())
        texts = []
        for path in (out, err):
            with open(path, encoding="utf-8", errors="backslashreplace") as file:
                texts.append(file.read())
        return answer["code"], *texts

    def stop(self):
        if self.process is not None:
            self.process.stdin.close()
            self.process.wait()
            self.scratch.cleanup()
            self.process = None
