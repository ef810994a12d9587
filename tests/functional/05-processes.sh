# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# Signals and stray processes: no child outlives the command, exit codes are 128+n, finished stages stay finished.
# shellcheck source=tests/functional/lib.sh
. "$SOURCE_DIR/tests/functional/lib.sh"
git init -q . && mlops init -q
tag=61$$
gone() { ! pgrep -f "sleep $tag" >/dev/null; }

# stage COMMAND: a pipeline of `first`, which is quick, and `slow`, which runs COMMAND.
stage() {
  printf 'stages:\n  first: {cmd: "echo 1 >>first.count; echo 1 >first", outs: [first]}\n' >mlops.yaml
  printf '  slow: {cmd: "%s", deps: [first], outs: [slow]}\n' "$1" >>mlops.yaml
  rm -f mlops.lock slow started
}

# interrupted SIGNAL...: starts repro in its own group, sends the signals when the stage runs; the code is in $code.
interrupted() {
  local signal
  setsid mlops repro >../said 2>&1 &
  local pid=$!
  await test -e started
  for signal in "$@"; do
    [ "${signal#+}" = "$signal" ] || sleep 0.5
    kill -s "${signal#+}" "$pid"
  done
  code=0 && wait "$pid" || code=$?
  await gone
}

# INT, TERM and HUP end stage and command; grandchildren and children with their own session too.
for case in 'INT 130' 'TERM 143' 'HUP 129'; do
  stage "sleep $tag & setsid sleep $tag & touch started; sleep $tag; echo x >slow"
  interrupted "${case% *}"
  [ "$code" = "${case#* }" ] || fail "$case: ended with $code: $(cat ../said)"
  [ ! -e slow ] || fail 'an output of an interrupted stage is there'
  grep -q "Waiting for stage 'slow' to end" ../said || fail "$case: not told for whom it waits: $(cat ../said)"
  grep -q 'the same command goes on from there' ../said || fail "$case: not told what next: $(cat ../said)"
  grep -q 'error:' ../said && fail "$case: an interrupt is no error: $(cat ../said)"
  grep -q first: mlops.lock || fail "a finished stage is not in the lock: $(cat mlops.lock)"
  grep -q slow: mlops.lock && fail 'an interrupted stage is in the lock'
done
[ "$(wc -l <first.count)" = 1 ] || fail 'a finished stage ran twice'

# A stage that ignores the first Ctrl-C is killed by the second, at once.
stage "trap : INT; touch started; while :; do sleep $tag; done"
began=$SECONDS
interrupted INT +INT
[ "$code" = 130 ] || fail "double INT: ended with $code"
[ $((SECONDS - began)) -lt 8 ] || fail 'the second Ctrl-C was not at once'

# After a kill -9 of mlops the next call goes on from the finished stage, and status already knows it.
stage "touch started; sleep $tag; echo x >slow"
rm first.count && setsid mlops repro -f >/dev/null 2>&1 &
killed=$!
await test -e started
kill -KILL "$killed" && wait "$killed" 2>/dev/null || true
expect 0 mlops status
lacks 'first'
pkill -f "sleep $tag" || true
stage "echo x >slow"
expect 0 mlops repro
lacks 'executed    first'

# A time limit, and children that a finished stage left behind.
stage "sleep $tag; echo x >slow"
sed -i "s/outs: \[slow\]/outs: [slow], timeout: 0.5s/" mlops.yaml
expect 1 mlops repro
has '0.5'
await gone
stage "sleep $tag & setsid sleep $tag & echo x >slow"
expect 0 timeout 20 mlops repro
await gone
has 'warning'
