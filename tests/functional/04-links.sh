# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# How files of the workspace share bytes with the cache, and that nothing written in the workspace reaches it.
# shellcheck source=tests/functional/lib.sh
. "$SOURCE_DIR/tests/functional/lib.sh"
small_project
printf '#!/bin/sh\n' >data/tool && chmod 755 data/tool
mlops commit -q data && mlops repro -q && git commit -q -am tool
listing data >../before
inode() { stat -Lc %i "$1"; }
stored() { echo ".mlops/cache/objects/sha256/$(sha256sum <"$1" | sed 's/^\(..\)\([^ ]*\).*/\1\/\2/')"; }

# By default files are the user's own: writable, and changing them leaves the cache alone.
[ "$(inode data/one)" != "$(inode "$(stored data/one)")" ] || fail 'a default checkout shares an inode'
[ "$(stat -c %a "$(stored data/one)")" = 444 ] || fail 'an object is writable'
echo changed >data/one
mlops fsck -q
mlops checkout --force

# Hard links: one inode with the cache, read-only; executables are copied.
mlops config --local cache.type hardlink
mlops checkout --relink
listing data | diff ../before -
[ "$(inode data/one)" = "$(inode "$(stored data/one)")" ] || fail 'not a hard link'
[ "$(stat -c %a data/one)" = 444 ] || fail 'a hard link is writable'
[ -x data/tool ] && [ "$(inode data/tool)" != "$(inode "$(stored data/tool)")" ] || fail 'an executable was linked'
expect 0 mlops status --exit-code

# unprotect gives one file back; the others stay links.
mlops unprotect data/one
echo mine >>data/one
[ "$(inode data/two)" = "$(inode "$(stored data/two)")" ] || fail 'unprotect went too far'
expect 4 mlops status --exit-code
has 'data/one'
mlops fsck -q
mlops checkout --force

# A stage that writes in place through a linked output does not damage the store: the link is gone when it starts.
cat >>mlops.yaml <<'YAML'
  grow:
    cmd: echo more >>grown.txt
    deps: [params.yaml]
    outs: [{grown.txt: {persist: true}}]
YAML
mlops repro
mlops checkout --relink
echo 'k: 2' >params.yaml
mlops repro
[ "$(wc -l <grown.txt)" = 2 ] || fail "a persistent output was lost: $(cat grown.txt)"
echo 'k: 3' >params.yaml && mlops repro -q
expect 0 mlops fsck

# Symbolic links, into the project's own cache, count as the file that they stand for.
mlops config --local cache.type symlink
mlops checkout --relink
[ -L data/one ] && [ "$(cat data/one)" = one ] || fail 'not a symbolic link'
expect 0 mlops status --exit-code
expect 0 mlops add data
has 'did not change'
mlops unprotect data/one && [ ! -L data/one ] || fail 'still a link'
expect 0 mlops status --exit-code

# And back to copies.
mlops config --local cache.type copy
mlops checkout --relink
[ -z "$(find data -type l)" ] || fail 'a link is left'
chmod 644 data/two && listing data | diff ../before -
expect 0 mlops fsck
