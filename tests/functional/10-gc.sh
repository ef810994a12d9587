# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# gc: what anything names survives, what nothing names leaves in two steps and only when it is old, also in a cache that
# projects share.
# shellcheck source=tests/functional/lib.sh
. "$SOURCE_DIR/tests/functional/lib.sh"
mkdir repo && cd repo
small_project
cache=$PWD/.mlops/cache
age() { find "$cache/objects" "$cache/trash" -type f -exec touch -d '60 days ago' {} + 2>/dev/null || true; }
have() { sum=$(printf '%s\n' "$1" | sha256sum) && [ -e "$cache/objects/sha256/${sum:0:2}/${sum:2:62}" ]; }
version() { echo "$1" >data/one && mlops commit -q data && mlops repro -q; }

# One object for every kind of root: branch, tag, stash, reflog, index, a run, the workspace, a stage result.
for root in branch tag stash reflog index; do
  version "by $root"
  case $root in
    branch) git checkout -q -b side && git commit -q -am x && git checkout -q main ;;
    tag) git commit -q -am x && git tag keep && git reset -q --hard HEAD~1 ;;
    stash) git stash -q ;;
    reflog) git commit -q -am x && git reset -q --hard HEAD~1 ;;
    index) git add -A && git show HEAD:data.mlops >data.mlops && git show HEAD:mlops.lock >mlops.lock ;;
  esac
  mlops checkout -q --force
done
sed -i 's/one/one/' data/one && mlops run -q -S k=7 -n seven
git show HEAD:params.yaml >params.yaml && mlops repro -q
echo 'by nothing' >data/one && mlops commit -q data && git show :data.mlops >data.mlops && git show HEAD:data.mlops >data.mlops
mlops checkout -q --force data
have 'by nothing' || fail 'the story is wrong'

# Young objects stay; old ones go to the trash first; a second gc deletes; --dry-run only tells.
expect 0 mlops gc --json
[ "$(json 'j["trashed"] + j["deleted"]')" = 0 ] || fail "young objects went: $out"
[ "$(json 'j["young"]')" -gt 0 ] || fail "nothing is unneeded: $out"
age
expect 0 mlops gc --dry-run
has 'would'
have 'by nothing' || fail 'a dry run collected'
expect 0 mlops gc
has 'trash'
have 'by nothing' && fail 'what nothing names is still there'
for root in branch tag stash reflog index; do have "by $root" || fail "what the $root names is gone"; done

# What is needed again comes back out of the trash.
echo 'by nothing' >data/one && mlops commit -q data && mlops checkout -q
have 'by nothing' || fail 'the trash did not give it back'
git show HEAD:data.mlops >data.mlops && mlops checkout -q --force data
age && mlops gc -q && age && expect 0 mlops gc
has 'deleted'
mlops runs apply --force seven && grep -q 'k: 7' out.txt || fail 'a run lost an output'
expect 0 mlops fsck

# A second project with the same cache is respected; one that is gone stops gc until it is forgotten.
git init -q ../second && cd ../second && mlops init -q && mlops cache dir "$cache"
echo 'by second' >file && mlops add -q file
cd ../repo && age && mlops gc -q && age && mlops gc -q
have 'by second' || fail "another project's object is gone"
mv ../second ../gone
refused 1 mlops gc
has 'mlops cache forget'
mlops cache forget "$(cd .. && pwd)/second"
age && mlops gc -q
have 'by second' && fail 'a forgotten project still counts'

# A ref or lock that cannot be read stops it as well.
echo nonsense >.git/refs/heads/broken
refused 1 mlops gc
has 'broken'
