# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# Completion in the real shells: each loads the script that the binary prints and is asked for the same things.
# shellcheck source=tests/functional/lib.sh
. "$SOURCE_DIR/tests/functional/lib.sh"
for shell in bash zsh fish; do command -v "$shell" >/dev/null || fail "$shell is not installed (scripts/setup does it)"; done
small_project
mlops remote add -q -d store ../store
git commit -q -am remote && git tag v1.0 && git branch feature
sed -i 's/^  copy:/  copy:\n    desc: "copies: all of it"/' mlops.yaml
mlops run -q -S k=2 -n bolder
mkdir 'some dir' && echo x >'some file'
mlops completion bash >../mlops.bash
mlops completion zsh >../_mlops
mlops completion fish >../mlops.fish
diff ../mlops.bash "$SOURCE_DIR/completions/mlops.bash"

# Readline cuts words at = too, and lists files by itself where the script leaves it to that.
in_bash() {
  bash --norc --noprofile -c '
    source ../mlops.bash
    left_to_readline=
    compopt() { [[ $* != *default* ]] || left_to_readline=yes; }
    read -r -a COMP_WORDS <<<"${1//=/ = }"
    [[ $1 == *[\ =] ]] && COMP_WORDS+=("")
    COMP_CWORD=$((${#COMP_WORDS[@]} - 1)) COMP_LINE=$1 COMP_POINT=${#1}
    _mlops mlops "${COMP_WORDS[COMP_CWORD]}"
    [[ -z $left_to_readline ]] || mapfile -t COMPREPLY < <(compgen -f -- "${COMP_WORDS[COMP_CWORD]}")
    printf "%s\n" "${COMPREPLY[@]}"' - "$1"
}

in_fish() { HOME=$PWD/.. fish --no-config -c 'source ../mlops.fish; complete -C "$argv[1]"' -- "$1"; }

# zsh completes only on a terminal: one is made, TAB is pressed, and what it shows is read.
in_zsh() {
  python3 - "$1" <<'PY'
import os, pty, re, select, sys, time
pid, fd = pty.fork()
if pid == 0:
    os.environ.update(TERM='dumb', PS1='', COLUMNS='200', LINES='200')
    os.execvp('zsh', ['zsh', '-f', '-i'])
def read(until, limit=20):
    text, end = '', time.time() + limit
    while not re.search(until, text) and time.time() < end:
        if select.select([fd], [], [], 0.1)[0]: text += os.read(fd, 65536).decode('utf-8', 'replace')
    return text
def send(text): os.write(fd, text.encode())
send("PROMPT=; unsetopt zle_bracketed_paste; fpath=(.. $fpath); autoload -Uz compinit && compinit -u -d ../dump; LISTMAX=999; "
     "told() { zle -M 'end of ''list'; }; zle -N told; bindkey '^X' told; bindkey '^I' list-choices; echo re''ady\n")
read('ready\r?\n')
send(sys.argv[1] + '\t\x18')
print(read('end of list'))
os.close(fd)
PY
}

# offers WORDS... -- LINE: in every shell TAB after LINE shows all these.
offers() {
  local line=${*: -1} shell word
  for shell in bash zsh fish; do
    out=$("in_$shell" "$line")
    for word in "${@:1:$#-1}"; do [[ $out == *"$word"* ]] || fail "$shell does not offer '$word' after '$line': $out"; done
  done
}
offers status stage remote runs 'mlops '
offers add list remove 'mlops stage '
offers --keep-going --explain 'mlops repro --'
offers copy 'mlops repro '
offers data out.txt copy 'mlops checkout '
offers store 'mlops push -r '
offers store 'mlops push --remote='
offers store 'mlops push --remote=st'
offers bolder 'mlops runs show '
offers v1.0 feature HEAD 'mlops diff '
offers core.remote cache.type remote.store.url 'mlops config '
offers off batch strict 'mlops config core.durability '
offers url jobs 'mlops remote modify store '
offers copy 'mlops runs log bolder '
offers copy 'mlops -q repro '
offers tutorial status 'mlops help '
offers bash zsh fish 'mlops completion '
offers params.yaml 'some' 'mlops add '
