// SPDX-License-Identifier: Apache-2.0
//
// The stage cache of a project in DVC's formats: runs/KEY[:2]/KEY/VALUE, as DVC writes and finds it.
#include <sys/stat.h>

#include "fs/file.hpp"
#include "hash/hasher.hpp"
#include "pipeline/stage_cache.hpp"
#include "pipeline/stage_cache_files.hpp"
#include "pipeline_project.hpp"
#include "remote/remote.hpp"
#include "repo/settings.hpp"
#include "support/catch.hpp"
#include "util/clock.hpp"

namespace mlops::test {
namespace {

constexpr std::int64_t second_ns = 1'000'000'000;

/// A project whose stages stand in `sub`, where DVC spells paths relative to them.
class DvcProject {
 public:
  DvcProject() {
    fs::make_directories(git.path(".dvc/tmp"));
    git.write(".dvc/config", "");
    git.write("in.txt", "one\n");
  }
  std::unique_ptr<repo::Workspace> open() const {
    return std::make_unique<repo::Workspace>(repo::Workspace::open_at(
        git.root(), repo::Session{.cwd = git.root(), .env = git.env, .program = "/bin/false"}));
  }
  void pipeline(const std::string& stages) const { git.write("dvc.yaml", "stages:\n" + stages); }
  std::string outcomes(const pipeline::ReproOptions& options = {}) const {
    const auto workspace = open();
    std::string all;
    for (const auto& report : pipeline::repro(*workspace, options).stages) {
      all += (all.empty() ? "" : ", ") + report.stage + ": " + std::string(pipeline::to_string(report.outcome));
    }
    return all;
  }
  /// Paths of all entries.
  std::vector<std::string> entries() const {
    const auto workspace = open();
    std::vector<std::string> paths;
    for (const auto& name : pipeline::StageCache(*workspace).names()) {
      paths.push_back(workspace->db().root() + "/" + pipeline::stage_entry_place(workspace->dialect(), name));
    }
    return paths;
  }
  std::string read(const std::string& name) const { return git.dir.read("work/" + name); }
  GitSandbox git;
};

constexpr const char* copy = "  a:\n    cmd: cat in.txt > x\n    deps: [in.txt]\n    outs: [x]\n";

std::unique_ptr<remote::Remote> folder_remote(const std::string& path) {
  fs::make_directory(path);
  auto made = std::make_unique<remote::Remote>("store", remote::make_transport({{"url", path}}), hash::Algorithm::md5);
  made->open(remote::Remote::Access::write);
  return made;
}

TEST_CASE("a run is kept in the bytes and under the name that DVC gives it") {
  const DvcProject project;
  project.git.write("a.txt", "hello\n");
  project.pipeline("  mat:\n    cmd: echo a a-1 > mm_a-1\n    deps: [a.txt]\n    outs: [mm_a-1]\n");
  const mode_t umask = ::umask(0027);
  CHECK(project.outcomes() == "mat: executed");
  ::umask(umask);
  REQUIRE(project.entries().size() == 1);
  const std::string path = project.entries().front();
  CHECK(path == project.git.root() +
                    "/.dvc/cache/runs/9a/9ad9a9145cbaf755adeed4cc70dbc591b00f41f69a106c061377a7a501ea7ff7/"
                    "3d8909a885fe7db2497ec1b121bdd5a09fe874a545d1ad5b4bf10fce397523c4");
  CHECK(fs::read_file(path) ==
        "cmd: echo a a-1 > mm_a-1\n"
        "deps:\n- path: a.txt\n  hash: md5\n  md5: b1946ac92492d2347c6235b4d2611184\n  size: 6\n"
        "outs:\n- path: mm_a-1\n  hash: md5\n  md5: 2cd1cff0bd23bf2b5b39ad46a91007ee\n  size: 6\n");
  CHECK(fs::stat_path(path)->mode == 0640);
}

TEST_CASE("names in the run cache round trip and others are refused") {
  const spec::Dialect& dialect = spec::dvc_dialect();
  const spec::StageEntryName name{.key = std::string(64, 'a'), .value = std::string(64, 'b')};
  CHECK(dialect.stage_entry_name(pipeline::stage_entry_place(dialect, name)) == name);
  const std::string folder = "runs/aa/" + name.key + "/";
  for (const std::string& place : {folder + ".x.tmp", "runs/bb/" + name.key + "/" + name.value, folder,
                                   folder + std::string(64, 'B'), "runs/aa/" + name.key}) {
    CHECK_FALSE(dialect.stage_entry_name(place));
  }
}

TEST_CASE("a result that was seen in a pipeline below the root is restored and leaves the same lock") {
  const DvcProject project;
  project.git.write("params.yaml", "lr: 1\n");
  project.git.write("sub/dvc.yaml",
                    "stages:\n  a:\n    cmd: cat ../in.txt ../params.yaml > x\n    deps: [./../in.txt]\n"
                    "    params: [../params.yaml: [lr]]\n    outs: [./x]\n");
  CHECK(project.outcomes() == "sub/dvc.yaml:a: executed");
  const std::string lock = project.read("sub/dvc.lock");
  CHECK(lock.find("path: ./x\n") != std::string::npos);
  project.git.write("params.yaml", "lr: 2\n");
  CHECK(project.outcomes() == "sub/dvc.yaml:a: executed");
  project.git.write("params.yaml", "lr: 1\n");
  CHECK(project.outcomes() == "sub/dvc.yaml:a: restored");
  CHECK(project.read("sub/dvc.lock") == lock);
  CHECK(project.read("sub/x") == "one\nlr: 1\n");
  CHECK(pipeline::StageCache(*project.open()).list().size() == 2);
}

TEST_CASE("of several results of the same inputs the youngest is restored, and one that is not whole is passed over") {
  const DvcProject project;
  project.pipeline("  a:\n    cmd: cat in.txt n > x\n    deps: [in.txt]\n    outs: [x]\n");
  for (const char* hidden : {"1", "2"}) {
    project.git.write("n", hidden);
    CHECK(project.outcomes({.plan = {.force = true}}) == "a: executed");
  }
  const std::vector<std::string> entries = project.entries();
  REQUIRE(entries.size() == 2);
  const auto restored = [&](std::size_t youngest) {
    fs::set_mtime(entries[youngest], now_ns());
    fs::set_mtime(entries[1 - youngest], now_ns() - 10 * second_ns);
    fs::remove_file(project.git.path("x"));
    fs::remove_file(project.git.path("dvc.lock"));
    CHECK(project.outcomes() == "a: restored");
    return project.read("x");
  };
  const std::string first = restored(0);
  const std::string second = restored(1);
  CHECK(first != second);
  const hash::Digest digest = hash::digest_of(hash::Algorithm::md5, second);
  fs::remove_file(project.open()->db().path({digest, hash::ObjectKind::file}));
  CHECK(restored(1) == first);
  CHECK(fs::stat_path(entries[0])->mtime_ns < now_ns() - 5 * second_ns);
}

TEST_CASE("a parameter that no key tells counts all the same") {
  const DvcProject project;
  project.pipeline(
      "  a:\n    cmd: cat params.yaml > x\n    params: [model, size]\n    deps: [in.txt]\n    outs: [x]\n");
  const std::string small = "model: {nfiles: 1}\nsize: 10\n";
  const std::string large = "model: {nfiles: 1}\nsize: 20\n";
  project.git.write("params.yaml", small);
  CHECK(project.outcomes() == "a: executed");
  project.git.write("params.yaml", large);
  CHECK(project.outcomes() == "a: executed");
  CHECK(project.read("x") == large);
  project.git.write("params.yaml", small);
  CHECK(project.outcomes() == "a: restored");
  CHECK(project.read("x") == small);
}

TEST_CASE("metrics that git keeps are restored as copies") {
  const DvcProject project;
  project.pipeline("  a:\n    cmd: cat in.txt > m\n    deps: [in.txt]\n    metrics:\n    - m:\n        cache: false\n");
  CHECK(project.outcomes() == "a: executed");
  project.git.write("in.txt", "two\n");
  CHECK(project.outcomes() == "a: executed");
  project.git.write("in.txt", "one\n");
  CHECK(project.outcomes() == "a: restored");
  CHECK(project.read("m") == "one\n");
  CHECK((fs::stat_path(project.git.path("m"))->mode & 0200U) != 0);
}

TEST_CASE("what DVC does not keep is not kept") {
  spec::Stage stage;
  stage.outs.resize(1);
  CHECK_FALSE(pipeline::cacheable(spec::dvc_dialect(), stage));
  stage.params.resize(1);
  CHECK(pipeline::cacheable(spec::dvc_dialect(), stage));
  stage.outs[0].elsewhere = "/data/x";
  CHECK_FALSE(pipeline::cacheable(spec::dvc_dialect(), stage));
}

TEST_CASE("entries of a run cache do not expire") {
  const DvcProject project;
  project.pipeline(copy);
  project.outcomes();
  fs::set_mtime(project.entries().front(), now_ns() - 1000 * second_ns);
  CHECK(pipeline::StageCache(*project.open()).expire(second_ns, false) == 0);
  CHECK(project.entries().size() == 1);
}

TEST_CASE("a damaged entry is a miss and is replaced") {
  const DvcProject project;
  project.pipeline(copy);
  project.outcomes();
  const std::string path = project.entries().front();
  const std::string whole = fs::read_file(path);
  for (const std::string& bad : {std::string("{"), whole.substr(0, whole.size() / 2), whole + "more: 1\n"}) {
    fs::write_file_atomic(path, bad);
    fs::remove_file(project.git.path("dvc.lock"));
    CHECK(project.outcomes() == "a: executed");
    CHECK(fs::read_file(path) == whole);
  }
}

TEST_CASE("the run cache travels to a remote and back in the same bytes") {
  const DvcProject project;
  project.pipeline(copy);
  project.outcomes();
  const auto remote = folder_remote((project.git.dir / "remote").string());
  CHECK(pipeline::StageCache(*project.open()).push(*remote, {}).objects == 1);
  const auto files = remote->transport().list("runs");
  REQUIRE(files.size() == 1);
  const std::string text = fs::read_file(project.entries().front());
  CHECK(remote->transport().read(files.front().name, 1 << 20) == text);

  const DvcProject all;
  CHECK(pipeline::StageCache(*all.open()).fetch(*remote, {}).objects == 1);
  CHECK(fs::read_file(all.entries().front()) == text);

  const DvcProject asked;
  asked.pipeline(copy);
  const auto workspace = asked.open();
  repo::add_remote(*workspace, {.name = "s", .url = (project.git.dir / "remote").string(), .make_default = true});
  CHECK(asked.outcomes({.pull = true}) == "a: restored");
  CHECK(asked.read("x") == "one\n");
}

}  // namespace
}  // namespace mlops::test
