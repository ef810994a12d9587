// SPDX-License-Identifier: Apache-2.0
// Links only if the compiled part of fmt is complete: one use of each kind of argument and specification.

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <ctime>
#include <iterator>
#include <string>

int main(int argc, char**) {
  fmt::memory_buffer buffer;
  fmt::format_to(std::back_inserter(buffer), "{} {:>8} {:.3f} {:L} {}", argc, 'a', argc * 1.5, argc * 1000, 1.5F);
  const std::string text = fmt::to_string(argc * 2.5) + fmt::format("{:%F %T}", fmt::gmtime(std::time_t{0}));
  return fmt::to_string(buffer).size() + text.size() == 0 ? 1 : 0;
}
