// SPDX-License-Identifier: Apache-2.0
#include "run/references.hpp"

#include <charconv>
#include <cstring>

#include "run/layout.hpp"
#include "util/error.hpp"
#include "util/interrupt.hpp"
#include "util/text.hpp"

namespace mlops::run {
namespace {

constexpr std::uint64_t newest_version = 1;

bool is_hex(char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); }

/// The number behind `label`, where it begins a line or `label` says so itself.
std::optional<std::uint64_t> number_after(std::string_view text, std::string_view label) {
  const std::size_t at = text.find(label);
  if (at == std::string_view::npos) {
    return std::nullopt;
  }
  std::size_t start = at + label.size();
  while (start < text.size() && text[start] == ' ') {
    ++start;
  }
  std::uint64_t number = 0;
  const auto [end, failure] = std::from_chars(text.data() + start, text.data() + text.size(), number);
  return failure == std::errc() ? std::optional(number) : std::nullopt;
}

void require_known_version(std::string_view text, std::string_view where) {
  auto version = text.starts_with("version:") ? number_after(text, "version:") : number_after(text, "\nversion:");
  if (!version) {
    version = number_after(text, "\"version\":");
  }
  if (version && *version > newest_version) {
    throw Error::of(ErrorKind::format, "{} has version {}, which this program does not know", quoted(where), *version)
        .hint("use a newer mlops");
  }
}

}  // namespace

std::size_t References::OidHash::operator()(const git::Oid& id) const noexcept {
  std::size_t value = 0;
  std::memcpy(&value, id.bytes().data(), sizeof value);
  return value;
}

References::References(const spec::Dialect& dialect) : dialect_(dialect), record_(record_path(dialect)) {}

bool References::is_ours(const fs::RepoPath& path) const {
  const spec::Names& names = dialect_.names();
  const std::string_view name = path.name();
  const bool pointer = name.size() > names.pointer_suffix.size() && name.ends_with(names.pointer_suffix);
  return pointer || name == names.lock || (name == record_.name() && path.str().ends_with(record_.str()));
}

void References::add_tree(const git::Repository& git, const git::Oid& commit_or_tree) {
  check_interrupt();
  const git::Oid tree = git.tree_of(commit_or_tree);
  if (seen_.contains(tree)) {
    return;
  }
  git.walk(
      tree,
      [&](const git::TreeItem& item) {
        if (item.mode != git::FileMode::submodule) {
          add_blob(git, item.id, item.path);
        }
      },
      [&](const git::TreeItem& item) { return seen_.insert(item.id).second; });
}

void References::add_blob(const git::Repository& git, const git::Oid& blob, const fs::RepoPath& path) {
  if (is_ours(path) && seen_.insert(blob).second) {
    add_text(git.read_blob(blob, record_limit_bytes), path.str());
  }
}

void References::add_text(std::string_view text, std::string_view where) {
  require_known_version(text, where);
  const std::size_t length = 2 * hash::digest_size(dialect_.algorithm());
  for (std::size_t start = 0; start < text.size();) {
    if (!is_hex(text[start])) {
      ++start;
      continue;
    }
    std::size_t end = start;
    while (end < text.size() && is_hex(text[end])) {
      ++end;
    }
    if (end - start == length) {
      digests_.insert(*hash::Digest::parse(dialect_.algorithm(), text.substr(start, length)));
    }
    start = end;
  }
}

void References::for_each(const std::function<void(const store::Entry&)>& visit) const {
  for (const hash::Digest& digest : digests_) {
    visit({.kind = store::EntryKind::file, .digest = digest});
    visit({.kind = store::EntryKind::tree, .digest = digest});
  }
}

}  // namespace mlops::run
