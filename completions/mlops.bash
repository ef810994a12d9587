# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# bash completion for mlops: the binary knows what fits, this only asks it.
_mlops() {
  local line value word gap raw prefix files='' rest=${COMP_LINE:0:COMP_POINT} count=0 i
  local -a words=() values=()
  COMPREPLY=()
  # Readline cuts words at = and : as well; what stands together is put together again.
  for ((i = 0; i <= COMP_CWORD; i++)); do
    word=${COMP_WORDS[i]}
    gap=${rest%%[![:blank:]]*}
    rest=${rest#"$gap"}
    [[ $rest == "$word"* ]] || word=$rest
    rest=${rest#"$word"}
    if [[ -z $gap && $count -gt 0 && ($word == [=:]* || ${words[count - 1]} == *[=:]) ]]; then
      words[count - 1]+=$word
    else
      words[count++]=$word
    fi
  done
  raw=$word
  [[ $raw == [=:]* ]] && raw=''
  word=${words[count - 1]//\\/}
  words[count - 1]=${word#[\"\']}
  # Readline replaces only what stands behind the last cut.
  prefix=${word%"${raw//\\/}"}
  [[ $prefix == --*= ]] && prefix=''
  while IFS= read -r line; do
    if [[ $line == @files ]]; then
      files=yes
    else
      value=${line%%$'\t'*}
      values+=("${value#"$prefix"}")
    fi
  done < <("${COMP_WORDS[0]}" __complete "${words[@]:1:count-1}" 2>/dev/null)
  if [[ -n $files && ${#values[@]} -eq 0 ]]; then
    compopt -o default -o bashdefault 2>/dev/null
  elif [[ -n $files ]]; then
    compopt -o filenames 2>/dev/null # which quotes, too
    COMPREPLY=("${values[@]}")
    while IFS= read -r line; do
      COMPREPLY+=("$line")
    done < <(compgen -f -- "${raw#[\"\']}")
  else
    for value in "${values[@]}"; do
      [[ $raw == [\"\']* ]] || value=$(printf '%q' "$value")
      COMPREPLY+=("$value")
    done
  fi
}
complete -F _mlops mlops
