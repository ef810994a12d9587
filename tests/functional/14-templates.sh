# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# A pipeline whose stages are generated: vars, foreach and matrix, from the first run to a reproduction elsewhere.
# shellcheck source=tests/functional/lib.sh
. "$SOURCE_DIR/tests/functional/lib.sh"
mkdir repo && cd repo && git init -q .
printf 'sizes: [small, large]\nopts: {lr: 0.5, verbose: true}\n' >params.yaml
printf '{"suffix": "txt"}\n' >more.json
mlops init -q
cat >mlops.yaml <<'YAML'
vars:
- more.json:suffix
- out: results
stages:
  make:
    foreach: ${sizes}
    do:
      cmd: mkdir -p ${out} && echo ${item} >${out}/${item}.${suffix}
      outs:
      - ${out}/${item}.${suffix}
  train:
    matrix:
      size: ${sizes}
      seed: [1, 2]
    cmd: cat ${out}/${item.size}.${suffix} >m-${key}.json; echo ${item.seed} ${opts} \${HOME:+home} >>m-${key}.json
    deps:
    - ${out}/${item.size}.${suffix}
    outs:
    - m-${key}.json
YAML
git add -A && git commit -q -m pipeline

expect 0 mlops stage list --name-only
[ "$out" = 'make@small
make@large
train@small-1
train@small-2
train@large-1
train@large-2' ] || fail "stages: $out"
expect 0 mlops run -n first
[ "$(cat m-large-2.json)" = 'large
2 --lr 0.5 --verbose home' ] || fail "filled in: $(cat m-large-2.json)"
expect 0 mlops run
has 'The last run with this result is'

# A value that no stage declares as a parameter still decides: the command that it is part of is another.
expect 0 mlops run -S opts.lr=0.25 -n slower
has 'executed    train@small-1'
lacks 'executed    make@small'
expect 0 mlops why train@small-1
has 'up to date'
# An item that goes takes its stages along; one that comes is made alone.
printf 'sizes: [small, huge]\nopts: {lr: 0.25, verbose: true}\n' >params.yaml
expect 0 mlops run
has 'executed    make@huge'
has 'executed    train@huge-2'
lacks 'executed    make@small'

# A group's name stands for all that it makes.
expect 0 mlops repro --dry -f -s train
has 'train@small-1'
has 'train@huge-2'
lacks 'make@'
expect 0 mlops freeze make
expect 0 mlops stage list make --json
[ "$(json '[s["frozen"] for s in j["stages"]]')" = '[True, True]' ] || fail "frozen: $out"
expect 0 mlops unfreeze make
expect 1 mlops freeze make@small
has "it is generated from 'make'"

# Mistakes name the variable, the line and where it was looked for, and change nothing.
cp mlops.yaml good
sed -i 's/\${item.seed}/${item.sed}/' mlops.yaml
expect 1 mlops run
has "mlops.yaml:15: 'stages.train@small-1.cmd' uses '\${item.sed}'"
has "did you mean 'item.seed'?"
cp good mlops.yaml
printf 'sizes: [small\n' >params.yaml
expect 1 mlops status
has 'params.yaml:'
printf 'sizes: [small, huge]\nopts: {lr: 0.25, verbose: true}\n' >params.yaml

# Runs are reproduced from their own templates, elsewhere.
git add -A && git commit -q -m results
mlops remote add -q -d store ../store && mlops push -q && mlops runs push -q
git clone -q . ../clone && cd ../clone && mlops remote add -q -d store ../store -f
mlops pull -q && mlops runs pull -q
expect 0 mlops repro
lacks 'executed'
expect 0 mlops repro --run first
has 'train@large-2'
expect 0 mlops remove train
expect 0 mlops stage list --name-only
lacks 'train@'
