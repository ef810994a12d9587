// SPDX-License-Identifier: Apache-2.0
#include "repo/remote_options.hpp"

#include <algorithm>
#include <map>

#include "repo/remote_url.hpp"
#include "util/error.hpp"
#include "util/log.hpp"
#include "util/text.hpp"

namespace mlops::repo {
namespace {

constexpr std::string_view indirect = "remote://";
constexpr std::size_t depth_limit = 16;

Error unknown_remote(const std::string& name, const std::vector<std::string>& known) {
  Error error = Error::of(ErrorKind::missing, "no remote is called {}", quoted(name));
  if (const auto near = nearest(name, known)) {
    return std::move(error).hint("did you mean '{}'?", *near);
  }
  return std::move(error).hint("add it with `mlops remote add {} URL`", shell_quoted(name));
}

/// The option's name if the key is one of this section's.
std::string option_of(const std::string& key, const std::string& prefix) {
  return key.starts_with(prefix) && key.rfind('.') + 1 == prefix.size() ? key.substr(prefix.size()) : std::string();
}

RemotePlace own_place(const Config& config, const std::string& name) {
  const std::string prefix = "remote." + name + ".";
  RemotePlace place{.name = name, .options = {}};
  for (const ConfigValue& value : config.all()) {
    const std::string option = option_of(value.key, prefix);
    if (option.empty() || !value.trusted) {
      continue;
    }
    place.options[option] = option == "url" ? resolved_url(value) : value.value;
    if (option == "url") {
      place.committed = value.level == ConfigLevel::project;
    }
  }
  if (place.options.count("url") == 0) {
    throw unknown_remote(name, config.remotes());
  }
  return place;
}

RemotePlace place_at(const Config& config, const std::string& name, std::size_t depth) {
  RemotePlace place = own_place(config, name);
  const std::string& url = place.options["url"];
  if (!url.starts_with(indirect)) {
    return place;
  }
  if (depth == depth_limit) {
    throw Error("remote '{}' refers to itself: {}", printable(name), quoted(shown_url(url)));
  }
  const std::size_t slash = std::min(url.find('/', indirect.size()), url.size());
  const std::string other = url.substr(indirect.size(), slash - indirect.size());
  std::string below = url.substr(std::min(url.find_first_not_of('/', slash), url.size()));
  RemotePlace base = place_at(config, other, depth + 1);
  std::string whole = base.options["url"];
  whole += (whole.ends_with('/') || below.empty() ? "" : "/") + below;
  place.committed = place.committed || base.committed;
  place.options["url"] = whole;
  place.options.merge(base.options);
  return place;
}

}  // namespace

RemotePlace remote_place(const Config& config, const std::string& name) {
  const std::string key = config.format().canonical_key("remote." + name + ".url");
  const std::size_t begin = key.find('.') + 1;
  return place_at(config, key.substr(begin, key.rfind('.') - begin), 0);
}

void warn_of_waiting(const Config& config, const std::string& prefix) {
  std::map<std::string, const ConfigValue*> latest;
  for (const ConfigValue& value : config.all()) {
    if (value.key.starts_with(prefix)) {
      latest[value.key] = &value;
    }
  }
  for (const auto& entry : latest) {
    if (!entry.second->trusted) {
      log::warning("'{}' in {} is not used: it counts after `mlops trust`", printable(entry.first),
                   quoted(entry.second->file));
    }
  }
}

}  // namespace mlops::repo
