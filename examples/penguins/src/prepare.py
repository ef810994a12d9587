# SPDX-License-Identifier: Apache-2.0
"""data/raw -> data/prepared: drop incomplete birds, split them, scale the four measurements.

A bird goes to the test set by a hash of its identity and the seed, so the order of the rows and
the files they come from change nothing.
"""
import csv
import glob
import hashlib
import math
import os
import re

MEASURES = ["Culmen Length (mm)", "Culmen Depth (mm)", "Flipper Length (mm)", "Body Mass (g)"]
COLUMNS = ["species", "culmen_length", "culmen_depth", "flipper_length", "body_mass"]


def read_params(path, section):
    """Returns one section of a YAML file of numbers: `section: {a: 1}` or indented `a: 1` lines."""
    with open(path, encoding="utf-8") as file:
        text = re.sub(r"(^|\s)#.*", "", file.read())
    found = re.search(r"^%s:[ \t]*(\{[^}]*\}|(?:\n+[ \t]+\S.*)+)" % re.escape(section), text, re.MULTILINE)
    if not found:
        raise SystemExit("%s: no section '%s'" % (path, section))
    return {key: float(value) for key, value in re.findall(r"(\w+):[ \t]*([-+.\deE]+)", found.group(1))}


def read_birds(folder):
    """Yields (identity, species, measurements) of each bird that was measured completely."""
    for path in sorted(glob.glob(os.path.join(folder, "*.csv"))):
        with open(path, encoding="utf-8", newline="") as file:
            for row in csv.DictReader(file):
                if "NA" in [row[name] for name in MEASURES]:
                    continue
                species = row["Species"].split()[0]
                identity = "/".join([row["studyName"], species, row["Sample Number"]])
                yield identity, species, [float(row[name]) for name in MEASURES]


def draw(seed, identity):
    """Returns a number in [0, 1) that depends on nothing but the seed and the bird."""
    digest = hashlib.sha256(("%d/%s" % (seed, identity)).encode("utf-8")).digest()
    return int.from_bytes(digest[:6], "big") / 2.0**48


def scale_of(birds):
    """Returns mean and standard deviation of each measurement."""
    scale = []
    for values in zip(*[measures for _, _, measures in birds]):
        mean = math.fsum(values) / len(values)
        scale.append((mean, (math.fsum((v - mean) ** 2 for v in values) / len(values)) ** 0.5))
    return scale


def write_birds(path, birds, scale):
    with open(path, "w", encoding="utf-8", newline="") as file:
        out = csv.writer(file, lineterminator="\n")
        out.writerow(COLUMNS)
        for _, species, measures in birds:
            out.writerow([species] + ["%.6f" % ((v - mean) / dev) for v, (mean, dev) in zip(measures, scale)])


def main():
    params = read_params("params.yaml", "prepare")
    birds = sorted((draw(int(params["seed"]), bird[0]), bird) for bird in read_birds("data/raw"))
    held_out = round(len(birds) * params["split"])
    test = [bird for _, bird in birds[:held_out]]
    train = [bird for _, bird in birds[held_out:]]
    # The scale comes from the training birds alone: the test set must not leak into the model.
    scale = scale_of(train)
    os.makedirs("data/prepared", exist_ok=True)
    write_birds("data/prepared/train.csv", train, scale)
    write_birds("data/prepared/test.csv", test, scale)
    print("prepared %d birds for training, %d for the test" % (len(train), len(test)))


if __name__ == "__main__":
    main()
