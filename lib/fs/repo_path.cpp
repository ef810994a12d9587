// SPDX-License-Identifier: Apache-2.0
#include "fs/repo_path.hpp"

#include <algorithm>
#include <array>
#include <vector>

#include "util/error.hpp"
#include "util/text.hpp"

namespace mlops::fs {
namespace {

/// Returns why `text` is not a path below the root, or nothing.
const char* path_fault(std::string_view text) {
  if (text.empty()) {
    return nullptr;
  }
  if (text.find('\0') != std::string_view::npos) {
    return "it holds a NUL byte";
  }
  if (text.front() == '/') {
    return "it is absolute";
  }
  for (std::size_t start = 0; start <= text.size();) {
    const std::size_t end = std::min(text.find('/', start), text.size());
    const std::string_view part = text.substr(start, end - start);
    if (part.empty()) {
      return "it has an empty part";
    }
    if (part == "." || part == "..") {
      return "it has a part '.' or '..'";
    }
    start = end + 1;
  }
  return nullptr;
}

/// '/' sorts below every other byte.
int rank(char byte) { return byte == '/' ? -1 : static_cast<unsigned char>(byte); }

char fold(char byte) { return byte >= 'A' && byte <= 'Z' ? static_cast<char>(byte - 'A' + 'a') : byte; }

/// Leaves out the characters that HFS+ ignores in names (U+200C-200F, U+202A-202E, U+206A-206F, U+FEFF) and folds case.
std::string as_hfs_sees(std::string_view name) {
  std::string seen;
  for (std::size_t at = 0; at < name.size();) {
    const std::string_view next = name.substr(at, 3);
    const auto last = next.size() == 3 ? static_cast<unsigned char>(next[2]) : 0U;
    const bool ignored =
        (next.starts_with("\xe2\x80") && ((last >= 0x8c && last <= 0x8f) || (last >= 0xaa && last <= 0xae))) ||
        (next.starts_with("\xe2\x81") && last >= 0xaa && last <= 0xaf) || next == "\xef\xbb\xbf";
    if (ignored) {
      at += 3;
    } else {
      seen += fold(name[at++]);
    }
  }
  return seen;
}

/// Returns whether a file system may take `seen` (folded) for `reserved`: NTFS drops trailing dots and spaces and takes
/// what follows a colon for the name of a stream; a backslash ends a part there.
bool stands_for(std::string_view seen, std::string_view reserved) {
  if (!seen.starts_with(reserved)) {
    return false;
  }
  const std::string_view rest = seen.substr(reserved.size());
  const std::size_t stop = rest.find_first_not_of(". ");
  return stop == std::string_view::npos || rest[stop] == ':' || rest[stop] == '\\';
}

}  // namespace

RepoPath RepoPath::parse(std::string_view text) {
  if (const char* fault = path_fault(text)) {
    throw Error("{} is not a path inside the workspace: {}", quoted(text), fault);
  }
  return RepoPath(std::string(text));
}

std::optional<RepoPath> RepoPath::try_parse(std::string_view text) {
  return path_fault(text) == nullptr ? std::optional(RepoPath(std::string(text))) : std::nullopt;
}

std::optional<RepoPath> RepoPath::resolve(const RepoPath& base, std::string_view text) {
  if (text.starts_with('/') || text.find('\0') != std::string_view::npos) {
    return std::nullopt;
  }
  RepoPath path = base;
  for (const std::string& part : split(text, '/')) {
    if (part.empty() || part == ".") {
      continue;
    }
    if (part != "..") {
      path = path / part;
    } else if (path.is_root()) {
      return std::nullopt;
    } else {
      path = path.parent();
    }
  }
  return path;
}

RepoPath RepoPath::parent() const {
  const std::size_t slash = text_.rfind('/');
  return slash == std::string::npos ? RepoPath() : RepoPath(text_.substr(0, slash));
}

std::string_view RepoPath::name() const { return std::string_view(text_).substr(text_.rfind('/') + 1); }

std::string_view RepoPath::first() const { return std::string_view(text_).substr(0, text_.find('/')); }

RepoPath RepoPath::operator/(std::string_view part) const {
  if (const char* fault = path_fault(part)) {
    throw Error("{} is not the name of a file: {}", quoted(part), fault);
  }
  if (is_root() || part.empty()) {
    return is_root() ? RepoPath(std::string(part)) : *this;
  }
  std::string text;
  text.reserve(text_.size() + 1 + part.size());
  text.append(text_).append(1, '/').append(part);
  return RepoPath(std::move(text));
}

RepoPath RepoPath::operator/(const RepoPath& below) const { return *this / std::string_view(below.text_); }

bool RepoPath::within(const RepoPath& other) const {
  if (other.is_root()) {
    return true;
  }
  return text_.starts_with(other.text_) && (text_.size() == other.text_.size() || text_[other.text_.size()] == '/');
}

RepoPath RepoPath::below(const RepoPath& base) const {
  if (!within(base)) {
    throw std::logic_error("'" + text_ + "' is not below '" + base.text_ + "'");
  }
  if (base.is_root()) {
    return *this;
  }
  return text_.size() == base.text_.size() ? RepoPath() : RepoPath(text_.substr(base.text_.size() + 1));
}

std::string RepoPath::relative_to(const RepoPath& cwd) const {
  RepoPath common = cwd;
  std::string up;
  while (!within(common)) {
    common = common.parent();
    up += "../";
  }
  const std::string rest = up + below(common).text_;
  if (rest.empty()) {
    return ".";
  }
  return rest.back() == '/' ? rest.substr(0, rest.size() - 1) : rest;
}

std::strong_ordering operator<=>(const RepoPath& a, const RepoPath& b) {
  const auto [left, right] = std::mismatch(a.text_.begin(), a.text_.end(), b.text_.begin(), b.text_.end());
  if (left == a.text_.end() || right == b.text_.end()) {
    return a.text_.size() <=> b.text_.size();
  }
  return rank(*left) <=> rank(*right);
}

std::optional<std::string> unsafe_name(std::string_view name) {
  if (name.empty()) {
    return "it is empty";
  }
  if (name == "." || name == "..") {
    return "it leads to another directory";
  }
  if (name.find('/') != std::string_view::npos || name.find('\0') != std::string_view::npos) {
    return "it holds '/' or a NUL byte";
  }
  if (name == ".git" || name == ".mlops") {
    return fmt::format("{} keeps its own files in it", name.substr(1));
  }
  const std::string seen = as_hfs_sees(name);
  for (const char* reserved : {".git", "git~1"}) {
    if (stands_for(seen, reserved)) {
      return "some file systems take it for '.git'";
    }
  }
  for (const char* reserved : {".mlops", "mlops~1"}) {
    if (stands_for(seen, reserved)) {
      return "some file systems take it for '.mlops'";
    }
  }
  return std::nullopt;
}

void require_declarable(const RepoPath& path, std::string_view where) {
  const auto refuse = [&](std::string_view why) {
    return Error("{}: path {} cannot be used: {}", where, quoted(path.str()), why);
  };
  if (!is_utf8(path.str())) {
    throw refuse("it is not UTF-8");
  }
  if (has_control(path.str())) {
    throw refuse("it holds a control character");
  }
  if (path.is_root()) {
    return;
  }
  for (const std::string& part : split(path.str(), '/')) {
    if (const auto why = unsafe_name(part)) {
      throw refuse(part == path.str() ? *why : fmt::format("because of its part {}: {}", quoted(part), *why));
    }
    // As data inside a directory they are harmless; as something that we put in place they would steer git.
    if (part == ".gitattributes" || part == ".gitmodules") {
      throw refuse(fmt::format("git takes orders from {}", quoted(part)));
    }
  }
}

}  // namespace mlops::fs
