// SPDX-License-Identifier: Apache-2.0
#pragma once

// How stage cache entries are named and read; the same in the cache and on remotes.

#include <optional>
#include <string>
#include <string_view>

#include "spec/dialect.hpp"

namespace mlops::pipeline {

inline constexpr std::string_view stage_cache_folder = "stages";

/// "stages/ab/cdef..." for a key.
std::string stage_cache_name(const std::string& key);
/// The reverse; nothing for a name that is not an entry's.
std::optional<std::string> stage_cache_key(std::string_view name);

/// Reads an entry that anybody may have written: nothing unless it is well formed, its inputs give exactly `key`, and
/// its outputs are the declared ones.
std::optional<spec::StageEntry> read_stage_cache_entry(const spec::Dialect& dialect, const std::string& key,
                                                       std::string_view text, const std::string& where);

}  // namespace mlops::pipeline
