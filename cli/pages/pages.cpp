// SPDX-License-Identifier: Apache-2.0
#include "cli/pages.hpp"

#include <array>

#include "cli/pages/texts.hpp"

namespace mlops::cli {

std::span<const Page> pages() {
  static constexpr std::array<Page, 3> table{{
      {"mlops.yaml", 5, "the pipeline file", pipeline_page},
      {"mlops-config", 5, "settings", config_page},
      {"mlops-tutorial", 7, "from an empty repository to a reproduced run", tutorial_page},
  }};
  return table;
}

std::string_view exit_status() {
  return R"(
EXIT STATUS
  0    done
  1    failed, a failed stage included
  2    wrong usage
  3    some items of a transfer or list failed, the others are done
  4    the question was answered no (--exit-code, a reproduction that differs)
  70   a bug in mlops
  129, 130, 143   ended by HUP, INT, TERM

)";
}

}  // namespace mlops::cli
