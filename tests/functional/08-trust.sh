# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# A hostile repository: nothing that came with a clone runs, redirects or writes outside until the user says so.
# shellcheck source=tests/functional/lib.sh
. "$SOURCE_DIR/tests/functional/lib.sh"
mkdir outside repo && cd repo
small_project
mlops remote add -q -d store ../store && git commit -q -am remote && mlops push -q
echo trip >../outside/wire

# look: every command that only looks or fetches; their own verdict does not matter, but none runs or writes outside.
look() {
  for words in status 'status -c' 'ls -R' 'ls -R --rev HEAD' diff 'diff HEAD' dag 'stage list' why 'runs list' \
    'remote list' 'config --list' 'cache dir' fetch pull 'checkout --force' 'gc' fsck 'repro --dry' 'trust --show' \
    '__complete repro x'; do
    # shellcheck disable=SC2086 # words are words
    code=0 && timeout 20 mlops $words >../said 2>&1 || code=$?
    [ "$code" -lt 5 ] || fail "'$words' ended with $code: $(cat ../said)"
    [ "$(ls -A ../outside)" = wire ] || fail "'$words' wrote outside"
    [ ! -e ../ran ] || fail "'$words' ran something"
  done
}

# hostile NAME: a clone of the good project, to be made evil.
hostile() { cd "$(dirname "$PWD")" && git clone -q repo "$1" && cd "$1"; }

# A pipeline's commands, and stages outside the project.
hostile pipeline
printf 'stages:\n  a: {cmd: "touch ../ran", always_changed: true}\n' >mlops.yaml
look
expect 0 mlops repro
[ -e ../ran ] && rm ../ran

# Settings that redirect: the cache, another folder as the remote, an include, a tracked config.local.
hostile settings
printf '[core]\n\tformat = 1\n\tremote = store\n[cache]\n\tdir = %s\n[remote "store"]\n\turl = %s\n' \
  "$PWD/../outside" "$PWD/../outside" >.mlops/config
look
expect 0 mlops config --list
has 'not trusted'
expect 1 mlops push
has 'mlops trust'
[ "$(ls -A ../outside)" = wire ] || fail 'push wrote outside'
expect 0 mlops trust --show
has 'cache.dir'
mlops trust
expect 0 mlops cache dir
has 'outside'
printf '# changed\n' >>.mlops/config
expect 0 mlops cache dir
lacks 'outside'
printf '[include]\n\tpath = ../../outside/wire\n' >>.mlops/config
refused 1 mlops status
has '.mlops/config:'
hostile local-config
printf '[cache]\n\tdir = %s\n' "$PWD/../outside" >.mlops/config.local
git add -f .mlops/config.local && git commit -q -m evil && git clone -q . ../local-config-clone && cd ../local-config-clone
look
expect 1 mlops cache dir
has 'git rm --cached'
