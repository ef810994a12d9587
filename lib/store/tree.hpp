// SPDX-License-Identifier: Apache-2.0
#pragma once

// The listing of one directory, and its canonical text.
//
// A directory is an object of its own: one line an entry, sorted by the bytes of the name, so that equal content always
// gives equal bytes and one changed file among a million costs the path from it to the root. Example:
//
//   mlops-tree 1
//   file 9f86d0...0f00a08 4 1 notes.txt
//   tree 4355a4...4b98e47 1048576 12 images
//
// The fields are kind, digest, size in bytes, number of files, name; the digest of a link is that of its target text,
// which is stored as a file object. In names, newline, carriage return, backslash and bytes that are not UTF-8 are
// written `\n`, `\r`, `\\` and `\xHH`. What is read comes from other people: every rule of the format is checked.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "hash/object_id.hpp"

namespace mlops::store {

/// What an entry of a directory, or a tracked path, is.
enum class EntryKind : std::uint8_t { file, exec, tree, link };

std::string_view to_string(EntryKind kind);
std::optional<EntryKind> parse_entry_kind(std::string_view word);

/// What stands at a path: the content's name and what is known of it without reading it.
struct Entry {
  /// A size or number of files that what was read does not tell: a flat listing names digests only.
  static constexpr std::uint64_t unknown = ~std::uint64_t{0};

  EntryKind kind = EntryKind::file;
  hash::Digest digest;
  std::uint64_t size = 0;   ///< bytes of content; of a tree, of all files below it
  std::uint64_t files = 1;  ///< 1 for anything but a tree

  hash::ObjectId id() const {
    return {digest, kind == EntryKind::tree ? hash::ObjectKind::tree : hash::ObjectKind::file};
  }
  /// Whether both are the same content: sizes and numbers of files follow from the digest, and may be unknown. The
  /// executable bit counts where the digest's family of formats keeps it for every file.
  friend bool operator==(const Entry& a, const Entry& b);
};

/// The size where it is known, else 0: for sums that people see.
constexpr std::uint64_t known_size(const Entry& entry) { return entry.size == Entry::unknown ? 0 : entry.size; }

struct TreeEntry {
  std::string name;  ///< any bytes but NUL and '/'; never a name that fs::unsafe_name refuses
  Entry entry;
  friend bool operator==(const TreeEntry&, const TreeEntry&) = default;
};

/// A directory's entries, sorted by name, each name once.
struct Tree {
  std::vector<TreeEntry> entries;
  std::uint64_t size() const;
  std::uint64_t files() const;
  /// Returns the entry of that name, or nullptr.
  const TreeEntry* find(std::string_view name) const;
  friend bool operator==(const Tree&, const Tree&) = default;
};

/// Returns the canonical text. Throws std::logic_error if entries are unsorted.
std::string encode_tree(const Tree& tree);
/// Reads what `encode_tree` wrote and nothing else. Throws Error (corrupt) naming `where` and the line.
Tree decode_tree(std::string_view text, std::string_view where);

/// Names escaped as in trees, for one-line listings that must lose nothing.
std::string escape_name(std::string_view name);
std::optional<std::string> unescape_name(std::string_view text);

}  // namespace mlops::store
