# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# The whole main job: version data, run with caching, push and pull, reproduce a past run, go back. Played twice: with
# plain names in data/raw, and with names that hold spaces, quotes, newlines, stray bytes and leading dashes.
# shellcheck source=tests/functional/lib.sh
. "$SOURCE_DIR/tests/functional/lib.sh"

plain_data() {
  mkdir -p data/raw/more
  printf 'one\n' >data/raw/one.csv
  printf 'two\n' >data/raw/more/two.csv
}

odd_data() {
  plain_data
  printf 'a\n' >'data/raw/with space.csv'
  printf 'b\n' >"data/raw/it's \"quoted\".csv"
  printf 'c\n' >$'data/raw/new\nline.csv'
  printf 'd\n' >$'data/raw/stray-\xff\xfe.csv'
  printf 'e\n' >'data/raw/-rf'
  printf 'f\n' >'data/raw/--'
  printf 'g\n' >$'data/raw/back\\slash\t$(x)`y`.csv'
  mkdir data/raw/empty 'data/raw/ lead and trail '
  printf 'h\n' >'data/raw/ lead and trail /#x'
  printf '#!/bin/sh\n' >data/raw/tool && chmod +x data/raw/tool
  ln -s ../one.csv data/raw/more/link
}

main_job() {
  local here=$PWD
  tiny_project
  "$1"
  listing data/raw >../raw.before
  mlops init
  mlops add data/raw
  tiny_stages
  mlops remote add -d store ../store-folder
  expect 0 mlops run
  has 'executed    evaluate'
  expect 0 mlops runs list --json
  first=$(json 'j["runs"][0]["id"]')
  expect 0 mlops run
  lacks 'executed'
  has "$first"
  expect 0 mlops runs list --json
  [ "$(json 'len(j["runs"])')" = 1 ] || fail 'a run with nothing to do was recorded'
  git add -A && git commit -q -m 'first model' && mlops push && mlops runs push

  expect 0 mlops run -S train.lr=0.3 -n bolder
  lacks 'executed    prepare'
  has 'executed    train'
  grep -q 'train: {lr: 0.3, epochs: 5}' params.yaml || fail "params.yaml is $(cat params.yaml)"
  expect 0 mlops why train
  has 'params.yaml: train.lr 0.1 -> 0.3'
  git commit -q -am 'bolder'
  expect 0 mlops run -S train.lr=0.1
  lacks 'executed'
  has 'restored    train'
  expect 0 mlops runs list
  has 'bolder'
  expect 0 mlops runs show bolder
  has 'train.lr'
  expect 0 mlops runs diff "$first" bolder
  has '0.3'
  expect 0 mlops runs log bolder train
  has 'training with lr 0.3'
  git checkout -q params.yaml mlops.lock metrics.json 2>/dev/null || git checkout -q params.yaml mlops.lock
  mlops checkout

  git clone -q . ../elsewhere
  cd ../elsewhere
  mlops pull
  listing data/raw | diff ../raw.before - || fail 'the pulled data differs'
  expect 0 mlops status --exit-code
  expect 0 mlops repro
  lacks 'executed'
  [ -z "$(git status --porcelain)" ] || fail "git is not clean: $(git status --porcelain)"
  mlops runs pull
  expect 0 mlops repro --run "$first"
  has 'identical'
  expect 0 mlops repro -q --run bolder --json
  [ "$(json 'j["identical"]')" = True ] || fail "not identical: $out"
  [ -z "$(git status --porcelain)" ] || fail 'the reproduction touched the work tree'
  git checkout -q HEAD~1
  mlops checkout
  grep -q '"lr": 0.1' model.json || fail "model.json is $(cat model.json)"
  git checkout -q main
  mlops install
  git checkout -q HEAD~1
  grep -q '"lr": 0.1' model.json || fail 'data did not follow code by itself'
  git checkout -q main
  grep -q '"lr": 0.3' model.json || fail 'data did not follow code by itself'
  cd "$here"
}

mkdir plain odd
(mkdir plain/work && cd plain/work && main_job plain_data)
(mkdir odd/work && cd odd/work && main_job odd_data)
