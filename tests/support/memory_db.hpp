// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <atomic>
#include <map>
#include <mutex>
#include <set>
#include <string>
#include <vector>

#include "fs/file.hpp"
#include "hash/hasher.hpp"
#include "store/object_db.hpp"
#include "store/tree.hpp"
#include "util/error.hpp"

namespace mlops::test {

/// A remote in memory that can misbehave in the ways that remotes do.
///
/// It checks the contract while it is used: a tree that is put before all that it lists was confirmed is noted in
/// `order_violations`.
class MemoryDb : public store::ObjectDb {
 public:
  // Faults, by object.
  std::set<hash::ObjectId> fails_to_put;     ///< put throws
  std::set<hash::ObjectId> fails_to_get;     ///< get throws
  std::set<hash::ObjectId> corrupts;         ///< get gives other bytes of the same length
  std::set<hash::ObjectId> corrupts_once;    ///< as corrupts, the first time only
  std::set<hash::ObjectId> truncates;        ///< get gives half
  std::set<hash::ObjectId> claims_but_lost;  ///< `missing` says that it is there, get says that it is not

  std::map<hash::ObjectId, std::string> objects;
  std::atomic<int> missing_calls{0};
  std::atomic<int> puts{0};
  std::atomic<int> gets{0};
  std::atomic<int> flushes{0};
  std::vector<std::string> order_violations;

  std::string describe() const override { return "remote 'memory'"; }

  std::vector<hash::ObjectId> missing(std::span<const hash::ObjectId> ids, unsigned) override {
    ++missing_calls;
    const std::lock_guard guard(mutex_);
    std::vector<hash::ObjectId> absent;
    for (const hash::ObjectId& id : ids) {
      if (objects.count(id) == 0 && claims_but_lost.count(id) == 0) {
        absent.push_back(id);
      }
    }
    return absent;
  }

  bool get(const hash::ObjectId& id, fs::TempFile& to, std::uint64_t limit_bytes) override {
    ++gets;
    std::string bytes;
    {
      const std::lock_guard guard(mutex_);
      if (fails_to_get.count(id) != 0) {
        throw Error::of(ErrorKind::network, "connection reset");
      }
      if (objects.count(id) == 0) {
        return false;
      }
      bytes = objects.at(id);
      if (corrupts.count(id) != 0 || corrupts_once.erase(id) != 0) {
        bytes.empty() ? bytes.push_back('x') : void(bytes[0] = static_cast<char>(bytes[0] ^ 1));
      }
      if (truncates.count(id) != 0) {
        bytes.resize(bytes.size() / 2);
      }
    }
    if (bytes.size() > limit_bytes) {
      throw Error::of(ErrorKind::corrupt, "the object is larger than {} bytes", limit_bytes);
    }
    to.write(bytes);
    return true;
  }

  void put(const hash::ObjectId& id, const std::string& source_path) override {
    ++puts;
    const std::string bytes = fs::read_file(source_path, 1ULL << 32U);
    const std::lock_guard guard(mutex_);
    if (fails_to_put.count(id) != 0) {
      throw Error::of(ErrorKind::network, "quota exceeded");
    }
    if (hash::digest_of(id.digest.algorithm(), bytes) != id.digest) {
      throw Error::of(ErrorKind::corrupt, "the bytes do not match the name");
    }
    if (id.is_tree()) {
      check_members(id, bytes);
    }
    objects[id] = bytes;
  }

  void discard(const hash::ObjectId& id) override {
    const std::lock_guard guard(mutex_);
    objects.erase(id);
  }

  std::vector<hash::ObjectId> list() override {
    const std::lock_guard guard(mutex_);
    std::vector<hash::ObjectId> ids;
    for (const auto& item : objects) {
      ids.push_back(item.first);
    }
    return ids;
  }

  void flush() override {
    ++flushes;
    const std::lock_guard guard(mutex_);
    for (const auto& item : objects) {
      flushed_.insert(item.first);
    }
  }

 private:
  void check_members(const hash::ObjectId& id, const std::string& bytes) {
    for (const store::TreeEntry& item : store::decode_tree(bytes, "test").entries) {
      if (flushed_.count(item.entry.id()) == 0 && claims_but_lost.count(item.entry.id()) == 0) {
        order_violations.push_back(hash::short_name(id) + " came before " + item.name);
      }
    }
  }

  std::mutex mutex_;
  std::set<hash::ObjectId> flushed_;
};

}  // namespace mlops::test
