// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>
#include <string>
#include <string_view>

namespace mlops::cli {

/// A man page that is not a command's.
struct Page {
  std::string_view name;  ///< "mlops-tutorial"
  int section;
  std::string_view summary;
  std::string (*body)();
};

/// mlops.yaml(5), mlops-config(5), mlops-tutorial(7).
std::span<const Page> pages();

/// The EXIT STATUS section that every page carries.
std::string_view exit_status();

}  // namespace mlops::cli
