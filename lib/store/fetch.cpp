// SPDX-License-Identifier: Apache-2.0
#include <unistd.h>

#include <algorithm>
#include <mutex>
#include <optional>
#include <unordered_map>
#include <unordered_set>

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

/// What was received becomes visible in portions, so that an interrupted fetch keeps most of it.
constexpr std::size_t portion_objects = 4096;
constexpr std::uint64_t portion_bytes = 1ULL << 30U;

class Fetch {
 public:
  Fetch(ObjectDb& from, const LocalDb& to, const TransferOptions& options)
      : from_(from), to_(to), options_(options), jobs_(transfer_jobs(options.jobs)) {}

  TransferResult run(const std::vector<Wanted>& wanted) {
    for (const Wanted& root : wanted) {
      if (to_.has_all(root.entry)) {
        outcome_.count_present();
      } else {
        add({root.entry, root.label}, 0);
      }
    }
    if (queue_.empty() && files_.empty()) {
      return outcome_.take();
    }
    // Also holds the lease under which the rest of the fetch relies on what the cache has.
    WriteBatch trees_batch(to_);
    look_into_trees(trees_batch.temp_directory());
    leave_out_present_files();
    if (options_.dry_run) {
      list_files();
      return outcome_.take();
    }
    receive_files();
    add_trees(trees_batch);
    trees_batch.publish();
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

  /// Brings the trees that lack, level by level, into memory: none may be published before all that it lists.
  void look_into_trees(const std::string& temp_directory) {
    const bool suspect = to_.suspect();
    for (auto level = queue_.take(); !level.empty(); level = queue_.take()) {
      std::vector<std::optional<Tree>> found(level.size());
      std::vector<char> received(level.size(), 0);
      parallel_for(level.size(), jobs_, [&](std::size_t i) {
        const Parcel& parcel = level[i].parcel;
        try {
          if (is_part(parcel.entry.id())) {
            received[i] = 1;
            found[i] = to_.read_tree(parcel.entry.id());
          } else if (!to_.has(parcel.entry.id())) {
            received[i] = 1;
            found[i] = receive_tree(parcel, temp_directory);
          } else if (suspect) {
            found[i] = to_.read_tree(parcel.entry.id());
          }
        } catch (const Error& error) {
          outcome_.failed(parcel, error);
        }
      });
      for (std::size_t i = 0; i < level.size(); ++i) {
        if (found[i]) {
          take_members(level[i], std::move(*found[i]), received[i] != 0);
        }
      }
    }
  }

  void take_members(const TreeQueue::Next& next, Tree tree, bool received) {
    TreeParcel parcel{next.parcel, {}, next.depth};
    for (const TreeEntry& item : tree.entries) {
      parcel.members.push_back(item.entry.id());
      add({item.entry, next.parcel.label + "/" + printable(item.name)}, next.depth + 1);
    }
    if (received) {
      trees_.push_back(std::move(parcel));
      received_.emplace(next.parcel.entry.id(), std::move(tree));
    }
  }

  std::optional<Tree> receive_tree(const Parcel& parcel, const std::string& temp_directory) {
    const hash::ObjectId id = parcel.entry.id();
    auto file = receive(id, max_tree_bytes, temp_directory);
    if (!file) {
      outcome_.missing(parcel);
      return std::nullopt;
    }
    std::string text = fs::read_file(file->path(), max_tree_bytes);
    const std::string where = "tree '" + hash::short_name(id) + "' of " + from_.describe();
    if (!is_flat(id.digest.algorithm())) {
      return decode_tree(text, where);
    }
    // Who wrote it may have laid it out otherwise than we would: it is kept as it came.
    Tree tree = decode_manifest(text, id.digest.algorithm(), where);
    const std::lock_guard guard(mutex_);
    listings_.emplace(id, std::move(text));
    return tree;
  }

  void leave_out_present_files() {
    std::vector<char> present(files_.size(), 0);
    parallel_for(files_.size(), files_.size() < 64 ? 1 : processors(),
                 [&](std::size_t i) { present[i] = to_.has(files_[i].entry.id()) ? 1 : 0; });
    std::vector<Parcel> absent;
    for (std::size_t i = 0; i < files_.size(); ++i) {
      if (present[i] == 0) {
        absent.push_back(std::move(files_[i]));
      }
    }
    files_ = std::move(absent);
  }

  void receive_files() {
    std::uint64_t bytes = 0;
    for (const Parcel& file : files_) {
      bytes += known_size(file.entry);
    }
    if (files_.empty()) {
      return;
    }
    Activity activity(options_.progress != nullptr ? *options_.progress : no_progress(), "Fetching", files_.size(),
                      bytes);
    for (std::size_t first = 0; first < files_.size();) {
      const std::size_t end = end_of_portion(first);
      WriteBatch batch(to_);
      parallel_for(end - first, jobs_, [&](std::size_t i) {
        receive_file(files_[first + i], batch);
        activity.advance(1, known_size(files_[first + i].entry));
      });
      batch.publish();
      fs::sync_point("store.portion_fetched");
      first = end;
    }
  }

  std::size_t end_of_portion(std::size_t first) const {
    std::size_t end = first;
    for (std::uint64_t bytes = 0; end < files_.size() && end - first < portion_objects && bytes < portion_bytes;
         ++end) {
      bytes += known_size(files_[end].entry);
    }
    return end;
  }

  void list_files() {
    std::vector<hash::ObjectId> ids;
    for (const Parcel& file : files_) {
      ids.push_back(file.entry.id());
    }
    const auto absent = ids.empty() ? ids : from_.missing(ids, jobs_);
    const std::unordered_set<hash::ObjectId> nowhere(absent.begin(), absent.end());
    for (const Parcel& file : files_) {
      if (nowhere.count(file.entry.id()) != 0) {
        outcome_.missing(file);
      } else {
        outcome_.transferred(file, known_size(file.entry), true);
      }
    }
  }

  void receive_file(const Parcel& parcel, WriteBatch& batch) {
    const hash::ObjectId id = parcel.entry.id();
    try {
      auto file = receive(id, parcel.entry.size, batch.temp_directory(id));
      if (!file) {
        outcome_.missing(parcel);
        return;
      }
      const std::uint64_t size = fs::stat_fd(file->fd()).size;
      if (parcel.entry.size != Entry::unknown && size != parcel.entry.size) {
        outcome_.failed(parcel, fmt::format("has {} bytes, but its directory says {}", size, parcel.entry.size));
        return;
      }
      batch.add_temp(std::move(*file), id);
      outcome_.transferred(parcel, size, false);
    } catch (const Error& error) {
      outcome_.failed(parcel, error);
    }
  }

  /// Receives an object and checks its bytes; what arrives damaged is asked for once more. Nothing: it is not there.
  std::optional<fs::TempFile> receive(const hash::ObjectId& id, std::uint64_t limit_bytes,
                                      const std::string& directory) {
    for (int attempt = 0; attempt < 2; ++attempt) {
      fs::TempFile file(directory);
      if (!from_.get(id, file, limit_bytes)) {
        return std::nullopt;
      }
      if (::lseek(file.fd(), 0, SEEK_SET) != 0) {
        throw system_error(errno, "rewind", file.path());
      }
      if (hash::digest_of_fd(id.digest.algorithm(), file.fd(), file.path()) == id.digest) {
        return file;
      }
    }
    throw Error::of(ErrorKind::corrupt, "what {} sent does not match the name of the object", from_.describe())
        .hint("`mlops push --verify` from a clone that has it repairs the remote");
  }

  void add_trees(WriteBatch& batch) {
    for (const auto& group : children_first(trees_)) {
      for (const TreeParcel* tree : group) {
        const hash::ObjectId id = tree->parcel.entry.id();
        if (outcome_.fail_if_incomplete(*tree)) {
          continue;
        }
        if (is_part(id)) {
          continue;
        }
        if (const auto listing = listings_.find(id); listing != listings_.end()) {
          outcome_.transferred(tree->parcel, listing->second.size(), false);
          fs::TempFile file(batch.temp_directory(id));
          file.write(listing->second);
          batch.add_temp(std::move(file), id);
          continue;
        }
        // A tree has one text only, so the same name comes out; unless it was made with another algorithm.
        if (batch.add_tree(received_.at(id)) != id.digest) {
          outcome_.failed(tree->parcel, "the cache names its objects by another algorithm");
          continue;
        }
        outcome_.transferred(tree->parcel, encode_tree(received_.at(id)).size(), false);
      }
    }
  }

  ObjectDb& from_;
  const LocalDb& to_;
  const TransferOptions& options_;
  unsigned jobs_;
  Outcome outcome_;
  TreeQueue queue_;
  std::unordered_set<hash::ObjectId> seen_files_;
  std::vector<Parcel> files_;
  std::vector<TreeParcel> trees_;
  std::unordered_map<hash::ObjectId, Tree> received_;
  std::mutex mutex_;
  std::unordered_map<hash::ObjectId, std::string> listings_;  ///< texts of received listings that are kept as they came
};

}  // namespace

TransferResult fetch(ObjectDb& from, const LocalDb& to, const std::vector<Wanted>& wanted,
                     const TransferOptions& options) {
  return Fetch(from, to, options).run(wanted);
}

}  // namespace mlops::store
