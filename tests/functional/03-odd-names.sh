# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# Names with spaces, quotes, newlines, stray bytes, dashes and backslashes survive every verb, byte for byte; what git
# and yaml cannot name is refused before anything changes; what is printed is inert.
# shellcheck source=tests/functional/lib.sh
. "$SOURCE_DIR/tests/functional/lib.sh"
mkdir repo && cd repo
git init -q . && mlops init -q
names=('with space' ' lead and trail ' "it's \"quoted\"" $'new\nline' $'stray-\xff\xfe' '-rf' '--' $'back\\slash\t' '$(x)`y`'
  '*' '~' '#x' '!y' 'a:b' 'CON' $'esc\e[31m' $'bell\a' $'bidi\u202e' 'emoji-🎉' 'é' '.hidden' "$(printf 'l%.0s' $(seq 255))")
mkdir -p data/sub
for name in "${names[@]}"; do printf '%s' "$name" >data/"$name"; done
cp -r data/. sub-copy && mv sub-copy 'data/sub/ odd dir '
listing data >../before
mlops add data
git add -A && git commit -q -m one

# ls and its JSON lose no byte, and the terminal gets no control character.
expect 0 mlops ls -R data
[ -z "$(LC_ALL=C tr -d '\n\t\40-\176\200-\377' <<<"$out")" ] || fail "control characters in: $out"
expect 0 mlops ls -R --json data
python3 - "$out" <<'PY'
import json, os, sys
def raw(path): return path.encode('utf-8', 'surrogateescape') if isinstance(path, str) else bytes.fromhex(path['hex'])
listed = {raw(item['path']) for item in json.loads(sys.argv[1]) if not item['isdir']}
there = {os.path.relpath(os.path.join(top, name), b'data') for top, _, files in os.walk(b'data') for name in files}
assert listed == there, listed ^ there
PY

# checkout, push, pull into a clone.
mlops remote add -q -d store ../store
mlops push
rm -r data && mlops checkout
listing data | diff ../before -
git commit -q -am remote && git clone -q . ../clone
(cd ../clone && mlops pull && listing data | diff ../before -)

# A change of one is seen, named harmlessly, recorded, undone.
echo more >>'data/-rf'
echo more >>$'data/new\nline'
expect 4 mlops status --exit-code
has 'data/-rf'
has 'data/new\x0aline'
mlops add -- 'data/-rf' $'data/new\nline'
expect 4 mlops diff --exit-code
expect 0 mlops status --exit-code
git checkout -q data.mlops && mlops checkout
listing data | diff ../before -
mlops move data "it's moved"
listing "it's moved" | diff ../before -
git add -A && git commit -q -m moved && mlops remove "it's moved" && git checkout -q . && mlops checkout

# A path that a pointer or mlops.yaml must name is UTF-8 without control characters.
for name in $'new\nline' $'stray-\xff' $'tab\tbed'; do
  echo x >"$name"
  refused 1 mlops add "$name"
  rm "$name"
done
n=0
for name in '-dash' "it's" 'sp ace' 'back\slash' '#hash' '!bang' '[x]' 'trail '; do
  echo x >"$name"
  mlops add -- "$name"
  rm -- "$name" && mlops checkout -- "$name"
  git check-ignore -q -- "$name" || fail "git sees '$name'"
  mlops stage add -n "s$((n += 1))" -d "$name" -o "$name.out" cp -- "$name" "$name.out"
done
mlops repro
expect 0 mlops repro
lacks 'executed'
expect 0 mlops status --exit-code
