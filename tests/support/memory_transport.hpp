// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <string>

#include "fs/file.hpp"
#include "remote/transport.hpp"
#include "util/error.hpp"

namespace mlops::test {

/// What a MemoryTransport holds and how it misbehaves; outlives the transport so that a test can look at it.
struct MemoryPlace {
  bool exists = true;
  std::map<std::string, std::string> files;

  int transient_calls = 0;  ///< so many of the next calls fail with Transient
  int broken_reads = 0;     ///< so many of the next reads deliver half and fail with Transient
  bool lies = false;        ///< says that files were written and keeps none
  bool keeps_half = false;  ///< says that files were written and keeps the first half of each
  unsigned page = 1000;     ///< what list_page answers
  int stats = 0, lists = 0, writes = 0, flushes = 0;  ///< calls that came
  std::mutex mutex;
};

/// A place in memory, honest unless told otherwise.
class MemoryTransport : public remote::Transport {
 public:
  explicit MemoryTransport(std::shared_ptr<MemoryPlace> place) : place_(std::move(place)) {}

  std::string describe() const override { return "memory"; }

  Place place() override {
    const auto lock = enter();
    return !place_->exists ? Place::absent : place_->files.empty() ? Place::empty : Place::occupied;
  }

  std::optional<std::uint64_t> stat(const std::string& name) override {
    const auto lock = enter();
    ++place_->stats;
    const auto found = place_->files.find(name);
    return found == place_->files.end() ? std::nullopt : std::optional<std::uint64_t>(found->second.size());
  }

  std::vector<remote::RemoteFile> list(const std::string& prefix) override {
    const auto lock = enter();
    ++place_->lists;
    std::vector<remote::RemoteFile> files;
    for (const auto& [name, content] : place_->files) {
      if (prefix.empty() || name.starts_with(prefix + "/")) {
        files.push_back({name, content.size()});
      }
    }
    return files;
  }

  bool read_to(const std::string& name, fs::TempFile& to, std::uint64_t limit_bytes) override {
    const auto lock = enter();
    const auto found = place_->files.find(name);
    if (found == place_->files.end()) {
      return false;
    }
    const std::string& content = found->second;
    if (place_->broken_reads > 0) {
      --place_->broken_reads;
      to.write(std::span(content).first(content.size() / 2));
      throw remote::Transient("connection reset");
    }
    require_limit(content, limit_bytes);
    to.write(content);
    return true;
  }

  std::optional<std::string> read(const std::string& name, std::uint64_t limit_bytes) override {
    const auto lock = enter();
    const auto found = place_->files.find(name);
    if (found == place_->files.end()) {
      return std::nullopt;
    }
    require_limit(found->second, limit_bytes);
    return found->second;
  }

  void write_file(const std::string& name, const std::string& source_path,
                  const std::function<void(std::span<const char>)>& seen,
                  const std::function<bool()>& accept) override {
    const auto lock = enter();
    ++place_->writes;
    std::string content = fs::read_file(source_path);
    seen(content);
    if (!accept() || place_->lies) {
      return;
    }
    if (place_->keeps_half) {
      content.resize(content.size() / 2);
    }
    place_->files[name] = std::move(content);
  }

  void write(const std::string& name, std::string_view content) override {
    const auto lock = enter();
    if (!place_->lies) {
      place_->files[name] = content;
    }
  }

  bool write_new(const std::string& name, std::string_view content) override {
    const auto lock = enter();
    place_->exists = true;
    return place_->lies || place_->files.emplace(name, content).second;
  }

  void make_place() override {
    const auto lock = enter();
    place_->exists = true;
  }

  void remove(const std::string& name) override {
    const auto lock = enter();
    place_->files.erase(name);
  }

  void flush() override {
    const auto lock = enter();
    ++place_->flushes;
  }

  unsigned list_page() const override { return place_->page; }

 private:
  std::unique_lock<std::mutex> enter() {
    std::unique_lock lock(place_->mutex);
    if (place_->transient_calls > 0) {
      --place_->transient_calls;
      throw remote::Transient("try again");
    }
    return lock;
  }

  static void require_limit(const std::string& content, std::uint64_t limit_bytes) {
    if (content.size() > limit_bytes) {
      throw Error::of(ErrorKind::corrupt, "more than {} bytes", limit_bytes);
    }
  }

  std::shared_ptr<MemoryPlace> place_;
};

}  // namespace mlops::test
