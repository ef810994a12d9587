// SPDX-License-Identifier: Apache-2.0
// Streams and environment in, exit code out.

#include <sys/ioctl.h>
#include <unistd.h>

#include <climits>
#include <cstdio>
#include <cstdlib>
#include <iostream>

#include "cli/app.hpp"
#include "util/interrupt.hpp"
#include "util/text.hpp"

namespace {

mlops::Environment environment() {
  mlops::Environment env;
  for (char** entry = environ; *entry != nullptr; ++entry) {
    const std::string_view text(*entry);
    const auto equals = text.find('=');
    if (equals != std::string_view::npos) env.emplace(text.substr(0, equals), text.substr(equals + 1));
  }
  return env;
}

/// The current directory; empty when it was deleted under us.
std::string working_directory() {
  char buffer[PATH_MAX];
  return getcwd(buffer, sizeof buffer) != nullptr ? buffer : "";
}

std::string own_path() {
  char buffer[PATH_MAX];
  const ssize_t length = readlink("/proc/self/exe", buffer, sizeof buffer);
  return length > 0 ? std::string(buffer, static_cast<std::size_t>(length)) : "mlops";
}

unsigned terminal_width() {
  winsize size{};
  return ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col >= 20 ? size.ws_col : 80;
}

}  // namespace

int main(int argc, char** argv) {
  std::ios::sync_with_stdio(false);
  mlops::install_signal_handlers();
  mlops::cli::Context context{
      .out = std::cout,
      .err = std::cerr,
      .env = environment(),
      .cwd = working_directory(),
      .program = own_path(),
      .out_is_terminal = isatty(STDOUT_FILENO) == 1,
      .err_is_terminal = isatty(STDERR_FILENO) == 1,
      .width = terminal_width(),
  };
  int code = mlops::cli::run({argv + 1, argv + argc}, context);
  // A reader that went away (head, less) ends us like SIGPIPE would; a full disk is an error like any other.
  errno = 0;
  if (!std::cout.flush() && code == 0) {
    const bool gone = errno == EPIPE;
    if (!gone) std::cerr << "error: cannot write to standard output\n";
    code = gone ? 141 : static_cast<int>(mlops::ExitCode::failed);
  }
  std::cerr.flush();
  _exit(code);  // nothing is left to do; walking through destructors of caches would only cost time
}
