// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "run/record.hpp"
#include "spec/value.hpp"

namespace mlops::run {

/// One stage of a record as JSON, and back. Throws Error (corrupt) naming `where`.
spec::Value stage_to_value(const StageRecord& stage);
StageRecord stage_from_value(const spec::Value& value, const std::string& where);

}  // namespace mlops::run
