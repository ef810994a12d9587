# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# What can be wrong with a remote, and how a transfer goes on after it was cut.
# shellcheck source=tests/functional/lib.sh
. "$SOURCE_DIR/tests/functional/lib.sh"
mkdir repo && cd repo
small_project
store=$PWD/../store

# Gone, no remote, another tool's, newer, not writable: each named, nothing changed there.
mlops remote add -q -d store ../store
git commit -q -am remote
git clone -q . ../early && cd ../early
refused 1 mlops pull
has '/store'
cd ../repo
mkdir -p "$store" && echo letter >"$store/letter"
refused 1 mlops push
has 'store'
[ "$(ls -A "$store")" = letter ] || fail 'a foreign folder was written to'
rm "$store/letter"
printf 'something else\n' >"$store/mlops-remote"
refused 1 mlops push
printf 'version: 2\nhash: sha256\nlayout: 1\n' >"$store/mlops-remote"
refused 1 mlops push
has 'newer'
rm "$store/mlops-remote" && chmod 555 "$store"
refused 1 powerless mlops push
has 'store'
chmod 755 "$store"

# A push, and its repetition; status -c before and after; a push that was cut goes on with what is missing.
expect 4 mlops status -c --exit-code
has 'new'
expect 0 mlops push --dry-run
has 'Would push'
[ ! -e "$store/objects" ] || fail 'a dry run wrote'
mlops push -q
expect 0 mlops status -c --exit-code
expect 0 mlops push
has 'up to date'
for i in $(seq 40); do head -c 500000 /dev/urandom >"data/big$i"; done
mlops commit -q data && git commit -q -am big
mlops push -q & pushing=$!
await sh -c "[ \$(find '$store' -name '????????????????????*' | wc -l) -gt 8 ]"
kill -9 "$pushing" 2>/dev/null || true
wait "$pushing" 2>/dev/null || true
expect 0 mlops push --json
[ "$(json 'j["remotes"][0]["objects"] < 41')" = True ] || fail "all was sent again: $out"
expect 0 mlops push --verify
has 'up to date'

# What rotted on the remote is found on arrival, named, and not handed out; the rest arrives.
sum=$(sha256sum <data/one | sed 's/^\(..\)\([^ ]*\).*/\1\/\2/')
object=$(find "$store" -path "*/$sum")
chmod u+w "$object" && echo rot >"$object"
git clone -q . ../clone && cd ../clone
expect 3 mlops pull
has 'data/one'
has 'mlops push --verify'
[ ! -e data/one ] || fail 'rotten bytes were checked out'
expect 3 mlops fetch
has 'data/one'
expect 3 mlops fetch --json
out=$(mlops fetch --json 2>/dev/null || true)
[ "$(json '"data/one" in [f["path"] for f in j["remotes"][0]["failed"]]')" = True ] || fail "json: $out"
cd ../repo
expect 0 mlops push --verify
expect 0 mlops pull
(cd ../clone && mlops pull -q && cmp data/one ../repo/data/one) || fail 'the repaired remote does not serve'
