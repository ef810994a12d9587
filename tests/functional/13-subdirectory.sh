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

# Git runs hooks and the merge driver at the top of the work tree, where this project is not.
echo 2 >data/two && mlops commit -q data && git commit -q -am two
git checkout -q - && [ ! -e data/two ] || fail 'data did not follow in a project below the top'
echo 3 >data/three && mlops commit -q data && git commit -q -am three
git merge -q -m both x
[ "$(cat data/one data/two data/three | tr '\n' ' ')" = '1 2 3 ' ] || fail "a side was lost: $(ls data)"

# A merge of files whose project git was not told of loses no side either.
git config --unset-all mlops.project
git checkout -q x && echo 4 >data/two && mlops checkout -q -f && echo 4 >data/two && mlops commit -q data && git commit -q -am four
git checkout -q - && mlops checkout -q && echo 5 >data/three && mlops commit -q data && git commit -q -am five
expect 1 git merge -q -m both x
grep -q '^<<<<<<<' data.mlops || fail 'no conflict was shown'
git merge --abort

# Each project of a repository has its own say.
mkdir ../second && cd ../second && small_project_here && mlops install && git add -A && git commit -q -m second
echo 2 >data/one && mlops commit -q data && git commit -q -am changed
git checkout -q HEAD~1 && [ "$(cat data/one)" = 1 ] || fail 'the second project did not follow'
[ "$(git config --get-all mlops.project | tr '\n' ' ')" = 'second ' ] || fail "$(git config --get-all mlops.project)"
mlops uninstall
expect 1 git config --get-all mlops.project
