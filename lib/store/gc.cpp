// SPDX-License-Identifier: Apache-2.0

// The order of a run, on which its safety rests (gc.hpp tells the idea):
//
//   1. note the leases that are alive
//   2. mark what the roots reach
//   3. move what is unmarked and old to the trash, trees first
//   4. note, in the batch, the leases that are alive
//   5. only without grace and leases: mark a second time
//   6. put back what was reached; delete, of batches whose leases had all ended before the mark, what was not
//
// Two more rules keep "a tree in place has its members in place". Whatever a young unreachable tree lists stays, since
// somebody may be about to name that tree and will not ask for its members. And no object is deleted that a tree lists
// which stays, be it in the trash.

#include "store/gc.hpp"

#include <algorithm>
#include <map>
#include <optional>
#include <unordered_map>
#include <unordered_set>
#include <utility>

#include "fs/seam.hpp"
#include "fs/walk.hpp"
#include "store/evidence.hpp"
#include "store/gc_trash.hpp"
#include "store/layout.hpp"
#include "store/manifest.hpp"
#include "util/clock.hpp"
#include "util/error.hpp"
#include "util/interrupt.hpp"
#include "util/parallel.hpp"

namespace mlops::store {
namespace {

using IdSet = std::unordered_set<hash::ObjectId>;

constexpr std::int64_t second_ns = 1'000'000'000;
constexpr std::int64_t leftover_age_ns = 86'400 * second_ns;

struct Unreached {
  hash::ObjectId id;
  std::uint64_t size = 0;
  std::int64_t mtime_ns = 0;
  bool there = false;
};

class Collector {
 public:
  Collector(const LocalDb& db, const std::vector<std::unique_ptr<RootSource>>& sources, const GcOptions& options)
      : db_(db), sources_(sources), options_(options) {}

  GcResult run() {
    now_ns_ = store_now_ns(db_);
    leases_before_mark_ = Lease::alive(db_);
    read_batches();
    read_quarantine();
    reached_ = mark();
    sweep();
    record_batches();
    mark_again_if_allowed();
    protect_members_of_waiting();
    for (const TrashBatch& batch : batches_) {
      settle(batch);
    }
    if (!options_.dry_run) {
      fs::remove_empty_directory(trash_directory(db_));
    }
    remove_leftovers();
    return result_;
  }

 private:
  void read_batches() {
    batches_ = read_trash(db_);
    for (const TrashBatch& batch : batches_) {
      for (const hash::ObjectId& id : batch.objects) {
        in_trash_.emplace(id, batch.path_of(id));
      }
      if (batch.recorded) {
        recorded_before_mark_.insert(batch.path);
      }
    }
  }

  void read_quarantine() {
    const std::string bad = bad_directory(db_);
    if (!fs::stat_path(bad)) {
      return;
    }
    for (const fs::DirEntry& entry : fs::list_directory(bad)) {
      if (const auto id = parse_flat_name(entry.name.substr(0, entry.name.rfind('.')))) {
        quarantined_.emplace(*id, bad + "/" + entry.name);
      }
    }
  }

  IdSet mark() const {
    IdSet reached;
    for (const auto& source : sources_) {
      std::vector<hash::ObjectId> roots;
      source->collect([&](const Entry& entry) { roots.push_back(entry.id()); });
      reach(reached, roots, [this, &source](const hash::ObjectId& id) {
        auto tree = read_tree(id);
        if (!tree && quarantined_.count(id) != 0) {
          throw Error::of(ErrorKind::corrupt, "tree '{}' of {} is quarantined, so what it lists is not known",
                          hash::short_name(id), source->name())
              .hint("`mlops fetch` brings it again if a remote has it")
              .hint("to give up what it lists, remove '{}'", quarantined_.at(id));
        }
        return tree;
      });
    }
    return reached;
  }

  /// Adds `roots` and all that they reach to `reached`. A tree for which `read` returns nothing reaches nothing.
  static void reach(IdSet& reached, std::vector<hash::ObjectId> todo,
                    const std::function<std::optional<Tree>(const hash::ObjectId&)>& read) {
    while (!todo.empty()) {
      check_interrupt();
      const hash::ObjectId id = todo.back();
      todo.pop_back();
      if (!reached.insert(id).second || !id.is_tree()) {
        continue;
      }
      if (const auto tree = read(id)) {
        for (const TreeEntry& item : tree->entries) {
          todo.push_back(item.entry.id());
        }
      }
    }
  }

  /// Reads a tree wherever it is, moving nothing. It may come back from the trash while it is looked for.
  std::optional<Tree> read_tree(const hash::ObjectId& id) const {
    if (is_part(id)) {
      return read_tree_at({}, id, db_.memo());
    }
    auto tree = read_tree_at(db_.path(id), id, db_.memo());
    if (const auto aside = in_trash_.find(id); !tree && aside != in_trash_.end()) {
      tree = read_tree_at(aside->second, id, db_.memo());
    }
    return tree ? tree : read_tree_at(db_.path(id), id, db_.memo());
  }

  /// As read_tree for trees that nothing names: a damaged one lists nothing.
  std::optional<Tree> try_read_tree(const hash::ObjectId& id) const {
    try {
      return read_tree(id);
    } catch (const Error& error) {
      if (error.kind() != ErrorKind::corrupt) {
        throw;
      }
      return std::nullopt;
    }
  }

  void sweep() {
    const std::vector<Unreached> unreached = list_unreached();
    std::vector<hash::ObjectId> young_trees;
    for (const Unreached& object : unreached) {
      if (is_young(object) && object.id.is_tree()) {
        young_trees.push_back(object.id);
      }
    }
    reach(protected_, young_trees, [this](const hash::ObjectId& id) { return try_read_tree(id); });
    std::vector<const Unreached*> old;
    for (const Unreached& object : unreached) {
      if (is_young(object) || protected_.count(object.id) != 0) {
        ++result_.young;
        result_.young_bytes += object.size;
      } else {
        old.push_back(&object);
      }
    }
    std::stable_partition(old.begin(), old.end(), [](const Unreached* object) { return object->id.is_tree(); });
    move_all(old);
  }

  std::vector<Unreached> list_unreached() {
    Listing listing = list_objects(db_);
    leftovers_ = std::move(listing.others);
    std::vector<Unreached> unreached;
    for (const hash::ObjectId& id : listing.objects) {
      if (reached_.count(id) != 0) {
        ++result_.kept;
      } else {
        unreached.push_back({id});
      }
    }
    parallel_for(unreached.size(), unreached.size() < 256 ? 1 : processors(), [&](std::size_t i) {
      if (const auto stat = fs::stat_path(db_.path(unreached[i].id))) {
        unreached[i] = {unreached[i].id, stat->size, stat->mtime_ns, true};
      }
    });
    const auto gone = [](const Unreached& object) { return !object.there; };
    unreached.erase(std::remove_if(unreached.begin(), unreached.end(), gone), unreached.end());
    return unreached;
  }

  bool is_young(const Unreached& object) const { return now_ns_ - object.mtime_ns < options_.grace_ns; }

  void move_all(const std::vector<const Unreached*>& old) {
    std::optional<TrashBatch> batch;
    if (!old.empty() && !options_.dry_run) {
      batch = make_batch(db_);
    }
    for (const Unreached* object : old) {
      check_interrupt();
      if (batch && !move_to_trash(db_, *batch, object->id)) {
        continue;
      }
      ++result_.trashed;
      result_.trashed_bytes += object->size;
      if (batch) {
        in_trash_.emplace(object->id, batch->path_of(object->id));
      }
    }
    if (batch) {
      new_batch_ = batch->path;
      batches_.push_back(std::move(*batch));
    } else if (options_.grace_ns <= 0 && leases_before_mark_.empty()) {
      result_.deleted += std::exchange(result_.trashed, 0);
      result_.deleted_bytes += std::exchange(result_.trashed_bytes, 0);
    }
    fs::sync_point("store.gc_moved");
  }

  /// Only now, with everything moved, are the leases noted: a later one can find the objects only in the trash.
  void record_batches() {
    for (TrashBatch& batch : batches_) {
      if (!batch.recorded && !options_.dry_run) {
        record_batch(db_, batch);
      }
    }
  }

  void mark_again_if_allowed() {
    const bool useful = std::any_of(batches_.begin(), batches_.end(), [this](const TrashBatch& batch) {
      return recorded_before_mark_.count(batch.path) == 0 && batch.leases.empty();
    });
    if (options_.grace_ns > 0 || options_.dry_run || !useful) {
      return;
    }
    leases_before_mark_ = Lease::alive(db_);
    for (const TrashBatch& batch : batches_) {
      recorded_before_mark_.insert(batch.path);
    }
    fs::sync_point("store.gc_second_mark");
    reached_ = mark();
  }

  /// Returns whether nobody can be about to name what the batch holds, other than by taking it back.
  bool is_ripe(const TrashBatch& batch) const {
    const auto ended = [this](const std::string& lease) {
      return std::find(leases_before_mark_.begin(), leases_before_mark_.end(), lease) == leases_before_mark_.end();
    };
    const bool aged = options_.grace_ns <= 0 || now_ns_ - batch.recorded_ns >= options_.grace_ns;
    return aged && batch.recorded && recorded_before_mark_.count(batch.path) != 0 &&
           std::all_of(batch.leases.begin(), batch.leases.end(), ended);
  }

  void protect_members_of_waiting() {
    for (const TrashBatch& batch : batches_) {
      if (!is_ripe(batch)) {
        reach(protected_, batch.objects, [this](const hash::ObjectId& id) { return try_read_tree(id); });
      }
    }
  }

  void settle(const TrashBatch& batch) {
    const bool ripe = is_ripe(batch);
    for (const hash::ObjectId& id : batch.objects) {
      if (!id.is_tree() && reached_.count(id) != 0) {
        restore(batch, id);
      }
    }
    // Trees come back after files and, being in front of their batch, go before them.
    for (const hash::ObjectId& id : batch.objects) {
      check_interrupt();
      if (reached_.count(id) != 0) {
        if (id.is_tree()) {
          restore(batch, id);
        }
      } else if (ripe && protected_.count(id) == 0) {
        remove(batch, id);
      } else {
        wait(batch, id);
      }
    }
    if (!options_.dry_run) {
      remove_batch_if_empty(batch);
    }
  }

  void restore(const TrashBatch& batch, const hash::ObjectId& id) {
    const std::string aside = batch.path_of(id);
    const auto stat = fs::stat_path(aside);
    if (!stat) {
      return;
    }
    ++result_.restored;
    leave_trash(batch, stat->size);
    if (options_.dry_run) {
      return;
    }
    // Somebody may have added it again meanwhile: then the copy in the trash is one too many, if the other is sound.
    if (db_.has(id) && fs::stat_path(aside) && (db_.has_verified(id) || db_.has(id)) && fs::stat_path(aside)) {
      fs::remove_file(aside);
    }
  }

  void remove(const TrashBatch& batch, const hash::ObjectId& id) {
    const std::string aside = batch.path_of(id);
    const auto stat = fs::stat_path(aside);
    if (!stat) {
      return;
    }
    ++result_.deleted;
    result_.deleted_bytes += stat->size;
    leave_trash(batch, stat->size);
    if (!options_.dry_run) {
      fs::remove_file(aside);
    }
  }

  /// What does not stay in the trash is not told as having gone there.
  void leave_trash(const TrashBatch& batch, std::uint64_t size) {
    if (batch.path == new_batch_) {
      --result_.trashed;
      result_.trashed_bytes -= size;
    }
  }

  void wait(const TrashBatch& batch, const hash::ObjectId& id) {
    if (const auto stat = fs::stat_path(batch.path_of(id))) {
      ++result_.waiting;
      result_.waiting_bytes += stat->size;
    }
  }

  /// Temporary files of processes that ended before they could remove them.
  void remove_leftovers() {
    const std::string temp = temp_directory(db_);
    if (fs::stat_path(temp)) {
      for (const fs::DirEntry& entry : fs::list_directory(temp)) {
        leftovers_.push_back(temp + "/" + entry.name);
      }
    }
    const std::vector<std::string> alive = Lease::alive(db_);
    for (const std::string& path : leftovers_) {
      const std::string name = path.substr(path.rfind('/') + 1);
      const auto stat = fs::stat_path(path);
      if (is_temp_name(name) && stat && now_ns_ - stat->mtime_ns > leftover_age_ns && !is_made_by(alive, name) &&
          !options_.dry_run) {
        fs::remove_tree(path);
      }
    }
  }

  /// Returns whether a process with a lease has the process id that the temporary name begins with.
  static bool is_made_by(const std::vector<std::string>& leases, const std::string& name) {
    constexpr std::string_view mark = "mlops-tmp-";
    const std::string rest = name.substr(name.find(mark) + mark.size());
    const std::string pid = "-" + rest.substr(0, rest.find('-')) + "-";
    return std::any_of(leases.begin(), leases.end(),
                       [&](const std::string& lease) { return lease.find(pid) != std::string::npos; });
  }

  const LocalDb& db_;
  const std::vector<std::unique_ptr<RootSource>>& sources_;
  const GcOptions& options_;
  std::int64_t now_ns_ = 0;
  std::vector<std::string> leases_before_mark_;
  std::vector<TrashBatch> batches_;
  std::string new_batch_;  ///< the one that this run makes, if any
  std::unordered_set<std::string> recorded_before_mark_;
  std::unordered_map<hash::ObjectId, std::string> in_trash_;
  std::unordered_map<hash::ObjectId, std::string> quarantined_;
  IdSet reached_;
  IdSet protected_;  ///< listed by trees that stay although nothing reaches them
  std::vector<std::string> leftovers_;
  GcResult result_;
};

}  // namespace

GcResult collect_garbage(const LocalDb& db, const std::vector<std::unique_ptr<RootSource>>& sources,
                         const GcOptions& options) {
  if (!fs::stat_path(db.root())) {
    return {};
  }
  db.ensure_layout();
  const std::string lock_path = db.own_root() + "/gc.lock";
  prepare_lock_file(db, lock_path);
  const auto lock = fs::LockFile::acquire(lock_path, fs::LockFile::Mode::exclusive, fs::holder_text("gc"), std::nullopt,
                                          [](const std::string&) {});
  return Collector(db, sources, options).run();
}

std::int64_t store_now_ns(const LocalDb& db) {
  make_cache_directory(db, temp_directory(db));
  const fs::TempFile file(temp_directory(db));
  // Tests age objects by shifting the machine's clock; the store's own shifts with it.
  const std::int64_t shift = now_ns() - wall_clock_ns();
  return fs::stat_fd(file.fd()).mtime_ns + (std::abs(shift) < second_ns ? 0 : shift);
}

}  // namespace mlops::store
