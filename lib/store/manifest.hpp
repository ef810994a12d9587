// SPDX-License-Identifier: Apache-2.0
#pragma once

// Directories whose listing is one flat object.
//
// In DVC's caches a directory is one JSON text that names every file below it by its path:
//
//   [{"md5": "b0263...", "relpath": "a"}, {"md5": "26ab0...", "relpath": "sub/b"}]
//
// The rest of this layer knows nested trees. So a flat listing is read as one: its subdirectories become trees of their
// own, named by a digest of what they list (hash::Algorithm::part). Such a part is no object: it is never stored, sent or
// collected. This process remembers the parts that it has met, by their digest, and reading one is looking it up. Sizes
// are not known from a listing (Entry::unknown). Empty directories and executable bits of files inside do not exist here.

#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "hash/object_id.hpp"
#include "store/tree.hpp"

namespace mlops::store {

/// Whether directories of this family of formats are flat listings.
constexpr bool is_flat(hash::Algorithm algorithm) { return algorithm != hash::Algorithm::sha256; }
inline bool is_part(const hash::ObjectId& id) { return id.digest.algorithm() == hash::Algorithm::part; }

/// Remembers the listing of a subdirectory and returns its name.
hash::Digest remember_part(Tree tree);
/// Returns what was remembered under this name, or null.
std::shared_ptr<const Tree> find_part(const hash::ObjectId& id);

/// Calls `visit` for each member of a listing that is an object: what parts list in place of the parts.
void for_each_object(const Tree& tree, const std::function<void(const TreeEntry&)>& visit);

/// Returns the text of a directory, its subdirectories being parts that are remembered.
std::string encode_manifest(const Tree& tree);
/// Reads a text whose members are named by `algorithm`. Throws Error (corrupt) naming `where` for anything that is no such
/// listing, or whose paths could lead anywhere else (I-29, I-30).
Tree decode_manifest(std::string_view text, hash::Algorithm algorithm, std::string_view where);

}  // namespace mlops::store
