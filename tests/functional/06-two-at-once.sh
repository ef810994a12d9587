# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# Commands at the same time: runs wait for each other and say so, everything else just goes on; nobody's work is lost.
# shellcheck source=tests/functional/lib.sh
. "$SOURCE_DIR/tests/functional/lib.sh"
git init -q . && mlops init -q
cat >mlops.yaml <<'YAML'
stages:
  slow: {cmd: 'touch started; until [ -e go ]; do sleep 0.02; done; echo x >slow', outs: [slow]}
YAML

# A second run waits and says for whom; it may wait with a bound; readers and adders do not wait.
mlops repro >../first 2>&1 &
first=$!
await test -e started
mlops repro >../second 2>&1 &
second=$!
await grep -q 'Waiting for another run' ../second
grep -q "$first" ../second || fail "it does not say for whom: $(cat ../second)"
expect 1 mlops repro --lock-wait 0.2
has 'mlops repro'
has 'hint: '
expect 0 timeout 10 mlops status
echo a >a && expect 0 timeout 10 mlops add a
touch go
wait "$first" || fail "the first run failed: $(cat ../first)"
wait "$second" || fail "the second run failed: $(cat ../second)"
grep -q 'executed' ../second && fail 'the second run ran it again'

# mlops inside a stage is not locked out by the run that it belongs to.
cat >mlops.yaml <<'YAML'
stages:
  inner: {cmd: 'mlops status -q && mlops add -q b && mlops repro -q other && echo x >inner', outs: [inner]}
  other: {cmd: 'echo o >other', outs: [other]}
YAML
echo b >b
expect 0 timeout 20 mlops repro inner
[ -e b.mlops ] && [ -e other ] || fail 'the inner commands did nothing'
grep -q 'other:' mlops.lock && grep -q 'inner:' mlops.lock || fail "the lock lost a stage: $(cat mlops.lock)"

# Eight adds into the same directories all land: pointers, ignore lines, entries of one tracked directory.
mkdir tree && echo 0 >tree/f0 && mlops add -q tree
for i in 1 2 3 4 5 6 7 8; do
  echo "$i" >"file$i" && echo "$i" >"tree/f$i"
  (mlops add -q "file$i" && mlops add -q "tree/f$i") &
  pids+=($!)
done
for pid in "${pids[@]}"; do wait "$pid" || fail 'an add failed'; done
expect 0 mlops ls --json --tracked -R .
[ "$(json 'len([f for f in j if not f["isdir"] and "file" in f["path"]])')" = 8 ] || fail "pointers: $out"
[ "$(json 'len([f for f in j if f["path"].startswith("tree/f")])')" = 9 ] || fail "entries of the tree: $out"
[ "$(grep -c '^/file' .gitignore)" = 8 ] || fail "ignore lines: $(cat .gitignore)"
rm -r tree file? && mlops checkout -q
for i in 1 2 3 4 5 6 7 8; do [ "$(cat "file$i" "tree/f$i")" = "$i"$'\n'"$i" ] || fail "file$i is wrong"; done

# Adds, checkouts and a gc of one cache by two clones at once.
git add -A && git commit -q -m all && git clone -q . ../clone
cd ../clone && mlops cache dir "$OLDPWD/.mlops/cache" && cd "$OLDPWD"
pids=()
(cd ../clone && for _ in 1 2 3 4; do mlops checkout -q && rm -r tree; done) & pids+=($!)
for i in 1 2 3 4; do
  (mlops add -q "file$i") & pids+=($!)
  mlops gc -q >/dev/null & pids+=($!)
done
for pid in "${pids[@]}"; do wait "$pid" || fail 'one of many failed'; done
expect 0 mlops fsck
