// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "remote/transport.hpp"
#include "store/object_db.hpp"

namespace mlops::remote {

/// Calls `work`, again after a Transient, with exponential back-off and jitter, until the deadline; then Error (network).
struct RetryPolicy {
  double first_delay_seconds = 0.25, longest_delay_seconds = 10, deadline_seconds = 900;
  /// How to wait; empty: for real, noticing interrupts. What it is asked to wait counts towards the deadline.
  std::function<void(double seconds)> sleep{};
};
void with_retries(const RetryPolicy& policy, const std::string& what, const std::function<void()>& work);

/// A named place where objects also live: its marker file `mlops-remote` (format, algorithm, layout), its objects under
/// `objects/sha256/ab/...` exactly as in the cache, and stage cache entries under `stages/`. With MD5 names it is a remote
/// of DVC's: no marker, objects under `files/md5/ab/...` and, for those of DVC 2, `ab/...`.
class Remote : public store::ObjectDb {
 public:
  Remote(std::string name, std::unique_ptr<Transport> transport, hash::Algorithm algorithm, RetryPolicy retry = {});

  enum class Access { read, write, preview };
  /// Reads the marker. For `write`, an empty place gets one; a place that holds other things and no marker is refused
  /// (Error: not an mlops remote). For `read`, a place without marker is refused. For `preview`, of a write, a place
  /// that a write would make or mark has nothing, and stays as it is. A newer format is refused (I-40).
  void open(Access access);
  const std::string& name() const { return name_; }
  Transport& transport() { return *transport_; }

  std::string describe() const override;
  std::vector<hash::ObjectId> missing(std::span<const hash::ObjectId> ids, unsigned jobs) override;
  bool get(const hash::ObjectId& id, fs::TempFile& to, std::uint64_t limit_bytes) override;
  void put(const hash::ObjectId& id, const std::string& source_path) override;
  void discard(const hash::ObjectId& id) override;
  std::vector<hash::ObjectId> list() override;
  void flush() override;

 private:
  void check_marker(std::string_view text) const;
  void make_marker();
  void open_unmarked(Access access);
  void require_place();

  std::string name_;
  std::unique_ptr<Transport> transport_;
  hash::Algorithm algorithm_;
  RetryPolicy retry_;
  bool unmade_ = false;  ///< a preview of a place that was never written to
};

}  // namespace mlops::remote
