// SPDX-License-Identifier: Apache-2.0
// The texts here were written by DVC 3.67.1: `dvc add`, `dvc import-url ../ext/f impf`, `dvc import ../g1 d -o imprepo`.

#include "spec/dialects/dvc.hpp"
#include "support/catch.hpp"
#include "util/error.hpp"

using namespace mlops;
using namespace mlops::spec;

namespace {

const fs::RepoPath file = fs::RepoPath::parse("data/a.txt.dvc");

const std::string plain = "outs:\n- md5: b1946ac92492d2347c6235b4d2611184\n  size: 6\n  hash: md5\n  path: a.txt\n";
const std::string directory =
    "outs:\n- md5: baa0d609df3f73f015f724fddbf86984.dir\n  size: 9\n  nfiles: 9\n  hash: md5\n  path: d\n";
const std::string executable =
    "outs:\n- md5: 46bbbe8aa98cc0714426e948474eaaf4\n  size: 18\n  isexec: true\n  hash: md5\n  path: run.sh\n";
const std::string old = "outs:\n- md5: dd8c6a395b5dd36c56d23275028f526c\n  size: 6\n  path: t.txt\n";
const std::string import_url =
    "md5: 34e175409f99f4d07a0a2c8321134582\n"
    "frozen: true\n"
    "deps:\n"
    "- md5: abf77184f55403d75b9d51d79162a7ca\n"
    "  size: 3\n"
    "  hash: md5\n"
    "  path: ../ext/f\n"
    "outs:\n"
    "- md5: abf77184f55403d75b9d51d79162a7ca\n"
    "  size: 3\n"
    "  hash: md5\n"
    "  path: impf\n";
const std::string import_repo =
    "md5: c7502ed6ed3b4be2ba5856630df11892\n"
    "frozen: true\n"
    "deps:\n"
    "- path: d\n"
    "  repo:\n"
    "    url: ../g1\n"
    "    rev_lock: e3d68304031b79937247108c119fbfaea19dee66\n"
    "outs:\n"
    "- md5: baa0d609df3f73f015f724fddbf86984.dir\n"
    "  size: 9\n"
    "  nfiles: 9\n"
    "  hash: md5\n"
    "  path: imprepo\n";
const std::string versioned_file =
    "outs:\n- md5: 60b725f10c9c85c70d97880dfe8191b3\n  size: 2\n  cloud:\n    s3r:\n      etag: etag1\n"
    "      version_id: v1\n  hash: md5\n  path: one\n";
const std::string versioned_directory =
    "outs:\n"
    "- hash: md5\n"
    "  path: data\n"
    "  files:\n"
    "  - relpath: a\n"
    "    md5: 60b725f10c9c85c70d97880dfe8191b3\n"
    "    size: 2\n"
    "    isexec: true\n"
    "    cloud:\n"
    "      s3r:\n"
    "        etag: etag1\n"
    "        version_id: v1\n"
    "  - relpath: b\n"
    "    md5: 187ef4436122d1cc2f40dc2b92f0eba0\n"
    "    size: 4\n";
const std::string annotated =
    "desc: about the file\n"
    "frozen: true\n"
    "outs:\n"
    "- md5: b1946ac92492d2347c6235b4d2611184\n"
    "  size: 6\n"
    "  hash: md5\n"
    "  path: a.txt\n"
    "  desc: what it is\n"
    "  type: dataset\n"
    "  labels:\n"
    "  - x\n"
    "  meta:\n"
    "    k: 1\n"
    "  cache: false\n"
    "  persist: true\n"
    "  remote: r\n"
    "  push: false\n"
    "always_changed: true\n"
    "meta:\n"
    "  author: me\n";

Pointer read_one(const std::string& text) {
  std::vector<Pointer> pointers = dvc::read_pointers(text, file);
  REQUIRE(pointers.size() == 1);
  return pointers.front();
}

std::string failure(const std::string& text) {
  try {
    dvc::read_pointers(text, file);
  } catch (const Error& error) {
    return error.what() + (error.hints().empty() ? "" : " | " + error.hints().front());
  }
  return "";
}

Pointer with_content(Pointer pointer, const char* md5, std::uint64_t size) {
  pointer.entry = store::Entry{.kind = store::EntryKind::file,
                               .digest = *hash::Digest::parse(hash::Algorithm::md5, md5),
                               .size = size,
                               .files = 1};
  return pointer;
}

}  // namespace

TEST_CASE("a pointer that DVC wrote is written again to the same bytes", "[spec][dvc]") {
  for (const std::string& text :
       {plain, directory, executable, old, import_url, import_repo, versioned_file, versioned_directory, annotated}) {
    const Pointer pointer = read_one(text);
    CHECK(dvc::write_pointer(pointer, file, text) == text);
    CHECK(dvc::write_pointer(pointer, file, "") == text);
    CHECK(read_one(dvc::write_pointer(pointer, file, "")) == pointer);
  }
}

TEST_CASE("a pointer tells path and content", "[spec][dvc]") {
  CHECK(read_one(plain).path.str() == "data/a.txt");
  CHECK(read_one(plain).entry->kind == store::EntryKind::file);
  CHECK(read_one(plain).source.is_null());
  CHECK(read_one(directory).entry->kind == store::EntryKind::tree);
  CHECK(read_one(directory).entry->files == 9);
  CHECK(read_one(executable).entry->kind == store::EntryKind::exec);
  CHECK(read_one(old).entry->digest.algorithm() == hash::Algorithm::md5_dos2unix);
  CHECK(read_one(versioned_directory).entry->digest.hex() == "7835f0193e165e32f08035698ec0c247");
  CHECK(*read_one(import_repo).source.at("deps.0.repo.url") == Value("../g1"));
  const Pointer noted = read_one(annotated);
  CHECK(noted.annotations.labels == std::vector<std::string>{"x"});
  CHECK_FALSE(noted.cache);
  CHECK_FALSE(noted.push);
  CHECK(noted.remote == "r");
}

TEST_CASE("an import that was not downloaded has no content", "[spec][dvc]") {
  const std::string text = "frozen: true\ndeps:\n- path: ../ext/f\nouts:\n- hash: md5\n  path: impf\n";
  CHECK_FALSE(read_one(text).entry.has_value());
  CHECK(dvc::write_pointer(read_one(text), file, "") == text);
}

TEST_CASE("the digest of an import follows its statements", "[spec][dvc]") {
  Pointer pointer = read_one(import_repo);
  pointer.entry->size = 10;
  CHECK(dvc::write_pointer(pointer, file, "").starts_with("md5: c7502ed6ed3b4be2ba5856630df11892\n"));
  pointer = with_content(read_one(import_url), "b1946ac92492d2347c6235b4d2611184", 6);
  // Python: hashlib.md5(b'{"deps": [{"hash": "md5", "md5": "abf7...a7ca", "path": "../ext/f"}], "outs": [{"hash": "md5",
  // "md5": "b194...1184", "path": "impf"}]}'), the digests in full.
  CHECK(dvc::write_pointer(pointer, file, "").starts_with("md5: fc4548f1878c4bee2864e272f2198f81\n"));
}

TEST_CASE("new content keeps keys and comments at their places", "[spec][dvc]") {
  // dvc add of changed content over these texts
  const char* md5 = "5d41402abc4b2a76b9719d911017c592";
  CHECK(dvc::write_pointer(with_content(read_one(plain), md5, 5), file, plain) ==
        "outs:\n- md5: 5d41402abc4b2a76b9719d911017c592\n  size: 5\n  hash: md5\n  path: a.txt\n");
  CHECK(dvc::write_pointer(with_content(read_one(old), md5, 5), file, old) ==
        "outs:\n- md5: 5d41402abc4b2a76b9719d911017c592\n  size: 5\n  path: t.txt\n  hash: md5\n");
  const std::string commented =
      "# what this is\nouts:\n- md5: b1946ac92492d2347c6235b4d2611184  # today\n  size: 6\n  hash: md5\n  path: a.txt\n"
      "desc: mine\n";
  CHECK(
      dvc::write_pointer(with_content(read_one(commented), md5, 5), file, commented) ==
      "# what this is\nouts:\n- md5: 5d41402abc4b2a76b9719d911017c592  # today\n  size: 5\n  hash: md5\n  path: a.txt\n"
      "desc: mine\n");
  const std::string executed = dvc::write_pointer(with_content(read_one(executable), md5, 5), file, executable);
  CHECK(executed == "outs:\n- md5: 5d41402abc4b2a76b9719d911017c592\n  size: 5\n  hash: md5\n  path: run.sh\n");
}

TEST_CASE("a fresh pointer takes over what the file says of itself, but not that it was an import", "[spec][dvc]") {
  Pointer fresh;
  fresh.path = fs::RepoPath::parse("data/a.txt");
  fresh.file = file;
  fresh = with_content(fresh, "5d41402abc4b2a76b9719d911017c592", 5);
  const std::string text = "outs:\n- md5: 5d41402abc4b2a76b9719d911017c592\n  size: 5\n  hash: md5\n  path: a.txt\n";
  CHECK(dvc::write_pointer(fresh, file, "") == text);
  CHECK(dvc::write_pointer(fresh, file, plain + "meta:\n  k: 1\n") == text + "meta:\n  k: 1\n");
  const std::string was_import = "md5: 34e175409f99f4d07a0a2c8321134582\nfrozen: true\ndeps:\n- path: ../x\n" + plain;
  CHECK(dvc::write_pointer(fresh, file, was_import) == text);
}

TEST_CASE("a pointer file may speak of several paths, and of its own directory", "[spec][dvc]") {
  const std::string text =
      "wdir: ..\nouts:\n- md5: b1946ac92492d2347c6235b4d2611184\n  size: 6\n  hash: md5\n  path: a\n"
      "- md5: b1946ac92492d2347c6235b4d2611184\n  size: 6\n  hash: md5\n  path: sub/b\n";
  const std::vector<Pointer> pointers = dvc::read_pointers(text, file);
  REQUIRE(pointers.size() == 2);
  CHECK(pointers[0].path.str() == "a");
  CHECK(pointers[1].path.str() == "sub/b");
  CHECK(dvc::write_pointer(with_content(pointers[1], "5d41402abc4b2a76b9719d911017c592", 5), file, text) ==
        "wdir: ..\nouts:\n- md5: b1946ac92492d2347c6235b4d2611184\n  size: 6\n  hash: md5\n  path: a\n"
        "- md5: 5d41402abc4b2a76b9719d911017c592\n  size: 5\n  hash: md5\n  path: sub/b\n");
}

TEST_CASE("a pointer that says something else is refused, with the place", "[spec][dvc]") {
  CHECK(failure("") == "data/a.txt.dvc:1: the document has no 'outs'");
  CHECK(failure("cmd: x\n" + plain) == "data/a.txt.dvc:1: unknown key 'cmd'");
  CHECK(failure("outs:\n- path: a\n  metric: true\n") == "data/a.txt.dvc:3: unknown key 'outs[0].metric'");
  CHECK(failure("outs:\n- path: a\n  sise: 1\n") ==
        "data/a.txt.dvc:3: unknown key 'outs[0].sise' | did you mean 'size'?");
  CHECK(failure("outs:\n- path: a\n  md5: 12\n") ==
        "data/a.txt.dvc:3: 'outs[0].md5' must be 32 hexadecimal digits, with '.dir' for a directory");
  CHECK(failure("deps:\n- path: a\n  repo: {rev: x}\n" + plain) == "data/a.txt.dvc:3: 'deps[0].repo' has no 'url'");
  CHECK(failure("outs:\n- path: ../.git/config\n").starts_with("data/a.txt.dvc:2: "));
}
