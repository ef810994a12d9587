// SPDX-License-Identifier: Apache-2.0
#include <fcntl.h>
#include <unistd.h>

#include <set>
#include <stdexcept>
#include <thread>
#include <vector>

#include "fs/file.hpp"
#include "hash/digest.hpp"
#include "hash/fingerprint.hpp"
#include "hash/hasher.hpp"
#include "hash/object_id.hpp"
#include "support/catch.hpp"
#include "support/temp_dir.hpp"

using namespace mlops;
using namespace mlops::hash;

namespace {

constexpr const char* sha256_of_abc = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";

}  // namespace

TEST_CASE("the published test vectors come out right") {
  CHECK(digest_of(Algorithm::sha256, "").hex() == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  CHECK(digest_of(Algorithm::sha256, "abc").hex() == sha256_of_abc);
  CHECK(digest_of(Algorithm::sha256, std::string(1'000'000, 'a')).hex() ==
        "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
  CHECK(digest_of(Algorithm::md5, "").hex() == "d41d8cd98f00b204e9800998ecf8427e");
  CHECK(digest_of(Algorithm::md5, "abc").hex() == "900150983cd24fb0d6963f7d28e17f72");
}

TEST_CASE("a hasher takes its bytes in any pieces and starts afresh after each digest") {
  const std::string bytes(100'000, 'q');
  Hasher hasher(Algorithm::sha256);
  for (std::size_t at = 0, step = 1; at < bytes.size(); at += step, step = step * 3 % 997 + 1) {
    hasher.update(std::span(bytes).subspan(at, std::min(step, bytes.size() - at)));
  }
  CHECK(hasher.finish() == digest_of(Algorithm::sha256, bytes));
  hasher.update(std::string_view("abc"));
  CHECK(hasher.finish().hex() == sha256_of_abc);
  Hasher moved(std::move(hasher));
  CHECK(moved.finish() == digest_of(Algorithm::sha256, ""));
}

TEST_CASE("threads compute digests at the same time") {
  std::vector<std::jthread> threads;
  std::vector<std::string> found(4);
  for (std::string& hex : found) {
    threads.emplace_back([&hex] {
      for (int i = 0; i < 1000; ++i) {
        hex = digest_of(Algorithm::sha256, "abc").hex();
      }
    });
  }
  threads.clear();
  CHECK(found == std::vector<std::string>(4, sha256_of_abc));
}

TEST_CASE("the digest of a file is that of the bytes that its descriptor still has") {
  const test::TempDir dir;
  const std::string content = std::string(700'000, 'x') + "tail";
  const std::string path = dir.write("file", content).string();
  const fs::Fd fd = fs::open_read(path);
  CHECK(digest_of_fd(Algorithm::sha256, fd.get(), path) == digest_of(Algorithm::sha256, content));
  ::lseek(fd.get(), 700'000, SEEK_SET);
  CHECK(digest_of_fd(Algorithm::md5, fd.get(), path) == digest_of(Algorithm::md5, "tail"));
}

TEST_CASE("a digest is read from lowercase hexadecimal of its own length only") {
  CHECK(Digest::parse(Algorithm::sha256, sha256_of_abc)->hex() == sha256_of_abc);
  std::string upper = sha256_of_abc;
  upper[0] = 'B';
  for (const std::string& bad :
       {std::string(), std::string("ba78"), upper, std::string(sha256_of_abc) + "00", std::string(63, '0') + "g"}) {
    CHECK_FALSE(Digest::parse(Algorithm::sha256, bad));
  }
  CHECK_FALSE(Digest::parse(Algorithm::md5, sha256_of_abc));
  const std::vector<unsigned char> short_bytes(31);
  CHECK_THROWS_AS(Digest(Algorithm::sha256, short_bytes), std::logic_error);
  CHECK(parse_algorithm("md5") == Algorithm::md5);
  CHECK_FALSE(parse_algorithm("SHA256"));
}

TEST_CASE("digests are ordered by their bytes and hash into sets") {
  const Digest low(Algorithm::sha256, std::vector<unsigned char>(32, 0x01));
  const Digest high(Algorithm::sha256, std::vector<unsigned char>(32, 0xfe));
  CHECK(low < high);
  CHECK(low != high);
  CHECK(std::hash<Digest>()(low) == std::hash<Digest>()(Digest(low)));
}

TEST_CASE("an object's path names algorithm, digest and kind, and is read back") {
  const Digest digest = digest_of(Algorithm::sha256, "abc");
  const ObjectId file{digest, ObjectKind::file};
  const ObjectId tree{digest, ObjectKind::tree};
  CHECK(object_path(file) == "objects/sha256/ba/7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  CHECK(object_path(tree) == object_path(file) + ".tree");
  CHECK(short_name(file) == "ba7816bf8f01");
  CHECK(short_name(tree) == "ba7816bf8f01.tree");
  CHECK(listed_name(tree) == tree.digest.hex());
  const Digest md5 = digest_of(Algorithm::md5, "abc");
  CHECK(listed_name({md5, ObjectKind::file}) == "900150983cd24fb0d6963f7d28e17f72");
  CHECK(listed_name({md5, ObjectKind::tree}) == "900150983cd24fb0d6963f7d28e17f72.dir");
  for (const ObjectId& id : {file, tree, ObjectId{digest_of(Algorithm::md5, "x"), ObjectKind::tree}}) {
    CHECK(parse_object_path(object_path(id)) == id);
  }
}

TEST_CASE("what is no object's path is not taken for one") {
  const std::string good = object_path({digest_of(Algorithm::sha256, "abc"), ObjectKind::file});
  for (const std::string& bad :
       {std::string(), std::string("objects/"), good + "x", good.substr(1), good + ".tree.tree", good + "/",
        std::string("objects/sha1/ab/cd"), good.substr(0, good.size() - 1), std::string("objects/sha256/b/a7816b"),
        "objects/md5" + good.substr(14)}) {
    CHECK_FALSE(parse_object_path(bad));
  }
}

TEST_CASE("a fingerprint tells texts apart and stays the same between versions") {
  CHECK(fingerprint("") == 0x2d06800538d394c2ULL);
  CHECK(fingerprint("a") != fingerprint("b"));
}
