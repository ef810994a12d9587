# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# Words that stories share. A story is a script that stops at the first check that fails.
set -euo pipefail

fail() {
  printf 'FAILED at line %s: %s\n' "${BASH_LINENO[1]:-?}" "$*" >&2
  exit 1
}

# expect CODE COMMAND...: runs it and wants this exit code; the output is in $out.
expect() {
  local want=$1 got=0
  shift
  out=$("$@" 2>&1) || got=$?
  [ "$got" = "$want" ] || fail "'$*' ended with $got, not $want; it said: $out"
}

# has TEXT: the last output holds it.
has() { case $out in *"$1"*) ;; *) fail "'$1' is missing in: $out" ;; esac; }
lacks() { case $out in *"$1"*) fail "'$1' is there in: $out" ;; esac; }

# json PYTHON: the value of an expression over the last output as JSON, named j.
json() { python3 -c 'import json, sys; j = json.loads(sys.argv[2]); print(eval(sys.argv[1]))' "$1" "$out"; }

# listing DIR: every path below it with kind, mode and digest, for comparing trees.
listing() {
  (cd "$1" && python3 - <<'PY'
import hashlib, os
for top, dirs, files in os.walk(b'.'):
    dirs.sort()
    for name in sorted(dirs + files):
        path = os.path.join(top, name)
        if os.path.islink(path): print(path, 'link', os.readlink(path))
        elif os.path.isdir(path): print(path, 'directory')
        else: print(path, oct(os.stat(path).st_mode & 0o100), hashlib.sha256(open(path, 'rb').read()).hexdigest())
PY
  )
}

# A small project of three stages in the shape of the manual's tutorial: src/, params.yaml, one commit. data/raw is the
# caller's to make.
tiny_project() {
  git init -q .
  mkdir -p src data
  printf 'train: {lr: 0.1, epochs: 5}\n' >params.yaml
  cat >src/prepare.py <<'PY'
import os, hashlib
os.makedirs('data/prepared', exist_ok=True)
names = []
for top, dirs, files in os.walk(b'data/raw'):
    dirs.sort()
    names += [os.path.join(top, name) for name in sorted(files)]
with open('data/prepared/table.csv', 'w') as out:
    for name in names: print(hashlib.sha256(open(name, 'rb').read()).hexdigest(), file=out)
PY
  cat >src/train.py <<'PY'
import re
text = open('params.yaml').read()
lr = float(re.search(r'lr: ([0-9.e-]+)', text).group(1))
print('training with lr', lr)
rows = open('data/prepared/table.csv').read().split()
open('model.json', 'w').write('{"lr": %r, "rows": %d}\n' % (lr, len(rows)))
PY
  cat >src/evaluate.py <<'PY'
import json
model = json.load(open('model.json'))
json.dump({'score': round(1 - model['lr'] / 10, 4), 'rows': model['rows']}, open('metrics.json', 'w'))
PY
  git add src params.yaml
  git commit -q -m 'code'
}

tiny_stages() {
  mlops stage add -n prepare -d data/raw -d src/prepare.py -p prepare.split -o data/prepared python3 src/prepare.py
  mlops stage add -n train -d data/prepared -d src/train.py -p train.lr,train.epochs -o model.json python3 src/train.py
  mlops stage add -n evaluate -d model.json -d data/prepared -d src/evaluate.py -M metrics.json python3 src/evaluate.py
}

# small_project: a project with one tracked directory and one stage that copies, both committed.
small_project() {
  git init -q .
  mkdir -p data
  printf 'one\n' >data/one
  printf 'two\n' >data/two
  printf 'k: 1\n' >params.yaml
  mlops init -q
  mlops add -q data
  mlops -q stage add -n copy -d data -p k -o out.txt 'cat data/* params.yaml >out.txt'
  mlops repro -q
  git add -A
  git commit -q -m begin
}

# state: all that a refused command must leave as it was: files, modes, links, git's view, refs. Objects that nothing
# names are no change to anyone, nor are locks, memos and leases.
state() {
  find . -name .git -prune -o \( -path ./.mlops/tmp -o -path ./.mlops/cache \) -prune -o -printf '%y %m %l %p\0' | sort -z
  find . -name .git -prune -o \( -path ./.mlops/tmp -o -path ./.mlops/cache \) -prune -o -type f -readable -print0 |
    sort -z | xargs -0r sha256sum
  [ ! -d .git ] || { git status --porcelain && git for-each-ref; }
}

# refused CODE COMMAND...: one error with a hint, this exit code, and nothing changed.
refused() {
  local before
  before=$(state | tr '\0' '\n')
  expect "$@"
  [ "$(grep -c '^error: ' <<<"$out")" = 1 ] || fail "'${*:2}' should say one error, but said: $out"
  has 'hint: '
  [ "$before" = "$(state | tr '\0' '\n')" ] || fail "'${*:2}' changed something: $(diff <(echo "$before") <(state | tr '\0' '\n'))"
}

# powerless COMMAND...: runs it so that file modes count, also for root.
powerless() {
  if [ "$(id -u)" = 0 ]; then
    setpriv --bounding-set=-dac_override,-dac_read_search "$@"
  else
    "$@"
  fi
}

# await COMMAND...: until it succeeds, at most ten seconds.
await() {
  for _ in $(seq 200); do
    "$@" >/dev/null 2>&1 && return
    sleep 0.05
  done
  fail "'$*' never came true"
}
