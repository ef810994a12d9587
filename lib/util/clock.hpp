// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>

namespace mlops {

/// Nanoseconds since 1970 by the machine's clock.
///
/// In builds with failpoints a test may shift it (`set_clock_offset`), so that ages can be tested without waiting.
std::int64_t now_ns();
void set_clock_offset(std::int64_t offset_ns);

/// "2026-01-31T12:00:00Z" for seconds since 1970.
std::string utc_time(std::int64_t seconds);
/// "3 minutes ago", "2 days ago".
std::string time_ago(std::int64_t then_seconds, std::int64_t now_seconds);

/// Returns `count` random lowercase characters of [a-z2-7], from the kernel's generator.
std::string random_word(unsigned count);

}  // namespace mlops
