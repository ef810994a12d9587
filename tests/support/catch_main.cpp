// SPDX-License-Identifier: Apache-2.0
// The main function of every test program. It cuts the tests off from the machine they run on: no git configuration,
// home directory, language or time zone of the user's reaches them.

#if __has_include(<catch2/catch_all.hpp>)
#include <catch2/catch_all.hpp>
#else
#define CATCH_CONFIG_RUNNER
#include <catch2/catch.hpp>
#endif

#include "support/temp_dir.hpp"

#include <cstdlib>

namespace {

void isolate_environment(const std::string& home) {
  const char* const fixed[][2] = {
      {"GIT_AUTHOR_NAME", "Test Author"},
      {"GIT_AUTHOR_EMAIL", "author@example.com"},
      {"GIT_COMMITTER_NAME", "Test Committer"},
      {"GIT_COMMITTER_EMAIL", "committer@example.com"},
      {"GIT_CONFIG_GLOBAL", "/dev/null"},
      {"GIT_CONFIG_NOSYSTEM", "1"},
      {"GIT_TERMINAL_PROMPT", "0"},
      {"LC_ALL", "C.UTF-8"},
      {"TZ", "UTC"},
  };
  for (const auto& [name, value] : fixed) {
    setenv(name, value, 1);
  }
  setenv("HOME", home.c_str(), 1);
  for (const char* name : {"GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "XDG_CONFIG_HOME", "XDG_CACHE_HOME"}) {
    unsetenv(name);
  }
}

}  // namespace

int main(int argc, char* argv[]) {
  const mlops::test::TempDir home;
  isolate_environment(home.path().string());
  return Catch::Session().run(argc, argv);
}
