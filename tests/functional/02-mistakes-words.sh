# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# Wrong words: each gets one error with the reason and a hint, the right exit code, and changes nothing.
# shellcheck source=tests/functional/lib.sh
. "$SOURCE_DIR/tests/functional/lib.sh"

# Outside a git repository, and in one that is no project.
refused 1 mlops init
has "'$PWD'"
refused 1 mlops status
mkdir repo && cd repo && git init -q .
refused 1 mlops add x
has 'mlops init'
mkdir sub && cd sub
refused 1 mlops init
has '--subdir'
cd ..
small_project

# Unknown words, with the nearest known one.
refused 2 mlops statsu
has 'mlops status'
refused 2 mlops remote ad store /x
has 'mlops remote add'
refused 2 mlops repro --kepe-going
has '--keep-going'
refused 2 mlops config cache.typo x
has 'cache.type'
refused 2 mlops config cache.type hrdlink
has 'hardlink'
refused 2 mlops repro -j 0
refused 2 mlops repro -j many
has 'many'
refused 2 mlops gc --prune=soon
refused 2 mlops add
refused 2 mlops stage add -n x
refused 2 mlops completion tcsh
refused 2 mlops --cd nowhere status

# Names that mean nothing here.
for words in 'repro coyp' 'why coyp' 'freeze coyp' 'stage remove coyp'; do
  # shellcheck disable=SC2086 # words are words
  refused 1 mlops $words
  has "'coyp'"
  has 'copy'
done
refused 1 mlops checkout nothing-here
refused 1 mlops remove nothing-here
refused 1 mlops move nothing-here elsewhere
refused 1 mlops ls nothing-here
refused 1 mlops diff no-such-revision
has 'no-such-revision'
refused 1 mlops push
has 'mlops remote add'
refused 1 mlops push -r nowhere
has "'nowhere'"
refused 1 mlops runs show zzzz
has 'runs pull'
refused 1 mlops repro --run zzzz
refused 1 mlops runs diff zzzz yyyy
refused 1 mlops runs remove zzzz
refused 1 mlops runs apply zzzz
refused 1 mlops repro --rev zzzz
refused 1 mlops run -S no.such.file.toml:key=1
refused 2 mlops run -S key
refused 2 mlops run -n 'not a name'
