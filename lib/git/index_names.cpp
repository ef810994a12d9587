// SPDX-License-Identifier: Apache-2.0
// The names in git's index, versions 2 to 4. After a header (DIRC, version, number of entries) the entries follow: 62
// bytes of times, mode, object and flags, 2 more for an extended one, then the name. In versions 2 and 3 it ends with
// 1 to 8 NULs that fill the entry to a multiple of 8; in version 4 a number says how many bytes of the name before are
// dropped, and what replaces them ends with one NUL. Extensions and a checksum close the file. All of it may be cut or
// forged, so each step is checked against the end.

#include "git/index_names.hpp"

#include <algorithm>
#include <cstdint>
#include <iterator>
#include <string_view>
#include <unordered_set>

#include "fs/file.hpp"

namespace mlops::git {
namespace {

constexpr std::uint64_t index_limit = 512U << 20U;
constexpr std::size_t header_bytes = 12;
constexpr std::size_t fixed_bytes = 62;
constexpr std::size_t checksum_bytes = 20;

/// A number of big-endian bytes.
std::uint32_t number(std::string_view bytes) {
  std::uint32_t value = 0;
  for (const char byte : bytes) {
    value = value << 8U | static_cast<unsigned char>(byte);
  }
  return value;
}

class IndexNames {
 public:
  explicit IndexNames(std::string_view text) : text_(text) {}

  /// Takes each name out of `wanted`; whether the index could be read to its end.
  bool strike(std::unordered_set<std::string_view>& wanted) {
    if (text_.size() < header_bytes + checksum_bytes || !text_.starts_with("DIRC")) {
      return false;
    }
    version_ = number(text_.substr(4, 4));
    at_ = header_bytes;
    end_ = text_.size() - checksum_bytes;
    bool good = version_ >= 2 && version_ <= 4;
    for (std::uint32_t left = number(text_.substr(8, 4)); good && left > 0; --left) {
      good = next();
      wanted.erase(name_);
    }
    return good && !is_split();
  }

 private:
  /// Reads the next entry's name.
  bool next() {
    if (end_ - at_ < fixed_bytes + 2) {
      return false;
    }
    const std::size_t begin = at_;
    const bool extended = (number(text_.substr(at_ + fixed_bytes - 2, 2)) & 0x4000U) != 0;
    at_ += fixed_bytes + (extended ? 2 : 0);
    std::size_t kept = 0;
    if (version_ == 4 && !keep(kept)) {
      return false;
    }
    const std::size_t nul = text_.find('\0', at_);
    if (nul >= end_) {
      return false;
    }
    name_.resize(kept);
    name_ += text_.substr(at_, nul - at_);
    at_ = version_ == 4 ? nul + 1 : begin + (nul - begin) / 8 * 8 + 8;
    return at_ <= end_;
  }

  /// How much of the name before stays.
  bool keep(std::size_t& kept) {
    std::size_t dropped = 0;
    for (bool more = true, first = true; more; first = false) {
      if (at_ >= end_ || dropped > text_.size()) {
        return false;
      }
      const auto byte = static_cast<unsigned char>(text_[at_++]);
      dropped = ((first ? 0 : dropped + 1) << 7U) | (byte & 0x7FU);
      more = (byte & 0x80U) != 0;
    }
    kept = name_.size() - std::min(dropped, name_.size());
    return dropped <= name_.size();
  }

  /// Whether the extension that sends to another file for most entries is there.
  bool is_split() const {
    for (std::size_t at = at_; end_ - at >= 8;) {
      if (text_.substr(at, 4) == "link") {
        return true;
      }
      const std::size_t size = number(text_.substr(at + 4, 4));
      if (size > end_ - at - 8) {
        return false;
      }
      at += 8 + size;
    }
    return false;
  }

  std::string_view text_;
  std::uint32_t version_ = 0;
  std::size_t at_ = 0, end_ = 0;
  std::string name_{};
};

}  // namespace

std::optional<std::vector<fs::RepoPath>> absent_from_index(const std::string& work_tree,
                                                           std::vector<fs::RepoPath> files) {
  const auto text = fs::try_read_file(git_directory(work_tree + "/.git") + "/index", index_limit);
  if (!text) {
    return files;  // nothing was ever added
  }
  std::unordered_set<std::string_view> wanted;
  for (const fs::RepoPath& file : files) {
    wanted.insert(file.str());
  }
  if (!IndexNames(*text).strike(wanted)) {
    return std::nullopt;
  }
  std::vector<fs::RepoPath> absent;
  std::copy_if(files.begin(), files.end(), std::back_inserter(absent),
               [&](const fs::RepoPath& file) { return wanted.contains(file.str()); });
  return absent;
}

}  // namespace mlops::git
