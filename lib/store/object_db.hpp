// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "fs/file.hpp"
#include "hash/object_id.hpp"

namespace mlops::store {

/// A place that keeps objects and is not the local cache (a remote). All functions may be called by several threads.
///
/// Contract: an object is absent or whole; `put` is idempotent; names are never reused for other bytes. A tree is only
/// ever put after everything that it lists.
class ObjectDb {
 public:
  virtual ~ObjectDb() = default;
  /// How it is called in messages: "remote 'origin'".
  virtual std::string describe() const = 0;
  /// Returns those of `ids` that are not there. May list or ask one by one, whatever is cheaper.
  virtual std::vector<hash::ObjectId> missing(std::span<const hash::ObjectId> ids, unsigned jobs) = 0;
  /// Writes the object's bytes to `to`, unverified (the caller hashes). Returns false when it is absent. Stops with an
  /// Error when there are more than `limit_bytes`.
  virtual bool get(const hash::ObjectId& id, fs::TempFile& to, std::uint64_t limit_bytes) = 0;
  /// Stores the object from a local file, re-hashing what is sent; throws Error (corrupt) if the bytes are not `id`'s,
  /// and does not return before the place has confirmed what it holds.
  virtual void put(const hash::ObjectId& id, const std::string& source_path) = 0;
  /// Takes away what lies there under the object's name. Only for bytes that were found not to be the object's, by a
  /// caller who holds the right ones and will `put` them.
  virtual void discard(const hash::ObjectId& id) = 0;
  /// Returns every object there, for fsck and remote gc.
  virtual std::vector<hash::ObjectId> list() = 0;
  /// Makes what was put durable; called once at the end of a transfer, before success is reported, and before trees.
  virtual void flush() = 0;
};

}  // namespace mlops::store
