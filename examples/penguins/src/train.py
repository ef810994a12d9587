# SPDX-License-Identifier: Apache-2.0
"""data/prepared -> model.json: softmax regression by gradient descent in small batches.

There is no random start and no shuffling, sums are rounded once (`math.fsum`), and every number is
written with nine decimals, so the same inputs give the same file, whatever the Python.
"""
import csv
import json
import math
import re

BATCH = 16


def read_params(path, section):
    """Returns one section of a YAML file of numbers: `section: {a: 1}` or indented `a: 1` lines."""
    with open(path, encoding="utf-8") as file:
        text = re.sub(r"(^|\s)#.*", "", file.read())
    found = re.search(r"^%s:[ \t]*(\{[^}]*\}|(?:\n+[ \t]+\S.*)+)" % re.escape(section), text, re.MULTILINE)
    if not found:
        raise SystemExit("%s: no section '%s'" % (path, section))
    return {key: float(value) for key, value in re.findall(r"(\w+):[ \t]*([-+.\deE]+)", found.group(1))}


def read_table(path):
    """Returns the rows of a prepared table as (species, [1, measurements...])."""
    with open(path, encoding="utf-8", newline="") as file:
        rows = list(csv.reader(file))[1:]
    return [(row[0], [1.0] + [float(value) for value in row[1:]]) for row in rows]


def probabilities(weights, x):
    """Returns the model's probability of each class for one bird."""
    scores = [math.fsum(w * v for w, v in zip(row, x)) for row in weights]
    top = max(scores)
    powers = [math.exp(score - top) for score in scores]
    total = math.fsum(powers)
    return [power / total for power in powers]


def step(weights, batch, classes, lr):
    """Moves the weights one step down the gradient of the batch's mean log loss."""
    gradient = [[0.0] * len(row) for row in weights]
    for species, x in batch:
        for c, p in enumerate(probabilities(weights, x)):
            error = p - (1.0 if classes[c] == species else 0.0)
            for i, value in enumerate(x):
                gradient[c][i] += error * value / len(batch)
    for row, slopes in zip(weights, gradient):
        for i, slope in enumerate(slopes):
            row[i] -= lr * slope


def mean_loss(weights, birds, classes):
    losses = [-math.log(max(probabilities(weights, x)[classes.index(s)], 1e-12)) for s, x in birds]
    return math.fsum(losses) / len(losses)


def main():
    params = read_params("params.yaml", "train")
    birds = read_table("data/prepared/train.csv")
    classes = sorted({species for species, _ in birds})
    weights = [[0.0] * len(birds[0][1]) for _ in classes]
    history = [mean_loss(weights, birds, classes)]
    for epoch in range(1, int(params["epochs"]) + 1):
        for start in range(0, len(birds), BATCH):
            step(weights, birds[start:start + BATCH], classes, params["lr"])
        history.append(mean_loss(weights, birds, classes))
        print("epoch %d: loss %.6f" % (epoch, history[-1]))
    model = {
        "classes": classes,
        "weights": [["%.9f" % w for w in row] for row in weights],
        "history": ["%.9f" % loss for loss in history],
    }
    with open("model.json", "w", encoding="utf-8") as file:
        json.dump(model, file, indent=1)
        file.write("\n")


if __name__ == "__main__":
    main()
