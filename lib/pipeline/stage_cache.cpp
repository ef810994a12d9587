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

/// Entries are small; more than this is not one of ours.
constexpr std::uint64_t entry_limit_bytes = 16U << 20U;

bool is_hex(std::string_view text) { return text.find_first_not_of("0123456789abcdef") == std::string_view::npos; }

/// An entry that names other paths than its stage declares could place files anywhere.
bool names_declared_outputs(const spec::StageEntry& entry) {
  return std::equal(
      entry.outs.begin(), entry.outs.end(), entry.inputs.outs.begin(), entry.inputs.outs.end(),
      [](const spec::LockedPath& made, const spec::Output& declared) { return made.path == declared.path; });
}

std::string stages_directory(const store::LocalDb& db) { return db.root() + "/" + std::string(stage_cache_folder); }

}  // namespace

std::string stage_cache_name(const std::string& key) {
  return std::string(stage_cache_folder) + "/" + key.substr(0, 2) + "/" + key.substr(2);
}

std::optional<std::string> stage_cache_key(std::string_view name) {
  constexpr std::size_t key_length = 64;
  const std::string prefix = std::string(stage_cache_folder) + "/";
  if (name.size() != prefix.size() + key_length + 1 || !name.starts_with(prefix) || name[prefix.size() + 2] != '/') {
    return std::nullopt;
  }
  const std::string key = std::string(name.substr(prefix.size(), 2)) + std::string(name.substr(prefix.size() + 3));
  return is_hex(key) ? std::optional(key) : std::nullopt;
}

std::optional<spec::StageEntry> read_stage_cache_entry(const spec::Dialect& dialect, const std::string& key,
                                                       std::string_view text, const std::string& where) {
  try {
    spec::StageEntry entry = dialect.read_stage_entry(text, where);
    if (stage_key(dialect, entry.inputs) == key && names_declared_outputs(entry)) {
      return entry;
    }
    log::debug("stage cache entry '{}' does not belong to its name; ignored", where);
  } catch (const Error& error) {
    log::debug("stage cache entry '{}' is damaged; ignored: {}", where, error.what());
  }
  return std::nullopt;
}

std::string stage_key(const spec::Dialect& dialect, const spec::StageInputs& inputs) {
  return hash::digest_of(hash::Algorithm::sha256, dialect.stage_key_text(inputs)).hex();
}

spec::StageInputs stage_inputs(const spec::Stage& stage, const spec::LockedStage& state) {
  return {.cmd = state.cmd,
          .wdir = state.wdir,
          .deps = state.deps,
          .params = state.params,
          .env = state.env,
          .outs = stage.outs};
}

bool cacheable(const spec::Stage& stage) {
  const auto kept = [](const spec::Output& out) {
    return !out.persist && (out.cache || out.kind != spec::OutputKind::plain);
  };
  // Without outputs there is nothing to bring back: such a stage runs for what else it does.
  return !stage.always_changed && !stage.outs.empty() && std::all_of(stage.outs.begin(), stage.outs.end(), kept);
}

StageCache::StageCache(repo::Workspace& workspace) : workspace_(workspace) {}

std::optional<std::vector<spec::LockedPath>> StageCache::find(const spec::StageInputs& inputs) const {
  const spec::Dialect& dialect = workspace_.dialect();
  const store::LocalDb& db = workspace_.db();
  const std::string key_text = dialect.stage_key_text(inputs);
  const std::string key = hash::digest_of(hash::Algorithm::sha256, key_text).hex();
  const std::string path = db.root() + "/" + stage_cache_name(key);
  const auto text = fs::try_read_file(path, entry_limit_bytes);
  if (!text) {
    return std::nullopt;
  }
  const auto entry = read_stage_cache_entry(dialect, key, *text, path);
  if (!entry || dialect.stage_key_text(entry->inputs) != key_text) {
    return std::nullopt;
  }
  const auto here = [&](const spec::LockedPath& out) { return db.has_all(out.entry); };
  if (!std::all_of(entry->outs.begin(), entry->outs.end(), here)) {
    return std::nullopt;
  }
  try {
    fs::set_mtime(path, now_ns());
  } catch (const Error& error) {
    log::debug("cannot mark a stage cache entry as used: {}", error.what());
  }
  return entry->outs;
}

void StageCache::save(const spec::StageEntry& entry) const {
  const store::LocalDb& db = workspace_.db();
  const std::string key = stage_key(workspace_.dialect(), entry.inputs);
  const std::string path = db.root() + "/" + stage_cache_name(key);
  store::make_cache_directory(db, store::parent_of(path));
  // Not fsynced: an entry that a power cut tears does not parse, which is a miss.
  fs::write_file_atomic(path, workspace_.dialect().write_stage_entry(entry), db.options().group_shared ? 0664 : 0644,
                        fs::Durability::off, db.root() + "/tmp");
}

std::vector<std::pair<std::string, spec::StageEntry>> StageCache::list() const {
  std::vector<std::pair<std::string, spec::StageEntry>> found;
  for (const std::string& key : keys()) {
    const std::string path = workspace_.db().root() + "/" + stage_cache_name(key);
    const auto text = fs::try_read_file(path, entry_limit_bytes);
    if (!text) {
      continue;
    }
    if (auto entry = read_stage_cache_entry(workspace_.dialect(), key, *text, path)) {
      found.emplace_back(key, std::move(*entry));
    }
  }
  return found;
}

std::vector<std::string> StageCache::keys() const {
  const std::string top = stages_directory(workspace_.db());
  std::vector<std::string> found;
  if (!fs::stat_path(top)) {
    return found;
  }
  for (const fs::DirEntry& folder : fs::list_directory(top)) {
    if (folder.name.size() != 2 || !is_hex(folder.name)) {
      continue;
    }
    for (const fs::DirEntry& file : fs::list_directory(top + "/" + folder.name)) {
      if (auto key = stage_cache_key(std::string(stage_cache_folder) + "/" + folder.name + "/" + file.name)) {
        found.push_back(std::move(*key));
      }
    }
  }
  return found;
}

std::size_t StageCache::expire(std::int64_t age_ns, bool dry_run) const {
  const std::int64_t oldest = now_ns() - age_ns;
  std::size_t expired = 0;
  for (const std::string& key : keys()) {
    const std::string path = workspace_.db().root() + "/" + stage_cache_name(key);
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
