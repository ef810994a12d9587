// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <fmt/core.h>

#include <functional>
#include <string>
#include <string_view>

namespace mlops::log {

enum class Level { error, warning, info, debug, trace };

/// Where messages go; set once by the face before any work, e.g. to standard error. Called under a mutex.
using Sink = std::function<void(Level, std::string_view)>;

void set_sink(Sink sink);
void set_level(Level level);
bool enabled(Level level);
void write(Level level, std::string_view text);

/// Something the user should know although the command goes on.
template <class... Args>
void warning(fmt::format_string<Args...> text, Args&&... args) {
  if (enabled(Level::warning)) write(Level::warning, fmt::format(text, std::forward<Args>(args)...));
}
/// What a command did, one sentence.
template <class... Args>
void info(fmt::format_string<Args...> text, Args&&... args) {
  if (enabled(Level::info)) write(Level::info, fmt::format(text, std::forward<Args>(args)...));
}
/// Shown with -v.
template <class... Args>
void debug(fmt::format_string<Args...> text, Args&&... args) {
  if (enabled(Level::debug)) write(Level::debug, fmt::format(text, std::forward<Args>(args)...));
}

}  // namespace mlops::log
