// SPDX-License-Identifier: Apache-2.0
#include "pipeline/outputs.hpp"

#include "fs/beneath.hpp"
#include "fs/file.hpp"
#include "fs/stat.hpp"
#include "store/build.hpp"
#include "store/checkout.hpp"
#include "util/error.hpp"
#include "util/log.hpp"
#include "util/text.hpp"

#include <algorithm>

namespace mlops::pipeline {
namespace {

const spec::LockedPath* find_path(const std::vector<spec::LockedPath>& paths, const fs::RepoPath& path) {
  const auto found = std::find_if(paths.begin(), paths.end(), [&](const auto& one) { return one.path == path; });
  return found == paths.end() ? nullptr : &*found;
}

const spec::Output* find_output(const spec::Stage& stage, const fs::RepoPath& path) {
  const auto found =
      std::find_if(stage.outs.begin(), stage.outs.end(), [&](const auto& out) { return out.path == path; });
  return found == stage.outs.end() ? nullptr : &*found;
}

bool same_content(const store::Entry& a, const store::Entry& b) { return a.kind == b.kind && a.digest == b.digest; }

/// Whether nothing is lost when what stands at an output's path goes away.
bool may_go(const store::LocalDb& db, Current& current, const fs::RepoPath& path, const spec::LockedStage* locked) {
  std::optional<store::Entry> entry;
  try {
    entry = current.entry(path);
  } catch (const Error&) {
    // It cannot even be described (a socket in it, a link out of it): certainly not in the store.
    return false;
  }
  if (!entry) {
    return false;
  }
  const spec::LockedPath* known = locked == nullptr ? nullptr : find_path(locked->outs, path);
  return (known != nullptr && same_content(known->entry, *entry)) || db.has_all(*entry);
}

void take_away(const std::string& path, const fs::FileStat& stat) {
  if (stat.type == fs::FileType::directory) {
    fs::remove_tree(path);
  } else {
    fs::remove_file(path);
  }
}

/// Whether the entry has to be an object: for checkout, or so that the stage cache can bring it back.
bool is_stored(const spec::Output& out) { return out.cache || out.kind != spec::OutputKind::plain; }

/// A checkout compares what stands at a path with what it puts there. What cannot be compared is moved out of its way.
Rescued put_aside_indescribable(repo::Workspace& workspace, Current& current, const std::vector<fs::RepoPath>& paths,
                                const std::string& rescue_directory) {
  Rescued rescued;
  for (const fs::RepoPath& path : paths) {
    try {
      current.entry(path);
    } catch (const Error& error) {
      log::debug("{} is put aside: {}", quoted(path.str()), error.what());
      rescued.emplace_back(printable(path.str()), store::move_to_rescue(workspace.root(), path, rescue_directory));
    }
  }
  return rescued;
}

}  // namespace

void check_outputs(repo::Workspace& workspace, const spec::Stage& stage) {
  const spec::Names& names = workspace.dialect().names();
  for (const spec::Output& out : stage.outs) {
    const auto refuse = [&](std::string_view why) {
      return Error("{}:{}: {} cannot be an output of stage '{}': {}", names.pipeline, out.line, quoted(out.path.str()),
                   stage.name, why);
    };
    const std::string_view first = out.path.first();
    if (out.path.is_root() || first == names.directory || first == ".git") {
      throw refuse("it is not a place for data");
    }
    const std::string_view name = out.path.name();
    if (out.path.str() == names.pipeline || out.path.str() == names.lock || name == names.ignore ||
        name == ".gitignore" || (name.size() > names.pointer_suffix.size() && name.ends_with(names.pointer_suffix))) {
      throw refuse("mlops and git keep their own notes there");
    }
    try {
      fs::require_no_link_parents(workspace.root(), out.path);
    } catch (const Error& failure) {
      Error error = refuse(failure.what());
      for (const std::string& hint : failure.hints()) {
        error.hint("{}", hint);
      }
      throw error;
    }
    if (out.cache && workspace.git().tracks(workspace.git_path(out.path))) {
      throw refuse("git tracks it")
          .hint("`git rm -r --cached {}` leaves it to mlops; or declare it with `cache: false`",
                shell_quoted(out.path.str()));
    }
  }
}

Rescued clear_outputs(repo::Workspace& workspace, Current& current, const spec::Stage& stage,
                      const spec::LockedStage* locked, const std::string& rescue_directory) {
  Rescued rescued;
  for (const spec::Output& out : stage.outs) {
    fs::open_directory_beneath(workspace.root(), out.path.parent(), true);
    const std::string path = workspace.absolute(out.path);
    const auto stat = fs::stat_path(path);
    if (!stat) {
      continue;
    }
    if (out.persist) {
      store::unprotect(workspace.root(), out.path, workspace.db(), workspace.checkout_options({out.path}));
    } else if (may_go(workspace.db(), current, out.path, locked)) {
      take_away(path, *stat);
    } else {
      rescued.emplace_back(printable(out.path.str()),
                           store::move_to_rescue(workspace.root(), out.path, rescue_directory));
    }
    current.forget(out.path);
  }
  return rescued;
}

std::vector<spec::LockedPath> store_outputs(repo::Workspace& workspace, Current& current, const spec::Stage& stage,
                                            store::WriteBatch& batch, Keep keep) {
  std::vector<spec::LockedPath> outs;
  for (const spec::Output& out : stage.outs) {
    if (!fs::stat_path(workspace.absolute(out.path))) {
      throw Error::of(ErrorKind::stage, "it did not write {}", quoted(out.path.str()))
          .hint("its command must make every declared output, relative to the stage's working directory");
    }
    current.forget(out.path);
    const store::BuildOptions options = workspace.build_options(out.path, "Storing " + printable(out.path.str()));
    if (keep == Keep::yes && is_stored(out)) {
      outs.push_back({.path = out.path,
                      .entry = store::build(workspace.root(), out.path, workspace.db(), batch, options),
                      .written = out.written});
      current.know(out.path, outs.back().entry);
    } else if (const auto entry = current.entry(out.path)) {
      outs.push_back({.path = out.path, .entry = *entry, .written = out.written});
    } else {
      throw Error::of(ErrorKind::changed, "{} vanished while it was read", quoted(out.path.str()));
    }
  }
  return outs;
}

void relink_outputs(repo::Workspace& workspace, const spec::Stage& stage, const std::vector<spec::LockedPath>& outs) {
  store::CheckoutOptions options = workspace.checkout_options();
  const bool links = std::any_of(options.links.begin(), options.links.end(), [](fs::LinkType type) {
    return type == fs::LinkType::hardlink || type == fs::LinkType::symlink;
  });
  if (!links) {
    return;
  }
  std::vector<store::CheckoutItem> items;
  std::vector<fs::RepoPath> paths;
  for (const spec::LockedPath& out : outs) {
    const spec::Output* declared = find_output(stage, out.path);
    if (declared != nullptr && declared->cache && !declared->persist) {
      items.push_back({out.path, out.entry});
      paths.push_back(out.path);
    }
  }
  options = workspace.checkout_options(paths);
  options.relink = true;
  store::checkout(workspace.root(), items, workspace.db(), options);
}

Rescued restore_outputs(repo::Workspace& workspace, Current& current, const spec::Stage& stage,
                        const std::vector<spec::LockedPath>& outs, const std::string& rescue_directory) {
  std::vector<store::CheckoutItem> cached, plain;
  for (const spec::LockedPath& out : outs) {
    const spec::Output* declared = find_output(stage, out.path);
    (declared != nullptr && declared->cache ? cached : plain).push_back({out.path, out.entry});
  }
  std::vector<fs::RepoPath> paths;
  for (const spec::LockedPath& out : outs) {
    paths.push_back(out.path);
  }
  store::CheckoutOptions options = workspace.checkout_options(paths);
  options.force = true;
  options.rescue_directory = rescue_directory;
  store::CheckoutOptions as_copies = options;
  as_copies.links = {fs::LinkType::reflink, fs::LinkType::copy};
  Rescued rescued = put_aside_indescribable(workspace, current, paths, rescue_directory);
  const auto check_out = [&](const std::vector<store::CheckoutItem>& items, const store::CheckoutOptions& how) {
    if (items.empty()) {
      return;
    }
    for (const auto& [path, place] : store::checkout(workspace.root(), items, workspace.db(), how).rescued) {
      rescued.emplace_back(printable(path.str()), place);
    }
  };
  check_out(cached, options);
  check_out(plain, as_copies);
  for (const spec::LockedPath& out : outs) {
    current.forget(out.path);
  }
  return rescued;
}

std::vector<spec::LockedPath> uncached_of(const spec::Stage& stage, const std::vector<spec::LockedPath>& outs) {
  std::vector<spec::LockedPath> found;
  for (const spec::LockedPath& out : outs) {
    const spec::Output* declared = find_output(stage, out.path);
    if (declared != nullptr && !declared->cache) {
      found.push_back(out);
    }
  }
  return found;
}

}  // namespace mlops::pipeline
