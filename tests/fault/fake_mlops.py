#!/usr/bin/env -S python3 -I -S -B
# SPDX-License-Identifier: Apache-2.0
"""Just enough of mlops to test the sweep: init, add, checkout, status, fsck, written with care.

FAKE_BUG names a mistake that it then makes, one that a sweep must find.
"""
import hashlib
import os
import sys

BUG = os.environ.get("FAKE_BUG", "")
OBJECTS = ".mlops/cache/objects/sha256"


def publish(path, content, mode=0o444):
    """Puts a file at its path whole and durable, or not at all."""
    temporary = ".mlops/tmp/%d" % os.getpid()
    file = os.open(temporary, os.O_CREAT | os.O_TRUNC | os.O_WRONLY, 0o600)
    try:
        half = len(content) // 2
        os.write(file, content[:half])
        os.write(file, content[half:])
        os.fchmod(file, mode)
        os.fsync(file)
        os.close(file)
        os.rename(temporary, path)
    except OSError:
        try:
            os.unlink(temporary)
        except OSError:
            pass
        raise


def publish_badly(path, content, mode=0o444):
    """Writes in place: what publish exists to avoid."""
    file = os.open(path, os.O_CREAT | os.O_TRUNC | os.O_WRONLY, mode)
    os.write(file, content[:len(content) // 2])
    os.write(file, content[len(content) // 2:])
    os.close(file)


def store(content, suffix=""):
    name = hashlib.sha256(content).hexdigest()
    path = "%s/%s/%s%s" % (OBJECTS, name[:2], name[2:], suffix)
    if not os.path.exists(path):
        os.makedirs(os.path.dirname(path), exist_ok=True)
        (publish_badly if BUG == "torn-object" else publish)(path, content)
    return name


def build(path):
    """Stores what stands at a path. Returns its kind and digest."""
    if os.path.islink(path):
        return "link", store(os.readlink(path).encode())
    if not os.path.isdir(path):
        with open(path, "rb") as file:
            content = file.read()
        if BUG == "moves-away":
            os.rename(path, path + ".moved")
        name = store(content)
        if BUG == "moves-away":
            os.rename(path + ".moved", path)
        return ("exec" if os.stat(path).st_mode & 0o100 else "file"), name
    lines = ["mlops-tree 1"]
    for name in sorted(os.listdir(path)):
        kind, digest = build(os.path.join(path, name))
        lines.append("%s %s 0 1 %s" % (kind, digest, name))
    return "tree", store(("\n".join(lines) + "\n").encode(), ".tree")


def restore(path, kind, digest):
    object_path = "%s/%s/%s%s" % (OBJECTS, digest[:2], digest[2:], ".tree" if kind == "tree" else "")
    with open(object_path, "rb") as file:
        content = file.read()
    if kind == "tree":
        os.makedirs(path, exist_ok=True)
        for line in content.decode().split("\n")[1:-1]:
            fields = line.split(" ", 4)
            restore(os.path.join(path, fields[4]), fields[0], fields[1])
    elif kind == "link":
        os.symlink(content.decode(), path)
    else:
        publish(path, content, 0o755 if kind == "exec" else 0o644)


def ignore(path):
    lines = open(".gitignore").read().splitlines() if os.path.exists(".gitignore") else []
    if "/" + path not in lines:
        publish(".gitignore", "".join(line + "\n" for line in sorted(lines + ["/" + path])).encode(), 0o644)


def pointer_text(path, kind, digest):
    return ("version: 1\npath: %s\nkind: %s\nsha256: %s\n" % (path, kind, digest)).encode()


def add(path):
    write = publish_badly if BUG == "pointer-in-place" else publish
    if BUG == "pointer-first":
        global store
        real, store = store, lambda content, suffix="": hashlib.sha256(content).hexdigest()
        write(path + ".mlops", pointer_text(path, *build(path)), 0o644)
        store = real
    write(path + ".mlops", pointer_text(path, *build(path)), 0o644)
    ignore(path)


def command_add(paths):
    if BUG == "stale-lock":
        os.close(os.open(".mlops/tmp/lock", os.O_CREAT | os.O_EXCL | os.O_WRONLY))
    for path in paths:
        add(path)
    if BUG == "stale-lock":
        os.unlink(".mlops/tmp/lock")


def command_init(_):
    for folder in ("tmp", "cache/objects/sha256"):
        os.makedirs(".mlops/" + folder)
    publish(".mlops/config", b"[core]\n\tformat = 1\n", 0o644)
    publish(".mlops/.gitignore", b"/tmp\n/cache\n", 0o644)


def command_checkout(_):
    os.makedirs(".mlops/tmp", exist_ok=True)
    for name in sorted(os.listdir(".")):
        if name.endswith(".mlops") and name != ".mlops":
            fields = dict(line.split(": ", 1) for line in open(name).read().splitlines())
            restore(fields["path"], fields["kind"], fields["sha256"])


def command_nothing(_):
    pass


def main():
    commands = {"init": command_init, "add": command_add, "checkout": command_checkout, "status": command_nothing,
                "fsck": command_nothing}
    try:
        commands[sys.argv[1]](sys.argv[2:])
    except OSError as problem:
        if BUG == "swallows-errors":
            sys.exit(0)
        if BUG != "says-nothing":
            print("error: %s" % problem, file=sys.stderr)
        if BUG == "calls-it-a-bug":
            sys.exit(70)
        sys.exit(1)


main()
