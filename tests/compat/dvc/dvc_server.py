# SPDX-License-Identifier: Apache-2.0
"""Runs DVC commands, each in a forked child of one process that has DVC imported already.

Starting DVC anew costs half a second and more; a fork costs ten milliseconds and still gives every command a process of
its own: no open repository, lock, cache of paths or logging level survives it. Run by the Python of the virtual
environment. Protocol: one JSON request a line, {"argv", "cwd", "env", "out", "err"}, answered with {"code"} on a line.
"""

import json
import os
import sys


def import_what_a_command_imports():
    """DVC imports most of itself inside functions. A child that has run commands knows what; the parent then imports it."""
    read_end, write_end = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(read_end)
        try:
            names = _modules_after_commands()
        except BaseException:  # noqa: BLE001 - a warm-up that fails only makes the commands slower
            names = []
        os.write(write_end, json.dumps(names).encode()[:60000])
        os._exit(0)
    os.close(write_end)
    with os.fdopen(read_end, "rb") as pipe:
        names = json.loads(pipe.read() or b"[]")
    os.waitpid(child, 0)
    for name in names:
        try:
            __import__(name)
        except Exception:  # noqa: BLE001
            pass


def _modules_after_commands():
    import subprocess
    import tempfile

    quiet = os.open(os.devnull, os.O_RDWR)
    for stream in (0, 1, 2):
        os.dup2(quiet, stream)
    with tempfile.TemporaryDirectory() as directory:
        os.environ.update(HOME=directory, DVC_NO_ANALYTICS="true", DVC_SITE_CACHE_DIR=os.path.join(directory, "site"))
        os.chdir(directory)
        subprocess.run(["git", "init", "-q", "repo"], check=True)
        os.chdir("repo")
        import dvc.cli

        with open("a", "w", encoding="utf-8") as file:
            file.write("a")
        for words in ("init -q", "add a", "stage add -n s -d a -o b --run 'cp a b'", "status --json", "data status --json",
                      "remote add -d r ../remote", "push", "fetch", "gc -w -f", "diff --json", "dag", "ls . --json"):
            import shlex

            dvc.cli.main(shlex.split(words))
        os.chdir("/")
    return [name for name in sys.modules if name.split(".")[0] not in ("__main__", "__mp_main__")][:2500]


def run(request):
    """In the child: becomes the command."""
    os.setpgid(0, 0)
    os.environ.clear()
    os.environ.update(request["env"])
    os.chdir(request["cwd"])
    os.environ["PWD"] = request["cwd"]
    for number, name, flags in ((0, os.devnull, os.O_RDONLY), (1, request["out"], os.O_WRONLY), (2, request["err"], os.O_WRONLY)):
        descriptor = os.open(name, flags | (os.O_CREAT | os.O_TRUNC if number else 0), 0o644)
        os.dup2(descriptor, number)
        os.close(descriptor)
    sys.argv = ["dvc", *request["argv"]]
    import dvc.cli

    code = 255
    try:
        code = dvc.cli.main(request["argv"])
    except SystemExit as end:
        code = end.code if isinstance(end.code, int) else 1
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit((code or 0) & 255)


def serve():
    # Answers go where stdout was; DVC's own output never does.
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    import dvc.cli  # noqa: F401
    import dvc.repo  # noqa: F401

    import_what_a_command_imports()
    import gc

    # Collected objects of the parent would make every child copy its pages.
    gc.freeze()
    from dvc import __version__

    print(json.dumps({"version": __version__}), file=answers, flush=True)
    while line := sys.stdin.buffer.readline():
        request = json.loads(line)
        child = os.fork()
        if child == 0:
            run(request)
        _, status = os.waitpid(child, 0)
        print(json.dumps({"code": os.waitstatus_to_exitcode(status)}), file=answers, flush=True)


if __name__ == "__main__":
    serve()
