# SPDX-License-Identifier: Apache-2.0
"""What must hold after every injected failure. Each oracle returns its violations as sentences.

    O1   no object, here or on the remote, whose bytes do not hash to its name
    O2   what the previous commit refers to can still be checked out
    O3   every byte of the user's is at its path, in the store, or in .mlops/rescue
    O4   each metadata file is an old or a new one, whole
    O5   status, fsck and the same command succeed without a hand, and end where an undisturbed run ends
    O6   no process and no lock file is left
    O8   a tree, or a text that names objects, never appears before what it names
    O12  a command that failed says so; one that says it succeeded has done everything
"""
import os
import re
import subprocess

from box import State, cache_of, digest_of, files_below, listing, objects, read_text, saved_digests


def some(items):
    items = sorted(items)
    return ", ".join(map(str, items[:3])) + (" and %d more" % (len(items) - 3) if len(items) > 3 else "")


def check_objects(box, project):
    """O1 and, for trees, O8."""
    for where, store in (("cache", os.path.join(cache_of(project), "objects")), ("remote", box.store)):
        found = objects(store)
        for name, path in sorted(found.items()):
            if not os.path.isfile(path) or digest_of(path) != name[:64]:
                yield "O1: object %s of the %s does not hash to its name" % (name, where)
            elif name.endswith(".tree"):
                absent = [member for member in members(path) if member not in found]
                if absent:
                    yield "O8: tree %s of the %s lacks %s" % (name[:12], where, some(absent))


def members(tree):
    for line in read_text(tree).split("\n")[1:]:
        fields = line.split(" ", 4)
        if len(fields) == 5:
            yield fields[1] + (".tree" if fields[0] == "tree" else "")


def check_previous_commit(box, project, expected):
    """O2: a clone of the repository with a copy of the cache gets the committed data back."""
    probe = os.path.join(box.root, "probe")
    subprocess.run(["rm", "-rf", probe], check=True)
    done = box.run(["git", "clone", "-q", project, probe], box.root)
    if done.returncode != 0:
        return ["O2: the repository can't be cloned: " + done.stderr.strip()]
    if os.path.isdir(cache_of(project)):
        os.makedirs(os.path.join(probe, ".mlops"), exist_ok=True)
        subprocess.run(["cp", "-a", cache_of(project), cache_of(probe)], check=True)
    done = box.run([box.program, "checkout"], probe)
    found = listing(probe)
    subprocess.run(["rm", "-rf", probe], check=True)
    if done.returncode != 0:
        return ["O2: the previous commit can't be checked out: " + done.stderr.strip()]
    if expected is None:
        return found
    return ["O2: the previous commit's " + difference(expected, found)] if found != expected else []


def difference(expected, found):
    lost = {path for path in expected if path not in found}
    new = {path for path in found if path not in expected}
    other = {path for path in expected if path in found and expected[path] != found[path]}
    parts = [("missing ", lost), ("unexpected ", new), ("different ", other)]
    return "; ".join(word + some(paths) for word, paths in parts if paths)


def below(path, folders):
    return any(path == folder or path.startswith(folder + "/") for folder in folders)


def check_user_files(scenario, project, before, after):
    """O3, and that nothing half-written stands at a path."""
    now = listing(project)
    saved = saved_digests(project)
    for path, what in sorted(before.files.items()):
        if path in before.texts or what[0] not in ("file", "exec") or now.get(path) == what:
            continue
        at_path = now.get(path, ("nothing",))
        if below(path, scenario.edits) and at_path == after.files.get(path):
            continue
        if what[1] not in saved and not (len(at_path) == 2 and at_path[1] == what[1]):
            yield "O3: the bytes of %s are gone" % path
    for path, what in sorted(now.items()):
        allowed = [state.files[path] for state in (before, after) if path in state.files]
        if allowed and what not in allowed and path not in before.texts and path not in after.texts:
            if what[0] != "directory" and not below(path, scenario.volatile):
                yield "O3: %s is neither the old nor the new one" % path


def check_metadata(project, before, after):
    """O4."""
    for path in sorted(set(before.texts) | set(after.texts)):
        full = os.path.join(project, path)
        old, new = before.texts.get(path), after.texts.get(path)
        if not os.path.lexists(full):
            if old is not None and new is not None:
                yield "O4: %s is gone" % path
            continue
        text = read_text(full)
        if text not in (old, new) and not mixed(path, text, old or "", new or ""):
            yield "O4: %s is neither the old nor the new one" % path


def mixed(path, text, old, new):
    """Files that are rewritten entry by entry may hold old entries beside new ones, each whole."""
    name = os.path.basename(path)
    if name in ("mlops.lock", "mlops.yaml"):
        split = entries
    elif name in (".gitignore", ".gitattributes", "attributes", "config", "config.local"):
        split = str.splitlines
    else:
        return False
    parts, had, will = split(text), split(old), split(new)
    known = set(had) | set(will)
    kept = set(had) & set(will)
    return text.endswith("\n") and all(part in known for part in parts) and kept <= set(parts)


def entries(text):
    """Splits a lock into its stages: a line indented by two spaces begins one."""
    return [part for part in re.split(r"\n(?=  \S|\S)", text.rstrip("\n")) if part]


def check_references(box, project, before, after):
    """O8 for pointers and lock: what they newly name is in the cache, unless an undisturbed run lacks it, too."""
    lacking = State(box, project).missing - before.missing - after.missing
    return ["O8: the cache lacks %s, which a text names" % some(digest[:12] for digest in lacking)] if lacking else []


def unremovable(report, fault):
    """What may stay although nobody wants it: removing it is what was made to fail. Nothing, one path, or "all"."""
    syscall = report["syscall"] or ""  # none when the command ended before it came to the point
    if report["killed"] or not syscall.startswith("unlink"):
        return "all" if fault.endswith("+") else None
    return report["path"]


def check_locks(project, spared=None):
    """O6 for what git would trip over."""
    return ["O6: %s is left behind" % os.path.relpath(path, project)
            for path in files_below(os.path.join(project, ".git"))
            if path.endswith(".lock") and spared != "all" and path != spared]


def left_by_kill(project, report):
    """The lock of a run's ref may outlive the process that held it, until the next command of that kind."""
    if not report["killed"]:
        return None
    runs = os.path.join(project, ".git", "refs", "mlops", "runs")
    return next((path for path in files_below(runs) if path.endswith(".lock")), None)


def check_same(scenario, expected, found):
    """Whether two states of a project are the same to a user."""
    if expected.files != found.files:
        yield "the workspace has " + difference(expected.files, found.files)
    for word, want, have in (("cache", expected.objects, found.objects), ("remote", expected.remote, found.remote)):
        if want - have:
            yield "the %s lacks %s" % (word, some(want - have))
        if have - want and not scenario.extra_objects:
            yield "the %s has %s besides" % (word, some(have - want))
    # The stage cache is derived: an entry that could not be written costs a later run its shortcut, nothing else.
    if found.runs < expected.runs:
        yield "%d runs are recorded instead of %d" % (found.runs, expected.runs)
    for path in sorted(set(expected.texts) | set(found.texts)):
        if path.startswith(".git/") and expected.texts.get(path) != found.texts.get(path):
            yield "%s differs" % path


def check_answer(scenario, box, project, report, stderr, after):
    """O12 and O6 for processes."""
    if report["left"]:
        yield "O6: %d processes outlived the command" % report["left"]
    if report["timed_out"]:
        yield "O5: the command hangs"
    if report["killed"] or report["timed_out"]:
        return
    if report["signal"] is not None:
        yield "O12: the command ended by signal %d" % report["signal"]
    elif report["exit"] == 70:
        yield "O12: the command calls it a bug of its own: " + stderr.strip()[-300:]
    elif report["exit"] != 0 and not re.search(r"^error: \S", stderr, re.MULTILINE):
        yield "O12: exit code %d without an `error:` line" % report["exit"]
    elif report["exit"] == 0:
        for sentence in check_same(scenario, after, State(box, project)):
            yield "O12: exit code 0, but " + sentence


def check_recovery(scenario, box, project, command, golden, spared=None):
    """O5: status, fsck, the same command, and the end state."""
    done = box.run([box.program, "status"], project)
    if done.returncode != 0:
        yield "O5: `mlops status` ends with %d: %s" % (done.returncode, done.stderr.strip())
    done = box.run([box.program, "fsck"], project)
    if done.returncode not in golden.fsck_codes:
        yield "O5: `mlops fsck` ends with %d: %s" % (done.returncode, (done.stdout + done.stderr).strip())
    done = box.run([box.program] + command, project)
    if done.returncode != 0:
        yield "O5: the same command ends with %d: %s" % (done.returncode, done.stderr.strip())
        return
    for sentence in check_same(scenario, golden.after, State(box, project)):
        yield "O5: after the same command " + sentence
    if scenario.runs:
        done = box.run(["git", "fsck", "--no-dangling", "--no-progress"], project)
        if done.returncode != 0:
            yield "O5: `git fsck` ends with %d: %s" % (done.returncode, done.stderr.strip())
    yield from check_objects(box, project)
    yield from check_locks(project, spared)
