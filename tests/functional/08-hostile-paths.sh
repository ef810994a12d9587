# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# Pointers, locks and trees with paths that lead out, into .git, or through links: refused as a whole, nothing written.
# shellcheck source=tests/functional/lib.sh
. "$SOURCE_DIR/tests/functional/lib.sh"
mkdir outside repo && cd repo
small_project
echo trip >../outside/wire
hooks=$(ls -AR .git/hooks)
unharmed() {
  [ "$(ls -A ../outside)" = wire ] || fail "$1 wrote outside"
  [ "$(ls -AR .git/hooks)" = "$hooks" ] || fail "$1 wrote a hook"
}

# A pointer whose path is not its own neighbour.
cp data.mlops ../good.mlops
for path in ../outside/x /tmp/absolute .git/hooks .mlops/config 'a/../../x' '' .. '.GIT/hooks' .gitattributes; do
  sed "s|^path: .*|path: '$path'|" ../good.mlops >evil.mlops
  refused 1 mlops checkout
  has 'evil.mlops'
  unharmed "path '$path'"
done
printf 'version: 2\n' >evil.mlops
refused 1 mlops status
has 'evil.mlops'
printf 'version: 1\npath: evil\nkind: tree\nsha256: 12\nsize: 1\n' >evil.mlops
refused 1 mlops status
has 'evil.mlops:4'
rm evil.mlops

# A tree object that names what it must not, under its true hash: refused as a whole.
evil_tree() {
  printf '%b' "mlops-tree 1\n$1" >tree
  sum=$(sha256sum <tree) && sum=${sum%% *}
  mkdir -p ".mlops/cache/objects/sha256/${sum:0:2}"
  mv tree ".mlops/cache/objects/sha256/${sum:0:2}/${sum:2}.tree"
  printf 'version: 1\npath: evil\nkind: tree\nsha256: %s\nsize: 4\nfiles: 1\n' "$sum" >evil.mlops
  refused 1 mlops checkout evil
  [ ! -e evil ] || fail "a part of an evil tree was made: $(ls -AR evil)"
  unharmed "tree '$1'"
}
one=$(printf 'one\n' | sha256sum) && one=${one%% *}
target=$(printf ../outside | sha256sum) && target=${target%% *}
for name in ../x .git 'a/b' .. .mlops 'git~1' 'x\\x00y'; do evil_tree "file $one 4 1 $name\n"; done
evil_tree "file $one 4 1 b\nfile $one 4 1 a\n"
evil_tree "file $one 4 1 a\nfile $one 4 1 a\n"
evil_tree "file $one 99999999999999999999 1 a\n"
mkdir -p ".mlops/cache/objects/sha256/${target:0:2}"
printf ../outside >".mlops/cache/objects/sha256/${target:0:2}/${target:2}"
evil_tree "link $target 10 1 a\n"
rm evil.mlops

# A link in the way of what is tracked is not followed.
rm -r data && ln -s ../outside data
expect 1 mlops checkout
unharmed 'a link in place of a directory'
rm data && mlops checkout -q
ln -s ../outside link
refused 1 mlops add link/wire
refused 1 mlops move data/ link/data
unharmed 'a linked parent'
