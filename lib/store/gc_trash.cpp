// SPDX-License-Identifier: Apache-2.0
#include "store/gc_trash.hpp"

#include <algorithm>
#include <cerrno>

#include "fs/walk.hpp"
#include "store/evidence.hpp"
#include "store/layout.hpp"
#include "util/clock.hpp"
#include "util/error.hpp"
#include "util/text.hpp"

namespace mlops::store {
namespace {

constexpr std::string_view first_line = "version: 1";
constexpr std::string_view lease_key = "lease: ";

void read_record(TrashBatch& batch) {
  const std::string path = batch.path + "/batch";
  const auto text = fs::try_read_file(path);
  if (!text) {
    return;
  }
  std::vector<std::string> lines = split(*text, '\n');
  if (lines.front() != first_line || !lines.back().empty()) {
    throw Error::of(ErrorKind::corrupt, "'{}' is not a record of this version", path)
        .hint("a newer mlops may have written it; otherwise remove the file, and gc starts its wait anew");
  }
  for (const std::string& line : lines) {
    if (line.compare(0, lease_key.size(), lease_key) == 0) {
      batch.leases.push_back(line.substr(lease_key.size()));
    }
  }
  batch.recorded = true;
  batch.recorded_ns = fs::stat_path(path)->mtime_ns;
}

}  // namespace

std::string TrashBatch::path_of(const hash::ObjectId& id) const { return path + "/" + flat_name(id); }

std::vector<TrashBatch> read_trash(const LocalDb& db) {
  std::vector<TrashBatch> batches;
  for (const std::string& path : trash_batches(db)) {
    TrashBatch batch{.path = path};
    for (const fs::DirEntry& entry : fs::list_directory(path)) {
      if (const auto id = parse_flat_name(entry.name)) {
        batch.objects.push_back(*id);
      }
    }
    std::stable_partition(batch.objects.begin(), batch.objects.end(), [](const auto& id) { return id.is_tree(); });
    read_record(batch);
    batches.push_back(std::move(batch));
  }
  return batches;
}

TrashBatch make_batch(const LocalDb& db) {
  TrashBatch batch{.path = fmt::format("{}/{:020}-{}", trash_directory(db), wall_clock_ns(), random_word(6))};
  make_cache_directory(db, batch.path);
  return batch;
}

bool move_to_trash(const LocalDb& db, TrashBatch& batch, const hash::ObjectId& id) {
  try {
    fs::rename_path(db.path(id), batch.path_of(id));
  } catch (const Error& error) {
    if (error.system_code() != ENOENT) {
      throw;
    }
    return false;
  }
  batch.objects.push_back(id);
  return true;
}

void record_batch(const LocalDb& db, TrashBatch& batch) {
  batch.leases = Lease::alive(db);
  std::string text(first_line);
  text += '\n';
  for (const std::string& lease : batch.leases) {
    text += std::string(lease_key) + lease + "\n";
  }
  write_cache_file(db, batch.path + "/batch", text);
  batch.recorded = true;
  batch.recorded_ns = fs::stat_path(batch.path + "/batch")->mtime_ns;
}

void remove_batch_if_empty(const TrashBatch& batch) {
  for (const fs::DirEntry& entry : fs::list_directory(batch.path)) {
    if (parse_flat_name(entry.name)) {
      return;
    }
  }
  // What is left is our record, and perhaps a half-written one. Objects never come into an old batch.
  fs::remove_tree(batch.path);
}

}  // namespace mlops::store
