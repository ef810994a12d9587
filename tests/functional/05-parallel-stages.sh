# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# Stages at once, going on after a failure, early cut-off, and what a failing stage says and leaves.
# shellcheck source=tests/functional/lib.sh
. "$SOURCE_DIR/tests/functional/lib.sh"
git init -q . && mlops init -q
echo 'k: 1' >params.yaml

# Two stages that wait for each other can only end when they run at the same time.
cat >mlops.yaml <<'YAML'
stages:
  left: {cmd: 'echo ready >left.here; until [ -e right.here ]; do sleep 0.02; done; echo l >left', outs: [left]}
  right: {cmd: 'echo ready >right.here; until [ -e left.here ]; do sleep 0.02; done; echo r >right', outs: [right]}
  both: {cmd: 'cat left right >both', deps: [left, right], outs: [both]}
YAML
expect 0 timeout 20 mlops repro -j 4
[ "$(cat both)" = $'l\nr' ] || fail 'both came too early'
expect 0 timeout 20 mlops repro -j 4
lacks 'executed'

# With -k what does not depend on the failed stage still runs; without it what runs already is finished, no more begun.
cat >mlops.yaml <<'YAML'
stages:
  bad: {cmd: ['echo some words', 'echo half >half; exit 7'], deps: [params.yaml], outs: [half]}
  after: {cmd: 'cp half after', deps: [half], outs: [after]}
  good: {cmd: 'echo ok >good', deps: [params.yaml], outs: [good]}
YAML
expect 1 mlops repro -k
has "stage 'bad' failed"
has 'echo half >half; exit 7'
has 'exit code: 7'
has 'some words'
has 'skipped     after'
has 'executed    good'
grep -q 'bad' mlops.lock && fail 'a failed stage is in the lock'
expect 1 mlops repro -k --json
out=$(mlops repro -k --json 2>/dev/null || true)
[ "$(json '[s["outcome"] for s in j["stages"] if s["name"] == "bad"][0]')" = failed ] || fail "json: $out"
[ "$(json 'j["failed"]')" = True ] || fail "json: $out"

# The same failure does not come from the stage cache as a success, and the repaired stage runs.
sed -i 's/exit 7/true/' mlops.yaml
expect 0 mlops repro
has 'executed    bad'
has 'executed    after'

# A stage that makes the same bytes again stops the wave.
cat >mlops.yaml <<'YAML'
stages:
  sort: {cmd: 'sort names >sorted', deps: [names], outs: [sorted]}
  count: {cmd: 'wc -l <sorted >count', deps: [sorted], outs: [count]}
YAML
printf 'b\na\n' >names && mlops repro -q
printf 'a\nb\n' >names
expect 0 mlops repro
has 'executed    sort'
lacks 'executed    count'

# A stage that writes no output, or something else than it said, has failed.
printf 'stages:\n  lazy: {cmd: "true", outs: [nothing]}\n' >mlops.yaml
expect 1 mlops repro
has "'nothing'"
has 'hint: '

# A flood goes through and into the log without holding anything up.
printf 'stages:\n  flood: {cmd: "yes line | head -n 300000; echo x >f", outs: [f]}\n' >mlops.yaml
[ "$(timeout 20 mlops repro 2>&1 | grep -c '^line$')" = 300000 ] || fail 'output was lost'
