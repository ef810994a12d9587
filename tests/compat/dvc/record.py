# SPDX-License-Identifier: Apache-2.0
"""What DVC did in each scenario, kept outside the repository, so that only mlops need be played again."""

import gzip
import hashlib
import json
import os

# Changes whenever a change of the programs here changes what is written down of a scenario.
FORMAT = 1


def default_directory():
    return os.path.join(os.path.expanduser("~"), ".cache", "mlops-compat", "records")


class Records:
    def __init__(self, directory, version):
        self.directory = directory
        self.about = f"dvc {version}, format {FORMAT}"

    def path(self, scenario):
        key = hashlib.sha256(f"{self.about}\n{scenario.text}".encode("utf-8", "surrogateescape")).hexdigest()
        return os.path.join(self.directory, f"{scenario.name}-{key[:24]}.json.gz")

    def read(self, scenario):
        """The observations; None if there are none."""
        try:
            with gzip.open(self.path(scenario), "rt", encoding="utf-8") as file:
                return json.load(file)
        except (OSError, EOFError, ValueError):
            return None

    def write(self, scenario, observations):
        os.makedirs(self.directory, exist_ok=True)
        path = self.path(scenario)
        unfinished = f"{path}.{os.getpid()}"
        with gzip.open(unfinished, "wt", encoding="utf-8", compresslevel=3) as file:
            json.dump(observations, file)
        os.replace(unfinished, path)
