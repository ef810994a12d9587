# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# Hooks that were there go on working, core.hooksPath is honoured, twice is once, and uninstall puts all back.
# shellcheck source=tests/functional/lib.sh
. "$SOURCE_DIR/tests/functional/lib.sh"
small_project
mlops remote add -q -d store ../store && git commit -q -am remote
log=$PWD/../hooks.log
own_hook() { printf '#!/bin/sh\necho "%s: $*" >>%s\nexit %s\n' "$2" "$log" "$3" >"$1/$2" && chmod +x "$1/$2"; }
own_hook .git/hooks post-checkout 0
own_hook .git/hooks pre-commit 0
own_hook .git/hooks pre-push 0
listing .git/hooks >../before

expect 0 mlops install
has 'still runs'
listing .git/hooks >../once
expect 0 mlops install
has 'already'
listing .git/hooks | diff ../once -
git checkout -q -b side
grep -q "post-checkout: .* 1$" "$log" || fail "the old hook did not run with its words: $(cat "$log")"
echo side >data/one && mlops commit -q data && mlops repro -q && git commit -q -am side
grep -q pre-commit "$log" || fail 'the old pre-commit did not run'
git checkout -q main
[ "$(cat data/one)" = one ] || fail 'data did not follow'

# git push pushes the data first; the refs that git hands over on standard input reach both hooks.
git init -q --bare ../origin.git && git remote add origin ../origin.git
git push -q origin main
expect 0 mlops status -c --exit-code

# A file checked out alone is not the whole data's business; local edits are never lost by a hook.
echo mine >data/one
git checkout -q side || true
grep -rq mine data .mlops/rescue || fail 'a hook lost an edit'
mlops checkout -q --force && git checkout -q main

# An own hook that refuses still refuses.
mlops uninstall
listing .git/hooks | diff ../before - || fail 'uninstall did not put the hooks back'
expect 1 git config --get-regexp '^merge\.mlops'
own_hook .git/hooks pre-commit 1
mlops install
echo x >x && git add x
expect 1 git commit -q -m refused
mlops uninstall

# core.hooksPath: there, and nowhere else.
mkdir hooks && git config core.hooksPath hooks
mlops install
[ -x hooks/post-checkout ] || fail 'core.hooksPath was not honoured'
listing .git/hooks | diff <(own_hook .git/hooks pre-commit 1 && listing .git/hooks) - || fail 'the other hooks changed'
git checkout -q side
[ "$(cat data/one)" = side ] || fail 'data did not follow'
