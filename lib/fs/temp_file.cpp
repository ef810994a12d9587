// SPDX-License-Identifier: Apache-2.0
//
// Files and directories that exist under a temporary name until they are complete.

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <fmt/core.h>

#include <array>
#include <cerrno>
#include <cstdio>
#include <utility>

#include "fs/file.hpp"
#include "fs/mutate.hpp"
#include "util/clock.hpp"
#include "util/log.hpp"
#include "util/text.hpp"

namespace mlops::fs {
namespace {

constexpr unsigned random_letters = 12;
constexpr unsigned home_letters = 4;

/// Four letters that stand for where process ids mean what they mean to us: this host, boot and pid namespace.
const std::string& home_word() {
  static const std::string word = [] {
    std::array<char, 256> host{};
    ::gethostname(host.data(), host.size() - 1);
    std::uint64_t sum = 0xcbf29ce484222325U;
    for (const char c : std::string(host.data()) + try_read_file("/proc/sys/kernel/random/boot_id").value_or("") +
                            read_link("/proc/self/ns/pid").value_or("")) {
      sum = (sum ^ static_cast<unsigned char>(c)) * 0x100000001b3U;
    }
    std::string letters;
    for (unsigned i = 0; i < home_letters; ++i) {
      letters += static_cast<char>('a' + (sum >> (8 * i + 32)) % 26);
    }
    return letters;
  }();
  return word;
}

std::string random_suffix() { return random_word(random_letters - home_letters) + home_word(); }

std::string temporary_suffix() { return fmt::format("mlops-tmp-{}-{}", ::getpid(), random_suffix()); }

/// Creates a new file for reading and writing; the odds that a random name is taken are not worth a loop.
Fd create_file(const std::string& path, std::uint32_t mode) {
  int fd = -1;
  require("create", "create", path, [&] {
    fd = ::open(path.c_str(), O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, static_cast<mode_t>(mode));
    return fd;
  });
  return Fd(fd);
}

/// Removes what a destructor must not leave behind. A failure costs disk space only, which gc gives back.
void discard_file(const std::string& path) noexcept {
  try {
    remove_file(path);
  } catch (const std::exception& failure) {
    log::debug("left {} behind: {}", quoted(path), failure.what());
  }
}

/// Whether a file made in `scratch` can be renamed to `path`: both lie on one file system.
bool can_rename(const std::string& scratch, const std::string& path) {
  const auto from = scratch.empty() ? std::nullopt : stat_path(scratch);
  const auto to = stat_path(directory_of(path));
  return from && to && from->type == FileType::directory && from->device == to->device;
}

}  // namespace

bool is_temporary_of_here(std::string_view name) { return name.ends_with(home_word()); }

TempFile::TempFile(const std::string& directory)
    : path_(directory + "/." + temporary_suffix()), fd_(create_file(path_, 0600)) {}

TempFile::TempFile(const std::string& beside, std::uint32_t mode) {
  // The longest name must still fit with what is put around it.
  constexpr std::size_t name_limit = 180;
  const std::string_view name = name_of(beside).substr(0, name_limit);
  path_ = fmt::format("{}/.{}.{}", directory_of(beside), name, temporary_suffix());
  fd_ = create_file(path_, mode);
}

TempFile::TempFile(TempFile&& other) noexcept
    : path_(std::exchange(other.path_, std::string())), fd_(std::move(other.fd_)) {}

TempFile::~TempFile() {
  if (!path_.empty()) {
    discard_file(path_);
  }
}

void TempFile::write(std::span<const char> bytes) { write_all(fd_.get(), bytes, path_); }

void TempFile::chmod(std::uint32_t mode) {
  require("chmod", "set the mode of", path_, [&] { return ::fchmod(fd_.get(), static_cast<mode_t>(mode)); });
}

void TempFile::sync() { sync_fd(fd_.get(), path_); }

void TempFile::close() { fd_.close(path_); }

bool TempFile::publish(const std::string& target) {
  close();
  const int code = rename_no_replace(path_, target);
  if (code == EEXIST) {
    discard_file(std::exchange(path_, std::string()));
    return false;
  }
  if (code != 0) {
    throw system_error(code, "create", target);
  }
  path_.clear();
  return true;
}

void TempFile::replace(const std::string& target) {
  close();
  require("rename", "replace", target, [&] { return ::rename(path_.c_str(), target.c_str()); });
  path_.clear();
}

void write_file_atomic(const std::string& path, std::string_view content, std::uint32_t mode, Durability durability,
                       const std::string& scratch) {
  const auto existing = stat_path(path);
  if (existing && existing->type == FileType::link) {
    throw Error("cannot write {}: it is a symbolic link", quoted(path))
        .hint("replace the link by a file; mlops does not write through links");
  }
  // A new file is created with its mode at once, so that the kernel applies the umask.
  TempFile file(can_rename(scratch, path) ? scratch + "/" + std::string(name_of(path)) : path, existing ? 0600 : mode);
  file.write(content);
  if (existing) {
    file.chmod(existing->mode);
  }
  if (durability != Durability::off) {
    file.sync();
  }
  file.replace(path);
  if (durability != Durability::off) {
    sync_directory(directory_of(path));
  }
}

TempDir::TempDir(const std::string& parent, std::string_view prefix)
    : path_(fmt::format("{}/{}{}-{}", parent, prefix, ::getpid(), random_suffix())) {
  require("mkdir", "create directory", path_, [&] { return ::mkdir(path_.c_str(), 0700); });
}

TempDir::TempDir(TempDir&& other) noexcept : path_(std::exchange(other.path_, std::string())) {}

TempDir::~TempDir() {
  if (path_.empty()) {
    return;
  }
  try {
    remove_tree(path_);
  } catch (const std::exception& failure) {
    log::debug("left {} behind: {}", quoted(path_), failure.what());
  }
}

std::string TempDir::keep() { return std::exchange(path_, std::string()); }

}  // namespace mlops::fs
