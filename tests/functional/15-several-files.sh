# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# One project with several pipeline files: each declares what belongs to its directory, all of them are one pipeline.
# shellcheck source=tests/functional/lib.sh
. "$SOURCE_DIR/tests/functional/lib.sh"
git init -q .
mkdir -p data/raw models/eval
printf 'one\n' >data/raw/one
printf 'sep: ","\n' >params.yaml
printf 'lr: 0.5\n' >models/params.yaml
mlops init -q && mlops install
mlops add -q data/raw
cat >mlops.yaml <<'YAML'
stages:
  prepare:
    cmd: mkdir -p data/prepared && cat data/raw/* params.yaml >data/prepared/all
    deps:
    - data/raw
    params:
    - sep
    outs:
    - data/prepared
  train:
    cmd: cat models/model.txt models/eval/score.json >report.txt
    deps:
    - models/model.txt
    - models/eval/score.json
    outs:
    - report.txt
YAML
cat >models/mlops.yaml <<'YAML'
stages:
  # The model itself.
  train:
    cmd: cat ../data/prepared/all params.yaml >model.txt; echo trained
    deps:
    - ../data/prepared
    params:
    - lr
    outs:
    - model.txt
  score:
    cmd: 'echo "{\"lines\": $(wc -l <../model.txt)}" >score.json'
    wdir: eval
    deps:
    - ../model.txt
    metrics:
    - score.json:
        cache: false
YAML
echo keep >models/eval/README
git add -A && git commit -q -m pipelines

# One pipeline in the order of its data; what is not at the root bears its file.
expect 0 mlops stage list --name-only
[ "$out" = 'prepare
train
models/mlops.yaml:train
models/mlops.yaml:score' ] || fail "stages: $out"
expect 0 mlops dag
has 'models/mlops.yaml:score'
expect 0 mlops repro
has 'executed    models/mlops.yaml:train'
has 'commit mlops.lock, models/mlops.lock;'
lacks 'warning'
tail -n 1 report.txt | grep -qx '{"lines": 3}' || fail "report: $(cat report.txt)"
grep -qx '  train:' models/mlops.lock || fail "lock: $(cat models/mlops.lock)"
expect 0 mlops status
has 'up to date'
git add -A && git commit -q -m results

# Words mean what is here first; files and addresses mean the same from everywhere.
cd models
expect 0 mlops stage list train --name-only
[ "$out" = models/mlops.yaml:train ] || fail "train: $out"
expect 0 mlops repro --dry -f -s train
has 'would run models/mlops.yaml:train'
expect 0 mlops repro --dry -f -s ../mlops.yaml:train
has 'would run train'
expect 0 mlops repro --dry -f -s models/mlops.yaml:score
has 'would run models/mlops.yaml:score'
expect 0 mlops why prepare
refused 1 mlops repro scroe
has "did you mean 'models/mlops.yaml:score'?"
rm model.txt
expect 0 mlops checkout train
cmp model.txt <(cat ../data/prepared/all params.yaml) || fail 'not checked out'
cd ..
expect 0 mlops repro --dry -f -s models/mlops.yaml
has 'would run models/mlops.yaml:score'
lacks 'would run prepare'
expect 0 mlops __complete repro models/mlops.yaml:
has 'models/mlops.yaml:score'

# Stages are edited where they are declared.
cd models
mlops freeze train
expect 0 mlops repro --dry -f
has 'frozen      models/mlops.yaml:train'
mlops unfreeze models/mlops.yaml:train
mlops stage add -n more -d model.txt -o more.txt 'cp model.txt more.txt'
mlops repro -q more
expect 0 git status --short
[ "$out" = ' M .gitignore
 M mlops.lock
 M mlops.yaml' ] || fail "changed: $out"
mlops stage remove --outs more
expect 0 git status --short
[ "$out" = '' ] || fail "not as before: $out"
cd ..

# Runs keep the lock of each; applied, compared and reproduced they are whole.
expect 0 mlops run -S models/params.yaml:lr=0.7 -n hot
(cd models && mlops run -q -S lr=0.9 -n hotter)
expect 0 mlops runs show hot
has 'models/mlops.yaml:score'
expect 0 mlops runs diff hot hotter
has 'lr'
expect 0 mlops runs apply hot
grep -q 'lr: 0.7' models/model.txt models/params.yaml || fail 'not applied'
expect 0 mlops run
has 'The last run with this result is'
expect 0 mlops repro --run hot
has 'identical	models/model.txt'
has '4 outputs identical'
expect 0 mlops repro --rev HEAD
git commit -q -a -m hot

# Any revision is known: what differs, and what gc has to keep.
expect 0 mlops diff HEAD~1
has 'models/model.txt'
expect 0 mlops gc --prune=now
git checkout -q HEAD~1
cmp model.txt models/model.txt 2>/dev/null && fail 'the hook checked nothing out'
grep -q 'lr: 0.5' models/model.txt || fail "an older model is lost: $(cat models/model.txt)"
expect 0 mlops status --exit-code
git checkout -q main

# Two branches ran different stages of the same file; their locks merge.
git checkout -q -b left
sed -i 's/; echo trained/; echo left/' models/mlops.yaml
mlops repro -q && git commit -q -a -m left
git checkout -q -b right main
sed -i 's/wc -l/wc -w/' models/mlops.yaml
mlops repro -q && git commit -q -a -m right
expect 0 git merge -q -m both left
expect 0 mlops status --exit-code

# Mistakes name the file, and change nothing.
sed -i 's/model.txt$/..\/data\/prepared\/model/' models/mlops.yaml
refused 1 mlops repro
has 'models/mlops.yaml:'
