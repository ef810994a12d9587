// SPDX-License-Identifier: Apache-2.0
#include "store/checkout.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <random>

#include "fs/seam.hpp"
#include "hash/hasher.hpp"
#include "store/evidence.hpp"
#include "support/catch.hpp"
#include "support/store_project.hpp"
#include "util/error.hpp"

using namespace mlops;
using store::CheckoutResult;
using store::Entry;
using store::EntryKind;
using test::StoreProject;

namespace {

using Paths = std::vector<std::string>;

Paths texts(const std::vector<fs::RepoPath>& paths) {
  Paths all;
  for (const fs::RepoPath& path : paths) {
    all.push_back(path.str());
  }
  return all;
}

ErrorKind kind_of_failure(const std::function<void()>& work, std::string* message = nullptr) {
  try {
    work();
  } catch (const Error& error) {
    if (message != nullptr) {
      *message = error.what();
    }
    return error.kind();
  }
  return ErrorKind::usage;
}

/// A tree made by hand, as it could come from elsewhere.
Entry put_tree(StoreProject& project, const store::Tree& tree) {
  store::WriteBatch batch(project.db());
  const Entry entry{EntryKind::tree, batch.add_tree(tree), tree.size(), tree.files()};
  batch.publish();
  return entry;
}

Entry put_file(StoreProject& project, const std::string& content, EntryKind kind = EntryKind::file) {
  store::WriteBatch batch(project.db());
  const Entry entry{kind, batch.add_bytes(content), content.size(), 1};
  batch.publish();
  return entry;
}

std::string random_name(std::mt19937& random) {
  static const std::vector<std::string> odd{"with space",  "new\nline", "tab\t",    "qu\"ote'", "-dash",
                                            "back\\slash", "\xff\xfe",  "\xc3\xa9", "*",        "a.mlops",
                                            "...",         "CON",       "x\r"};
  std::string name = random() % 3 == 0 ? odd[random() % odd.size()] : std::string();
  return name + static_cast<char>('a' + random() % 26) + std::to_string(random() % 1000);
}

std::string random_content(std::mt19937& random) {
  static const std::vector<std::size_t> sizes{0, 1, 100, (1U << 20U) - 1, 1U << 20U, (1U << 20U) + 1};
  const std::size_t size = random() % 10 == 0 ? sizes[random() % sizes.size()] : random() % 2000;
  std::string content(size, '\0');
  for (std::size_t i = 0; i < std::min<std::size_t>(size, 4096); ++i) {
    content[i] = static_cast<char>(random() % 256);
  }
  return content;
}

void make_random_tree(const StoreProject& project, const std::string& path, std::mt19937& random, int depth) {
  std::filesystem::create_directories(project.at(path));
  for (auto count = random() % 6; count > 0; --count) {
    const std::string name = path + "/" + random_name(random);
    switch (random() % (depth > 0 ? 6 : 4)) {
      case 0:
        std::filesystem::create_symlink("a/" + random_name(random), project.at(name));
        break;
      case 1:
        project.write(name, random_content(random));
        project.make_executable(name);
        break;
      case 2:
      case 3:
        project.write(name, random_content(random));
        break;
      default:
        make_random_tree(project, name, random, depth - 1);
        break;
    }
  }
}

}  // namespace

TEST_CASE("random trees come back as they were, and one becomes the other", "[store]") {
  const unsigned seed = GENERATE(range(1U, 9U));
  std::mt19937 random(seed);
  StoreProject project;
  INFO("seed " << seed);
  make_random_tree(project, "one", random, 3);
  make_random_tree(project, "two", random, 3);
  const Entry one = project.add("one");
  const Entry two = project.add("two");
  const auto snapshot_one = project.snapshot("one");
  const auto snapshot_two = project.snapshot("two");

  project.checkout("copy", one);
  REQUIRE(project.snapshot("copy") == snapshot_one);
  REQUIRE(project.now("copy") == one);
  project.checkout("copy", two);
  REQUIRE(project.snapshot("copy") == snapshot_two);
  project.checkout("copy", one);
  REQUIRE(project.snapshot("copy") == snapshot_one);
  project.checkout("copy", std::nullopt);
  REQUIRE_FALSE(project.exists("copy"));
  CHECK(project.names_in(project.root() + "/.mlops/tmp").empty());
}

TEST_CASE("a checkout touches only what differs and says what it did", "[store]") {
  StoreProject project;
  project.write("d/same", "1");
  project.write("d/changed", "2");
  project.write("d/gone", "3");
  const Entry first = project.add("d");
  project.write("d/changed", "two");
  project.remove("d/gone");
  project.write("d/sub/new", "4");
  const Entry second = project.add("d");
  const auto untouched = fs::stat_path(project.at("d/same"));

  const CheckoutResult back = project.checkout("d", first);
  CHECK(texts(back.added) == Paths{"d/gone"});
  CHECK(texts(back.modified) == Paths{"d/changed"});
  CHECK(texts(back.deleted) == Paths{"d/sub/new"});
  CHECK(fs::stat_path(project.at("d/same")) == untouched);
  CHECK_FALSE(project.exists("d/sub"));

  const CheckoutResult again = project.checkout("d", first);
  CHECK(again.added.empty());
  CHECK(again.modified.empty());
  CHECK(again.deleted.empty());

  const CheckoutResult forth = project.checkout("d", second);
  CHECK(texts(forth.added) == Paths{"d/sub/new"});
  CHECK(project.now("d") == second);
}

TEST_CASE("files come out writable, executables executable", "[store]") {
  StoreProject project;
  project.write("d/run", "#!");
  project.make_executable("d/run");
  project.write("d/file", "x");
  const Entry entry = project.add("d");
  project.remove("d");
  project.checkout("d", entry);
  CHECK(fs::stat_path(project.at("d/file"))->writable());
  CHECK_FALSE(fs::stat_path(project.at("d/file"))->executable());
  CHECK(fs::stat_path(project.at("d/run"))->executable());
  ::chmod(project.at("d/run").c_str(), 0644);
  CHECK(texts(project.checkout("d", entry).modified) == Paths{"d/run"});
  CHECK(fs::stat_path(project.at("d/run"))->executable());
}

TEST_CASE("a checkout that would lose content refuses as a whole and names the paths", "[store]") {
  StoreProject project;
  project.write("d/a", "1");
  project.write("d/b", "2");
  const Entry first = project.add("d");
  project.write("d/a", "one");
  project.add("d");
  project.write("d/b", "unsaved");
  project.write("d/untracked", "unsaved too");
  const auto before = project.snapshot("d");

  std::string message;
  CHECK(kind_of_failure([&] { project.checkout("d", first); }, &message) == ErrorKind::conflict);
  CHECK(message.find("'d/b'") != std::string::npos);
  CHECK(message.find("'d/untracked'") != std::string::npos);
  CHECK(message.find("'d/a'") == std::string::npos);
  CHECK(project.snapshot("d") == before);
  CHECK(kind_of_failure([&] { project.checkout("d", std::nullopt); }) == ErrorKind::conflict);
  CHECK(project.snapshot("d") == before);
}

TEST_CASE("with force unsaved content is moved aside", "[store]") {
  StoreProject project;
  project.write("d/a", "1");
  const Entry first = project.add("d");
  project.write("d/a", "unsaved");
  project.write("d/sub/new", "unsaved too");
  store::CheckoutOptions options = project.checkout_options();
  options.force = true;
  const CheckoutResult result = project.checkout("d", first, options);
  CHECK(project.now("d") == first);
  REQUIRE(result.rescued.size() == 2);
  CHECK(result.rescued[0].first.str() == "d/a");
  CHECK(result.added.empty());
  REQUIRE(result.modified.size() == 1);
  CHECK(result.modified[0].str() == "d/a");
  REQUIRE(result.deleted.size() == 1);
  CHECK(result.deleted[0].str() == "d/sub/new");
  CHECK(project.read(".mlops/rescue/d/a") == "unsaved");
  CHECK(project.read(".mlops/rescue/d/sub/new") == "unsaved too");
  CHECK_FALSE(project.exists("d/sub"));

  project.write("d/a", "unsaved again");
  project.checkout("d", first, options);
  CHECK(project.read(".mlops/rescue/d/a.1") == "unsaved again");
}

TEST_CASE("content whose object turned corrupt counts as unsaved", "[store]") {
  StoreProject project;
  project.write("f", "old");
  const Entry old = project.add("f");
  project.write("f", "new");
  const Entry now = project.add("f");
  project.corrupt(now.id());
  project.reopen();
  CHECK(kind_of_failure([&] { project.checkout("f", old); }) == ErrorKind::conflict);
  CHECK(project.read("f") == "new");
}

TEST_CASE("missing or corrupt objects are named before anything changes", "[store]") {
  StoreProject project;
  project.write("d/a", "1");
  project.write("d/b", "2");
  project.write("d/c", "3");
  const Entry first = project.add("d");
  const auto id_of = [&](const char* name) {
    return project.db().find_in_tree(first, fs::RepoPath::parse(name))->id();
  };
  std::filesystem::remove(project.db().path(id_of("a")));
  project.corrupt(id_of("b"));
  project.reopen();
  project.remove("d");
  std::string message;
  CHECK(kind_of_failure([&] { project.checkout("d", first); }, &message) == ErrorKind::missing);
  CHECK(message.find("'d/a', 'd/b'") != std::string::npos);
  CHECK(message.find("d/c") == std::string::npos);
  CHECK_FALSE(project.exists("d"));
  CHECK(project.names_in(project.cache() + "/bad").size() == 1);
}

TEST_CASE("a directory whose listing is corrupt is named", "[store]") {
  StoreProject project;
  project.write("d/a", "1");
  const Entry tree = project.add("d");
  project.corrupt(tree.id());
  project.reopen();
  project.remove("d");
  try {
    project.checkout("d", tree);
    FAIL("a corrupt listing was used");
  } catch (const Error& error) {
    CHECK(error.kind() == ErrorKind::corrupt);
    REQUIRE(error.context().size() == 1);
    CHECK(error.context().front() == "checking out 'd'");
  }
}

TEST_CASE("directories whose listing is missing are named", "[store]") {
  StoreProject project;
  project.write("d/a", "1");
  project.write("f", "2");
  const Entry tree = project.add("d");
  const Entry file = project.add("f");
  std::filesystem::remove(project.db().path(tree.id()));
  std::filesystem::remove(project.db().path(file.id()));
  CHECK_NOTHROW(project.checkout("d", tree));
  project.remove("d");
  project.remove("f");
  CHECK_THROWS_WITH(
      store::checkout(project.root(), {{fs::RepoPath::parse("d"), tree}, {fs::RepoPath::parse("f"), file}},
                      project.db(), project.checkout_options()),
      Catch::Contains("2 paths: 'd', 'f'"));
}

TEST_CASE("files become directories and directories files", "[store]") {
  StoreProject project;
  project.write("d/x", "file");
  project.write("d/y/deep/a", "1");
  project.write("d/y/b", "2");
  const Entry first = project.add("d");
  project.remove("d");
  project.write("d/x/deep/a", "1");
  project.write("d/x/b", "2");
  project.write("d/y", "file");
  const Entry second = project.add("d");
  project.checkout("d", first);
  CHECK(project.now("d") == first);
  project.checkout("d", second);
  CHECK(project.now("d") == second);
  project.write("single", "s");
  const Entry single = project.add("single");
  project.checkout("d", single);
  CHECK(project.read("d") == "s");
  project.checkout("d", first);
  CHECK(project.now("d") == first);
}

TEST_CASE("ignored files stay when their directory goes, and keep it from becoming a file", "[store]") {
  StoreProject project;
  project.write("d/a", "1");
  project.write("d/sub/b", "2");
  project.write("d/sub/debug.log", "ignored");
  store::CheckoutOptions options = project.checkout_options();
  options.ignore = options.ignore.with(fs::IgnoreFile({}, "*.log\n"));
  store::WriteBatch batch(project.db());
  store::BuildOptions build = project.build_options();
  build.ignore = options.ignore;
  const Entry entry = store::build(project.root(), fs::RepoPath::parse("d"), project.db(), batch, build);
  batch.publish();
  CHECK(entry.files == 2);

  const Entry file = put_file(project, "f");
  CHECK(kind_of_failure([&] { project.checkout("d", file, options); }) == ErrorKind::conflict);
  CHECK(project.read("d/sub/b") == "2");

  project.checkout("d", std::nullopt, options);
  CHECK(project.read("d/sub/debug.log") == "ignored");
  CHECK_FALSE(project.exists("d/a"));
  CHECK_FALSE(project.exists("d/sub/b"));

  options.force = true;
  const CheckoutResult result = project.checkout("d", file, options);
  CHECK(project.read("d") == "f");
  REQUIRE(result.rescued.size() == 1);
  CHECK(project.read(".mlops/rescue/d/sub/debug.log") == "ignored");
}

TEST_CASE("what ignore patterns hide is not overwritten", "[store]") {
  StoreProject project;
  project.write("d/a.log", "tracked");
  const Entry entry = project.add("d");
  store::CheckoutOptions options = project.checkout_options();
  options.ignore = options.ignore.with(fs::IgnoreFile({}, "*.log\n"));
  CHECK(project.checkout("d", entry, options).added.empty());
  project.write("d/a.log", "mine");
  CHECK(kind_of_failure([&] { project.checkout("d", entry, options); }) == ErrorKind::conflict);
  CHECK(project.read("d/a.log") == "mine");
}

TEST_CASE("hard links and symbolic links are read-only and count as their files", "[store]") {
  StoreProject project;
  project.write("d/a", "content");
  project.write("d/run", "#!");
  project.make_executable("d/run");
  const Entry entry = project.add("d");
  const auto object = project.db().find_in_tree(entry, fs::RepoPath::parse("a"))->id();
  for (const auto type : {fs::LinkType::hardlink, fs::LinkType::symlink}) {
    store::CheckoutOptions options = project.checkout_options();
    options.links = {type};
    project.remove("d");
    project.checkout("d", entry, options);
    const auto stat = fs::stat_path(project.at("d/a"));
    if (type == fs::LinkType::hardlink) {
      CHECK(stat->inode == fs::stat_path(project.db().path(object))->inode);
      CHECK_FALSE(stat->writable());
    } else {
      CHECK(fs::read_link(project.at("d/a")) == project.db().path(object));
    }
    // One inode has one mode, so an executable is a copy.
    CHECK(fs::stat_path(project.at("d/run"))->type == fs::FileType::file);
    CHECK(fs::stat_path(project.at("d/run"))->links == 1);
    CHECK(project.read("d/a") == "content");
    CHECK(project.now("d") == entry);
    CHECK(project.add("d") == entry);
    CHECK(project.now("d/a")->kind == EntryKind::file);
    CHECK(project.checkout("d", entry, options).modified.empty());

    CHECK(store::unprotect(project.root(), fs::RepoPath::parse("d"), project.db(), options) == 1);
    CHECK(fs::stat_path(project.at("d/a"))->writable());
    CHECK(fs::stat_path(project.at("d/a"))->type == fs::FileType::file);
    CHECK(fs::stat_path(project.at("d/a"))->links == 1);
    CHECK(project.now("d") == entry);
    CHECK(store::unprotect(project.root(), fs::RepoPath::parse("d"), project.db(), options) == 0);
    CHECK(project.db().has_verified(object));
  }
}

TEST_CASE("relinking changes how files are made and not what they hold", "[store]") {
  StoreProject project;
  project.write("d/sub/a", "content");
  project.write("d/b", "x");
  const Entry entry = project.add("d");
  store::CheckoutOptions options = project.checkout_options();
  options.relink = true;
  options.links = {fs::LinkType::hardlink};
  const CheckoutResult result = project.checkout("d", entry, options);
  CHECK(result.modified.empty());
  CHECK(fs::stat_path(project.at("d/sub/a"))->links == 2);
  options.links = {fs::LinkType::copy};
  project.checkout("d", entry, options);
  CHECK(fs::stat_path(project.at("d/sub/a"))->links == 1);
  CHECK(project.now("d") == entry);
}

TEST_CASE("trees from elsewhere cannot reach out of their directory", "[store]") {
  StoreProject project;
  const Entry absolute = put_file(project, "/etc/passwd", EntryKind::link);
  const Entry escaping = put_file(project, "../../x", EntryKind::link);
  const Entry fine = put_file(project, "../x", EntryKind::link);
  CHECK_THROWS_WITH(project.checkout("d", put_tree(project, {{{"l", absolute}}})), Catch::Contains("absolute"));
  CHECK_THROWS_WITH(project.checkout("d", put_tree(project, {{{"s", put_tree(project, {{{"l", escaping}}})}}})),
                    Catch::Contains("leaves"));
  CHECK_FALSE(project.exists("d"));
  project.checkout("d", put_tree(project, {{{"s", put_tree(project, {{{"l", fine}}})}}}));
  CHECK(fs::read_link(project.at("d/s/l")) == "../x");
  CHECK_THROWS(project.checkout(".git/hooks", put_tree(project, {})));
  CHECK_THROWS(project.checkout("sub/.mlops/x", put_file(project, "x")));
  CHECK_THROWS(project.checkout("d/l", absolute));
}

TEST_CASE("a symbolic link on the way to a path is not followed", "[store]") {
  StoreProject project;
  std::filesystem::create_directory(project.dir().path() / "outside");
  std::filesystem::create_symlink(project.dir().path() / "outside", project.at("link"));
  const Entry file = put_file(project, "x");
  CHECK_THROWS_WITH(project.checkout("link/f", file), Catch::Contains("link"));
  CHECK(project.names_in((project.dir().path() / "outside").string()).empty());
}

TEST_CASE("a tree whose parent lies about its size is refused", "[store]") {
  StoreProject project;
  Entry inner = put_tree(project, {{{"a", put_file(project, "x")}}});
  inner.files = 1000;
  CHECK_THROWS_WITH(project.checkout("d", put_tree(project, {{{"s", inner}}})), Catch::Contains("totals"));
  CHECK_FALSE(project.exists("d"));
}

TEST_CASE("trees that multiply without end are refused at once", "[store]") {
  StoreProject project;
  Entry entry = put_file(project, "x");
  for (int level = 0; level < 40; ++level) {
    entry = put_tree(project, {{{"a", entry}, {"b", entry}}});
  }
  CHECK_THROWS_WITH(project.checkout("d", entry), Catch::Contains("files"));
}

TEST_CASE("parents are made and other things beside are left alone", "[store]") {
  StoreProject project;
  project.write("deep/beside", "mine");
  const Entry file = put_file(project, "x");
  project.checkout("deep/down/below/f", file);
  CHECK(project.read("deep/down/below/f") == "x");
  project.checkout("deep/down/below/f", std::nullopt);
  CHECK(project.read("deep/beside") == "mine");
}

TEST_CASE("several paths are checked out together, or none", "[store]") {
  StoreProject project;
  const Entry good = put_file(project, "good");
  Entry absent = good;
  absent.digest = hash::digest_of(hash::Algorithm::sha256, "absent");
  project.write("old", "saved");
  const Entry old = project.add("old");
  const auto path = [](const char* text) { return fs::RepoPath::parse(text); };
  CHECK(kind_of_failure([&] {
          store::checkout(project.root(), {{path("a"), good}, {path("b"), absent}, {path("old"), std::nullopt}},
                          project.db(), project.checkout_options());
        }) == ErrorKind::missing);
  CHECK_FALSE(project.exists("a"));
  CHECK(project.read("old") == "saved");
  store::checkout(project.root(), {{path("a"), good}, {path("old"), std::nullopt}, {path("b"), old}}, project.db(),
                  project.checkout_options());
  CHECK(project.read("a") == "good");
  CHECK(project.read("b") == "saved");
  CHECK_FALSE(project.exists("old"));
}

TEST_CASE("a tracked directory gives way to paths inside it", "[store]") {
  StoreProject project;
  project.write("d/keep/a", "1");
  project.write("d/drop", "2");
  project.add("d");
  const Entry keep = project.add("d/keep");
  store::checkout(project.root(), {{fs::RepoPath::parse("d"), std::nullopt}, {fs::RepoPath::parse("d/keep"), keep}},
                  project.db(), project.checkout_options());
  CHECK(project.read("d/keep/a") == "1");
  CHECK_FALSE(project.exists("d/drop"));
}

TEST_CASE("a file that changes during the checkout is not lost", "[store]") {
  StoreProject project;
  project.write("f", "old");
  const Entry old = project.add("f");
  project.write("f", "new");
  project.add("f");
  bool done = false;
  fs::set_fault_hook([&](std::string_view call, std::string_view path) {
    if (!done && call == "create" && path.find(".mlops/tmp") != std::string_view::npos) {
      done = true;
      project.write("f", "written meanwhile");
    }
    return 0;
  });
  CHECK(kind_of_failure([&] { project.checkout("f", old); }) == ErrorKind::changed);
  fs::set_fault_hook({});
  CHECK(done);
  CHECK(project.read("f") == "written meanwhile");
}

TEST_CASE("something that appears in the way of a new file is not overwritten", "[store]") {
  StoreProject project;
  const Entry file = put_file(project, "wanted");
  bool done = false;
  fs::set_fault_hook([&](std::string_view call, std::string_view path) {
    if (!done && call == "create" && path.find(".mlops/tmp") != std::string_view::npos) {
      done = true;
      project.write("f", "written meanwhile");
    }
    return 0;
  });
  CHECK(kind_of_failure([&] { project.checkout("f", file); }) == ErrorKind::conflict);
  fs::set_fault_hook({});
  CHECK(project.read("f") == "written meanwhile");
}

TEST_CASE("rescuing moves files, directories and links under their own paths", "[store]") {
  StoreProject project;
  project.write("d/sub/a", "1");
  std::filesystem::create_symlink("a", project.at("d/sub/l"));
  const std::string rescue = project.root() + "/.mlops/rescue";
  CHECK(store::move_to_rescue(project.root(), fs::RepoPath::parse("d/sub"), rescue) == rescue + "/d/sub");
  CHECK(project.read(".mlops/rescue/d/sub/a") == "1");
  CHECK(fs::read_link(rescue + "/d/sub/l") == "a");
  CHECK_FALSE(project.exists("d/sub"));
}

TEST_CASE("rescuing onto another file system copies, checks and only then removes", "[store]") {
  const std::filesystem::path other = "/dev/shm";
  StoreProject project;
  const auto here = fs::stat_path(project.root());
  const auto there = fs::stat_path(other.string());
  if (!there || there->device == here->device || ::access(other.c_str(), W_OK) != 0) {
    return;
  }
  const fs::TempDir target(other.string(), "mlops-test-");
  project.write("d/sub/a", "1");
  std::filesystem::create_symlink("a", project.at("d/l"));
  store::move_to_rescue(project.root(), fs::RepoPath::parse("d"), target.path());
  CHECK(fs::read_file(target.path() + "/d/sub/a") == "1");
  CHECK(fs::read_link(target.path() + "/d/l") == "a");
  CHECK_FALSE(project.exists("d"));
}
