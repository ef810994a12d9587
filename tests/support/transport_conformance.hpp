// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <atomic>
#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "fs/file.hpp"
#include "remote/transport.hpp"
#include "support/catch.hpp"
#include "support/temp_dir.hpp"
#include "util/error.hpp"

namespace mlops::test {

inline std::vector<std::string> sorted_names(remote::Transport& transport, const std::string& prefix) {
  std::vector<std::string> names;
  for (const remote::RemoteFile& file : transport.list(prefix)) {
    names.push_back(file.name);
  }
  std::sort(names.begin(), names.end());
  return names;
}

inline bool accept_all() { return true; }
inline void see_nothing(std::span<const char>) {}

/// Checks small files: what is written is there as a whole, and only once where that was asked for.
inline void check_small_files(remote::Transport& transport) {
  CHECK(transport.place() == remote::Transport::Place::empty);
  CHECK_FALSE(transport.read("a", 10));
  CHECK_FALSE(transport.stat("a"));
  CHECK(transport.list("").empty());
  CHECK(transport.list("objects/sha256").empty());
  CHECK(transport.write_new("a", "one"));
  CHECK_FALSE(transport.write_new("a", "two"));
  CHECK(transport.read("a", 3) == "one");
  CHECK_THROWS_AS(transport.read("a", 2), Error);
  transport.write("a", "three");
  transport.write("deep/er/b", "");
  CHECK(transport.read("a", 10) == "three");
  CHECK(transport.stat("a") == 5U);
  CHECK(transport.stat("deep/er/b") == 0U);
  CHECK_FALSE(transport.stat("deep/er"));
  CHECK(sorted_names(transport, "deep") == std::vector<std::string>{"deep/er/b"});
  CHECK(transport.place() == remote::Transport::Place::occupied);
  transport.remove("a");
  transport.remove("a");
  CHECK_FALSE(transport.stat("a"));
  transport.flush();
  CHECK(transport.read("deep/er/b", 0) == "");
}

/// Checks whole files: sent as they are seen, undone when refused, read back within the limit only.
inline void check_whole_files(remote::Transport& transport) {
  const TempDir local;
  const std::string content(300'000, '\x7f');
  const std::string source = local.write("source", content).string();
  std::string seen;
  const auto see = [&](std::span<const char> bytes) { seen.append(bytes.begin(), bytes.end()); };
  const std::string name = "objects/sha256/ab/cd";

  transport.write_file(name, source, see, [] { return false; });
  CHECK(seen == content);
  CHECK_FALSE(transport.stat(name));
  CHECK(sorted_names(transport, "objects").empty());

  seen.clear();
  transport.write_file(name, source, see, accept_all);
  CHECK(seen == content);
  CHECK(transport.stat(name) == content.size());
  transport.write_file(name, source, see_nothing, accept_all);

  fs::TempFile received(local.path().string());
  CHECK_FALSE(transport.read_to("objects/sha256/ab/none", received, content.size()));
  CHECK(transport.read_to(name, received, content.size()));
  CHECK(fs::read_file(received.path()) == content);
  fs::TempFile too_small(local.path().string());
  CHECK_THROWS_AS(transport.read_to(name, too_small, content.size() - 1), Error);

  // What another client left half written under the name is replaced.
  transport.write(name, "torn");
  transport.write_file(name, source, see_nothing, accept_all);
  CHECK(transport.stat(name) == content.size());
  CHECK(sorted_names(transport, "objects") == std::vector<std::string>{name});
  CHECK_THROWS_AS(transport.write_file(name, (local / "none").string(), see_nothing, accept_all), Error);
}

/// Checks that many threads can write at once, the same names too.
inline void check_threads(remote::Transport& transport) {
  const TempDir local;
  const std::string source = local.write("source", "content").string();
  std::atomic<int> first = 0;
  {
    std::vector<std::jthread> threads;
    for (int thread = 0; thread < 4; ++thread) {
      threads.emplace_back([&] {
        first += transport.write_new("marker", "x") ? 1 : 0;
        for (int i = 0; i < 20; ++i) {
          transport.write_file("objects/" + std::to_string(i % 10) + "/f" + std::to_string(i), source, see_nothing,
                               accept_all);
        }
      });
    }
  }
  CHECK(first == 1);
  CHECK(transport.list("objects").size() == 20);
  transport.flush();
}

/// Runs everything that the Transport contract promises on fresh, empty places.
inline void check_transport(const std::function<std::unique_ptr<remote::Transport>()>& make_empty) {
  SECTION("small files") { check_small_files(*make_empty()); }
  SECTION("whole files") { check_whole_files(*make_empty()); }
  SECTION("threads") { check_threads(*make_empty()); }
}

}  // namespace mlops::test
