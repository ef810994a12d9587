// SPDX-License-Identifier: Apache-2.0
#include "cli/pages/texts.hpp"

namespace mlops::cli {

std::string pipeline_page() {
  return R"(DESCRIPTION
`mlops.yaml` declares stages: commands with what they read and what they make. From that `mlops repro` and `mlops run`
know what has to run, in which order, and what can be reused. `mlops stage add` writes it; editing it by hand is as good.
It is YAML 1.2, one document. A key that nobody knows is an error with file and line. It stands at the root of the
project; more of them may stand in directories below, see SEVERAL FILES.

  stages:
    prepare:
      cmd: python3 src/prepare.py
      deps:
      - data/raw
      - src/prepare.py
      params:
      - prepare.split
      outs:
      - data/prepared
    train:
      cmd: python3 src/train.py
      deps:
      - data/prepared
      - src/train.py
      params:
      - train.lr
      - train.epochs
      outs:
      - model.json
      metrics:
      - metrics.json:
          cache: false

KEYS OF A STAGE
All paths are relative to `wdir`, lie inside the repository, and are UTF-8 without control characters.

`cmd`

What to run. A string goes to a shell: `bash` where there is one, else `sh`; a string of several lines is one script that
stops at the first line that fails. A list of strings is run one after another, each in a shell of its own. Required.

`wdir`

The directory in which the command runs, relative to that of this file, which it is if left out.

`deps`

Files and directories that it reads. One that is inside, or holds, an output of another stage makes this stage depend
on that one.

`params`

Parameters that it reads: `key.path` in params.yaml, or a map from a file to a list of keys, or to nothing for the whole
file. Files may be YAML, JSON, TOML or Python. Only the listed values count; the rest of the file may change.

A Python file (`conf.py: [Train.lr]`) is read without being run: what the module and its classes set to literals, and
what `__init__` sets on `self`. Names set to anything else are not there. `-S conf.py:Train.lr=0.1` exchanges the literal.

`outs`

Files and directories that it makes. Each is a path, or a map from the path to options: `cache: false` leaves it to git,
`persist: true` keeps it in place before the stage runs, `push: false` keeps it from being pushed, `remote` names another
remote; `desc`, `type`, `labels` and `meta` describe it.

`metrics`, `plots`

Outputs with a meaning. Metrics are JSON, YAML, TOML or Python files whose values `mlops runs list` shows and compares.
Plots take x, y, title, template, x_label, y_label and header besides.

`env`

A map of environment variables that are set for the command and belong to the stage's identity.

`timeout`

The command is ended after this time: a number of seconds, or 90s, 5m, 2h.

`frozen`

`true` takes the stage as up to date whatever its dependencies say.

`always_changed`

`true` runs it every time.

`desc`, `meta`

Text and data for people and other tools.

SEVERAL FILES
Any directory of the project may have an `mlops.yaml` of its own, for what belongs there: its paths are relative to that
directory, and `mlops.lock` stands beside it. All stages are one pipeline, whichever file declares them: a stage in
`models/mlops.yaml` may read `../data/prepared`, which one of the root makes.

Below the root a stage is called by its file and its name, `models/mlops.yaml:train`; commands show it so and take it
so from everywhere. `train` alone means the stage of the file in the current directory, if it has one, else that of the
root; `models/mlops.yaml` means all stages of that file; files are named from where you are. `mlops stage add` writes into
the file of the current directory, if there is one, else into the root's. Likewise `mlops run -S lr=0.1` changes the
`params.yaml` beside it.

Directories that git or `.mlopsignore` ignores, tracked data and other projects are not looked through.

AT THE TOP
Besides `stages` there may be `params`, `metrics`, `plots` and `artifacts`, as DVC knows them.

TEMPLATES
`${train.lr}` in any text of a stage stands for a value; `${models[0].name}` takes an item of a list. A text that is one
template keeps the value's type; inside a longer text, values are written out. Write `\${` where the shell shall see it.

Values come from `params.yaml` beside this file, then from the entries of `vars`, in order: maps of values, files
(`config.json`) and some keys of a file (`config.json:train,data`). YAML, JSON, TOML and Python are read. Maps are merged;
a value is never redefined. A stage may have `vars` of its own, with files relative to its `wdir`.

A map inside a command becomes options: with `opts: {lr: 0.1, verbose: true}`, `train.py ${opts}` runs
`train.py --lr 0.1 --verbose`.

`foreach` makes a stage for each item of a list or map, named after the item's text, key or place:

  stages:
    train:
      foreach: [small, large]
      do:
        cmd: python3 train.py ${item}
        outs:
        - model-${item}.json

`matrix` makes a stage for each combination of the items of several lists:

  stages:
    train:
      matrix:
        size: ${sizes}
        seed: [1, 2]
      cmd: python3 train.py ${item.size} ${item.seed}
      outs:
      - model-${key}.json

The stages are called `train@small`, `train@small-1` and so on; as a target, `train` means all of them. In a map, `${key}`
is the key and `${item}` its value. A value that only a template uses is no parameter of the stage: it counts because
the command or path that it is part of changes.

ENVIRONMENT OF A STAGE
A stage's command gets the caller's environment, the stage's `env`, `MLOPS_ROOT` (the project's root), `MLOPS_STAGE` (the
stage's name) and `MLOPS_RUNNING_STAGES` (that name behind those of the stages around it: a command cannot start a stage
that it is part of). Its standard input is empty. It runs in a process group of its own; whatever it leaves running is
ended when it ends.

What a stage writes besides its outputs is neither kept nor restored. Files that change while stages run, that no stage
declares and that git does not ignore are named in a warning and in the record of the run; with `--strict` the stage
fails instead.

WHEN A STAGE RUNS
A stage is up to date when its command, `wdir`, `env`, the content of its dependencies, the values of its parameters and
the content of its outputs are what `mlops.lock` recorded when it last succeeded. Times of files do not matter. Otherwise
its inputs are looked up in the stage cache, and only when they were never seen before is it executed. Before it is
executed its outputs are removed, unless they persist; content that the cache does not hold is moved to `.mlops/rescue`
first.

Results of a stage are reused unless it has `always_changed`, a persistent output, or a plain output with `cache: false`.

FILES
  mlops.yaml     this file
  mlops.lock     beside it: what each stage's inputs and outputs were; written by mlops, committed with git

SEE ALSO
mlops-stage-add(1), mlops-repro(1), mlops-why(1), mlops-tutorial(7)
)";
}

}  // namespace mlops::cli
