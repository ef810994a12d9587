// SPDX-License-Identifier: Apache-2.0
#include "util/log.hpp"

#include <atomic>
#include <mutex>
#include <utility>

namespace mlops::log {
namespace {

// The one sink of the process: messages come from everywhere, and the face decides once where they go.
std::mutex sink_mutex;
Sink current_sink;
std::atomic<Level> current_level{Level::info};

}  // namespace

void set_sink(Sink sink) {
  const std::lock_guard guard(sink_mutex);
  current_sink = std::move(sink);
}

void set_level(Level level) { current_level.store(level); }

bool enabled(Level level) { return level <= current_level.load(std::memory_order_relaxed); }

void write(Level level, std::string_view text) {
  const std::lock_guard guard(sink_mutex);
  if (current_sink && enabled(level)) {
    current_sink(level, text);
  }
}

}  // namespace mlops::log
