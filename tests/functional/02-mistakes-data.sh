# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# Data that cannot be taken or given: the path and the reason are named, and nothing changes.
# shellcheck source=tests/functional/lib.sh
. "$SOURCE_DIR/tests/functional/lib.sh"
mkdir outside && echo secret >outside/file
mkdir repo && cd repo
small_project

# Outside the repository, also through a link; things that are no files; what git or a stage or a pointer has already.
refused 2 mlops add ../outside/file
refused 2 mlops add /etc/hostname
ln -s ../outside out
refused 1 mlops add out/file
refused 1 mlops add params.yaml
has 'git rm -r --cached'
refused 1 mlops add out.txt
has "'copy'"
refused 2 mlops add .
refused 1 mlops add .git
refused 1 mlops add .mlops/config
refused 1 mlops add missing
has "'missing'"
mkdir odd && mkfifo odd/pipe
refused 1 mlops add odd
has 'odd/pipe'
rm odd/pipe && ln -s /etc/passwd odd/escape
refused 1 mlops add odd
has 'odd/escape'
rm odd/escape && ln -s ../../outside/file odd/escape
refused 1 mlops add odd
rm odd/escape

# A file that cannot be read is named; the others were not taken either.
echo a >odd/readable && echo b >odd/closed && chmod 0 odd/closed
refused 1 powerless mlops add odd
has 'odd/closed'
[ ! -e odd.mlops ] || fail 'a pointer was written'
chmod 644 odd/closed

# A file that changes for as long as it is read.
dd if=/dev/zero of=odd/growing bs=1M count=8 status=none
(while :; do echo x >>odd/growing; done) &
writer=$!
expect 1 mlops add odd
kill "$writer"
has 'odd/growing'
has 'hint: '
[ ! -e odd.mlops ] || fail 'a pointer was written'

# No space: nothing but whole objects in the cache, and the next call works.
dd if=/dev/urandom of=odd/big bs=1M count=4 status=none
(trap '' XFSZ && ulimit -f 2048 && refused 1 mlops add odd)
mlops add -q odd
expect 0 mlops fsck

# An object that rotted is never handed out: it is named and quarantined, and what is there stays.
object=.mlops/cache/objects/sha256/$(sha256sum <data/one | sed 's/^\(..\)\([^ ]*\).*/\1\/\2/')
rm data/one && chmod u+w "$object" && echo rot >"$object"
expect 1 mlops checkout
has 'data/one'
has 'hint: '
[ ! -e data/one ] || fail "a corrupt object was checked out: $(cat data/one)"
find .mlops/cache/bad -type f | grep -q . || fail 'the bad object is not kept'
