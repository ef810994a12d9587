# SPDX-License-Identifier: Apache-2.0
"""model.json and data/prepared -> metrics.json and plots/loss.csv: how good is the model?"""
import csv
import json
import math
import os


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


def measure(model, birds):
    """Returns accuracy and mean log loss of the test set, and the share found of each species."""
    classes = model["classes"]
    weights = [[float(w) for w in row] for row in model["weights"]]
    losses, hits = [], {name: [] for name in classes}
    for species, x in birds:
        p = probabilities(weights, x)
        losses.append(-math.log(max(p[classes.index(species)], 1e-12)))
        hits[species].append(classes[p.index(max(p))] == species)
    right = sum(sum(found) for found in hits.values())
    return {
        "accuracy": round(right / len(birds), 6),
        "log_loss": round(math.fsum(losses) / len(birds), 6),
        "recall": {name: round(sum(found) / len(found), 6) for name, found in hits.items() if found},
    }


def main():
    with open("model.json", encoding="utf-8") as file:
        model = json.load(file)
    metrics = measure(model, read_table("data/prepared/test.csv"))
    with open("metrics.json", "w", encoding="utf-8") as file:
        json.dump(metrics, file, indent=2, sort_keys=True)
        file.write("\n")
    os.makedirs("plots", exist_ok=True)
    with open("plots/loss.csv", "w", encoding="utf-8", newline="") as file:
        out = csv.writer(file, lineterminator="\n")
        out.writerow(["epoch", "loss"])
        out.writerows(enumerate(model["history"]))
    print("accuracy %(accuracy).4f, log loss %(log_loss).4f" % metrics)


if __name__ == "__main__":
    main()
