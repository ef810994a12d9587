// SPDX-License-Identifier: Apache-2.0
#include "hash/object_id.hpp"

namespace mlops::hash {
namespace {

constexpr std::string_view folder = "objects/";
constexpr std::string_view tree_suffix = ".tree";
constexpr std::size_t fan_out = 2;  // hexadecimal digits that name the directory
constexpr std::size_t short_digits = 12;

std::string_view suffix(const ObjectId& id) { return id.is_tree() ? tree_suffix : std::string_view(); }

}  // namespace

std::string object_path(const ObjectId& id) {
  const std::string hex = id.digest.hex();
  std::string path;
  path.reserve(96);
  path.append(folder).append(to_string(id.digest.algorithm())).append(1, '/');
  path.append(hex, 0, fan_out).append(1, '/').append(hex, fan_out).append(suffix(id));
  return path;
}

std::optional<ObjectId> parse_object_path(std::string_view path) {
  if (!path.starts_with(folder)) {
    return std::nullopt;
  }
  path.remove_prefix(folder.size());
  const std::size_t slash = path.find('/');
  const auto algorithm = slash == std::string_view::npos ? std::nullopt : parse_algorithm(path.substr(0, slash));
  if (!algorithm) {
    return std::nullopt;
  }
  path.remove_prefix(slash + 1);
  const ObjectKind kind = path.ends_with(tree_suffix) ? ObjectKind::tree : ObjectKind::file;
  if (kind == ObjectKind::tree) {
    path.remove_suffix(tree_suffix.size());
  }
  if (path.size() <= fan_out || path[fan_out] != '/') {
    return std::nullopt;
  }
  const std::string hex = std::string(path.substr(0, fan_out)).append(path.substr(fan_out + 1));
  const auto digest = Digest::parse(*algorithm, hex);
  return digest ? std::optional(ObjectId{*digest, kind}) : std::nullopt;
}

std::string listed_name(const ObjectId& id) {
  return id.digest.hex() + (id.is_tree() && id.digest.algorithm() == Algorithm::md5 ? ".dir" : "");
}

std::string short_name(const ObjectId& id) { return id.digest.hex().substr(0, short_digits).append(suffix(id)); }

}  // namespace mlops::hash
