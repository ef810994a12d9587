// SPDX-License-Identifier: Apache-2.0
#include "run/inputs.hpp"

#include <algorithm>
#include <map>
#include <set>

#include "fs/beneath.hpp"
#include "fs/file.hpp"
#include "repo/lock_text.hpp"
#include "repo/neighbour.hpp"
#include "spec/params.hpp"
#include "store/build.hpp"
#include "store/checkout.hpp"
#include "store/transfer.hpp"
#include "util/error.hpp"
#include "util/text.hpp"

namespace mlops::run {
namespace {

bool overlap(const fs::RepoPath& a, const fs::RepoPath& b) { return a.within(b) || b.within(a); }

/// What the selected stages make.
std::vector<fs::RepoPath> made_by(const PastRun& past, const Selection& selection) {
  std::vector<fs::RepoPath> paths;
  for (const std::string& name : selection.stages) {
    for (const spec::LockedPath& out : past.lock.stages.at(name).outs) {
      paths.push_back(out.path);
    }
  }
  return paths;
}

}  // namespace

InputSupply::InputSupply(repo::Workspace& origin, repo::Workspace& there, const PastRun& past,
                         const repo::Snapshot& snapshot)
    : origin_(origin), there_(there), past_(past), snapshot_(snapshot) {}

std::vector<Input> InputSupply::of_stage(const std::string& stage) const {
  std::vector<Input> inputs;
  for (const spec::LockedPath& dep : past_.lock.stages.at(stage).deps) {
    inputs.push_back({stage, dep});
  }
  return inputs;
}

std::vector<Input> InputSupply::external(const Selection& selection) const {
  const std::vector<fs::RepoPath> made = made_by(past_, selection);
  std::vector<Input> inputs;
  for (const std::string& stage : selection.stages) {
    for (Input& input : of_stage(stage)) {
      const bool is_made = std::any_of(made.begin(), made.end(),
                                       [&](const fs::RepoPath& path) { return overlap(path, input.recorded.path); });
      if (!is_made) {
        inputs.push_back(std::move(input));
      }
    }
  }
  return inputs;
}

/// Outputs of stages that overlap an input: of frozen ones, or of all with recorded inputs.
void InputSupply::add_outputs(const Input& input, std::vector<Item>& items) {
  const fs::RepoPath& path = input.recorded.path;
  for (const auto& [name, state] : past_.lock.stages) {
    const spec::Stage* stage = snapshot_.project.find(name);
    for (const spec::LockedPath& out : state.outs) {
      if (stage == nullptr || !overlap(out.path, path)) {
        continue;
      }
      const auto declared = std::find_if(stage->outs.begin(), stage->outs.end(),
                                         [&](const spec::Output& one) { return one.path == out.path; });
      if (declared == stage->outs.end()) {
        continue;
      }
      if (declared->cache) {
        items.push_back({path.within(out.path) ? input.recorded : out, declared->remote.value_or("")});
      } else {
        place_uncached(out.path, out.entry);
      }
    }
  }
}

std::vector<InputSupply::Item> InputSupply::items_for(const std::vector<Input>& inputs) {
  std::vector<Item> items;
  for (const Input& input : inputs) {
    const fs::RepoPath& path = input.recorded.path;
    for (const spec::Pointer& pointer : snapshot_.pointers) {
      if (path.within(pointer.path)) {
        items.push_back({input.recorded, pointer.remote.value_or("")});
      } else if (pointer.path.within(path) && pointer.entry) {
        items.push_back({{pointer.path, *pointer.entry}, pointer.remote.value_or("")});
      }
    }
    add_outputs(input, items);
  }
  std::stable_sort(items.begin(), items.end(),
                   [](const Item& a, const Item& b) { return a.wanted.path < b.wanted.path; });
  // A part of what comes as a whole comes with it; whether it is right is checked afterwards.
  std::vector<Item> whole;
  for (Item& item : items) {
    if (whole.empty() || !item.wanted.path.within(whole.back().wanted.path)) {
      whole.push_back(std::move(item));
    }
  }
  return whole;
}

/// An output that git keeps: the run's record has its bytes, or the revision itself.
void InputSupply::place_uncached(const fs::RepoPath& path, const store::Entry& entry) {
  if (entry.kind == store::EntryKind::tree) {
    return;
  }
  if (const auto bytes = recorded_bytes(origin_, past_, path)) {
    fs::require_no_link_parents(there_.root(), path);
    fs::make_directories(there_.absolute(path.parent()));
    fs::write_file_atomic(there_.absolute(path), *bytes, entry.kind == store::EntryKind::exec ? 0777 : 0666,
                          fs::Durability::off);
  }
}

void InputSupply::fetch_missing(const std::vector<Item>& items) {
  std::map<std::string, std::vector<store::Wanted>> missing;
  for (const Item& item : items) {
    if (!origin_.db().has_all(item.wanted.entry)) {
      missing[item.remote].push_back({item.wanted.entry, printable(item.wanted.path.str())});
    }
  }
  for (const auto& [name, wanted] : missing) {
    if (name.empty() && !origin_.config().get("core.remote")) {
      trouble_ = "no remote is configured";
      continue;
    }
    try {
      const auto remote =
          origin_.open_remote(name.empty() ? std::nullopt : std::optional(name), remote::Remote::Access::read);
      origin_.writable_db();
      repo::fetch_objects(origin_, *remote, wanted, {.jobs = origin_.jobs(), .progress = origin_.session().progress});
      trouble_ = remote->describe() + " does not have it";
    } catch (const Error& error) {
      trouble_ = error.what();
    }
  }
}

void InputSupply::supply(const std::vector<Input>& inputs) {
  const std::vector<Item> items = items_for(inputs);
  fetch_missing(items);
  std::vector<store::CheckoutItem> checkout;
  std::vector<fs::RepoPath> paths;
  for (const Item& item : items) {
    if (!origin_.db().has_all(item.wanted.entry)) {
      throw Error::of(ErrorKind::missing, "{} cannot be reproduced: {} is not in the cache, and {}", past_.shown,
                      quoted(item.wanted.path.str()), trouble_)
          .hint("whoever made it can `mlops push` or `mlops runs push` it");
    }
    checkout.push_back({item.wanted.path, item.wanted.entry});
    paths.push_back(item.wanted.path);
  }
  store::CheckoutOptions options = there_.checkout_options(paths);
  // Nothing here is the user's: whatever stands in the way was put there by git or by a stage of ours.
  options.force = true;
  options.rescue_directory = there_.rescue_directory("reproduce");
  store::checkout(there_.root(), checkout, there_.db(), options);
  for (const Input& input : inputs) {
    check(input);
  }
}

void InputSupply::check(const Input& input) const {
  const fs::RepoPath& path = input.recorded.path;
  const auto now =
      store::hash_path(there_.root(), path, there_.memo(), &there_.db(), there_.build_options(path, "Checking inputs"));
  if (now && now->digest == input.recorded.entry.digest && now->kind == input.recorded.entry.kind) {
    return;
  }
  const std::string how = now ? "its content is " + hash::short_name(now->id()) + ", recorded was " +
                                    hash::short_name(input.recorded.entry.id())
                              : "it is neither in git nor tracked";
  Error error = Error::of(now ? ErrorKind::changed : ErrorKind::missing,
                          "{} cannot be reproduced: the dependency {} of stage '{}' cannot be supplied: {}",
                          past_.shown, quoted(path.str()), input.stage, how);
  if (past_.run) {
    throw std::move(error).hint("add it to git or `mlops add` it, so that future runs can be reproduced");
  }
  const spec::Dialect& dialect = there_.dialect();
  const auto address = spec::parse_stage_address(input.stage, dialect.names().pipeline);
  throw std::move(error).hint("{} was committed without the files that it records, or with others",
                              repo::lock_of(dialect, address.file).str());
}

void InputSupply::check_params(const Selection& selection) const {
  const std::vector<fs::RepoPath> made = made_by(past_, selection);
  for (const std::string& name : selection.stages) {
    for (const auto& [file, recorded] : past_.lock.stages.at(name).params) {
      const fs::RepoPath& path = file;
      if (std::any_of(made.begin(), made.end(), [&](const fs::RepoPath& out) { return path.within(out); })) {
        continue;
      }
      const auto text = fs::try_read_file(there_.absolute(path));
      const spec::Value values = text ? spec::read_values(*text, path.str()) : spec::Value();
      for (const auto& [key, value] : recorded) {
        const spec::Value* now = key.empty() ? &values : values.at(key);
        if (!text || now == nullptr || !there_.dialect().equal(*now, value)) {
          throw Error::of(ErrorKind::changed,
                          "{} cannot be reproduced: {} of {} was {} for stage '{}' and is {} in its code", past_.shown,
                          key.empty() ? "the content" : "'" + printable(key) + "'", quoted(path.str()),
                          printable(spec::to_text(value)), name,
                          now == nullptr || !text ? "missing" : printable(spec::to_text(*now)));
        }
      }
    }
  }
}

}  // namespace mlops::run
