// SPDX-License-Identifier: Apache-2.0
#pragma once

// The file that makes a place a remote of ours. It says how to read the rest:
//
//   version: 1
//   hash: sha256
//   layout: 1
//
// Lines of other keys are passed over; a higher version or layout is not.

#include <cstdint>
#include <string>
#include <string_view>

#include "hash/digest.hpp"

namespace mlops::remote {

inline constexpr char marker_name[] = "mlops-remote";
inline constexpr std::uint64_t marker_limit = 4096;

/// The text that we write.
std::string marker_text(hash::Algorithm algorithm);

/// Throws Error unless we can read and write a remote with this marker: (format) for a newer one or another algorithm,
/// (corrupt) for what is no marker.
void require_marker(std::string_view text, hash::Algorithm algorithm);

}  // namespace mlops::remote
