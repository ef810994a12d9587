// SPDX-License-Identifier: Apache-2.0
#include "cli/pages/texts.hpp"

namespace mlops::cli {

std::string tutorial_page() {
  return R"(DESCRIPTION
This page takes a git repository with a few scripts and some data to a recorded, shared and reproduced run. Git keeps the
code and small text files; mlops keeps the data, beside it.

TRACK DATA
  mlops init
  mlops add data/raw

`mlops add` copies the content into the cache, writes the pointer `data/raw.mlops` and tells git to ignore the data. The
pointer is what you commit.

DECLARE STAGES
  mlops stage add -n prepare -d data/raw -d src/prepare.py -p prepare.split \
      -o data/prepared python3 src/prepare.py
  mlops stage add -n train -d data/prepared -d src/train.py -p train.lr,train.epochs \
      -o model.json python3 src/train.py
  mlops stage add -n evaluate -d model.json -d data/prepared -d src/evaluate.py \
      -M metrics.json python3 src/evaluate.py

Each stage says what it reads (-d), which parameters of params.yaml it reads (-p) and what it makes (-o, and -M for
metrics that git keeps). `mlops dag` draws the result.

RUN
  mlops run
  git add -A && git commit -m "first model"

`mlops run` runs what is not up to date and records the run: the code as it was, parameters, metrics, outputs, times and
what each stage printed. Calling it again does nothing, at once. `mlops repro` is the same without a record.

SHARE
  mlops remote add -d store /mnt/share/project
  mlops push
  mlops runs push

EXPERIMENT
  mlops run -S train.lr=0.3 -n bolder
  mlops why train
  mlops runs list
  mlops runs diff FIRST bolder

`-S` changes the parameter in its file and runs what that touches. A value that was tried before costs nothing: the
results come from the stage cache.

A COLLEAGUE, OR TOMORROW
  git clone ... && cd ...
  mlops pull
  mlops status
  mlops runs pull
  mlops repro --run ID

The last line takes the run's code and data into a temporary work tree, executes every stage and compares each output
with the record, bit by bit.

GO BACK
  git checkout HEAD~1 && mlops checkout

Data follows code. `mlops install` makes git do the second half by itself.

WHEN SOMETHING GOES WRONG
Nothing of yours is overwritten that is not in the cache: commands refuse, or move it to `.mlops/rescue` and say so.
After Ctrl-C, a full disk or a power cut, call the same command again. `mlops fsck` checks the cache, `mlops gc` frees
what nothing needs any more.

SEE ALSO
mlops(1), mlops.yaml(5), mlops-config(5)
)";
}

}  // namespace mlops::cli
