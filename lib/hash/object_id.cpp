// SPDX-License-Identifier: Apache-2.0
#include "hash/object_id.hpp"

#include <algorithm>
#include <array>
#include <stdexcept>

namespace mlops::hash {
namespace {

constexpr std::size_t fan_out = 2;  // hexadecimal digits that name the directory
constexpr std::size_t short_digits = 12;

/// Where each family of formats keeps its objects.
struct Layout {
  Algorithm algorithm;
  std::string_view folder;
  std::string_view tree_suffix;
};
constexpr std::array<Layout, 3> layouts{{{Algorithm::sha256, "objects/sha256/", ".tree"},
                                         {Algorithm::md5, "files/md5/", ".dir"},
                                         {Algorithm::md5_dos2unix, "", ".dir"}}};

const Layout& layout_of(Algorithm algorithm) {
  const auto found =
      std::find_if(layouts.begin(), layouts.end(), [&](const Layout& layout) { return layout.algorithm == algorithm; });
  if (found == layouts.end()) {
    throw std::logic_error("a part of a listing is no object");
  }
  return *found;
}

std::string_view suffix(const ObjectId& id) {
  return !id.is_tree() || id.digest.algorithm() == Algorithm::part ? std::string_view()
                                                                   : layout_of(id.digest.algorithm()).tree_suffix;
}

std::optional<ObjectId> parse_in(const Layout& layout, std::string_view path) {
  if (!path.starts_with(layout.folder)) {
    return std::nullopt;
  }
  path.remove_prefix(layout.folder.size());
  const ObjectKind kind = path.ends_with(layout.tree_suffix) ? ObjectKind::tree : ObjectKind::file;
  if (kind == ObjectKind::tree) {
    path.remove_suffix(layout.tree_suffix.size());
  }
  if (path.size() <= fan_out || path[fan_out] != '/') {
    return std::nullopt;
  }
  const std::string hex = std::string(path.substr(0, fan_out)).append(path.substr(fan_out + 1));
  const auto digest = Digest::parse(layout.algorithm, hex);
  return digest ? std::optional(ObjectId{*digest, kind}) : std::nullopt;
}

}  // namespace

std::string object_path(const ObjectId& id) {
  const std::string hex = id.digest.hex();
  std::string path;
  path.reserve(96);
  path.append(layout_of(id.digest.algorithm()).folder);
  path.append(hex, 0, fan_out).append(1, '/').append(hex, fan_out).append(suffix(id));
  return path;
}

std::optional<ObjectId> parse_object_path(std::string_view path) {
  for (const Layout& layout : layouts) {
    if (const auto id = parse_in(layout, path)) {
      return id;
    }
  }
  return std::nullopt;
}

std::string listed_name(const ObjectId& id) {
  const bool suffixed = id.digest.algorithm() == Algorithm::md5 || id.digest.algorithm() == Algorithm::md5_dos2unix;
  return id.digest.hex() + (id.is_tree() && suffixed ? ".dir" : "");
}

std::string short_name(const ObjectId& id) { return id.digest.hex().substr(0, short_digits).append(suffix(id)); }

}  // namespace mlops::hash
