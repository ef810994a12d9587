// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "store/build.hpp"
#include "store/checkout.hpp"
#include "store/gc.hpp"
#include "store/local_db.hpp"
#include "support/temp_dir.hpp"

namespace mlops::test {

/// A workspace with its cache in a directory of its own.
class StoreProject {
 public:
  explicit StoreProject(fs::Durability durability = fs::Durability::off) : durability_(durability) {
    std::filesystem::create_directories(root() + "/.mlops/tmp");
    reopen();
  }

  std::string root() const { return (dir_.path() / "ws").string(); }
  std::string cache() const { return (dir_.path() / "cache").string(); }
  std::string at(const std::string& name) const { return root() + "/" + name; }
  store::LocalDb& db() { return *db_; }
  store::Memo& memo() { return *memo_; }
  const TempDir& dir() const { return dir_; }

  /// Forgets everything that only lived in memory, as a new process would.
  void reopen() {
    db_.reset();
    memo_ = std::make_unique<store::Memo>("");
    db_ = std::make_unique<store::LocalDb>(store::LocalDbOptions{.root = cache(), .durability = durability_}, *memo_);
  }

  void write(const std::string& name, std::string_view content) const { dir_.write("ws/" + name, content); }
  std::string read(const std::string& name) const { return dir_.read("ws/" + name); }
  bool exists(const std::string& name) const {
    return std::filesystem::exists(std::filesystem::symlink_status(at(name)));
  }
  void remove(const std::string& name) const { std::filesystem::remove_all(at(name)); }
  void make_executable(const std::string& name) const { ::chmod(at(name).c_str(), 0755); }

  store::BuildOptions build_options() const { return {.jobs = 2}; }
  store::CheckoutOptions checkout_options() const {
    store::CheckoutOptions options;
    options.jobs = 2;
    options.rescue_directory = root() + "/.mlops/rescue";
    options.temp_directory = root() + "/.mlops/tmp";
    return options;
  }

  store::Entry add(const std::string& name) {
    store::WriteBatch batch(*db_);
    const store::Entry entry = store::build(root(), fs::RepoPath::parse(name), *db_, batch, build_options());
    batch.publish();
    return entry;
  }
  std::optional<store::Entry> now(const std::string& name) {
    return store::hash_path(root(), fs::RepoPath::parse(name), *memo_, db_.get(), build_options());
  }
  store::CheckoutResult checkout(const std::string& name, const std::optional<store::Entry>& wanted) {
    return checkout(name, wanted, checkout_options());
  }
  store::CheckoutResult checkout(const std::string& name, const std::optional<store::Entry>& wanted,
                                 const store::CheckoutOptions& options) {
    return store::checkout(root(), {{fs::RepoPath::parse(name), wanted}}, *db_, options);
  }

  /// Everything below a workspace path that content is made of: path to kind, mode and bytes.
  std::map<std::string, std::string> snapshot(const std::string& name) const {
    namespace stdfs = std::filesystem;
    std::map<std::string, std::string> all;
    if (!exists(name)) {
      return all;
    }
    all[""] = describe(at(name));
    if (stdfs::is_directory(stdfs::symlink_status(at(name)))) {
      for (const auto& item : stdfs::recursive_directory_iterator(at(name))) {
        all[item.path().lexically_relative(at(name)).string()] = describe(item.path());
      }
    }
    return all;
  }

  /// Changes an object's bytes behind the store's back, keeping its length.
  void corrupt(const hash::ObjectId& id) {
    const std::string path = db_->path(id);
    ::chmod(path.c_str(), 0644);
    const int fd = ::open(path.c_str(), O_RDWR);
    char byte = 0;
    if (::pread(fd, &byte, 1, 0) == 1) {
      byte = static_cast<char>(byte ^ 0x55);
      static_cast<void>(::pwrite(fd, &byte, 1, 0) == 1);
    }
    ::close(fd);
    ::chmod(path.c_str(), 0444);
  }

  std::vector<std::string> names_in(const std::string& directory) const {
    std::vector<std::string> names;
    std::error_code ignored;
    for (const auto& item : std::filesystem::directory_iterator(directory, ignored)) {
      names.push_back(item.path().filename().string());
    }
    std::sort(names.begin(), names.end());
    return names;
  }

 private:
  static std::string describe(const std::filesystem::path& path) {
    namespace stdfs = std::filesystem;
    const auto status = stdfs::symlink_status(path);
    if (stdfs::is_directory(status)) {
      return "directory";
    }
    if (stdfs::is_symlink(status)) {
      return "link " + stdfs::read_symlink(path).string();
    }
    const bool exec = (status.permissions() & stdfs::perms::owner_exec) != stdfs::perms::none;
    std::ifstream stream(path, std::ios::binary);
    return (exec ? "exec " : "file ") + std::string(std::istreambuf_iterator<char>(stream), {});
  }

  TempDir dir_;
  fs::Durability durability_;
  std::unique_ptr<store::Memo> memo_;
  std::unique_ptr<store::LocalDb> db_;
};

/// Names a fixed list of entries as roots for gc.
class FixedRoots : public store::RootSource {
 public:
  explicit FixedRoots(std::vector<store::Entry> entries) : entries_(std::move(entries)) {}
  std::string name() const override { return "test"; }
  void collect(const std::function<void(const store::Entry&)>& root) override {
    for (const store::Entry& entry : entries_) {
      root(entry);
    }
  }

 private:
  std::vector<store::Entry> entries_;
};

}  // namespace mlops::test
