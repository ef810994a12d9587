// SPDX-License-Identifier: Apache-2.0
#include "store/fsck.hpp"

#include <algorithm>
#include <mutex>
#include <unordered_set>

#include "hash/hasher.hpp"
#include "store/evidence.hpp"
#include "store/hash_file.hpp"
#include "store/layout.hpp"
#include "store/manifest.hpp"
#include "util/error.hpp"
#include "util/parallel.hpp"

namespace mlops::store {
namespace {

class Check {
 public:
  Check(const LocalDb& db, const FsckOptions& options) : db_(db), options_(options) {}

  FsckResult run() {
    const auto quarantine_before = fs::stat_path(bad_directory(db_));
    Listing listing = list_objects(db_);
    for (std::string& path : listing.others) {
      if (!is_temp_name(path.substr(path.rfind('/') + 1))) {
        result_.foreign.push_back(std::move(path));
      }
    }
    check_contents(listing.objects);
    check_trees(listing.objects);
    std::sort(result_.bad.begin(), result_.bad.end(), [](const auto& a, const auto& b) { return a.id < b.id; });
    std::sort(result_.incomplete.begin(), result_.incomplete.end());
    if (!result_.bad.empty() || !result_.incomplete.empty()) {
      db_.set_suspect(true);
    } else if (fs::stat_path(bad_directory(db_)) == quarantine_before) {
      // Clean, and nobody else found anything bad meanwhile.
      db_.set_suspect(false);
    }
    return std::move(result_);
  }

 private:
  void check_contents(const std::vector<hash::ObjectId>& objects) {
    Activity activity(options_.progress != nullptr ? *options_.progress : no_progress(), "Checking objects",
                      objects.size());
    parallel_for(objects.size(), disk_jobs(options_.jobs), [&](std::size_t i) {
      const std::uint64_t bytes = check_object(objects[i]);
      activity.advance(1, bytes);
    });
  }

  std::uint64_t check_object(const hash::ObjectId& id) {
    const std::string path = db_.path(id);
    const auto stat = fs::stat_path(path);
    if (!stat) {
      return 0;
    }
    FsckResult::Bad bad{id, "", ""};
    bool unreadable = false;
    bad.reason = what_is_wrong(id, path, *stat, unreadable);
    const bool wrong = !bad.reason.empty();
    // Taken away by gc, or moved aside or replaced by somebody else, since it was listed.
    if (wrong && (unreadable ? !fs::stat_path(path) : !move_aside(bad, *stat))) {
      return 0;
    }
    const std::lock_guard guard(mutex_);
    ++result_.checked;
    if (wrong) {
      result_.bad.push_back(std::move(bad));
    } else {
      result_.checked_bytes += stat->size;
    }
    return stat->size;
  }

  /// Returns whether what was examined still stood there.
  bool move_aside(FsckResult::Bad& bad, const fs::FileStat& examined) const {
    try {
      const auto target = db_.quarantine(bad.id, examined);
      bad.quarantined = target.value_or("");
      return target.has_value();
    } catch (const Error& error) {
      bad.reason += fmt::format("; {}", error.what());
      return true;
    }
  }

  /// What cannot be read may be sound (another user's, a server that does not answer): it is named and left.
  std::string what_is_wrong(const hash::ObjectId& id, const std::string& path, const fs::FileStat& stat,
                            bool& unreadable) {
    if (stat.type != fs::FileType::file) {
      return stat.type == fs::FileType::directory ? "is a directory" : "is not a regular file";
    }
    try {
      return content_is_right(id, path) ? "" : "content does not match its name";
    } catch (const Error& error) {
      unreadable = true;
      return error.kind() == ErrorKind::missing ? "" : error.what();
    }
  }

  bool content_is_right(const hash::ObjectId& id, const std::string& path) {
    const auto fd = fs::try_open_read(path);
    if (!fd) {
      return true;
    }
    if (!options_.full) {
      return content_matches(fd->get(), path, id, db_.memo());
    }
    const fs::FileStat before = fs::stat_fd(fd->get());
    const hash::Digest digest = hash::digest_of_fd(id.digest.algorithm(), fd->get(), path);
    if (digest == id.digest && unmoved(*fd, path, before)) {
      record_hashed(db_.memo(), &db_, before, digest);
    }
    return digest == id.digest;
  }

  void check_trees(const std::vector<hash::ObjectId>& objects) {
    const std::unordered_set<hash::ObjectId> listed(objects.begin(), objects.end());
    std::unordered_set<hash::ObjectId> bad;
    for (const FsckResult::Bad& item : result_.bad) {
      bad.insert(item.id);
    }
    for (const hash::ObjectId& id : objects) {
      if (id.is_tree() && bad.count(id) == 0 && db_.has(id)) {
        check_tree(id, listed, bad);
      }
    }
  }

  void check_tree(const hash::ObjectId& id, const std::unordered_set<hash::ObjectId>& listed,
                  const std::unordered_set<hash::ObjectId>& bad) {
    try {
      const Tree tree = db_.read_tree(id);
      bool complete = true;
      for_each_object(tree, [&](const TreeEntry& item) {
        const hash::ObjectId member = item.entry.id();
        complete = complete && ((listed.count(member) != 0 && bad.count(member) == 0) || db_.has(member));
      });
      if (!complete) {
        result_.incomplete.push_back(id);
      }
    } catch (const Error& error) {
      if (error.kind() != ErrorKind::corrupt) {
        throw;
      }
      result_.bad.push_back({id, error.what(), ""});
    }
  }

  const LocalDb& db_;
  const FsckOptions& options_;
  std::mutex mutex_;
  FsckResult result_;
};

}  // namespace

FsckResult check_objects(const LocalDb& db, const FsckOptions& options) { return Check(db, options).run(); }

}  // namespace mlops::store
