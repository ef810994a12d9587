// SPDX-License-Identifier: Apache-2.0
#include <map>

#include "hash/hasher.hpp"
#include "store/build.hpp"
#include "support/catch.hpp"

using namespace mlops;
using store::Change;
using store::Entry;
using store::EntryKind;
using store::Tree;

namespace {

/// Trees in memory, made from texts.
class Trees {
 public:
  Entry file(const std::string& text) const {
    return {EntryKind::file, hash::digest_of(hash::Algorithm::sha256, text), text.size(), 1};
  }
  Entry tree(std::vector<store::TreeEntry> entries) {
    const Tree made{std::move(entries)};
    const Entry entry{EntryKind::tree, hash::digest_of(hash::Algorithm::sha256, store::encode_tree(made)), made.size(),
                      made.files()};
    trees_[entry.id()] = made;
    return entry;
  }
  store::TreeReader reader() {
    return [this](const hash::ObjectId& id) {
      ++reads;
      return trees_.at(id);
    };
  }
  int reads = 0;

 private:
  std::map<hash::ObjectId, Tree> trees_;
};

std::vector<std::string> listed(const std::vector<store::Difference>& differences) {
  std::vector<std::string> lines;
  for (const auto& difference : differences) {
    const char sign = difference.change == Change::added ? '+' : difference.change == Change::deleted ? '-' : '~';
    lines.push_back(sign + difference.path.str());
  }
  return lines;
}

using Lines = std::vector<std::string>;

}  // namespace

TEST_CASE("equal entries differ in nothing and are not read", "[store]") {
  Trees trees;
  const Entry tree = trees.tree({{"a", trees.file("1")}});
  CHECK(store::diff_entries(tree, trees.reader(), tree, trees.reader()).empty());
  CHECK(store::diff_entries(std::nullopt, trees.reader(), std::nullopt, trees.reader()).empty());
  CHECK(trees.reads == 0);
}

TEST_CASE("a diff lists files in order and reads only what differs", "[store]") {
  Trees trees;
  const Entry same = trees.tree({{"x", trees.file("x")}});
  const Entry before =
      trees.tree({{"a", trees.file("1")}, {"b", trees.file("2")}, {"same", same}, {"z", trees.file("z")}});
  const Entry after =
      trees.tree({{"a", trees.file("1")}, {"b", trees.file("3")}, {"c", trees.file("c")}, {"same", same}});
  CHECK(listed(store::diff_entries(before, trees.reader(), after, trees.reader())) == Lines{"~b", "+c", "-z"});
  CHECK(trees.reads == 2);
}

TEST_CASE("a whole directory is listed by its files, or as one if wanted", "[store]") {
  Trees trees;
  const Entry below = trees.tree({{"x", trees.file("x")}, {"y", trees.file("y")}});
  const Entry before = trees.tree({{"a", trees.file("1")}});
  const Entry after = trees.tree({{"a", trees.file("1")}, {"d", below}});
  CHECK(listed(store::diff_entries(before, trees.reader(), after, trees.reader())) == Lines{"+d/x", "+d/y"});
  CHECK(listed(store::diff_entries(after, trees.reader(), before, trees.reader())) == Lines{"-d/x", "-d/y"});
  CHECK(listed(store::diff_entries(before, trees.reader(), after, trees.reader(), store::WholeTrees::yes)) ==
        Lines{"+d"});
}

TEST_CASE("an empty directory is a difference of its own", "[store]") {
  Trees trees;
  const Entry before = trees.tree({});
  const Entry after = trees.tree({{"empty", trees.tree({})}});
  CHECK(listed(store::diff_entries(before, trees.reader(), after, trees.reader())) == Lines{"+empty"});
  CHECK(listed(store::diff_entries(std::nullopt, trees.reader(), before, trees.reader())) == Lines{"+"});
}

TEST_CASE("a file that becomes a directory is deleted before the directory's files are added", "[store]") {
  Trees trees;
  const Entry before = trees.tree({{"a", trees.file("1")}});
  const Entry after = trees.tree({{"a", trees.tree({{"x", trees.file("x")}})}});
  CHECK(listed(store::diff_entries(before, trees.reader(), after, trees.reader())) == Lines{"-a", "+a/x"});
  CHECK(listed(store::diff_entries(after, trees.reader(), before, trees.reader())) == Lines{"+a", "-a/x"});
  CHECK(listed(store::diff_entries(after, trees.reader(), before, trees.reader(), store::WholeTrees::yes)) ==
        Lines{"-a", "+a"});
}

TEST_CASE("a change of the executable bit is a modification", "[store]") {
  Trees trees;
  Entry exec = trees.file("1");
  exec.kind = EntryKind::exec;
  CHECK(listed(store::diff_entries(trees.file("1"), trees.reader(), exec, trees.reader())) == Lines{"~"});
}
