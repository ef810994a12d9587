// SPDX-License-Identifier: Apache-2.0
#include <poll.h>

#include <atomic>
#include <cerrno>
#include <csignal>
#include <set>
#include <stdexcept>
#include <vector>

#include "support/catch.hpp"
#include "util/clock.hpp"
#include "util/error.hpp"
#include "util/interrupt.hpp"
#include "util/log.hpp"
#include "util/parallel.hpp"
#include "util/progress.hpp"

using namespace mlops;

TEST_CASE("an error carries its code, kind, hints and context") {
  const Error plain("cannot find {}", "'x'");
  CHECK(std::string(plain.what()) == "cannot find 'x'");
  CHECK(plain.code() == ExitCode::failed);
  CHECK(Error::usage("no").code() == ExitCode::usage);
  const Error rich = Error::of(ErrorKind::corrupt, "bad").hint("try {}", 1).while_doing("push").exit_with(ExitCode::no);
  CHECK(rich.kind() == ErrorKind::corrupt);
  CHECK(rich.hints() == std::vector<std::string>{"try 1"});
  CHECK(rich.context() == std::vector<std::string>{"push"});
  CHECK(rich.code() == ExitCode::no);
  CHECK(to_string(ErrorKind::untrusted) == "untrusted");
}

TEST_CASE("a failed system call is explained in lower case, with advice where there is some") {
  const Error full = system_error(ENOSPC, "write", "data/x");
  CHECK(std::string(full.what()) == "cannot write 'data/x': no space left on device");
  CHECK(full.hints().size() == 1);
  CHECK(system_error(ENOENT, "open", "x").kind() == ErrorKind::missing);
  CHECK(system_error(EIO, "read", "x").hints().empty());
  CHECK(std::string(system_error(EIO, "read", "a\nb").what()).find('\n') == std::string::npos);
}

TEST_CASE("a stop signal sets a flag, wakes poll and is thrown as no Error") {
  install_signal_handlers();
  clear_interrupt();
  REQUIRE(interrupt_fd() >= 0);
  CHECK_NOTHROW(check_interrupt());
  std::raise(SIGTERM);
  std::raise(SIGINT);
  CHECK(pending_interrupt() == SIGTERM);
  CHECK(interrupt_count() == 2);
  pollfd ready{interrupt_fd(), POLLIN, 0};
  CHECK(::poll(&ready, 1, 0) == 1);
  try {
    check_interrupt();
    FAIL("not interrupted");
  } catch (const Interrupted& interrupted) {
    CHECK(interrupted.signal() == SIGTERM);
  }
  clear_interrupt();
  CHECK(pending_interrupt() == 0);
  CHECK(::poll(&ready, 1, 0) == 0);
}

TEST_CASE("every item is worked on exactly once, on any number of threads") {
  for (const unsigned jobs : {0U, 1U, 2U, 7U}) {
    for (const std::size_t count : {std::size_t{0}, std::size_t{1}, std::size_t{5}, std::size_t{1000}}) {
      std::vector<std::atomic<int>> seen(count);
      parallel_for(count, jobs, [&](std::size_t i) { ++seen[i]; });
      for (const auto& times : seen) {
        REQUIRE(times == 1);
      }
    }
  }
  CHECK(processors() >= 1);
}

TEST_CASE("the first exception stops the rest and comes back to the caller") {
  std::atomic<int> done{0};
  CHECK_THROWS_WITH(parallel_for(100000, 4,
                                 [&](std::size_t i) {
                                   if (i == 10) {
                                     throw std::runtime_error("item 10");
                                   }
                                   ++done;
                                 }),
                    "item 10");
  CHECK(done < 99999);
}

TEST_CASE("an interrupt ends a parallel loop") {
  clear_interrupt();
  CHECK_THROWS_AS(parallel_for(1000, 3,
                               [](std::size_t i) {
                                 if (i == 5) {
                                   raise_interrupt(SIGINT);
                                 }
                               }),
                  Interrupted);
  clear_interrupt();
}

TEST_CASE("times are shown in UTC and as ages") {
  CHECK(utc_time(0) == "1970-01-01T00:00:00Z");
  CHECK(utc_time(1'769'860'800) == "2026-01-31T12:00:00Z");
  CHECK(time_ago(100, 100) == "just now");
  CHECK(time_ago(100, 101) == "1 second ago");
  CHECK(time_ago(0, 180) == "3 minutes ago");
  CHECK(time_ago(0, 2 * 86'400) == "2 days ago");
  CHECK(time_ago(0, 100 * 86'400) == "3 months ago");
  CHECK(time_ago(0, 800 * 86'400) == "2 years ago");
}

TEST_CASE("the clock can be shifted and random words do not repeat") {
  const std::int64_t before = now_ns();
  set_clock_offset(3'600'000'000'000);
  CHECK(now_ns() - before >= 3'600'000'000'000);
  set_clock_offset(0);
  std::set<std::string> words;
  for (int i = 0; i < 200; ++i) {
    const std::string word = random_word(12);
    REQUIRE(word.size() == 12);
    REQUIRE(word.find_first_not_of("abcdefghijklmnopqrstuvwxyz234567") == std::string::npos);
    words.insert(word);
  }
  CHECK(words.size() == 200);
}

TEST_CASE("only messages of the chosen level reach the sink") {
  std::vector<std::string> lines;
  log::set_sink([&](log::Level, std::string_view text) { lines.emplace_back(text); });
  log::debug("hidden");
  log::info("shown {}", 1);
  log::set_level(log::Level::debug);
  log::debug("now shown");
  log::set_level(log::Level::info);
  log::set_sink(nullptr);
  log::warning("nobody listens");
  CHECK(lines == std::vector<std::string>{"shown 1", "now shown"});
}

TEST_CASE("an activity on the silent sink does nothing") {
  Activity activity(no_progress(), "adding", 3, 100);
  activity.expect(1, 1);
  activity.advance(1, 1);
  CHECK(no_progress().begin("x", 0, 0) == 0);
}
