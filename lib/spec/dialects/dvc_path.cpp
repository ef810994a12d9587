// SPDX-License-Identifier: Apache-2.0
#include "spec/dialects/dvc_path.hpp"

#include <algorithm>
#include <optional>

#include "spec/dialects/dvc_names.hpp"
#include "util/text.hpp"

namespace mlops::spec::dvc {

namespace {

constexpr std::string_view schemes[] = {"s3",   "gs",    "azure",  "oss",     "gdrive", "hdfs",   "webhdfs",
                                        "http", "https", "webdav", "webdavs", "ssh",    "remote", "file"};

/// The scheme of a URL in lower case; nothing for a path.
std::optional<std::string> scheme_of(std::string_view text) {
  const std::size_t end = text.find("://");
  if (end == std::string_view::npos || end == 0) {
    return std::nullopt;
  }
  std::string scheme;
  for (const char c : text.substr(0, end)) {
    const bool upper = c >= 'A' && c <= 'Z';
    const bool letter = upper || (c >= 'a' && c <= 'z');
    const bool later = (c >= '0' && c <= '9') || c == '+' || c == '-' || c == '.';
    if (!letter && (!later || scheme.empty())) {
      return std::nullopt;
    }
    scheme += upper ? static_cast<char>(c + ('a' - 'A')) : c;
  }
  return scheme;
}

/// `text` from `base`, as a path from the root that may begin with "../".
std::string outside_path(const fs::RepoPath& base, const std::string& text) {
  std::vector<std::string> parts = base.is_root() ? std::vector<std::string>() : split(base.str(), '/');
  for (const std::string& part : split(text, '/')) {
    if (part == ".." && !parts.empty() && parts.back() != "..") {
      parts.pop_back();
    } else if (!part.empty() && part != ".") {
      parts.push_back(part);
    }
  }
  return join(parts, "/");
}

void refuse_own(const Place& at, const YamlNode& node, const std::string& text) {
  const std::string_view name = std::string_view(text).substr(text.rfind('/') + 1);
  if (text.ends_with(names.pointer_suffix) || name == names.pipeline) {
    throw at.error(node, "names " + quoted(text) + ", which is a file that declares data or stages");
  }
}

}  // namespace

Located locate(const Place& at, const YamlNode& node, const fs::RepoPath& base, const std::string& text, Own own) {
  if (text.empty()) {
    throw at.error(node, "has an empty path");
  }
  if (own == Own::refused) {
    refuse_own(at, node, text);
  }
  if (const std::optional<std::string> scheme = scheme_of(text)) {
    if (std::ranges::count(schemes, *scheme) == 0) {
      throw at.error(node, "has the URL " + quoted(text) + ", whose kind is not known");
    }
    return {.path = {}, .elsewhere = text};
  }
  if (text.starts_with('/')) {
    return {.path = {}, .elsewhere = text};
  }
  std::optional<fs::RepoPath> path = fs::RepoPath::resolve(base, text);
  if (!path) {
    return {.path = {}, .elsewhere = outside_path(base, text)};
  }
  fs::require_declarable(*path, at.file + ":" + std::to_string(node.line));
  return {.path = std::move(*path), .elsewhere = {}};
}

}  // namespace mlops::spec::dvc
