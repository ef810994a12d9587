// SPDX-License-Identifier: Apache-2.0
#include "remote/marker.hpp"

#include <charconv>
#include <map>
#include <optional>

#include "util/error.hpp"
#include "util/text.hpp"

namespace mlops::remote {
namespace {

constexpr unsigned known_version = 1;
constexpr unsigned known_layout = 1;

using Fields = std::map<std::string, std::string, std::less<>>;

Error damaged(std::string_view why) {
  return Error::of(ErrorKind::corrupt, "the file '{}' of the remote is damaged: {}", marker_name, why)
      .hint("it should read: version: {}, hash: sha256, layout: {}, each on a line of its own", known_version,
            known_layout);
}

Fields parse(std::string_view text) {
  Fields fields;
  if (!text.ends_with('\n')) {
    throw damaged("its last line is cut off");
  }
  for (const std::string& line : split(text.substr(0, text.size() - 1), '\n')) {
    const std::size_t colon = line.find(": ");
    if (colon == std::string::npos || !fields.emplace(line.substr(0, colon), line.substr(colon + 2)).second) {
      throw damaged("unexpected line " + quoted(line));
    }
  }
  return fields;
}

const std::string& field(const Fields& fields, std::string_view key) {
  const auto found = fields.find(key);
  if (found == fields.end()) {
    throw damaged(fmt::format("it has no '{}'", key));
  }
  return found->second;
}

void require_at_most(const Fields& fields, std::string_view key, unsigned known) {
  const std::string& text = field(fields, key);
  unsigned value = 0;
  const auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (code != std::errc() || end != text.data() + text.size() || value == 0) {
    throw damaged(fmt::format("{} is no '{}'", quoted(text), key));
  }
  if (value > known) {
    throw Error::of(ErrorKind::format, "the remote has {} {}; this mlops knows {} only", key, value, known)
        .hint("a newer mlops made it: install that one");
  }
}

}  // namespace

std::string marker_text(hash::Algorithm algorithm) {
  return fmt::format("version: {}\nhash: {}\nlayout: {}\n", known_version, hash::to_string(algorithm), known_layout);
}

void require_marker(std::string_view text, hash::Algorithm algorithm) {
  const Fields fields = parse(text);
  require_at_most(fields, "version", known_version);
  require_at_most(fields, "layout", known_layout);
  if (const std::string& name = field(fields, "hash"); name != hash::to_string(algorithm)) {
    throw Error::of(ErrorKind::format, "the remote names its objects by {}, this project by {}", printable(name),
                    hash::to_string(algorithm))
        .hint("use another remote for this project");
  }
}

}  // namespace mlops::remote
