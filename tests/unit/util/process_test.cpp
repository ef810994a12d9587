// SPDX-License-Identifier: Apache-2.0
#include "util/process.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <fstream>
#include <thread>

#include "support/catch.hpp"
#include "support/temp_dir.hpp"
#include "util/error.hpp"
#include "util/interrupt.hpp"

using namespace mlops;

namespace {

const Environment plain_env{{"PATH", "/usr/bin:/bin"}};

Command shell(const std::string& script) { return {.argv = {"sh", "-c", script}, .cwd = "", .env = plain_env}; }

/// Waits on descriptors, never by sleeping, until the child has ended; returns its output.
std::string read_to_end(Child& child, Child::Ended& ended) {
  std::string output;
  std::array<char, 4096> buffer{};
  bool open = true;
  while (open) {
    pollfd ready{child.output_fd(), POLLIN, 0};
    ::poll(&ready, 1, 10'000);
    const ssize_t count = ::read(child.output_fd(), buffer.data(), buffer.size());
    open = count != 0;
    output.append(buffer.data(), count > 0 ? static_cast<std::size_t>(count) : 0);
  }
  pollfd exit{child.exit_fd(), POLLIN, 0};
  ::poll(&exit, 1, 10'000);
  const auto result = child.poll();
  REQUIRE(result);
  ended = *result;
  return output;
}

/// Reads one line from a child that goes on running.
std::string read_line(const Child& child) {
  std::string line;
  char c = 0;
  pollfd ready{child.output_fd(), POLLIN, 0};
  while (line.find('\n') == std::string::npos && ::poll(&ready, 1, 10'000) == 1 &&
         ::read(child.output_fd(), &c, 1) == 1) {
    line += c;
  }
  return line;
}

void wait_until_ended(Child& child) {
  pollfd exit{child.exit_fd(), POLLIN, 0};
  REQUIRE(::poll(&exit, 1, 10'000) == 1);
  REQUIRE(child.poll());
}

bool exists(pid_t pid) { return ::kill(pid, 0) == 0; }

}  // namespace

TEST_CASE("a helper program's exit code and both outputs come back") {
  const Completed done = run_process(shell("echo out; echo err >&2; exit 3"));
  CHECK(done.exit_code == 3);
  CHECK(done.signal == 0);
  CHECK(done.out == "out\n");
  CHECK(done.err == "err\n");
}

TEST_CASE("a program that dies by a signal gives 128 plus its number") {
  const Completed done = run_process(shell("kill -KILL $$"));
  CHECK(done.exit_code == 128 + SIGKILL);
  CHECK(done.signal == SIGKILL);
}

TEST_CASE("much input and much output do not block each other") {
  Command cat{.argv = {"cat"}, .cwd = "", .env = plain_env};
  cat.input = std::string(3'000'000, 'x');
  const Completed done = run_process(cat);
  CHECK(done.exit_code == 0);
  CHECK(done.out == *cat.input);
}

TEST_CASE("without input a program reads the end of file at once") { CHECK(run_process(shell("cat")).out.empty()); }

TEST_CASE("a program gets exactly the environment and directory that it was given") {
  const test::TempDir dir;
  Command env{
      .argv = {"sh", "-c", "env; pwd"}, .cwd = dir.path().string(), .env = {{"PATH", "/usr/bin:/bin"}, {"A", "1 2"}}};
  const Completed done = run_process(env);
  CHECK(done.out.find("A=1 2\n") != std::string::npos);
  CHECK(done.out.find("HOME=") == std::string::npos);
  CHECK(done.out.ends_with(dir.path().string() + "\n"));
}

TEST_CASE("programs are looked for on the PATH of the given environment, relative entries from the child's directory") {
  const test::TempDir dir;
  const auto script = dir.write("bin/tool", "#!/bin/sh\necho found\n");
  std::filesystem::permissions(script, std::filesystem::perms::owner_all);
  dir.write("none/tool", "not executable");
  const Environment absolute{{"PATH", (dir / "none").string() + ":" + (dir / "bin").string()}};
  CHECK(run_process({.argv = {"tool"}, .cwd = "", .env = absolute}).out == "found\n");
  CHECK(run_process({.argv = {"tool"}, .cwd = dir.path().string(), .env = {{"PATH", "bin"}}}).out == "found\n");
  CHECK(run_process({.argv = {"bin/tool"}, .cwd = dir.path().string(), .env = {}}).out == "found\n");
  CHECK_THROWS_AS(run_process({.argv = {"tool"}, .cwd = "", .env = plain_env}), Error);
}

TEST_CASE("what cannot be started is an error that says why") {
  const test::TempDir dir;
  CHECK_THROWS_WITH(run_process({.argv = {"no-such-program"}, .cwd = "", .env = plain_env}),
                    "cannot start 'no-such-program': command not found");
  CHECK_THROWS_WITH(run_process({.argv = {"true"}, .cwd = (dir / "gone").string(), .env = plain_env}),
                    Catch::Contains("does not exist"));
  CHECK_THROWS_AS(run_process({.argv = {"/"}, .cwd = "", .env = plain_env}), Error);
  CHECK_THROWS_AS(run_process({.argv = {}, .cwd = "", .env = plain_env}), Error);
}

TEST_CASE("a program starts with default signals although we ignore some") {
  install_signal_handlers();
  CHECK(run_process(shell("kill -PIPE $$; echo survived")).signal == SIGPIPE);
}

TEST_CASE("a helper program ends with itself, not with a daemon that keeps its output open") {
  const Completed done = run_process(shell("sleep 100 & echo $!"));
  CHECK(done.exit_code == 0);
  REQUIRE_FALSE(done.out.empty());
  ::kill(std::stoi(done.out), SIGKILL);
}

TEST_CASE("an interrupt ends a helper program and is thrown") {
  install_signal_handlers();
  clear_interrupt();
  const test::TempDir dir;
  const std::string fifo = (dir / "ready").string();
  REQUIRE(::mkfifo(fifo.c_str(), 0600) == 0);
  // The signal comes once the program runs, which it tells through the fifo.
  std::jthread interrupter([&] {
    std::string told;
    std::getline(std::ifstream(fifo), told);
    raise_interrupt(SIGTERM);
  });
  CHECK_THROWS_AS(run_process(shell("echo > " + fifo + "; exec sleep 100")), Interrupted);
  interrupter.join();
  // Cleaning up may still run programs while the signal is pending.
  CHECK(run_process(shell("echo cleaned")).out == "cleaned\n");
  clear_interrupt();
}

TEST_CASE("a child's two outputs share one pipe and its end tells what it used") {
  Child child(shell("echo one; echo two >&2; exit 7"));
  Child::Ended ended;
  CHECK(read_to_end(child, ended) == "one\ntwo\n");
  CHECK(ended.exit_code == 7);
  CHECK(ended.cpu_seconds >= 0);
  CHECK(ended.peak_memory_bytes > 0);
  CHECK(child.poll()->exit_code == 7);
}

TEST_CASE("reading a child's output does not block") {
  Child child(shell("sleep 100"));
  char c = 0;
  CHECK(::read(child.output_fd(), &c, 1) == -1);
  CHECK(errno == EAGAIN);
  CHECK_FALSE(child.poll());
  child.signal_group(SIGKILL);
  wait_until_ended(child);
  CHECK(child.poll()->exit_code == 128 + SIGKILL);
}

TEST_CASE("a signal to the group reaches what the child started") {
  Child child(shell("sleep 100 & echo $!; wait"));
  const pid_t grandchild = std::stoi(read_line(child));
  CHECK(::getpgid(grandchild) == child.pid());
  child.signal_group(SIGTERM);
  wait_until_ended(child);
  CHECK(child.poll()->signal == SIGTERM);
}

TEST_CASE("destroying a running child kills its group") {
  pid_t pid = 0;
  {
    Child child(shell("sleep 100"));
    pid = child.pid();
    const Child moved(std::move(child));
    CHECK(exists(pid));
  }
  CHECK_FALSE(exists(pid));
}

TEST_CASE("reaping ends background jobs and daemons that a stage left, and counts them") {
  become_subreaper();
  Child stage(shell("sleep 100 & setsid sh -c 'sleep 101 & echo ready; wait' & exit 0"));
  read_line(stage);
  wait_until_ended(stage);
  // The job in the group, the daemon's shell and the daemon's own child.
  CHECK(reap_descendants(stage.pid()) == 3);
  CHECK(::waitpid(-1, nullptr, WNOHANG) == -1);
  CHECK(reap_descendants(stage.pid()) == 0);
  CHECK(reap_descendants(0) == 0);
}

TEST_CASE("reaping one stage leaves another one and its orphans alone") {
  become_subreaper();
  Child other(shell("(setsid sleep 100 & echo $!) ; exec sleep 102"));
  const pid_t orphan = std::stoi(read_line(other));
  Child stage(shell("sleep 100 & exit 0"));
  wait_until_ended(stage);
  CHECK(reap_descendants(stage.pid()) == 1);
  CHECK_FALSE(other.poll());
  CHECK(exists(orphan));
  other.signal_group(SIGKILL);
  wait_until_ended(other);
  CHECK(reap_descendants(other.pid()) == 1);
  CHECK_FALSE(exists(orphan));
}
