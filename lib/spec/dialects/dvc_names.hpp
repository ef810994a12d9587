// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "spec/dialect.hpp"

namespace mlops::spec::dvc {

/// The names that DVC's formats fix.
inline constexpr Names names{.directory = ".dvc",
                             .pipeline = "dvc.yaml",
                             .lock = "dvc.lock",
                             .pointer_suffix = ".dvc",
                             .ignore = ".dvcignore",
                             .marker = ".dvc",
                             .cache = ".dvc/cache",
                             .state = ".dvc/tmp/mlops",
                             .rescue = ".dvc/tmp/mlops/rescue",
                             .stage_cache = "runs",
                             .always_ignored = ".hg/\n.git/\n.git\n.dvc/\n"};

}  // namespace mlops::spec::dvc
