// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <string>
#include <vector>

#include "run/record.hpp"
#include "store/transfer.hpp"

namespace mlops::run {

/// The objects that a run needs to be looked at and reproduced: tracked inputs, cached outputs, logs; by the name of
/// the remote that they belong to ("": the default one). What is declared with `push: false` is left out. Labels begin
/// with the run's id.
std::map<std::string, std::vector<store::Wanted>> needed_objects(repo::Workspace& workspace, const Run& run);

}  // namespace mlops::run
