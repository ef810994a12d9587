# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# Sharing what other revisions name, what stages computed, and runs.
# shellcheck source=tests/functional/lib.sh
. "$SOURCE_DIR/tests/functional/lib.sh"
mkdir repo && cd repo
small_project
mlops remote add -q -d store ../store
git add -A && git commit -q -m v1 && git tag v1
echo changed >data/one && mlops commit -q data && mlops repro -q && git commit -q -am v2
git checkout -q -b side && echo side >data/one && mlops commit -q data && mlops repro -q && git commit -q -am side
git checkout -q main && mlops checkout -q

# has_data REVISION: whether a clone can pull it.
has_data() {
  # Through a bare copy: a clone of this repository itself would find the objects in our cache.
  rm -rf ../probe ../bare.git && git clone -q --bare . ../bare.git && git clone -q ../bare.git ../probe
  (cd ../probe && git checkout -q "$1" && mlops pull) >/dev/null 2>&1
}
mlops push -q
has_data origin/main || fail 'push left something out'
has_data v1 && fail 'push sent what another revision names'
mlops push -q -T
has_data v1 || fail 'push -T left the tag out'
has_data origin/side && fail 'push -T sent a branch'
mlops push -q -A
has_data origin/side || fail 'push -A left a branch out'
mlops remote add -q two ../two && git commit -q -am two
mlops push -q -r two --rev v1 data/one
expect 0 mlops remote list --json
[ "$(json '[r["name"] for r in j["remotes"] if r["default"]]')" = "['store']" ] || fail "json: $out"

# A result that one clone computed is restored, not executed, in another.
echo 'k: 2' >params.yaml && mlops repro -q && mlops push -q --run-cache
git clone -q . ../clone && cd ../clone
mlops pull -q --run-cache
echo 'k: 2' >params.yaml
expect 0 mlops repro
has 'restored    copy'
lacks 'executed'
cmp out.txt ../repo/out.txt
mlops fetch -q --run-cache

# A part of a tracked directory can be had alone.
rm -rf ../part && git clone -q ../repo ../part && cd ../part
mlops pull -q data/two
[ "$(cat data/two)" = two ] && [ ! -e data/one ] || fail "more or less than asked for: $(ls data)"

# runs push sends objects and then refs; a clone can show, log and apply them.
cd ../repo
sed -i 's/cmd: /cmd: echo copying; /' mlops.yaml
mlops run -S k=3 -n three
mlops runs push
cd ../clone && git checkout -q . && mlops checkout -q
expect 1 mlops runs show three
has 'runs pull'
mlops runs pull
expect 0 mlops runs log three copy
has 'copying'
mlops runs apply three
grep -q 'k: 3' params.yaml out.txt || fail 'the run was not applied'
