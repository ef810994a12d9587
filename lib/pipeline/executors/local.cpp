// SPDX-License-Identifier: Apache-2.0
//
// Stages as processes of this machine.
//
// Each line of a job is a shell that leads a process group of its own, so that a signal reaches all it started. One
// poll loop reads the output of all jobs and watches for their ends, for timeouts and for stop signals. A line has
// ended when its shell has: whatever still holds the pipe open (a job in the background, a daemon) is not waited for,
// but ended, counted and reported. Stopping is TERM (or the signal that we got), a grace, KILL. Nobody can escape by
// forking twice or by making a session: orphans become our children (subreaper) and are found among those. Should we
// be killed ourselves, the watcher ends what we leave.
#include "pipeline/executor.hpp"
#include "pipeline/executors/watcher.hpp"
#include "pipeline/shell.hpp"
#include "util/error.hpp"
#include "util/interrupt.hpp"

#include <poll.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <utility>

namespace mlops::pipeline {
namespace {

using Clock = std::chrono::steady_clock;

std::chrono::nanoseconds to_duration(double seconds) {
  // More than a century would overflow the clock's arithmetic.
  return std::chrono::duration_cast<std::chrono::nanoseconds>(
      std::chrono::duration<double>(std::clamp(seconds, 0.0, 3e9)));
}

/// One job: the line that runs now, and what the lines before it used.
class RunningJob {
 public:
  RunningJob(int handle, Job job, std::function<void(std::string_view)> output, std::chrono::nanoseconds grace,
             const Watcher& watcher)
      : handle_(handle),
        job_(std::move(job)),
        output_(std::move(output)),
        grace_(grace),
        watcher_(watcher),
        started_(Clock::now()) {
    job_.env.insert_or_assign(Watcher::variable, watcher.mark());
    if (job_.timeout_seconds) {
      deadline_ = started_ + to_duration(*job_.timeout_seconds);
    }
    start_line();
  }

  int handle() const { return handle_; }
  int output_fd() const { return pipe_open_ ? child_->output_fd() : -1; }
  /// Readable when the shell ends; -1 where that cannot be watched and must be looked for.
  int exit_fd() const { return awaiting_group_ ? -1 : child_->exit_fd(); }

  /// Passes on what the line printed; returns whether there was anything.
  bool read_output() {
    std::array<char, 65536> buffer;
    bool any = false;
    // A flood of one job must not keep the others from being read.
    for (int rounds = 0; pipe_open_ && rounds < 16; ++rounds) {
      const ssize_t count = ::read(child_->output_fd(), buffer.data(), buffer.size());
      if (count > 0) {
        output_(std::string_view(buffer.data(), static_cast<std::size_t>(count)));
        any = true;
      } else if (count == 0) {
        pipe_open_ = false;
      } else if (errno != EINTR) {
        break;
      }
    }
    return any;
  }

  /// Goes on when the line has ended: to the next one, or to the job's result.
  std::optional<JobResult> advance() {
    const auto ended = child_->poll();
    if (!ended || group_is_ending()) {
      return std::nullopt;
    }
    // What it wrote last is in the pipe, and there is no more of it than the pipe holds.
    read_output();
    result_.survivors += reap_descendants(child_->pid());
    watcher_.ended(child_->pid());
    read_output();
    result_.cpu_seconds += ended->cpu_seconds;
    result_.peak_memory_bytes = std::max(result_.peak_memory_bytes, ended->peak_memory_bytes);
    if (ended->exit_code == 0 && result_.how == JobResult::How::finished && ++line_ < job_.lines.size()) {
      start_line();
      return std::nullopt;
    }
    if (result_.how == JobResult::How::finished && ended->signal != 0) {
      result_.how = JobResult::How::killed;
    }
    result_.exit_code = ended->exit_code;
    if (!result_.ok()) {
      result_.failed_line = job_.lines[std::min(line_, job_.lines.size() - 1)];
    }
    result_.wall_seconds = std::chrono::duration<double>(Clock::now() - started_).count();
    return result_;
  }

  void check_time(Clock::time_point now) {
    if (deadline_ && now >= *deadline_ && result_.how == JobResult::How::finished) {
      stop(SIGTERM, JobResult::How::timed_out);
    }
    if (kill_at_ && now >= *kill_at_) {
      kill();
    }
  }

  void stop(int signal, JobResult::How why) {
    if (result_.how == JobResult::How::finished) {
      result_.how = why;
    }
    child_->signal_group(signal);
    kill_at_ = Clock::now() + grace_;
  }

  void kill() {
    child_->signal_group(SIGKILL);
    kill_at_ = Clock::now() + std::chrono::seconds(1);
  }

  /// When something must happen even if nothing is heard of the job.
  std::optional<Clock::time_point> next_deadline() const {
    return kill_at_ ? kill_at_ : result_.how == JobResult::How::finished ? deadline_ : std::nullopt;
  }

 private:
  /// Whether a stopped line's shell is gone while what it had started still uses its grace to tidy up.
  bool group_is_ending() {
    const pid_t group = child_->pid();
    while (::waitpid(-group, nullptr, WNOHANG) > 0) {
    }
    awaiting_group_ = kill_at_ && Clock::now() < *kill_at_ && ::kill(-group, 0) == 0;
    return awaiting_group_;
  }

  void start_line() {
    child_.emplace(Command{.argv = shell_command(job_.lines[line_]), .cwd = job_.cwd, .env = job_.env});
    watcher_.started(child_->pid());
    pipe_open_ = true;
  }

  int handle_;
  Job job_;
  std::function<void(std::string_view)> output_;
  std::chrono::nanoseconds grace_;
  const Watcher& watcher_;
  Clock::time_point started_;
  std::optional<Clock::time_point> deadline_, kill_at_;
  std::size_t line_ = 0;
  std::optional<Child> child_;
  bool pipe_open_ = false;
  bool awaiting_group_ = false;
  JobResult result_;
};

class LocalExecutor : public Executor {
 public:
  explicit LocalExecutor(double grace_seconds) : grace_(to_duration(grace_seconds)) {}

  int start(const Job& job, std::function<void(std::string_view)> output) override {
    jobs_.push_back(std::make_unique<RunningJob>(next_handle_, job, std::move(output), grace_, watcher_));
    return next_handle_++;
  }

  std::optional<std::pair<int, JobResult>> wait() override {
    while (!jobs_.empty()) {
      wait_for_news();
      bool news = false;
      const auto now = Clock::now();
      for (auto job = jobs_.begin(); job != jobs_.end(); ++job) {
        news = (*job)->read_output() || news;
        (*job)->check_time(now);
        if (const auto result = (*job)->advance()) {
          const int handle = (*job)->handle();
          jobs_.erase(job);
          return std::pair(handle, *result);
        }
      }
      kill_if_impatient();
      if (news || (!stopping_ && pending_interrupt() != 0)) {
        return std::nullopt;
      }
    }
    return std::nullopt;
  }

  void stop(int signal) override {
    stopping_ = true;
    signals_seen_ = interrupt_count();
    for (const auto& job : jobs_) {
      job->stop(signal, JobResult::How::interrupted);
    }
  }

 private:
  void wait_for_news() {
    std::vector<pollfd> fds;
    fds.push_back({stopping_ ? -1 : interrupt_fd(), POLLIN, 0});
    bool watched = true;
    std::optional<Clock::time_point> deadline;
    for (const auto& job : jobs_) {
      fds.push_back({job->output_fd(), POLLIN, 0});
      fds.push_back({job->exit_fd(), POLLIN, 0});
      watched = watched && job->exit_fd() >= 0;
      if (const auto next = job->next_deadline(); next && (!deadline || *next < *deadline)) {
        deadline = next;
      }
    }
    // While stopping, a second signal is seen at the next look; kernels without pidfd need looks too.
    int limit_ms = stopping_ ? 50 : watched ? -1 : 5;
    if (deadline) {
      const auto left = std::chrono::ceil<std::chrono::milliseconds>(*deadline - Clock::now()).count();
      const int left_ms = static_cast<int>(std::clamp<std::int64_t>(left, 0, 60'000));
      limit_ms = limit_ms < 0 ? left_ms : std::min(limit_ms, left_ms);
    }
    ::poll(fds.data(), fds.size(), limit_ms);
  }

  /// A second stop signal means now.
  void kill_if_impatient() {
    if (stopping_ && interrupt_count() > signals_seen_) {
      signals_seen_ = interrupt_count();
      for (const auto& job : jobs_) {
        job->kill();
      }
    }
  }

  std::chrono::nanoseconds grace_;
  Watcher watcher_;
  std::vector<std::unique_ptr<RunningJob>> jobs_;
  int next_handle_ = 1;
  bool stopping_ = false;
  int signals_seen_ = 0;
};

}  // namespace

std::unique_ptr<Executor> make_local_executor(double grace_seconds) {
  return std::make_unique<LocalExecutor>(grace_seconds);
}

}  // namespace mlops::pipeline
