// SPDX-License-Identifier: Apache-2.0
#include "pipeline/stage_cache.hpp"

#include "fs/file.hpp"
#include "fs/walk.hpp"
#include "hash/hasher.hpp"
#include "pipeline/stage_cache_files.hpp"
#include "store/layout.hpp"
#include "util/clock.hpp"
#include "util/error.hpp"
#include "util/log.hpp"

#include <algorithm>

namespace mlops::pipeline {
namespace {

/// An entry that names other paths than its stage declares could place files anywhere.
bool names_declared_outputs(const spec::StageEntry& entry) {
  return std::equal(
      entry.outs.begin(), entry.outs.end(), entry.inputs.outs.begin(), entry.inputs.outs.end(),
      [](const spec::LockedPath& made, const spec::Output& declared) { return made.path == declared.path; });
}

std::string digest_of(const std::string& text) { return hash::digest_of(hash::Algorithm::sha256, text).hex(); }

/// Collects the files below `place`, which is relative to `root`, as far down as entries lie.
void collect_files(const std::string& root, const std::string& place, int depth, std::vector<std::string>& files) {
  for (const fs::DirEntry& item : fs::list_directory(root + "/" + place)) {
    const std::string below = place + "/" + item.name;
    if (item.type != fs::FileType::directory) {
      files.push_back(below);
    } else if (depth > 0) {
      collect_files(root, below, depth - 1, files);
    }
  }
}

/// Levels of directories in the folder of the stage cache.
constexpr int deepest = 2;

}  // namespace

spec::StageEntryName stage_entry_name(const spec::Dialect& dialect, const spec::StageEntry& entry) {
  spec::StageEntryName name{.key = stage_key(dialect, entry.inputs)};
  if (dialect.keeps_all_results()) {
    name.value = digest_of(dialect.stage_value_text(entry));
  }
  return name;
}

std::string stage_entry_place(const spec::Dialect& dialect, const spec::StageEntryName& name) {
  const std::string place = dialect.stage_cache_place(name.key);
  return name.value.empty() ? place : place + "/" + name.value;
}

std::optional<spec::StageEntry> read_stage_cache_entry(const spec::Dialect& dialect, const spec::StageEntryName& name,
                                                       std::string_view text, const std::string& where,
                                                       const fs::RepoPath& wdir) {
  try {
    spec::StageEntry entry = dialect.read_stage_entry(text, where, wdir);
    if (stage_entry_name(dialect, entry) == name && names_declared_outputs(entry)) {
      return entry;
    }
    log::debug("stage cache entry '{}' does not belong to its name; ignored", where);
  } catch (const Error& error) {
    log::debug("stage cache entry '{}' is damaged; ignored: {}", where, error.what());
  }
  return std::nullopt;
}

std::string stage_key(const spec::Dialect& dialect, const spec::StageInputs& inputs) {
  return digest_of(dialect.stage_key_text(inputs));
}

spec::StageInputs stage_inputs(const spec::Stage& stage, const spec::LockedStage& state) {
  return {.cmd = state.cmd,
          .wdir = state.wdir,
          .deps = state.deps,
          .params = state.params,
          .env = state.env,
          .outs = stage.outs,
          .extra = state.extra};
}

bool cacheable(const spec::Dialect& dialect, const spec::Stage& stage) {
  const auto kept = [](const spec::Output& out) {
    return !out.persist && out.elsewhere.empty() && (out.cache || out.kind != spec::OutputKind::plain);
  };
  const bool inputs = !stage.deps.empty() || !stage.params.empty();
  // Without outputs there is nothing to bring back: such a stage runs for what else it does.
  return !stage.always_changed && !stage.outs.empty() && (inputs || dialect.reuses_without_inputs()) &&
         std::all_of(stage.outs.begin(), stage.outs.end(), kept);
}

StageCache::StageCache(repo::Workspace& workspace) : workspace_(workspace) {}

bool StageCache::is_whole(const spec::StageEntry& entry) const {
  return std::all_of(entry.outs.begin(), entry.outs.end(),
                     [&](const spec::LockedPath& out) { return workspace_.db().has_all(out.entry); });
}

/// The files of a key, the youngest first.
std::vector<std::string> StageCache::places_of(const std::string& key) const {
  const spec::Dialect& dialect = workspace_.dialect();
  const std::string place = dialect.stage_cache_place(key);
  const std::string path = workspace_.db().root() + "/" + place;
  if (!dialect.keeps_all_results()) {
    return {place};
  }
  if (!fs::stat_path(path)) {
    return {};
  }
  std::vector<fs::StatEntry> files = fs::stat_directory(path);
  std::stable_sort(files.begin(), files.end(),
                   [](const fs::StatEntry& a, const fs::StatEntry& b) { return a.stat.mtime_ns > b.stat.mtime_ns; });
  std::vector<std::string> places;
  for (const fs::StatEntry& file : files) {
    places.push_back(place + "/" + file.name);
  }
  return places;
}

std::optional<std::vector<spec::LockedPath>> StageCache::find(const spec::StageInputs& inputs) const {
  const spec::Dialect& dialect = workspace_.dialect();
  for (const std::string& place : places_of(stage_key(dialect, inputs))) {
    const std::string path = workspace_.db().root() + "/" + place;
    const auto name = dialect.stage_entry_name(place);
    const auto text = name ? fs::try_read_file(path, stage_entry_limit_bytes) : std::nullopt;
    if (!text) {
      continue;
    }
    auto entry = read_stage_cache_entry(dialect, *name, *text, path, inputs.wdir);
    if (!entry || !dialect.same_stage_inputs(entry->inputs, inputs) || !is_whole(*entry)) {
      continue;
    }
    if (!dialect.keeps_all_results()) {
      try {
        fs::set_mtime(path, now_ns());
      } catch (const Error& error) {
        log::debug("cannot mark a stage cache entry as used: {}", error.what());
      }
    }
    return std::move(entry->outs);
  }
  return std::nullopt;
}

void StageCache::save(const spec::StageEntry& entry) const {
  const spec::Dialect& dialect = workspace_.dialect();
  const spec::StageEntryName name = stage_entry_name(dialect, entry);
  if (dialect.keeps_all_results()) {
    const std::string path = workspace_.db().root() + "/" + stage_entry_place(dialect, name);
    const auto text = fs::try_read_file(path, stage_entry_limit_bytes);
    const auto known = text ? read_stage_cache_entry(dialect, name, *text, path, entry.inputs.wdir)
                            : std::optional<spec::StageEntry>();
    if (known && dialect.same_stage_inputs(known->inputs, entry.inputs)) {
      return;
    }
  }
  write(name, dialect.write_stage_entry(entry));
}

void StageCache::write(const spec::StageEntryName& name, const std::string& text) const {
  const store::LocalDb& db = workspace_.db();
  const std::string path = db.root() + "/" + stage_entry_place(workspace_.dialect(), name);
  store::make_cache_directory(db, store::parent_of(path));
  // Not fsynced: an entry that a power cut tears does not parse, which is a miss.
  fs::write_file_atomic(path, text, 0666, fs::Durability::off, store::temp_directory(db));
}

std::vector<KeptEntry> StageCache::list() const {
  std::vector<KeptEntry> found;
  for (spec::StageEntryName& name : names()) {
    const std::string path = workspace_.db().root() + "/" + stage_entry_place(workspace_.dialect(), name);
    auto text = fs::try_read_file(path, stage_entry_limit_bytes);
    if (!text) {
      continue;
    }
    if (auto entry = read_stage_cache_entry(workspace_.dialect(), name, *text, path)) {
      found.push_back({.name = std::move(name), .entry = std::move(*entry), .text = std::move(*text)});
    }
  }
  return found;
}

std::vector<spec::StageEntryName> StageCache::names() const {
  const std::string& root = workspace_.db().root();
  const std::string folder(workspace_.dialect().names().stage_cache);
  if (!fs::stat_path(root + "/" + folder)) {
    return {};
  }
  std::vector<std::string> files;
  collect_files(root, folder, deepest, files);
  std::vector<spec::StageEntryName> found;
  for (const std::string& file : files) {
    if (auto name = workspace_.dialect().stage_entry_name(file)) {
      found.push_back(std::move(*name));
    }
  }
  std::sort(found.begin(), found.end());
  return found;
}

std::size_t StageCache::expire(std::int64_t age_ns, bool dry_run) const {
  if (workspace_.dialect().keeps_all_results()) {
    return 0;
  }
  const std::int64_t oldest = now_ns() - age_ns;
  std::size_t expired = 0;
  for (const spec::StageEntryName& name : names()) {
    const std::string path = workspace_.db().root() + "/" + stage_entry_place(workspace_.dialect(), name);
    const auto stat = fs::stat_path(path);
    if (!stat || stat->mtime_ns >= oldest) {
      continue;
    }
    ++expired;
    if (!dry_run) {
      fs::remove_file(path);
    }
  }
  return expired;
}

}  // namespace mlops::pipeline
