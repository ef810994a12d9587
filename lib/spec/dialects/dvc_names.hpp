// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "spec/dialect.hpp"

namespace mlops::spec::dvc {

/// The names that DVC's formats fix.
inline constexpr Names names{
    .directory = ".dvc", .pipeline = "dvc.yaml", .lock = "dvc.lock", .pointer_suffix = ".dvc", .ignore = ".dvcignore"};

}  // namespace mlops::spec::dvc
