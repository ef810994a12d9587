# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# fsck: what rotted is set aside, named with every path that needs it, and brought back from where it still is.
# shellcheck source=tests/functional/lib.sh
. "$SOURCE_DIR/tests/functional/lib.sh"
small_project
git tag v1
mlops remote add -q -d store ../store && git commit -q -am remote && mlops push -q
object() { echo ".mlops/cache/objects/sha256/$(sha256sum <"$1" | sed 's/^\(..\)\([^ ]*\).*/\1\/\2/')"; }
rot() { chmod u+w "$1" && printf 'rot\n' >"$1"; }
one=$(object data/one)
expect 0 mlops fsck
expect 0 mlops fsck --json
[ "$(json 'j["healthy"], j["objects"]')" = '(True, [])' ] || fail "json: $out"

# Only reported with --no-repair, with the path and the revision; the bytes are kept.
rot "$one"
expect 1 mlops fsck --no-repair
has "'data/one'"
has 'corrupt'
has 'not repaired'
grep -rqx rot .mlops/cache/bad || fail 'the bad bytes are gone'
[ ! -e "$one" ] || fail 'the bad object is still in its place'

# Repaired from a file of the workspace, or from the remote.
expect 0 mlops fsck
has 'repaired'
[ "$(cat "$one")" = one ] || fail 'not repaired'
rm -r data && rot "$one"
expect 0 mlops fsck
has "'store'"
[ "$(cat "$one")" = one ] || fail 'not repaired'
mlops checkout -q

# A rotten directory listing, an object that is gone, one that is empty; what nothing needs is no harm.
rm -r data
for file in $(find .mlops/cache/objects -name '*.tree'); do rot "$file"; done
rm -f "$one" && : >"$(object out.txt | sed 's/$/.new/')"
expect 0 mlops fsck
has 'repaired'
mlops checkout -q && [ "$(cat data/one)" = one ] || fail 'not repaired'

# Without a remote that has it, it says so, ends with 1, and other commands name the file.
mv ../store ../store.gone
rm -r data && rot "$one"
expect 1 mlops fsck
has "needed by 'data/one'"
expect 1 mlops checkout
has 'data/one'
mv ../store.gone ../store
expect 0 mlops pull
expect 0 mlops fsck --quick
