# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# Branches that did different work merge by themselves; a true conflict is readable and said by status.
# shellcheck source=tests/functional/lib.sh
. "$SOURCE_DIR/tests/functional/lib.sh"
git init -q .
mlops init -q
mkdir -p data/sub
echo 1 >data/one && echo 2 >data/sub/two && echo a >a.in && echo b >b.in && echo c >c.in
mlops add -q data
cat >mlops.yaml <<'YAML'
stages:
  a: {cmd: 'cp a.in a.out', deps: [a.in], outs: [a.out]}
  b: {cmd: 'cp b.in b.out', deps: [b.in], outs: [b.out]}
  c: {cmd: 'cp c.in c.out', deps: [c.in], outs: [c.out]}
YAML
mlops repro -q && mlops install
git add -A && git commit -q -m base

# Different stages ran, different files of one directory changed.
git checkout -q -b left
echo a2 >a.in && echo left >data/one && echo new >data/left && mlops commit -q data && mlops repro -q && git commit -q -am left
git checkout -q -b right main
[ "$(cat a.out data/one)" = $'a\n1' ] || fail 'the hook did not check out'
echo b2 >b.in && echo right >data/sub/two && rm data/one && git checkout -q . && mlops checkout -q data/one
echo b2 >b.in && echo right >data/sub/two && mlops commit -q data && mlops repro -q && git commit -q -am right
expect 0 git merge -q --no-edit left
[ -z "$(git status --porcelain)" ] || fail "not clean: $(git status --porcelain)"
[ "$(cat data/one data/left data/sub/two a.out b.out)" = $'left\nnew\nright\na2\nb2' ] || fail 'the merged data is wrong'
expect 0 mlops status --exit-code
expect 0 mlops repro
lacks 'executed'

# The same stage, and the same file, in two ways: git stops, the files are readable, status names them.
git checkout -q -b other left
echo c3 >c.in && echo other >data/one && mlops commit -q data && mlops repro -q && git commit -q -am other
git checkout -q -b another left
echo c4 >c.in && echo another >data/one && mlops commit -q data && mlops repro -q && git commit -q -am another
expect 1 git merge --no-edit other
has 'CONFLICT'
expect 1 mlops status
has 'mlops.lock:'
has 'conflict'
grep -q '<<<<<<<' mlops.lock || fail "the lock shows no conflict: $(cat mlops.lock)"
refused 1 mlops repro
has 'git'
git checkout -q --theirs mlops.lock
expect 1 mlops status
has 'data.mlops:'
git checkout -q --theirs data.mlops c.in && git add -A && git commit -q -m resolved
mlops checkout -q --force
[ "$(cat data/one c.out)" = $'other\nc3' ] || fail 'the resolution was not checked out'
expect 0 mlops status --exit-code

# A stage after both of those that ran differently: no conflict, it runs once more.
mlops stage add -q -n d -d a.out -d b.out -o d.out 'cat a.out b.out > d.out' && mlops repro -q
git add -A && git commit -q -m last
git checkout -q -b up && echo a5 >a.in && mlops repro -q && git commit -q -am up
git checkout -q -b down up~1
echo b5 >b.in && mlops repro -q && git commit -q -am down
expect 0 git merge -q --no-edit up
expect 0 mlops status
has 'a.out changed'
expect 0 mlops repro
has 'executed    d'
[ "$(cat d.out)" = $'a5\nb5' ] || fail 'what came after both was not made anew'
