// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <unordered_set>

#include "fs/file.hpp"
#include "fs/seam.hpp"
#include "hash/hasher.hpp"
#include "store/layout.hpp"
#include "store/manifest.hpp"
#include "store/transfer.hpp"
#include "store/transfer_common.hpp"
#include "util/error.hpp"
#include "util/parallel.hpp"
#include "util/text.hpp"

namespace mlops::store {
namespace {

class Push {
 public:
  Push(const LocalDb& from, ObjectDb& to, const TransferOptions& options)
      : from_(from), to_(to), options_(options), jobs_(transfer_jobs(options.jobs)) {}

  TransferResult run(const std::vector<Wanted>& wanted) {
    for (const Wanted& root : wanted) {
      add({root.entry, root.label}, 0);
    }
    look_into_trees();
    keep_absent_files();
    for (const Wanted& root : wanted) {
      if (absent_.count(root.entry.id()) == 0) {
        outcome_.count_present();
      }
    }
    // Every file is there and confirmed before a tree that lists it, every tree before its parents.
    send_files();
    send_trees();
    return outcome_.take();
  }

 private:
  void add(const Parcel& parcel, std::size_t depth) {
    if (parcel.entry.kind == EntryKind::tree) {
      queue_.add(parcel, depth);
    } else if (seen_files_.insert(parcel.entry.id()).second) {
      files_.push_back(parcel);
    }
  }

  /// Looks, level by level, into the trees that are not there. One that is there implies all below it.
  void look_into_trees() {
    for (auto level = queue_.take(); !level.empty(); level = queue_.take()) {
      std::vector<hash::ObjectId> ids;
      for (const auto& next : level) {
        ids.push_back(next.parcel.entry.id());
      }
      note_absent(ids);
      for (const auto& next : level) {
        if (options_.verify || absent_.count(next.parcel.entry.id()) != 0) {
          look_into(next);
        }
      }
    }
  }

  /// Asks which objects are not there. To verify is to read those that are: one whose bytes are not its own, and of which
  /// a good copy is here, is taken away there and counts as absent (I-18).
  void note_absent(std::vector<hash::ObjectId> ids) {
    // What a flat listing holds is met only where that listing is looked into: its parts are as absent as it is.
    std::erase_if(ids, [this](const hash::ObjectId& id) { return is_part(id) && absent_.insert(id).second; });
    const auto absent = ids.empty() ? ids : to_.missing(ids, jobs_);
    absent_.insert(absent.begin(), absent.end());
    if (!options_.verify || options_.dry_run) {
      return;
    }
    std::vector<char> bad(ids.size(), 0);
    parallel_for(ids.size(), jobs_, [&](std::size_t i) { bad[i] = absent_.count(ids[i]) == 0 && is_rotten(ids[i]); });
    for (std::size_t i = 0; i < ids.size(); ++i) {
      if (bad[i] != 0) {
        to_.discard(ids[i]);
        absent_.insert(ids[i]);
      }
    }
  }

  bool is_rotten(const hash::ObjectId& id) {
    // Without good bytes to put in its place, bad ones are better than none: they can be looked at.
    const auto here = from_.has_verified(id) ? fs::stat_path(from_.path(id)) : std::nullopt;
    if (!here) {
      return false;
    }
    from_.ensure_layout();
    fs::TempFile copy(from_.own_root() + "/tmp");
    try {
      if (!to_.get(id, copy, here->size)) {
        return false;
      }
    } catch (const Error& error) {
      if (error.kind() != ErrorKind::corrupt) {
        throw;
      }
      return true;  // it is larger than the object
    }
    const fs::Fd bytes = fs::open_read(copy.path());
    return hash::digest_of_fd(id.digest.algorithm(), bytes.get(), copy.path()) != id.digest;
  }

  void look_into(const TreeQueue::Next& next) {
    const hash::ObjectId id = next.parcel.entry.id();
    const bool absent = absent_.count(id) != 0;
    try {
      TreeParcel tree{next.parcel, {}, next.depth};
      for (const TreeEntry& item : from_.read_tree(id).entries) {
        tree.members.push_back(item.entry.id());
        add({item.entry, next.parcel.label + "/" + printable(item.name)}, next.depth + 1);
      }
      if (absent) {
        trees_.push_back(std::move(tree));
      }
    } catch (const Error& error) {
      if (absent && error.kind() == ErrorKind::missing) {
        outcome_.missing(next.parcel);
      } else if (absent || error.kind() != ErrorKind::missing) {
        outcome_.failed(next.parcel, error);
      }
    }
  }

  void keep_absent_files() {
    std::vector<hash::ObjectId> ids;
    ids.reserve(files_.size());
    for (const Parcel& file : files_) {
      ids.push_back(file.entry.id());
    }
    note_absent(ids);
    const auto is_there = [this](const Parcel& file) { return absent_.count(file.entry.id()) == 0; };
    files_.erase(std::remove_if(files_.begin(), files_.end(), is_there), files_.end());
  }

  void send_files() {
    std::uint64_t bytes = 0;
    for (const Parcel& file : files_) {
      bytes += known_size(file.entry);
    }
    if (files_.empty()) {
      return;
    }
    Activity activity(options_.progress != nullptr ? *options_.progress : no_progress(), "Pushing", files_.size(),
                      bytes);
    parallel_for(files_.size(), jobs_, [&](std::size_t i) {
      send(files_[i]);
      activity.advance(1, known_size(files_[i].entry));
    });
    if (!options_.dry_run) {
      to_.flush();
    }
    fs::sync_point("store.files_pushed");
  }

  void send_trees() {
    for (const auto& group : children_first(trees_)) {
      parallel_for(group.size(), jobs_, [&](std::size_t i) {
        if (!outcome_.fail_if_incomplete(*group[i]) && !is_part(group[i]->parcel.entry.id())) {
          send(group[i]->parcel);
        }
      });
      if (!options_.dry_run) {
        to_.flush();
      }
    }
  }

  void send(const Parcel& parcel) {
    const hash::ObjectId id = parcel.entry.id();
    const std::string path = from_.path(id);
    const auto stat = from_.has(id) ? fs::stat_path(path) : std::nullopt;
    if (!stat) {
      outcome_.missing(parcel);
      return;
    }
    try {
      if (!options_.dry_run) {
        put(id, path);
      }
      outcome_.transferred(parcel, stat->size, options_.dry_run);
    } catch (const Error& error) {
      // Bytes that do not match may be ours: a look at them quarantines a bad object.
      const bool ours = error.kind() == ErrorKind::corrupt && !from_.has_verified(id);
      outcome_.failed(parcel, ours ? Error("the object in the cache is corrupt; it was moved aside")
                                         .hint("`mlops fsck` says what needs it and fetches it where it can")
                                   : error);
    }
  }

  void put(const hash::ObjectId& id, const std::string& path) {
    try {
      to_.put(id, path);
    } catch (const Error&) {
      // gc may have taken it away just before it was opened; looking takes it back.
      if (fs::stat_path(path) || !from_.has(id)) {
        throw;
      }
      to_.put(id, path);
    }
  }

  const LocalDb& from_;
  ObjectDb& to_;
  const TransferOptions& options_;
  unsigned jobs_;
  Outcome outcome_;
  TreeQueue queue_;
  std::unordered_set<hash::ObjectId> seen_files_;
  std::unordered_set<hash::ObjectId> absent_;
  std::vector<Parcel> files_;
  std::vector<TreeParcel> trees_;
};

}  // namespace

TransferResult push(const LocalDb& from, ObjectDb& to, const std::vector<Wanted>& wanted,
                    const TransferOptions& options) {
  return Push(from, to, options).run(wanted);
}

}  // namespace mlops::store
