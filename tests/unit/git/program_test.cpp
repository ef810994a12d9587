// SPDX-License-Identifier: Apache-2.0
#include <filesystem>

#include "support/catch.hpp"
#include "support/git_sandbox.hpp"
#include "util/error.hpp"

using namespace mlops;
using test::GitSandbox;

namespace {

void write_script(const std::string& path, const std::string& text) {
  std::ofstream(path) << "#!/bin/sh\n" << text;
  std::filesystem::permissions(path, std::filesystem::perms::owner_all);
}

std::string message_of(const std::function<void()>& work) {
  try {
    work();
  } catch (const Error& error) {
    return error.what();
  }
  return {};
}

}  // namespace

TEST_CASE("git runs in its directory with arguments and input passed as they are") {
  const GitSandbox sandbox;
  CHECK(sandbox.program().run({"rev-parse", "--show-toplevel"}) == sandbox.root() + "\n");
  CHECK(sandbox.program().run({"hash-object", "--stdin"}, "hello\n") == "ce013625030ba8dba906f756967f9e9ca394464a\n");
  CHECK(sandbox.program().try_run({"rev-parse", "--verify", "-q", "$(touch x); nope"}).exit_code == 1);
  CHECK_FALSE(std::filesystem::exists(sandbox.path("x")));
}

TEST_CASE("git's own complaint becomes the error") {
  const GitSandbox sandbox;
  CHECK_THAT(message_of([&] {
               sandbox.program().run({"checkout", "nope"});
             }),
             Catch::Contains("`git checkout` failed: pathspec 'nope' did not match"));
}

TEST_CASE("of several lines the one that says what failed becomes the error") {
  const Completed failed{.exit_code = 128,
                         .out = "",
                         .err =
                             "fatal: '/gone' does not appear to be a git repository\n"
                             "fatal: Could not read from remote repository.\n\n"
                             "Please make sure you have the correct access rights\nand the repository exists.\n"};
  CHECK(git::complaint(failed) ==
        "'/gone' does not appear to be a git repository; Could not read from remote repository.");
}

TEST_CASE("what git may not read comes with the advice to look at its permissions") {
  const GitSandbox sandbox;
  try {
    sandbox.program().run({"-c", "alias.x=!echo 'error: open(\"in\"): Permission denied' >&2; exit 1", "x"});
    FAIL("it ran");
  } catch (const Error& error) {
    CHECK_THAT(error.hints().at(0), Catch::Contains("ls -ld"));
  }
}

TEST_CASE("passwords in addresses never reach the error") {
  const GitSandbox sandbox;
  const std::string message = message_of([&] {
    sandbox.program().run({"fetch", "foo://user:hunter2@host.example/x@y"});
  });
  CHECK_FALSE(message.empty());
  CHECK_THAT(message, !Catch::Contains("hunter2"));
}

TEST_CASE("variables that point git elsewhere are dropped, those for credentials stay") {
  GitSandbox sandbox;
  sandbox.env["GIT_DIR"] = "/nowhere";
  sandbox.env["GIT_WORK_TREE"] = "/nowhere";
  sandbox.env["GIT_INDEX_FILE"] = "/nowhere";
  sandbox.env["GIT_EXTERNAL_DIFF"] = "false";
  sandbox.env["GIT_SSH_COMMAND"] = "ssh -x";
  sandbox.env["GIT_CONFIG_COUNT"] = "1";
  sandbox.env["GIT_CONFIG_KEY_0"] = "user.name";
  sandbox.env["GIT_CONFIG_VALUE_0"] = "From Env";
  CHECK(sandbox.program().run({"config", "user.name"}) == "From Env\n");
  const std::string seen = sandbox.program().run({"-c", "alias.env=!env", "env"});
  CHECK_THAT(seen, Catch::Contains("GIT_SSH_COMMAND=ssh -x"));
  CHECK_THAT(seen, !Catch::Contains("/nowhere"));
  CHECK_THAT(seen, !Catch::Contains("GIT_EXTERNAL_DIFF"));
}

TEST_CASE("a variable can be set for some calls only") {
  const GitSandbox sandbox;
  sandbox.write("a", "1");
  const git::Program program = sandbox.program();
  program.with("GIT_INDEX_FILE", sandbox.path(".git/other-index")).run({"add", "a"});
  CHECK(program.run({"ls-files"}).empty());
  CHECK(program.with("GIT_INDEX_FILE", sandbox.path(".git/other-index")).run({"ls-files"}) == "a\n");
}

TEST_CASE("nothing that a repository's configuration names is run on the way") {
  const GitSandbox sandbox;
  const std::string trap = sandbox.path("trap");
  write_script(trap, "touch '" + sandbox.path("sprung") + "'\n");
  std::filesystem::create_directories(sandbox.path(".git/hooks"));
  std::filesystem::copy(trap, sandbox.path(".git/hooks/post-checkout"));
  sandbox.commit("a", "1");
  std::filesystem::remove(sandbox.path("sprung"));
  sandbox.git({"config", "core.fsmonitor", trap});
  sandbox.git({"config", "protocol.ext.allow", "always"});
  sandbox.program().run({"status"});
  sandbox.program().run({"checkout", "-q", "-b", "other"});
  CHECK(sandbox.program().try_run({"ls-remote", "ext::" + trap}).exit_code != 0);
  CHECK_FALSE(std::filesystem::exists(sandbox.path("sprung")));
}
