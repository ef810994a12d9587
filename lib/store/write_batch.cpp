// SPDX-License-Identifier: Apache-2.0

// What is added lies complete in temporary files until `publish` gives all of them their names. A flush to disk costs
// as much as a hundred small files, so a batch of many is made durable by three flushes of the whole file system: the
// contents before any name, the names of files before any tree, the names of trees at the end. Up to `few` objects are
// flushed one by one, which does not wait for what others write.
//
// Small files are written beside their final place, since threads that create files in different directories do not
// wait for each other; large ones, whose name is known only once they are copied, in tmp/.

#include <array>
#include <atomic>
#include <mutex>
#include <set>
#include <unordered_set>
#include <utility>
#include <vector>

#include "fs/seam.hpp"
#include "hash/hasher.hpp"
#include "store/evidence.hpp"
#include "store/hash_file.hpp"
#include "store/layout.hpp"
#include "store/local_db.hpp"
#include "store/manifest.hpp"
#include "store/unflushed.hpp"
#include "util/error.hpp"
#include "util/interrupt.hpp"
#include "util/parallel.hpp"
#include "util/text.hpp"

namespace mlops::store {
namespace {

constexpr std::size_t few = 16;

struct Pending {
  fs::TempFile file;
  hash::ObjectId id;
};

}  // namespace

struct WriteBatch::State {
  explicit State(const LocalDb& database) : db(database), lease(database) {}

  bool holds(const hash::ObjectId& id);
  std::string directory_for(const hash::ObjectId& id);
  void keep(fs::TempFile file, const hash::ObjectId& id, std::uint64_t size);
  void store_bytes(std::string_view content, const hash::ObjectId& id);
  std::optional<hash::Digest> try_add(const std::string& path, fs::FileStat& stat);
  std::optional<hash::Digest> try_add_small(const fs::Fd& fd, const std::string& path, const fs::FileStat& stat);
  std::optional<hash::Digest> try_add_large(const fs::Fd& fd, const std::string& path, const fs::FileStat& stat);

  void flush_contents(std::vector<Pending>& all) const;
  std::vector<Written> give_names(std::vector<Pending>& all, unsigned jobs);
  void flush_names(const std::vector<Written>& named, bool many);

  const LocalDb& db;
  Lease lease;
  std::mutex mutex;
  std::unordered_set<hash::ObjectId> ids;
  std::vector<Pending> files;
  std::vector<Pending> trees;
  std::set<std::string> directories_made;
  std::array<std::atomic<bool>, 256> directories_known{};  ///< by the first byte of the digest
  std::atomic<std::size_t> count{0};
  std::atomic<bool> found_others{false};  ///< something that is relied on was there already
  std::atomic<std::uint64_t> written{0};
};

bool WriteBatch::State::holds(const hash::ObjectId& id) {
  {
    const std::lock_guard guard(mutex);
    if (ids.count(id) != 0) {
      return true;
    }
  }
  const bool there = db.has_verified(id);
  if (there) {
    found_others = true;
  }
  return there;
}

std::string WriteBatch::State::directory_for(const hash::ObjectId& id) {
  std::string directory = parent_of(db.path(id));
  std::atomic<bool>& known = directories_known[id.digest.bytes()[0]];
  if (!known.load(std::memory_order_relaxed)) {
    if (make_cache_directory(db, directory)) {
      const std::lock_guard guard(mutex);
      directories_made.insert(directory);
    }
    known = true;
  }
  return directory;
}

void WriteBatch::State::keep(fs::TempFile file, const hash::ObjectId& id, std::uint64_t size) {
  file.chmod(db.options().group_shared ? 0440 : 0444);
  if (db.options().durability == fs::Durability::strict) {
    file.sync();
  }
  // Only a few descriptors stay open, to be flushed one by one if it stays with a few.
  if (count.fetch_add(1) >= few) {
    file.close();
  }
  const std::lock_guard guard(mutex);
  if (ids.insert(id).second) {
    (id.is_tree() ? trees : files).push_back({std::move(file), id});
    written += size;
  }
}

void WriteBatch::State::store_bytes(std::string_view content, const hash::ObjectId& id) {
  if (holds(id)) {
    return;
  }
  fs::TempFile file(directory_for(id));
  file.write(content);
  keep(std::move(file), id, content.size());
}

std::optional<hash::Digest> WriteBatch::State::try_add_small(const fs::Fd& fd, const std::string& path,
                                                             const fs::FileStat& stat) {
  const auto content = read_small(fd, path, stat.size);
  if (!content || !unmoved(fd, path, stat)) {
    return std::nullopt;
  }
  const hash::Digest digest = hash::digest_of(db.algorithm(), *content);
  store_bytes(*content, {digest, hash::ObjectKind::file});
  return digest;
}

std::optional<hash::Digest> WriteBatch::State::try_add_large(const fs::Fd& fd, const std::string& path,
                                                             const fs::FileStat& stat) {
  fs::TempFile file(store::temp_directory(db));
  hash::Hasher hasher(db.algorithm());
  const std::uint64_t size =
      fs::copy_bytes(fd.get(), file, path, [&](std::span<const char> bytes) { hasher.update(bytes); });
  if (size != stat.size || !unmoved(fd, path, stat)) {
    return std::nullopt;
  }
  const hash::Digest digest = hasher.finish();
  const hash::ObjectId id{digest, hash::ObjectKind::file};
  if (!holds(id)) {
    directory_for(id);
    keep(std::move(file), id, size);
  }
  return digest;
}

std::optional<hash::Digest> WriteBatch::State::try_add(const std::string& path, fs::FileStat& stat) {
  const fs::Fd fd = fs::open_read(path);
  stat = fs::stat_fd(fd.get());
  if (stat.type != fs::FileType::file) {
    throw Error("cannot add {}: it is not a regular file", quoted(path));
  }
  const auto digest = stat.size <= small_file_bytes ? try_add_small(fd, path, stat) : try_add_large(fd, path, stat);
  if (digest) {
    record_hashed(db.memo(), &db, stat, *digest);
  }
  return digest;
}

void WriteBatch::State::flush_contents(std::vector<Pending>& all) const {
  for (Pending& item : all) {
    check_interrupt();
    item.file.sync();
  }
}

std::vector<Written> WriteBatch::State::give_names(std::vector<Pending>& all, unsigned jobs) {
  std::vector<Written> named;
  named.reserve(all.size());
  for (const Pending& item : all) {
    named.push_back({db.path(item.id), item.id.digest});
  }
  parallel_for(all.size(), all.size() < 256 ? 1 : jobs, [&](std::size_t i) {
    if (!all[i].file.publish(named[i].path)) {
      // Somebody else added the same bytes meanwhile. If gc has moved them since, looking takes them back.
      found_others = true;
      if (!db.has(all[i].id)) {
        throw Error("cannot add object '{}': something else is in its place", hash::short_name(all[i].id))
            .hint("`mlops fsck` moves aside what does not belong there");
      }
    }
  });
  all.clear();
  return named;
}

void WriteBatch::State::flush_names(const std::vector<Written>& named, bool many) {
  if (named.empty() || db.options().durability == fs::Durability::off) {
    return;
  }
  if (many && db.options().durability == fs::Durability::batch) {
    fs::sync_filesystem(db.root());
    return;
  }
  std::set<std::string> directories;
  for (const Written& item : named) {
    const std::string directory = parent_of(item.path);
    directories.insert(directory);
    if (directories_made.count(directory) != 0) {
      directories.insert(parent_of(directory));
      directories.insert(objects_directory(db));
    }
  }
  for (const std::string& directory : directories) {
    fs::sync_directory(directory);
  }
}

WriteBatch::WriteBatch(const LocalDb& db) : state_(std::make_unique<State>(db)) {}
WriteBatch::~WriteBatch() = default;

hash::Digest WriteBatch::add_file(const std::string& source_path, fs::FileStat& stat) {
  for (int attempt = 0; attempt < stable_attempts; ++attempt) {
    check_interrupt();
    if (const auto digest = state_->try_add(source_path, stat)) {
      return *digest;
    }
  }
  throw changed_meanwhile(source_path);
}

void WriteBatch::add_known_file(const std::string& source_path, const hash::Digest& digest) {
  if (holds({digest, hash::ObjectKind::file})) {
    return;
  }
  fs::FileStat stat;
  if (add_file(source_path, stat) != digest) {
    throw changed_meanwhile(source_path);
  }
}

hash::Digest WriteBatch::add_bytes(std::string_view content) {
  const hash::Digest digest = hash::digest_of(state_->db.algorithm(), content);
  state_->store_bytes(content, {digest, hash::ObjectKind::file});
  return digest;
}

hash::Digest WriteBatch::add_tree(const Tree& tree, Place place) {
  const bool flat = is_flat(state_->db.algorithm());
  if (flat && place == Place::inside) {
    return remember_part(tree);
  }
  const std::string text = flat ? encode_manifest(tree) : encode_tree(tree);
  const hash::Digest digest = hash::digest_of(state_->db.algorithm(), text);
  state_->store_bytes(text, {digest, hash::ObjectKind::tree});
  return digest;
}

void WriteBatch::add_temp(fs::TempFile file, const hash::ObjectId& id) {
  state_->directory_for(id);
  const std::uint64_t size = fs::stat_fd(file.fd()).size;
  state_->keep(std::move(file), id, size);
}

bool WriteBatch::holds(const hash::ObjectId& id) const { return state_->holds(id); }
std::string WriteBatch::temp_directory() const { return store::temp_directory(state_->db); }
std::string WriteBatch::temp_directory(const hash::ObjectId& id) const { return state_->directory_for(id); }
std::uint64_t WriteBatch::bytes_written() const { return state_->written; }

void WriteBatch::publish() {
  State& state = *state_;
  std::vector<Pending> files = std::exchange(state.files, {});
  std::vector<Pending> trees = std::exchange(state.trees, {});
  // From here on the store itself answers what is there, also when this fails half way.
  state.ids.clear();
  const bool many = state.count.exchange(0) > few;
  if (files.empty() && trees.empty()) {
    if (state.found_others.exchange(false)) {
      flush_others(state.db);
    }
    return;
  }
  if (state.db.options().durability == fs::Durability::batch) {
    if (many) {
      fs::sync_filesystem(state.db.root());
    } else {
      state.flush_contents(files);
      state.flush_contents(trees);
    }
  }
  // Every byte is on disk. Now the names of files, and only when those are there too, the trees that list them.
  const unsigned jobs = processors();
  Unflushed unflushed(state.db);
  std::vector<Written> named = state.give_names(files, jobs);
  state.flush_names(named, many);
  if (state.found_others.exchange(false)) {
    // What others named first must not be lost where a tree of ours lists it.
    unflushed.flush_others();
  }
  fs::sync_point("store.files_published");
  // One by one, in the order of adding: a tree never stands there before a tree that it lists.
  const std::vector<Written> named_trees = state.give_names(trees, 1);
  state.flush_names(named_trees, many);
  if (state.found_others.exchange(false)) {
    unflushed.flush_others();
  }
  unflushed.flushed();
  named.insert(named.end(), named_trees.begin(), named_trees.end());
  record_written(state.db.memo(), named, jobs);
}

}  // namespace mlops::store
