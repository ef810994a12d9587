// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <string>

#include "hash/digest.hpp"

namespace mlops::hash {

/// A file's content, or the listing of a directory. They live in separate name spaces (only a tree implies members).
enum class ObjectKind : std::uint8_t { file, tree };

/// The name of an object: digest and kind.
struct ObjectId {
  Digest digest;
  ObjectKind kind = ObjectKind::file;

  bool is_tree() const { return kind == ObjectKind::tree; }
  friend bool operator==(const ObjectId&, const ObjectId&) = default;
  friend std::strong_ordering operator<=>(const ObjectId&, const ObjectId&) = default;
};

/// Returns the path of an object below a store's root: "objects/sha256/ab/cdef..." with ".tree" for trees.
std::string object_path(const ObjectId& id);
/// The reverse, for listings; nothing for a name that is not an object's.
std::optional<ObjectId> parse_object_path(std::string_view path);
/// The name as listings show it: the digest, that of a tree as its algorithm's stores write it (MD5: "<hex>.dir").
std::string listed_name(const ObjectId& id);
/// "ab12cd34ef56" and, for trees, ".tree": for people.
std::string short_name(const ObjectId& id);

}  // namespace mlops::hash

template <>
struct std::hash<mlops::hash::ObjectId> {
  std::size_t operator()(const mlops::hash::ObjectId& id) const noexcept {
    return std::hash<mlops::hash::Digest>()(id.digest) ^ static_cast<std::size_t>(id.kind);
  }
};
