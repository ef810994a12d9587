// SPDX-License-Identifier: Apache-2.0
// The kinds of places, and which of them an address names.

#include <algorithm>
#include <array>
#include <cctype>

#include "remote/transport.hpp"
#include "remote/transports/local.hpp"
#include "util/error.hpp"
#include "util/text.hpp"

namespace mlops::remote {
namespace {

constexpr std::array<Scheme, 2> known_schemes = {{
    {.name = "", .description = "a folder, also on a mounted share", .make = make_local, .options = {}},
    {.name = "file", .description = "a folder, as an address: file:///srv/data", .make = make_local, .options = {}},
}};

/// "s3" of "s3://bucket/path"; "ssh" of git's short form "user@host:path"; empty for a path.
std::string scheme_of(std::string_view url) {
  const std::size_t colon = url.find(':');
  if (colon == std::string_view::npos || url.substr(0, colon).find('/') != std::string_view::npos) {
    return {};
  }
  std::string scheme(url.substr(0, colon));
  if (!url.substr(colon).starts_with("://")) {
    return scheme.find('@') != std::string::npos ? "ssh" : std::string();
  }
  std::transform(scheme.begin(), scheme.end(), scheme.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return scheme;
}

std::string known_names() {
  std::vector<std::string> names;
  for (const Scheme& scheme : known_schemes) {
    names.push_back(scheme.name.empty() ? "a folder's path" : std::string(scheme.name) + "://");
  }
  return join(names, ", ");
}

}  // namespace

std::span<const Scheme> schemes() { return known_schemes; }

std::unique_ptr<Transport> make_transport(const RemoteOptions& options) {
  const auto url = options.find("url");
  if (url == options.end() || url->second.empty()) {
    throw Error::usage("a remote needs a url").hint("known kinds: {}", known_names());
  }
  const std::string name = scheme_of(url->second);
  const auto* scheme = std::find_if(known_schemes.begin(), known_schemes.end(),
                                    [&](const Scheme& candidate) { return candidate.name == name; });
  if (scheme == known_schemes.end()) {
    throw Error::usage("remotes of kind {} are not known", quoted(name))
        .hint("known kinds: {}; s3, gs, azure, ssh and http are not in this version", known_names());
  }
  return scheme->make(options);
}

}  // namespace mlops::remote
