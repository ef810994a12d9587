// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

namespace mlops::cli {

/// Bodies of the pages that are not a command's, in the form that roff_body reads.
std::string pipeline_page();
std::string config_page();
std::string tutorial_page();

}  // namespace mlops::cli
