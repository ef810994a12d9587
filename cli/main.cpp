// SPDX-License-Identifier: Apache-2.0
// Streams and environment in, exit code out.

#include <fcntl.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <cerrno>
#include <climits>
#include <csignal>
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

/// A file of ours must never take the number of a stream that the caller closed: what we print would end up in it.
void occupy_standard_streams() {
  for (const int stream : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) {
    if (fcntl(stream, F_GETFD) == -1 && errno == EBADF) open("/dev/null", O_RDWR);  // takes the lowest free number
  }
}

/// Whether whoever read our output went away, as head and less do.
bool reader_is_gone() {
  pollfd output{.fd = STDOUT_FILENO, .events = 0, .revents = 0};
  return poll(&output, 1, 0) == 1 && (output.revents & (POLLERR | POLLHUP)) != 0;
}

unsigned terminal_width() {
  winsize size{};
  return ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col >= 20 ? size.ws_col : 80;
}

}  // namespace

int main(int argc, char** argv) {
  occupy_standard_streams();
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
      .in = &std::cin,
  };
  int code = mlops::cli::run({argv + 1, argv + argc}, context);
  // A reader that went away ends us like SIGPIPE would; a full disk is an error like any other.
  if (!std::cout.flush() && code == 0) {
    const bool gone = reader_is_gone();
    if (!gone) std::cerr << "error: cannot write to standard output\nhint: is the disk full that it goes to?\n";
    code = gone ? 128 + SIGPIPE : static_cast<int>(mlops::ExitCode::failed);
  }
  std::cerr.flush();
  _exit(code);  // nothing is left to do; walking through destructors of caches would only cost time
}
