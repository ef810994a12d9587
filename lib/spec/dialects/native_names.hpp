// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "spec/dialect.hpp"

namespace mlops::spec::native {

/// The names that our own formats fix.
inline constexpr Names names{.directory = ".mlops",
                             .pipeline = "mlops.yaml",
                             .lock = "mlops.lock",
                             .pointer_suffix = ".mlops",
                             .ignore = ".mlopsignore",
                             .marker = ".mlops/config",
                             .cache = ".mlops/cache",
                             .state = ".mlops/tmp",
                             .rescue = ".mlops/rescue",
                             .stage_cache = "stages",
                             .always_ignored = ""};

}  // namespace mlops::spec::native
