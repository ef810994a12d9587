// SPDX-License-Identifier: Apache-2.0
#include <poll.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <filesystem>

#include "pipeline/executor.hpp"
#include "support/catch.hpp"
#include "support/git_sandbox.hpp"
#include "util/interrupt.hpp"

namespace mlops::test {
namespace {

using pipeline::Executor;
using pipeline::Job;
using pipeline::JobResult;
using Clock = std::chrono::steady_clock;

/// Runs jobs to their ends and keeps what they printed.
class Bench {
 public:
  explicit Bench(double grace_seconds = 10) : executor(pipeline::make_local_executor(grace_seconds)) {
    install_signal_handlers();
    clear_interrupt();
  }
  ~Bench() { clear_interrupt(); }

  Job job(const std::string& line) const {
    return {.stage = "s", .lines = {line}, .cwd = dir.path().string(), .env = environment()};
  }
  int start(const Job& job) {
    return executor->start(job, [this](std::string_view bytes) {
      printed += bytes;
      if (on_output) {
        on_output();
      }
    });
  }
  /// Waits for one job; `each` is called whenever the executor returns without one.
  JobResult wait(const std::function<void()>& each = {}) {
    while (true) {
      if (const auto one = executor->wait()) {
        return one->second;
      }
      if (each) {
        each();
      }
    }
  }
  JobResult run(const std::string& line) {
    start(job(line));
    return wait();
  }

  TempDir dir;
  std::unique_ptr<Executor> executor;
  std::string printed;
  std::function<void()> on_output;
};

/// Ended and waited for, so that not even its number is left.
bool gone(pid_t pid) { return ::kill(pid, 0) != 0; }

/// Passes the first stop signal on, as the runner does.
std::function<void()> pass_on(Bench& bench) {
  return [&bench, told = false]() mutable {
    if (!told && pending_interrupt() != 0) {
      told = true;
      bench.executor->stop(pending_interrupt());
    }
  };
}

TEST_CASE("a job tells its exit code, output and what it used") {
  Bench bench;
  const JobResult result = bench.run("echo out; echo err >&2; exit 4");
  CHECK(result.exit_code == 4);
  CHECK(result.how == JobResult::How::finished);
  CHECK_FALSE(result.ok());
  CHECK(result.failed_line == "echo out; echo err >&2; exit 4");
  CHECK(bench.printed == "out\nerr\n");
  CHECK(result.peak_memory_bytes > 0);
  CHECK(result.wall_seconds > 0);
}

TEST_CASE("standard input is empty and no output is fine") {
  Bench bench;
  const JobResult result = bench.run("cat");
  CHECK(result.ok());
  CHECK(bench.printed.empty());
}

TEST_CASE("a flood of output arrives whole") {
  Bench bench;
  CHECK(bench.run("head -c 20000000 /dev/zero | tr '\\0' x").ok());
  CHECK(bench.printed.size() == 20'000'000);
}

TEST_CASE("a job that ends itself by a signal is told as killed") {
  Bench bench;
  const JobResult result = bench.run("kill -SEGV $$");
  CHECK(result.how == JobResult::How::killed);
  CHECK(result.exit_code == 128 + SIGSEGV);
}

TEST_CASE("a background process that keeps the pipe open is ended and counted") {
  Bench bench;
  const auto start = Clock::now();
  const JobResult result = bench.run("sleep 300 & echo $!");
  CHECK(result.ok());
  CHECK(result.survivors == 1);
  CHECK(Clock::now() - start < std::chrono::seconds(5));
  CHECK(gone(std::stoi(bench.printed)));
}

TEST_CASE("a daemon in a session of its own is ended as well") {
  Bench bench;
  const JobResult result =
      bench.run("setsid sh -c 'echo $$; touch up; exec sleep 300' & until test -e up; do sleep 0.01; done");
  CHECK(result.ok());
  CHECK(result.survivors == 1);
  CHECK(gone(std::stoi(bench.printed)));
}

TEST_CASE("a timeout ends the job") {
  Bench bench;
  Job job = bench.job("echo begun; sleep 300");
  job.timeout_seconds = 0.2;
  bench.start(job);
  const JobResult result = bench.wait();
  CHECK(result.how == JobResult::How::timed_out);
  CHECK_FALSE(result.ok());
  CHECK(result.wall_seconds < 5);
}

TEST_CASE("a job that ignores the signal is killed after the grace") {
  Bench bench(0.2);
  Job job = bench.job("trap '' TERM; echo $$; while :; do sleep 0.05; done");
  job.timeout_seconds = 0.2;
  bench.start(job);
  const JobResult result = bench.wait();
  CHECK(result.how == JobResult::How::timed_out);
  CHECK(gone(std::stoi(bench.printed)));
}

TEST_CASE("a stop signal reaches the job, which may tidy up") {
  Bench bench;
  bench.on_output = [] {
    if (pending_interrupt() == 0) {
      raise_interrupt(SIGINT);
    }
  };
  bench.start(bench.job("trap 'echo tidied > tidy; exit 0' INT; echo ready; while :; do sleep 0.05; done"));
  const JobResult result = bench.wait(pass_on(bench));
  CHECK(result.how == JobResult::How::interrupted);
  CHECK_FALSE(result.ok());
  CHECK(bench.dir.read("tidy") == "tidied\n");
}

TEST_CASE("what the shell had started gets the grace although the shell is gone") {
  Bench bench;
  bench.on_output = [] {
    if (pending_interrupt() == 0) {
      raise_interrupt(SIGTERM);
    }
  };
  bench.start(
      bench.job("(trap 'sleep 0.3; echo saved > saved; exit' TERM; echo up; while :; do sleep 0.05; done); true"));
  const JobResult result = bench.wait(pass_on(bench));
  CHECK(result.how == JobResult::How::interrupted);
  CHECK(bench.dir.read("saved") == "saved\n");
}

TEST_CASE("a second stop signal kills at once") {
  Bench bench(60);
  int signals = 0;
  bench.on_output = [&] {
    if (++signals <= 2) {
      raise_interrupt(SIGINT);
    }
  };
  bench.start(bench.job("trap 'echo no' INT; echo ready; while :; do sleep 0.05; done"));
  const auto start = Clock::now();
  const JobResult result = bench.wait(pass_on(bench));
  CHECK(result.how == JobResult::How::interrupted);
  CHECK(Clock::now() - start < std::chrono::seconds(10));
}

TEST_CASE("several jobs run at once and each is waited for") {
  Bench bench;
  const int slow = bench.start(bench.job("until test -e flag; do sleep 0.02; done; exit 1"));
  const int fast = bench.start(bench.job("touch flag; exit 2"));
  std::map<int, int> codes;
  while (codes.size() < 2) {
    if (const auto one = bench.executor->wait()) {
      codes[one->first] = one->second.exit_code;
    }
  }
  CHECK(codes == std::map<int, int>{{slow, 1}, {fast, 2}});
}

TEST_CASE("when mlops itself is killed, its stages and their daemons end too") {
  const TempDir dir;
  const pid_t victim = ::fork();
  if (victim == 0) {
    const auto executor = pipeline::make_local_executor();
    executor->start({.stage = "s",
                     .lines = {"setsid sh -c 'echo $$ > daemon; exec sleep 300' & echo $$ > leader; sleep 300; true"},
                     .cwd = dir.path().string(),
                     .env = environment()},
                    [](std::string_view) {});
    executor->wait();
    ::_exit(0);
  }
  const auto until = [](const std::function<bool()>& happened) {
    for (int i = 0; i < 2000 && !happened(); ++i) {
      ::poll(nullptr, 0, 5);
    }
    return happened();
  };
  const auto pid_in = [&](const char* file) {
    std::ifstream stream(dir / file);
    pid_t pid = 0;
    stream >> pid;
    return pid;
  };
  REQUIRE(until([&] { return pid_in("daemon") > 0 && pid_in("leader") > 0; }));
  ::kill(victim, SIGKILL);
  ::waitpid(victim, nullptr, 0);
  for (const char* file : {"leader", "daemon"}) {
    const pid_t pid = pid_in(file);
    // Orphans of the victim may have become our children, to be waited for by us.
    CHECK(until([&] { return ::waitpid(pid, nullptr, WNOHANG) == pid || gone(pid); }));
  }
}

TEST_CASE("an executor that is dropped leaves no process behind") {
  pid_t pid = 0;
  {
    Bench bench;
    bench.start(bench.job("echo $$; sleep 300"));
    while (bench.printed.find('\n') == std::string::npos) {
      bench.executor->wait();
    }
    pid = std::stoi(bench.printed);
  }
  CHECK(gone(pid));
}

}  // namespace
}  // namespace mlops::test
