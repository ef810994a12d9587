// SPDX-License-Identifier: Apache-2.0
#pragma once

// How stage cache entries are named and read; the same in the cache and on remotes.

#include <optional>
#include <string>
#include <string_view>

#include "spec/dialect.hpp"

namespace mlops::pipeline {

/// Entries are small; more than this is not one of ours.
inline constexpr std::uint64_t stage_entry_limit_bytes = 16U << 20U;

/// What an entry is called by what it says.
spec::StageEntryName stage_entry_name(const spec::Dialect& dialect, const spec::StageEntry& entry);
/// The file of that name, relative to the cache or to a remote.
std::string stage_entry_place(const spec::Dialect& dialect, const spec::StageEntryName& name);

/// Reads an entry that anybody may have written: nothing unless it is well formed, it says what its name says, and its
/// outputs are the declared ones. `wdir` as in spec::Dialect::read_stage_entry.
std::optional<spec::StageEntry> read_stage_cache_entry(const spec::Dialect& dialect, const spec::StageEntryName& name,
                                                       std::string_view text, const std::string& where,
                                                       const fs::RepoPath& wdir = {});

}  // namespace mlops::pipeline
