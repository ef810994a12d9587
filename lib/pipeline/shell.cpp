// SPDX-License-Identifier: Apache-2.0
#include "pipeline/shell.hpp"

#include <unistd.h>

#include "util/text.hpp"

namespace mlops::pipeline {

std::vector<std::string> shell_command(const std::string& script) {
  static const bool bash = ::access("/bin/bash", X_OK) == 0;
  std::vector<std::string> argv;
  if (bash) {
    argv = {"/bin/bash", "--noprofile", "--norc"};
  } else {
    argv = {"/bin/sh"};
  }
  if (trim(script).find('\n') != std::string_view::npos) {
    argv.emplace_back("-e");
  }
  argv.emplace_back("-c");
  argv.push_back(script);
  return argv;
}

}  // namespace mlops::pipeline
