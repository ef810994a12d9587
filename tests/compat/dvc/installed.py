# SPDX-License-Identifier: Apache-2.0
"""The DVC to compare with: found, installed or renewed; and loud when there is none."""

import os
import subprocess
import sys

top = os.path.dirname(os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__)))))
sys.path.insert(0, os.path.join(top, "bench"))

from suite import peers  # noqa: E402

SKIPPED = 77


def add_arguments(parser):
    parser.add_argument("--dvc", default=peers.default_environment(), help="DVC's virtual environment (default: %(default)s)")
    parser.add_argument("--setup", action="store_true", help="install DVC first, or renew it if that was not done today (scripts/setup-compat)")
    parser.add_argument("--notice", metavar="FILE", help="written when nothing could be compared, removed otherwise")


def ensure(options, what):
    """The version of the DVC that is there; None, after saying so, if none can be had."""
    complaint = "it was not asked: give --setup"
    if options.setup:
        done = subprocess.run([sys.executable, os.path.join(top, "scripts", "setup-compat"), "--hours", "20", "--dir", options.dvc],
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
        complaint = done.stdout.strip()
        print(complaint)
    dvc = peers.find_dvc(options.dvc)
    version = peers.versions(dvc)["dvc"] if dvc else "absent"
    if version != "absent":
        if options.notice and os.path.exists(options.notice):
            os.remove(options.notice)
        return version
    text = (f"SKIPPED: {what} was NOT compared with DVC, because DVC could not be installed.\nNothing is known about compatibility "
            f"from this run. What scripts/setup-compat said: {complaint}")
    print(f"{'#' * 100}\n{text}\n{'#' * 100}", flush=True)
    if options.notice:
        with open(options.notice, "w", encoding="utf-8") as file:
            file.write(text + "\n")
    return None
