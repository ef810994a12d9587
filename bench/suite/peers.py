# SPDX-License-Identifier: Apache-2.0
"""The other tools: how DVC gets here, where they are, which version they have, and the environment in which they run."""

import os
import shutil
import subprocess
import sys
import venv

# Fair to DVC: nothing that phones home, no update check, no link but the fastest that ext4 offers (set by each row).
DVC_SETTINGS = [("core.analytics", "false"), ("core.check_update", "false"), ("core.autostage", "false")]


def default_environment():
    return os.path.join(os.path.expanduser("~"), ".cache", "mlops-bench", "venv")


def refuse_inside_repository(directory):
    here = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
    if os.path.commonpath([here, os.path.abspath(directory)]) == here:
        sys.exit(f"error: '{directory}' lies inside the repository; choose another --dir")


def make_environment(directory):
    """A half-made environment is made again; a whole one only gets the newest DVC."""
    if not os.path.exists(os.path.join(directory, "bin", "pip")):
        venv.EnvBuilder(with_pip=True, clear=True).create(directory)
    pip = [os.path.join(directory, "bin", "pip"), "install", "--disable-pip-version-check", "--quiet", "--timeout", "20",
           "--retries", "2", "--upgrade"]
    subprocess.run([*pip, "dvc"], check=True)


def find_dvc(directory):
    """The path of DVC in the virtual environment; None if there is none."""
    path = os.path.join(directory, "bin", "dvc")
    return path if os.path.exists(path) else None


def _first_line(command):
    try:
        done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
    except OSError:
        return "absent"
    return done.stdout.strip().split("\n")[0] if done.returncode == 0 else "absent"


def versions(dvc):
    found = {"dvc": _first_line([dvc, "--version"]) if dvc else "absent"}
    if dvc:
        found["python of dvc"] = _first_line([os.path.join(os.path.dirname(dvc), "python"), "--version"]).replace("Python ", "")
    found["git"] = _first_line(["git", "--version"]).replace("git version ", "")
    found["ninja"] = _first_line(["ninja", "--version"])
    found["cp"] = _first_line(["cp", "--version"])
    found["find"] = _first_line(["find", "--version"])
    return found


def environment(home):
    """What every measured process sees: no configuration of this machine's user, so that figures can be repeated."""
    kept = {name: os.environ[name] for name in ("PATH", "TMPDIR") if name in os.environ}
    return {
        **kept,
        "HOME": home,
        "LC_ALL": "C.UTF-8",
        "DVC_NO_ANALYTICS": "true",
        "DVC_SITE_CACHE_DIR": os.path.join(home, "dvc-site"),
        "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_AUTHOR_NAME": "bench",
        "GIT_AUTHOR_EMAIL": "bench@localhost",
        "GIT_COMMITTER_NAME": "bench",
        "GIT_COMMITTER_EMAIL": "bench@localhost",
        "MLOPS_CONFIG_SYSTEM": os.path.join(home, "none"),
    }


def have_ninja():
    return shutil.which("ninja") is not None
