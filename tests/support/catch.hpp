// SPDX-License-Identifier: Apache-2.0
#pragma once

// One include for both generations of Catch2, whose headers changed names between 2 and 3.
#if __has_include(<catch2/catch_all.hpp>)
#include <catch2/catch_all.hpp>

#include <string>

using Catch::Approx;

namespace Catch {
using Matchers::Equals;
using Matchers::StartsWith;
/// What generation 2 calls a text that contains another; there the name means any range.
inline auto Contains(const std::string& part) { return Matchers::ContainsSubstring(part); }
}  // namespace Catch
#else
#include <catch2/catch.hpp>
#endif
