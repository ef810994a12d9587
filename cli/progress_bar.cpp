// SPDX-License-Identifier: Apache-2.0
#include "cli/progress_bar.hpp"

#include <algorithm>
#include <ostream>

#include "cli/output.hpp"
#include "util/text.hpp"

namespace mlops::cli {
namespace {
constexpr std::chrono::milliseconds first_draw{500};  // quicker work shows nothing
constexpr std::chrono::milliseconds redraw{100};
constexpr std::chrono::milliseconds plain_line{5000};
}  // namespace

double share_done(std::uint64_t items, std::uint64_t total_items, std::uint64_t bytes, std::uint64_t total_bytes) {
  const auto share = [](std::uint64_t part, std::uint64_t whole) {
    return whole == 0 ? 1 : static_cast<double>(part) / static_cast<double>(whole);
  };
  if (total_items == 0 && total_bytes == 0) return 0;
  return std::min(share(items, total_items), share(bytes, total_bytes));
}

ProgressBar::ProgressBar(const Context& context)
    : err_(context.err),
      terminal_(context.err_is_terminal && !context.json),
      quiet_(context.verbosity == Verbosity::quiet || context.json),
      color_(context.color_err()),
      width_(context.width),
      last_draw_(Clock::now()) {}

ProgressBar::~ProgressBar() { clear(); }

int ProgressBar::begin(std::string_view title, std::uint64_t total_items, std::uint64_t total_bytes) {
  const std::scoped_lock lock(mutex_);
  const int id = next_id_++;
  tasks_[id] = {std::string(title), 0, total_items, 0, total_bytes, Clock::now()};
  return id;
}

void ProgressBar::expect(int id, std::uint64_t items, std::uint64_t bytes) {
  const std::scoped_lock lock(mutex_);
  Task& task = tasks_[id];
  task.total_items += items;
  task.total_bytes += bytes;
}

void ProgressBar::advance(int id, std::uint64_t items, std::uint64_t bytes) {
  const std::scoped_lock lock(mutex_);
  Task& task = tasks_[id];
  task.items += items;
  task.bytes += bytes;
  if (!quiet_) draw(Clock::now());
}

void ProgressBar::end(int id) {
  const std::scoped_lock lock(mutex_);
  tasks_.erase(id);
  clear();
}

void ProgressBar::print(log::Level level, std::string_view text) {
  const std::scoped_lock lock(mutex_);
  clear();
  const Paint paint(color_);
  if (level == log::Level::warning) err_ << paint.yellow("warning:") << " ";
  if (level == log::Level::error) err_ << paint.red("error:") << " ";
  err_ << text << "\n";
}

std::string ProgressBar::line(const Task& task, Clock::time_point now) const {
  const double seconds = std::chrono::duration<double>(now - task.begun).count();
  std::string text = task.title + ": " + human_count(task.items);
  if (task.total_items > 0) text += "/" + human_count(task.total_items);
  text += " files";
  if (task.bytes > 0) {
    text += ", " + human_size(task.bytes);
    if (task.total_bytes > 0) text += "/" + human_size(task.total_bytes);
    text += ", " + human_size(static_cast<std::uint64_t>(static_cast<double>(task.bytes) / std::max(seconds, 0.001))) +
            "/s";
  }
  const double done = share_done(task.items, task.total_items, task.bytes, task.total_bytes);
  if (done > 0.01 && done < 1) text += ", " + human_duration(seconds * (1 - done) / done) + " left";
  return text;
}

void ProgressBar::draw(Clock::time_point now) {
  if (tasks_.empty()) return;
  const Task& task = tasks_.rbegin()->second;
  if (now - task.begun < first_draw || now - last_draw_ < (terminal_ ? redraw : plain_line)) return;
  last_draw_ = now;
  std::string text = line(task, now);
  if (!terminal_) {
    err_ << text << "\n";
    return;
  }
  if (text.size() + 1 > width_) text.resize(width_ - 1);
  err_ << "\r\033[K" << text << std::flush;
  drawn_ = true;
}

void ProgressBar::clear() {
  if (!drawn_) return;
  err_ << "\r\033[K" << std::flush;
  drawn_ = false;
}

}  // namespace mlops::cli
