# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# Wrong pipelines: the error names file and line, or path, and a hint; status and repro agree; nothing changes.
# shellcheck source=tests/functional/lib.sh
. "$SOURCE_DIR/tests/functional/lib.sh"
small_project
cp mlops.yaml good.yaml
git add good.yaml && git commit -q -m good

# broken LINE WORDS TEXT: mlops.yaml with TEXT is refused at that line.
broken() {
  printf '%b' "$3" >mlops.yaml
  refused 1 mlops repro
  [ "$1" = - ] || has "mlops.yaml:$1"
  has "$2"
  refused 1 mlops status
  cp good.yaml mlops.yaml
}
broken 4 'cmd' 'stages:\n  a:\n    cmd: x\n    cmd: y\n'
broken 3 "'deps'" 'stages:\n  a:\n    dpes: [x]\n    cmd: y\n'
broken 3 "cmd'" 'stages:\n  a:\n    cmd: {a: b}\n'
broken 4 'deps' 'stages:\n  a:\n    cmd: x\n    deps: 5\n'
broken 1 "'stages'" 'stags:\n  a: {cmd: x}\n'
# shellcheck disable=SC2016 # a dollar of the file
broken 3 '\${' 'stages:\n  a:\n    cmd: echo ${x}\n'
broken 1 'version' 'version: 99\nstages: {}\n'
broken 3 '' 'stages:\n  a: [\n'
broken 2 '' 'stages:\n\ta: {cmd: x}\n'
broken - 'a -> b -> a' 'stages:\n  a: {cmd: x, deps: [q], outs: [p]}\n  b: {cmd: x, deps: [p], outs: [q]}\n'
broken - "'p'" 'stages:\n  a: {cmd: x, outs: [p]}\n  b: {cmd: x, outs: [p]}\n'
broken - "'p/q'" 'stages:\n  a: {cmd: x, outs: [p]}\n  b: {cmd: x, outs: [p/q]}\n'
broken - "'data'" 'stages:\n  a: {cmd: x, outs: [data]}\n'
broken - "'../out'" 'stages:\n  a: {cmd: x, outs: [../out]}\n'
broken - '.git' 'stages:\n  a: {cmd: x, outs: [.git/hooks]}\n'
broken - '/etc' 'stages:\n  a: {cmd: x, wdir: /etc}\n'

# A bomb of aliases and a deep nest end at once.
bomb='stages: {a: {cmd: x}}\nx0: &x0 [a,a,a,a,a,a,a,a,a]\n'
for i in 1 2 3 4 5 6 7 8 9; do bomb+="x$i: &x$i [*x$((i - 1)),*x$((i - 1)),*x$((i - 1)),*x$((i - 1)),*x$((i - 1)),*x$((i - 1))]\n"; done
broken - '' "$bomb"
broken - '' "$(printf '[%.0s' $(seq 20000))"

# A dependency that is missing, an output that git tracks.
printf 'stages:\n  a: {cmd: "true", deps: [nowhere], outs: [p]}\n' >mlops.yaml
refused 1 mlops repro
has "'nowhere'"
printf 'stages:\n  a: {cmd: "true", outs: [params.yaml]}\n' >mlops.yaml
refused 1 mlops repro
has "'params.yaml'"
has 'git rm -r --cached'
cp good.yaml mlops.yaml
refused 1 mlops stage add -n again -O out.txt true
has "'out.txt'"
refused 1 mlops stage add -n copy true
has '--force'

# A lock in conflict, and a torn one.
cp mlops.lock good.lock
printf '<<<<<<< ours\nversion: 1\n=======\nversion: 1\n>>>>>>> theirs\n' >mlops.lock
refused 1 mlops repro
has 'mlops.lock:1'
has 'conflict'
head -c 100 good.lock >mlops.lock
refused 1 mlops repro
has 'mlops.lock:'
