# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# Records of runs: what enters them, how they are shown, compared, applied and removed.
# shellcheck source=tests/functional/lib.sh
. "$SOURCE_DIR/tests/functional/lib.sh"
git init -q . && mlops init -q
printf '# the rate\ntrain:\n  lr: 0.1  # tuned by hand\n  layers: [1, 2]\n' >params.yaml
printf '{"seed": 1, "deep": {"x": "a"}}\n' >conf.json
printf '# a table\n[opt]\nname = "adam"\n' >conf.toml
cat >mlops.yaml <<'YAML'
stages:
  train:
    cmd: 'echo training; cat helper.txt >model; grep -o "lr: [0-9.]*" params.yaml >>model; echo "{\"acc\": 0.5}" >m.json'
    deps: [helper.txt, .env]
    params: [train.lr, train.layers, {conf.json: [seed, deep.x]}, {conf.toml: [opt.name]}]
    outs: [model]
    metrics: [{m.json: {cache: false}}]
YAML
git add -A && git commit -q -m code
echo 'not in git' >helper.txt && echo SECRET=1 >.env && echo dirty >>.mlopsignore

# Before the first run; then one from a dirty tree with untracked dependencies, one of which is a secret by its name.
expect 0 mlops runs list --json
[ "$out" = '{
  "runs": []
}' ] || fail "json: $out"
expect 0 mlops run -n first -S train.lr=0.2 -S conf.json:seed=5 -S conf.toml:opt.name=sgd -S 'train.layers=[3, 4]'
has "not reproducible: '.env'"
[ "$(cat params.yaml)" = $'# the rate\ntrain:\n  lr: 0.2  # tuned by hand\n  layers:\n  - 3\n  - 4' ] || fail "params: $(cat params.yaml)"
[ "$(python3 -c 'import json; print(json.load(open("conf.json")))')" = "{'seed': 5, 'deep': {'x': 'a'}}" ] || fail "$(cat conf.json)"
grep -q '# a table' conf.toml && grep -q 'name = "sgd"' conf.toml || fail "toml: $(cat conf.toml)"
git status --porcelain | grep -q 'params.yaml' || fail 'the index was touched'
[ "$(git rev-parse HEAD)" = "$(git rev-parse main)" ] || fail 'a branch moved'
ref=$(git for-each-ref --format='%(refname)' refs/mlops/runs)
tree=$(git ls-tree -r --name-only "$ref")
for path in helper.txt params.yaml .mlops/run/run.json .mlops/run/mlops.lock; do
  grep -qx "$path" <<<"$tree" || fail "'$path' is not in the run: $tree"
done
grep -q '\.env' <<<"$tree" && fail 'a secret is in the run'
[ "$(git show "$ref:.mlopsignore" | tail -1)" = dirty ] || fail 'the dirty tree is not what was recorded'

# Nothing is recorded twice; a failing run is recorded as failed.
expect 0 mlops run
has 'up to date'
has 'first'
sed -i 's/echo training/echo training; exit 3/' mlops.yaml
expect 1 mlops run -n broken
expect 0 mlops runs list --json
[ "$(json 'sorted((r["name"], r["status"]) for r in j["runs"])')" = "[('broken', 'failed'), ('first', 'success')]" ] || fail "json: $out"
[ "$(json '[r for r in j["runs"] if r["name"] == "first"][0]["params"]["conf.toml"]["opt.name"]')" = sgd ] || fail "json: $out"
[ "$(json '[r for r in j["runs"] if r["name"] == "first"][0]["metrics"]["m.json"]["acc"]')" = 0.5 ] || fail "json: $out"
refused 1 mlops run -n first
has "'first'"
git checkout -q mlops.yaml

# show, diff, log, apply, remove.
expect 0 mlops run -n second -S train.lr=0.4
expect 0 mlops runs show --json second
[ "$(json 'j["status"], j["stages"][0]["outcome"], j["not_reproducible"]')" = "('success', 'executed', ['.env'])" ] || fail "$out"
[ "$(json '[o["path"] for o in j["outputs"]]')" = "['m.json', 'model']" ] || fail "json: $out"
expect 0 mlops runs diff --json first second
[ "$(json '[(p["key"], p["before"], p["after"]) for p in j["params"]]')" = "[('train.lr', 0.2, 0.4)]" ] || fail "json: $out"
expect 0 mlops runs log broken train
[ "$out" = training ] || fail "log: $out"
echo edit >model
refused 1 mlops runs apply first
has "'model'"
expect 0 mlops runs apply --force first
grep -q 'lr: 0.2' model params.yaml || fail 'not applied'
expect 0 mlops runs remove broken
expect 1 mlops runs show broken
