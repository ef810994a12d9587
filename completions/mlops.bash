# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# bash completion for mlops: the binary knows what fits, this only asks it.
_mlops() {
  local line current=${COMP_WORDS[COMP_CWORD]} files='' value
  COMPREPLY=()
  while IFS= read -r line; do
    if [[ $line == @files ]]; then
      files=yes
      continue
    fi
    value=${line%%$'\t'*}
    COMPREPLY+=("$(printf '%q' "$value")")
  done < <("${COMP_WORDS[0]}" __complete "${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null)
  if [[ -n $files ]]; then
    compopt -o filenames 2>/dev/null
    while IFS= read -r line; do
      COMPREPLY+=("$line")
    done < <(compgen -f -- "$current")
  fi
}
complete -F _mlops mlops
