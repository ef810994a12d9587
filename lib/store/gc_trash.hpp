// SPDX-License-Identifier: Apache-2.0
#pragma once

// Batches of objects on their way out.

#include <cstdint>
#include <string>
#include <vector>

#include "store/local_db.hpp"

namespace mlops::store {

/// One directory of the trash. Its file `batch` is written when everything was moved and names the leases alive then;
/// a batch without it was interrupted while it was filled.
struct TrashBatch {
  std::string path;
  std::vector<hash::ObjectId> objects{};  ///< trees first
  bool recorded = false;
  std::vector<std::string> leases{};
  std::int64_t recorded_ns = 0;  ///< by the store's clock

  std::string path_of(const hash::ObjectId& id) const;
};

/// Reads all batches. Throws Error (corrupt) for one whose record cannot be read.
std::vector<TrashBatch> read_trash(const LocalDb& db);

/// Makes an empty batch.
TrashBatch make_batch(const LocalDb& db);

/// Moves an object out of its place. Returns false if it is gone already.
bool move_to_trash(const LocalDb& db, TrashBatch& batch, const hash::ObjectId& id);

/// Writes down which leases are alive now that everything has been moved.
void record_batch(const LocalDb& db, TrashBatch& batch);

/// Removes the batch's directory if nothing is left in it.
void remove_batch_if_empty(const TrashBatch& batch);

}  // namespace mlops::store
