# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# Paths are the user's own: relative to where the user stands, in commands, hints and output.
# shellcheck source=tests/functional/lib.sh
. "$SOURCE_DIR/tests/functional/lib.sh"
small_project
mkdir -p deep/er && cd deep/er

# add, status, checkout, ls, move and remove from below the root.
echo x >here
expect 0 mlops add here
has "'here'"
expect 0 mlops status --exit-code
echo changed >../../data/one
expect 4 mlops status --exit-code
has '../../data'
expect 0 mlops checkout --force ../../data
[ "$(cat ../../data/one)" = one ] || fail 'not checked out'
expect 0 mlops ls
has 'here'
lacks 'params.yaml'
expect 0 mlops ls --json
[ "$(json '[f["path"] for f in j if f["isout"]]')" = "['here']" ] || fail "json: $out"
mlops move here ../there
[ -f ../there ] && [ -f ../there.mlops ] || fail 'not moved'
grep -qx /there ../.gitignore || fail "not ignored: $(cat ../.gitignore)"

# A stage declared here runs here, and its paths in mlops.yaml are the user's.
echo y >input
mlops stage add -n local -w . -d input -o output 'cp input output'
expect 0 mlops repro local
[ -f output ] || fail 'the stage ran elsewhere'
expect 0 mlops repro output
expect 0 mlops why local
expect 0 mlops stage list --name-only
[ "$out" = $'copy\nlocal' ] || fail "stages: $out"

# --cd stands in for cd; through a symbolic link to the project it is the same project.
cd ..
expect 0 mlops --cd er status --exit-code
ln -s "$PWD/.." ../../link
(cd ../../link && expect 0 mlops status --exit-code)

# A project below the root of the git repository.
mkdir ../../mono && cd ../../mono && git init -q .
mkdir team && cd team
small_project_here() { mlops init -q --subdir && mkdir data && echo 1 >data/one && mlops add -q data; }
small_project_here
mlops stage add -n s -d data -o out 'cat data/* >out'
mlops run -q -n nested
git add -A && git commit -q -m nested
expect 0 mlops status --exit-code
git clone -q ../ ../../mono2 && cd ../../mono2/team
mlops cache dir ../../mono/team/.mlops/cache && mlops checkout -q
expect 0 mlops status --exit-code
mlops install && git checkout -q -b x
expect 0 mlops status --exit-code
