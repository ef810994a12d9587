// SPDX-License-Identifier: Apache-2.0
#include "report/revisions.hpp"

#include <algorithm>

#include "util/error.hpp"
#include "util/text.hpp"

namespace mlops::report {
namespace {

constexpr std::string_view branches = "refs/heads/";
constexpr std::string_view tags = "refs/tags/";
constexpr std::string_view remote_branches = "refs/remotes/";

std::string short_name(const git::Ref& ref) {
  for (const std::string_view prefix : {branches, tags, remote_branches}) {
    if (ref.name.starts_with(prefix)) {
      return ref.name.substr(prefix.size());
    }
  }
  return ref.name;
}

void add_named(const git::Repository& git, std::string_view prefix, std::vector<Revision>& into) {
  for (const git::Ref& ref : git.refs(prefix)) {
    if (!ref.commit) {
      continue;
    }
    const std::string name = short_name(ref);
    const auto same = std::ranges::find_if(into, [&](const Revision& one) { return one.commit == ref.target; });
    if (same == into.end()) {
      into.push_back({name, ref.target});
    } else if (!std::ranges::count(split(same->name, ','), name)) {
      same->name += "," + name;
    }
  }
}

std::vector<Revision> every_commit(const git::Repository& git) {
  std::vector<git::Oid> tips;
  if (const auto head = git.head()) {
    tips.push_back(*head);
  }
  for (const std::string_view prefix : {branches, tags, remote_branches}) {
    for (const git::Ref& ref : git.refs(prefix)) {
      if (ref.commit) {
        tips.push_back(ref.target);
      }
    }
  }
  std::vector<Revision> all;
  for (const git::Oid& commit : git.history(tips)) {
    all.push_back({commit.hex(), commit});
  }
  return all;
}

}  // namespace

Revision find_revision(const git::Repository& git, const std::string& word) {
  if (word == workspace_name) {
    return {word};
  }
  if (const auto commit = git.resolve(word)) {
    return {word, commit};
  }
  std::vector<std::string> names{"HEAD", workspace_name};
  for (const git::Ref& ref : git.refs()) {
    names.push_back(short_name(ref));
  }
  Error error = Error::of(ErrorKind::missing, "{} is no revision of this repository", quoted(word));
  const auto near = nearest(word, names);
  throw near ? std::move(error).hint("did you mean {}?", quoted(*near)) : error;
}

std::vector<Revision> chosen_revisions(const git::Repository& git, const MetricsOptions& options) {
  if (options.all_commits) {
    return every_commit(git);
  }
  std::vector<Revision> chosen;
  if (options.all_branches) {
    add_named(git, branches, chosen);
  }
  if (options.all_tags) {
    add_named(git, tags, chosen);
  }
  return chosen;
}

}  // namespace mlops::report
