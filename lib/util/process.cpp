// SPDX-License-Identifier: Apache-2.0
#include "util/process.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <utility>

#include "util/error.hpp"
#include "util/interrupt.hpp"
#include "util/process_registry.hpp"
#include "util/spawn.hpp"

namespace mlops {
namespace {

/// Closes its descriptor when it goes out of scope.
struct Descriptor {
  int fd = -1;
  Descriptor() = default;
  Descriptor(Descriptor&& other) noexcept : fd(std::exchange(other.fd, -1)) {}
  Descriptor& operator=(Descriptor&&) = delete;
  ~Descriptor() { close(); }
  void close() {
    if (fd >= 0) {
      ::close(std::exchange(fd, -1));
    }
  }
  int release() { return std::exchange(fd, -1); }
};

/// A pipe whose reading end does not block.
struct Pipe {
  Descriptor read;
  Descriptor write;
};

Pipe make_pipe() {
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0) {
    throw system_error(errno, "create", "pipe");
  }
  Pipe made;
  made.read.fd = ends[0];
  made.write.fd = ends[1];
  if (::fcntl(ends[0], F_SETFL, O_NONBLOCK) != 0) {
    throw system_error(errno, "set up", "pipe");
  }
  return made;
}

int open_pidfd(pid_t pid) { return static_cast<int>(::syscall(SYS_pidfd_open, pid, 0)); }

Child::Ended decode(int status, const rusage& used) {
  const auto seconds = [](const timeval& time) {
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
  };
  Child::Ended ended;
  ended.signal = WIFSIGNALED(status) ? WTERMSIG(status) : 0;
  ended.exit_code = ended.signal != 0 ? 128 + ended.signal : WEXITSTATUS(status);
  ended.cpu_seconds = seconds(used.ru_utime) + seconds(used.ru_stime);
  ended.peak_memory_bytes = static_cast<std::uint64_t>(used.ru_maxrss) * 1024;
  return ended;
}

/// Returns nothing while the child runs (only with WNOHANG).
std::optional<Child::Ended> wait_for(pid_t pid, int options) {
  int status = 0;
  rusage used{};
  pid_t got = 0;
  do {
    got = ::wait4(pid, &status, options, &used);
  } while (got < 0 && errno == EINTR);
  if (got == 0) {
    return std::nullopt;
  }
  const int code = errno;
  StartedChildren::instance().remove(pid);
  if (got < 0) {
    throw system_error(code, "wait for", "process " + std::to_string(pid));
  }
  return decode(status, used);
}

/// Appends what is there now; returns false at the end of the stream.
bool drain(int fd, std::string& into) {
  std::array<char, 16384> buffer;
  while (true) {
    const ssize_t count = ::read(fd, buffer.data(), buffer.size());
    if (count > 0) {
      into.append(buffer.data(), static_cast<std::size_t>(count));
    } else if (count == 0) {
      return false;
    } else if (errno == EAGAIN) {
      return true;
    } else if (errno != EINTR) {
      throw system_error(errno, "read", "output of a child");
    }
  }
}

/// Collects the output of a program until it ends; passes a stop signal on to it.
///
/// A signal that was pending before does not count: whoever cleans up after an interrupt may still run programs.
/// Ends with the program, not with its pipes: a daemon that it left behind (ssh's shared connection) may keep those
/// open.
class Collector {
 public:
  explicit Collector(const Command& command) : out_(make_pipe()), err_(make_pipe()) {
    pid_ = spawn(command, {.out = out_.write.fd, .err = err_.write.fd}, Group::inherited);
    exit_.fd = open_pidfd(pid_);
    out_.write.close();
    err_.write.close();
  }
  Collector(const Collector&) = delete;
  Collector& operator=(const Collector&) = delete;
  ~Collector() {
    if (!ended_) {
      ::kill(pid_, SIGKILL);
      ::waitpid(pid_, nullptr, 0);
      StartedChildren::instance().remove(pid_);
    }
  }

  Completed run() {
    while (!ended_) {
      wait_for_news();
      // Asked before the pipes are read, so that what it wrote last is not missed.
      ended_ = wait_for(pid_, WNOHANG);
      read_outputs();
      stop_if_interrupted();
    }
    if (stopping_since_) {
      check_interrupt();
    }
    return {.exit_code = ended_->exit_code,
            .signal = ended_->signal,
            .out = std::move(result_out_),
            .err = std::move(result_err_)};
  }

 private:
  void wait_for_news() {
    // The interrupt's descriptor stays readable once it is, so from then on only time passes.
    const bool signalled = pending_interrupt() != 0;
    std::array<pollfd, 4> fds{pollfd{out_.read.fd, POLLIN, 0}, pollfd{err_.read.fd, POLLIN, 0},
                              pollfd{exit_.fd, POLLIN, 0}, pollfd{signalled ? -1 : interrupt_fd(), POLLIN, 0}};
    const int limit_ms = exit_.fd < 0 ? 10 : signalled ? 100 : -1;
    ::poll(fds.data(), fds.size(), limit_ms);
  }

  void read_outputs() {
    if (out_.read.fd >= 0 && !drain(out_.read.fd, result_out_)) {
      out_.read.close();
    }
    if (err_.read.fd >= 0 && !drain(err_.read.fd, result_err_)) {
      err_.read.close();
    }
  }

  void stop_if_interrupted() {
    using Clock = std::chrono::steady_clock;
    if (ended_ || interrupt_count() == interrupts_before_) {
      return;
    }
    if (!stopping_since_) {
      stopping_since_ = Clock::now();
      ::kill(pid_, SIGTERM);
    } else if (Clock::now() - *stopping_since_ > std::chrono::seconds(2)) {
      ::kill(pid_, SIGKILL);
    }
  }

  Pipe out_;
  Pipe err_;
  Descriptor exit_;
  pid_t pid_ = -1;
  int interrupts_before_ = interrupt_count();
  std::optional<Child::Ended> ended_;
  std::optional<std::chrono::steady_clock::time_point> stopping_since_;
  std::string result_out_;
  std::string result_err_;
};

}  // namespace

bool is_alive(pid_t pid) { return ::kill(pid, 0) == 0 || errno != ESRCH; }

Completed run_process(const Command& command) { return Collector(command).run(); }

Child::Child(const Command& command) {
  Pipe output = make_pipe();
  pid_ = spawn(command, {.out = output.write.fd, .err = output.write.fd}, Group::own);
  output_fd_ = output.read.release();
  exit_fd_ = open_pidfd(pid_);
}

Child::Child(Child&& other) noexcept
    : pid_(std::exchange(other.pid_, -1)),
      output_fd_(std::exchange(other.output_fd_, -1)),
      exit_fd_(std::exchange(other.exit_fd_, -1)),
      ended_(other.ended_) {}

Child::~Child() {
  if (pid_ > 0 && !ended_) {
    signal_group(SIGKILL);
    while (::waitpid(pid_, nullptr, 0) < 0 && errno == EINTR) {
    }
    StartedChildren::instance().remove(pid_);
  }
  for (const int fd : {output_fd_, exit_fd_}) {
    if (fd >= 0) {
      ::close(fd);
    }
  }
}

void Child::signal_group(int signal) const {
  if (pid_ > 0) {
    ::kill(-pid_, signal);
  }
}

std::optional<Child::Ended> Child::poll() {
  if (!ended_) {
    ended_ = wait_for(pid_, WNOHANG);
  }
  return ended_;
}

}  // namespace mlops
