// SPDX-License-Identifier: Apache-2.0
#include "store/tree.hpp"

#include <algorithm>
#include <random>

#include "hash/hasher.hpp"
#include "support/catch.hpp"
#include "util/error.hpp"
#include "util/text.hpp"

using namespace mlops;
using store::Entry;
using store::EntryKind;
using store::Tree;

namespace {

const std::string hex_a(64, 'a');
const std::string hex_b(64, 'b');

hash::Digest digest(const std::string& hex) { return *hash::Digest::parse(hash::Algorithm::sha256, hex); }

std::string line(const std::string& rest) { return "mlops-tree 1\n" + rest + "\n"; }

bool refused(const std::string& text) {
  try {
    store::decode_tree(text, "test");
  } catch (const Error& error) {
    return error.kind() == ErrorKind::corrupt && std::string(error.what()).find("test, line") == 0;
  }
  return false;
}

}  // namespace

TEST_CASE("a tree has one canonical text", "[store]") {
  const Tree tree{{{"a b", {EntryKind::file, digest(hex_a), 4, 1}},
                   {"images", {EntryKind::tree, digest(hex_b), 1048576, 12}},
                   {"new\nline\r\\", {EntryKind::link, digest(hex_a), 3, 1}},
                   {"run", {EntryKind::exec, digest(hex_b), 0, 1}},
                   {"\xc3\xa9", {EntryKind::file, digest(hex_a), 1, 1}},
                   {"\xff\xc3", {EntryKind::file, digest(hex_a), 1, 1}}}};
  const std::string text =
      "mlops-tree 1\n"
      "file " +
      hex_a + " 4 1 a b\n" + "tree " + hex_b + " 1048576 12 images\n" + "link " + hex_a + " 3 1 new\\nline\\r\\\\\n" +
      "exec " + hex_b + " 0 1 run\n" + "file " + hex_a + " 1 1 \xc3\xa9\n" + "file " + hex_a + " 1 1 \\xff\\xc3\n";
  CHECK(store::encode_tree(tree) == text);
  CHECK(store::decode_tree(text, "test") == tree);
  CHECK(tree.size() == 1048585);
  CHECK(tree.files() == 17);
  CHECK(tree.find("run")->entry.kind == EntryKind::exec);
  CHECK(tree.find("nothing") == nullptr);
}

TEST_CASE("the empty tree is its first line", "[store]") {
  CHECK(store::encode_tree({}) == "mlops-tree 1\n");
  CHECK(store::decode_tree("mlops-tree 1\n", "test").entries.empty());
}

TEST_CASE("encoding refuses entries out of order", "[store]") {
  const Entry entry{EntryKind::file, digest(hex_a), 1, 1};
  CHECK_THROWS_AS(store::encode_tree({{{"b", entry}, {"a", entry}}}), std::logic_error);
  CHECK_THROWS_AS(store::encode_tree({{{"a", entry}, {"a", entry}}}), std::logic_error);
}

TEST_CASE("decoding refuses every deviation and names the line", "[store]") {
  REQUIRE_NOTHROW(store::decode_tree(line("file " + hex_a + " 4 1 a"), "test"));
  const std::vector<std::string> wrong_lines{
      "",
      "file " + hex_a + " 4 1",
      "file " + hex_a + " 4 1 ",
      "file " + hex_a + "  4 1 a",
      "dir " + hex_a + " 4 1 a",
      "FILE " + hex_a + " 4 1 a",
      "file " + std::string(64, 'A') + " 4 1 a",
      "file " + std::string(63, 'a') + " 4 1 a",
      "file " + std::string(65, 'a') + " 4 1 a",
      "file " + std::string(64, 'g') + " 4 1 a",
      "file " + hex_a + " 04 1 a",
      "file " + hex_a + " -4 1 a",
      "file " + hex_a + " +4 1 a",
      "file " + hex_a + " 0x4 1 a",
      "file " + hex_a + " 18446744073709551616 1 a",
      "file " + hex_a + " 4 2 a",
      "file " + hex_a + " 4 0 a",
      "file " + hex_a + " 4 1 a/b",
      "file " + hex_a + " 4 1 ..",
      "file " + hex_a + " 4 1 .",
      "file " + hex_a + " 4 1 .git",
      "file " + hex_a + " 4 1 .GIT",
      "file " + hex_a + " 4 1 .mlops",
      "file " + hex_a + " 4 1 a\\q",
      "file " + hex_a + " 4 1 a\\",
      "file " + hex_a + " 4 1 a\\x4",
      "file " + hex_a + " 4 1 a\\x41",
      "file " + hex_a + " 4 1 a\\xFF",
      "file " + hex_a + " 4 1 a\\x00",
      "file " + hex_a + " 4 1 a\rb",
      "file " + hex_a + " 4 1 \xff",
      "file " + hex_a + " 4 1 b\nfile " + hex_a + " 4 1 a",
      "file " + hex_a + " 4 1 a\nfile " + hex_b + " 4 1 a",
      "file " + hex_a + " 4 1 a\nfile " + std::string(32, 'a') + " 4 1 b",
      "tree " + hex_a + " 18446744073709551615 1 a\ntree " + hex_b + " 1 1 b",
      "tree " + hex_a + " 1 18446744073709551615 a\ntree " + hex_b + " 1 1 b",
  };
  for (const std::string& text : wrong_lines) {
    INFO(printable(text));
    CHECK(refused(line(text)));
  }
  using namespace std::string_literals;
  CHECK(refused(line("file " + hex_a + " 4 1 a\0b"s)));
  for (const std::string& text : {""s, "mlops-tree 1"s, "mlops-tree 2\n"s, "mlops-tree 1\r\n"s, " mlops-tree 1\n"s}) {
    CHECK(refused(text));
  }
}

TEST_CASE("decoding refuses a tree that is cut off anywhere but after a line", "[store]") {
  const std::string text = "mlops-tree 1\nfile " + hex_a + " 4 1 a\nfile " + hex_b + " 4 1 b\\n\n";
  for (std::size_t length = 0; length < text.size(); ++length) {
    const std::string cut = text.substr(0, length);
    INFO(length);
    CHECK(refused(cut) == (cut.empty() || cut.back() != '\n'));
  }
}

TEST_CASE("what decodes encodes to the same bytes, whatever was damaged", "[store]") {
  const std::string text = "mlops-tree 1\nfile " + hex_a + " 4 1 a\\xff\ntree " + hex_b + " 10 3 b\\\\c\n";
  std::mt19937 random(7);
  for (int round = 0; round < 20'000; ++round) {
    std::string damaged = text;
    for (auto hits = 1 + random() % 3; hits > 0; --hits) {
      damaged[random() % damaged.size()] = static_cast<char>(random() % 256);
    }
    try {
      const Tree tree = store::decode_tree(damaged, "test");
      REQUIRE(store::encode_tree(tree) == damaged);
    } catch (const Error& error) {
      REQUIRE(error.kind() == ErrorKind::corrupt);
    }
  }
}

TEST_CASE("names of any bytes survive escaping", "[store]") {
  std::mt19937 random(11);
  for (int round = 0; round < 5'000; ++round) {
    std::string name;
    for (auto length = random() % 12; length > 0; --length) {
      name.push_back(
          static_cast<char>(random() % 2 == 0 ? random() % 256 : "\n\r\\x\xc3\xa9\xe2\x82\xac"[random() % 9]));
    }
    const std::string escaped = store::escape_name(name);
    REQUIRE(escaped.find('\n') == std::string::npos);
    REQUIRE(is_utf8(escaped));
    REQUIRE(store::unescape_name(escaped) == name);
  }
}
