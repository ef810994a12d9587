# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# Reproducing a past run tells bit by bit what is the same, and finds the stage that is not deterministic.
# shellcheck source=tests/functional/lib.sh
. "$SOURCE_DIR/tests/functional/lib.sh"
small_project
cat >>mlops.yaml <<'YAML'
  clock:
    cmd: 'date +%s%N >time; echo "{\"acc\": 0.5$(date +%N), \"n\": 3}" >m.json'
    deps: [out.txt]
    outs: [time]
    metrics: [{m.json: {cache: false}}]
YAML
git add -A && git commit -q -m clock
expect 0 mlops run -n tick
git add -A && git commit -q -m result
before=$(state | tr '\0' '\n')

# The clock is found and named, with the metric that moved; the rest is identical.
expect 4 mlops repro --run tick
grep -qE 'identical.*out.txt' <<<"$out" || fail "$out"
grep -qE 'different.*time.*clock' <<<"$out" || fail "$out"
has 'acc: '
expect 4 mlops repro --run tick --json
out=$(mlops repro --run tick --json 2>/dev/null || true)
[ "$(json 'j["identical"]')" = False ] || fail "json: $out"
[ "$(json '{o["path"]: o["verdict"] for o in j["outputs"]}')" = "{'m.json': 'different', 'out.txt': 'identical', 'time': 'different'}" ] ||
  fail "json: $out"
[ "$(json '[m["key"] for o in j["outputs"] for m in o["metrics"] if not m["within"]]')" = "['acc']" ] || fail "json: $out"

# A tolerance for the metric helps the metric, not the other output; one stage alone can be asked for.
expect 4 mlops repro --run tick --tolerance acc=1
grep -qE 'within tolerance.*m.json' <<<"$out" || fail "$out"
expect 0 mlops repro --run tick copy
has 'Reproduced'
refused 2 mlops repro --run tick --tolerance acc
[ "$before" = "$(state | tr '\0' '\n')" ] || fail 'a reproduction changed the workspace'
[ -z "$(git worktree list | sed 1d)" ] || fail "a work tree is left: $(git worktree list)"

# Without the clock: identical, from the commit alone too, and although the workspace moved on.
git checkout -q HEAD~2 -- mlops.yaml mlops.lock && mlops repro -q
expect 0 mlops run -f -n calm
git add -A && git commit -q -m calm
echo 'k: 9' >params.yaml && echo other >data/one
expect 0 mlops repro --run calm
expect 0 mlops repro --rev HEAD
has 'Reproduced commit'
[ "$(cat params.yaml data/one)" = $'k: 9\nother' ] || fail 'a reproduction changed the workspace'

# A dependency that cannot be supplied stops it with its name before anything executes.
mlops checkout -q --force data && git checkout -q params.yaml
rm -rf .mlops/cache/objects data
expect 1 mlops repro --run calm
has 'data'
lacks 'executed'
