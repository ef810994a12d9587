# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# Odd surroundings: full or closed streams, a reader that goes away, no home, no directory, nothing writable.
# shellcheck source=tests/functional/lib.sh
. "$SOURCE_DIR/tests/functional/lib.sh"
small_project
# Output that cannot be written is a failure; a reader that went away is SIGPIPE's; nothing else is said.
expect 1 sh -c 'mlops ls >/dev/full'
has 'standard output'
for i in $(seq 2000); do : >"data/file-with-a-rather-long-name-$i"; done
mlops add -q data && mlops repro -q
code=0 && bash -c 'set -o pipefail; mlops ls -R data 2>../said | head -1' >/dev/null || code=$?
[ "$code" = 141 ] || fail "a closed pipe ended with $code"
[ ! -s ../said ] || fail "a closed pipe was told of: $(cat ../said)"

# Closed streams: what is opened next must not take their numbers and be written into.
expect 0 sh -c 'mlops commit -q >&- 2>&- <&-'
echo new >data/one
sh -c 'mlops add data/one >&- 2>&- <&-' || fail 'add needs its streams'
expect 0 mlops status
lacks 'Changed data'
mlops fsck -q || fail 'something was written into the store'
sh -c 'mlops repro <&- >&- 2>&-' || true
expect 0 mlops repro
lacks 'executed'

# No HOME, another language, no terminal type, an unknown time zone.
expect 0 env -u HOME mlops status --exit-code
expect 0 env -i PATH="$PATH" "$MLOPS" status --exit-code
expect 0 env LC_ALL=C LANG=C mlops ls data/one
expect 0 env LC_ALL=xx_YY TZ=No/Where mlops status
expect 0 env HOME=/nonexistent XDG_CONFIG_HOME=relative mlops config --list

# The directory is gone.
mkdir gone && cd gone && rmdir ../gone
expect 1 mlops status
has 'hint: '
expect 0 mlops --version
cd "$OLDPWD" 2>/dev/null || cd ..

# umask, and a workspace that cannot be written: looking works, changing says why.
(umask 077 && echo u >u && mlops add -q u && [ "$(stat -c %a u.mlops)" = 600 ]) || fail 'the umask was ignored'
find . -type d -exec chmod a-w {} +
expect 0 powerless mlops status
expect 0 powerless mlops ls -R data
echo more >>data/two
expect 1 powerless mlops add data
has 'hint: '
find . -type d -exec chmod u+w {} +
expect 0 mlops add data
