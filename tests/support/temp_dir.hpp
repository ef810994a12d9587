// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <stdexcept>
#include <string>
#include <string_view>
#include <system_error>

namespace mlops::test {

/// A fresh directory that one test owns; removed, with read-only contents too, when it goes out of scope.
class TempDir {
 public:
  TempDir() {
    std::string pattern = (std::filesystem::temp_directory_path() / "mlops-test-XXXXXX").string();
    if (mkdtemp(pattern.data()) == nullptr) {
      throw std::runtime_error("cannot make a temporary directory");
    }
    // Temporary directories may be links (as /tmp is on some systems); tests compare real paths.
    path_ = std::filesystem::canonical(pattern);
  }

  TempDir(const TempDir&) = delete;
  TempDir& operator=(const TempDir&) = delete;

  ~TempDir() {
    make_writable();
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }

  /// Returns the absolute path of the directory.
  const std::filesystem::path& path() const { return path_; }

  /// Returns the path of `name` inside the directory.
  std::filesystem::path operator/(const std::filesystem::path& name) const { return path_ / name; }

  /// Writes `content` to the file `name`, making its parent directories, and returns its path.
  std::filesystem::path write(const std::filesystem::path& name, std::string_view content) const {
    std::filesystem::path target = path_ / name;
    std::filesystem::create_directories(target.parent_path());
    std::ofstream stream(target, std::ios::binary | std::ios::trunc);
    stream.write(content.data(), static_cast<std::streamsize>(content.size()));
    if (!stream.flush()) {
      throw std::runtime_error("cannot write '" + target.string() + "'");
    }
    return target;
  }

  /// Returns the content of the file `name`.
  std::string read(const std::filesystem::path& name) const {
    std::ifstream stream(path_ / name, std::ios::binary);
    if (!stream) {
      throw std::runtime_error("cannot read '" + (path_ / name).string() + "'");
    }
    return {std::istreambuf_iterator<char>(stream), std::istreambuf_iterator<char>()};
  }

 private:
  void make_writable() const {
    namespace stdfs = std::filesystem;
    std::error_code ignored;
    stdfs::permissions(path_, stdfs::perms::owner_all, stdfs::perm_options::add, ignored);
    for (auto it = stdfs::recursive_directory_iterator(path_, ignored); it != stdfs::recursive_directory_iterator();
         it.increment(ignored)) {
      if (it->is_directory(ignored) && !it->is_symlink(ignored)) {
        stdfs::permissions(it->path(), stdfs::perms::owner_all, stdfs::perm_options::add, ignored);
      }
    }
  }

  std::filesystem::path path_;
};

}  // namespace mlops::test
