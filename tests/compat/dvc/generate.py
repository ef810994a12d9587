# SPDX-License-Identifier: Apache-2.0
"""Scenarios made from a number: random pipelines, parameters of every type, awkward names, edits between runs."""

import json
import random

NAMES = ["a", "data.csv", "sp ace", "ünï", "it's", "#hash", "d-1", "x_y", "A.B", "q,w", "[b]", "n@me", "100%", "w=1", "~t", "日本"]
STAGES = ["prep", "train", "eval", "fit-2", "mix_3", "zeta", "alpha", "Omega"]
STRINGS = ["text", "", "a: b", "it's", "x #y", "null", "true", "1.0", "on", "- a", "012", "{b}", "multi\nline", "ünï", "2020-01-01", "~", "tab\there",
           "long words that go on and on until the line is longer than eighty characters and then some more of them",
           "a/very/long/path/without/any/blank/in/it/which/cannot/be/broken/anywhere/at/all/because/there/is/no/blank.txt",
           "quoted: long words that go on and on until the line is longer than eighty characters and 'then' some more"]


def value(rng, depth=0):
    """A parameter."""
    kind = rng.random()
    if depth < 3 and kind < 0.18:
        return {key(rng): value(rng, depth + 1) for _ in range(rng.randint(0, 3))}
    if depth < 3 and kind < 0.32:
        return [value(rng, depth + 1) for _ in range(rng.randint(0, 3))]
    if kind < 0.55:
        return rng.choice(STRINGS)
    if kind < 0.7:
        return rng.choice([0, 1, -3, 10**6, 2**40])
    if kind < 0.9:
        return rng.choice([0.5, 1.0, 1e-5, 1e16, 1.5e300, -0.0, 0.1, 123456.789])
    return rng.choice([True, False, None])


def key(rng):
    return rng.choice(["lr", "k", "opt", "layers", "b1", "seed", "a b", "x-y", "on", "null_", "7up"])


def yaml_text(data):
    """JSON is YAML; one key a line so that edits are small."""
    return "".join(f"{json.dumps(name)}: {json.dumps(item, ensure_ascii=False)}\n" for name, item in data.items())


def quoted(text):
    return "'" + text.replace("'", "'\\''") + "'"


class Maker:
    """Writes one scenario down."""

    def __init__(self, number):
        self.rng = random.Random(f"scenario {number}")
        self.lines = [f"== generated-{number:03}"]
        self.names = self.rng.sample(NAMES, 5)
        self.params = {name: value(self.rng) for name in ("lr", "opt", "k", "layers")}
        self.other = {name: value(self.rng) for name in ("x", "y")}
        self.sources = {}
        self.stages = []

    def file(self, path, text):
        self.lines.append(f"file {quoted(path)}")
        self.lines += ["  " + line for line in text.rstrip("\n").split("\n")]

    def write_params(self):
        self.file("params.yaml", yaml_text(self.params))
        self.file("other.json", json.dumps(self.other))

    def make(self):
        rng = self.rng
        self.write_params()
        for name in rng.sample(self.names, 3):
            self.source(name)
        self.pipeline()
        self.lines.append("TOOL repro")
        self.lines.append("=TOOL status --json")
        for _ in range(rng.randint(2, 4)):
            self.edit()
            self.lines.append(rng.choice(["=TOOL status --json", "=TOOL data status --json --granular", "=TOOL diff --json"]))
            self.lines.append(rng.choice(["TOOL repro"] * 4 + ["?TOOL commit -f", "TOOL repro --force-downstream"]))
            if rng.random() < 0.3:
                self.lines += ["git add -A", "git commit -qm step --allow-empty", "=TOOL data status --json"]
        self.lines.append("=TOOL status --json")
        self.lines.append("~TOOL dag --dot")
        return "\n".join(self.lines) + "\n"

    def source(self, name):
        rng = self.rng
        if rng.random() < 0.3:
            self.lines.append(f"mkdir -p ./{quoted(name)}/sub; echo 1 >./{quoted(name)}/one; echo 2 >./{quoted(name)}/sub/two")
            self.sources[name] = True
        else:
            self.lines.append(f"echo {rng.randint(0, 9)} >./{quoted(name)}")
            self.sources[name] = False
        if rng.random() < 0.7:
            self.lines.append(f"TOOL add ./{quoted(name)}")

    def pipeline(self):
        rng = self.rng
        document = {"stages": {}}
        made = []
        for stage in rng.sample(STAGES, rng.randint(2, 5)):
            entry = self.stage(stage, made)
            document["stages"][stage] = entry
        if rng.random() < 0.4:
            document["vars"] = [{"v1": rng.choice(["p", "q"]), "v2": {"n": rng.randint(1, 3)}}]
            document["stages"]["templated"] = {"cmd": "echo ${v1} ${v2.n} >'t ${v1}'", "outs": ["t ${v1}"]}
        if rng.random() < 0.4:
            document["stages"]["each"] = {"foreach": rng.choice([["a", "b"], {"k1": 1, "k2": 2}, [1, True]]),
                                          "do": {"cmd": "echo ${item} >each-${item}", "outs": ["each-${item}"]}}
        if rng.random() < 0.3:
            document["stages"]["grid"] = {"matrix": {"m": ["a", "b"], "n": [1, 2.5]}, "cmd": "echo ${item.m} ${item.n} >grid-${key}",
                                          "outs": ["grid-${key}"]}
        self.file("dvc.yaml", json.dumps(document, indent=1, ensure_ascii=False))
        self.document = document

    def stage(self, stage, made):
        """A stage that copies what it depends on, and writes what its parameters are."""
        rng = self.rng
        deps = rng.sample(sorted(self.sources), rng.randint(0, 2)) + rng.sample(made, min(len(made), rng.randint(0, 2)))
        deps = sorted(set(deps), key=deps.index)
        out = f"{stage}.{rng.choice(['out', 'o ut', 'json', 'ö'])}"
        commands = [f"cat {' '.join(quoted('./' + dep) for dep in deps if not self.sources.get(dep))} /dev/null >./{quoted(out)}"]
        entry = {"cmd": commands, "deps": deps, "outs": [out]}
        # So that no two stages make the same bytes by accident only.
        commands.append(f"echo {stage} >>./{quoted(out)}")
        self.more(stage, entry, commands)
        if rng.random() < 0.6:
            entry["params"] = rng.sample(sorted(self.params), rng.randint(1, 3))
            if rng.random() < 0.4:
                entry["params"].append({"other.json": rng.choice([["x"], ["y", "x"], None])})
        if rng.random() < 0.5:
            entry["cmd"] = " && ".join(commands)
        made.append(out)
        return {name: item for name, item in entry.items() if item}

    def more(self, stage, entry, commands):
        rng = self.rng
        if rng.random() < 0.3:
            commands.append(f"mkdir -p {stage}.d/s; echo 1 >{stage}.d/x; cp {stage}.d/x {stage}.d/s/y")
            entry["outs"].append(f"{stage}.d")
        if rng.random() < 0.3:
            commands.append(f"echo '{{\"acc\": 0.{rng.randint(1, 9)}}}' >{stage}-m.json")
            entry["metrics"] = [{f"{stage}-m.json": {"cache": rng.random() < 0.5}}]
        if rng.random() < 0.2:
            commands.append(f"echo kept >>{stage}.keep")
            entry["outs"].append({f"{stage}.keep": {"persist": True}})
        if rng.random() < 0.15:
            entry["desc"] = rng.choice(STRINGS) or "d"
        if rng.random() < 0.1:
            entry["always_changed"] = True
        if rng.random() < 0.15:
            entry["frozen"] = False
        if rng.random() < 0.15:
            entry["meta"] = {"k": value(rng)}

    def edit(self):
        rng = self.rng
        what = rng.random()
        if what < 0.35:
            name = rng.choice(sorted(self.params))
            self.params[name] = value(rng)
            self.write_params()
        elif what < 0.45:
            self.other[rng.choice(["x", "y"])] = value(rng)
            self.write_params()
        elif what < 0.7:
            name = rng.choice(sorted(self.sources))
            place = f"./{quoted(name)}" + ("/one" if self.sources[name] else "")
            self.lines.append(f"echo {rng.randint(0, 9)} >{place}")
        elif what < 0.85:
            stage = rng.choice([name for name in self.document["stages"] if name not in ("each", "grid", "templated")])
            out = self.document["stages"][stage]["outs"][0]
            self.lines.append(f"rm -rf ./{quoted(out)}")
        else:
            stage = rng.choice([name for name in self.document["stages"] if name not in ("each", "grid", "templated")])
            entry = self.document["stages"][stage]
            if isinstance(entry["cmd"], list):
                entry["cmd"] = [*entry["cmd"], "true"]
            else:
                entry["cmd"] += " && true"
            self.file("dvc.yaml", json.dumps(self.document, indent=1, ensure_ascii=False))


def scenario(number):
    return Maker(number).make()
