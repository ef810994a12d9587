// SPDX-License-Identifier: Apache-2.0
#include "util/spawn.hpp"

#include <fcntl.h>
#include <spawn.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <initializer_list>

#include "util/error.hpp"
#include "util/process_registry.hpp"
#include "util/text.hpp"

namespace mlops {
namespace {

/// What the child does between fork and exec.
class Actions {
 public:
  Actions() { check(::posix_spawn_file_actions_init(&actions_)); }
  Actions(const Actions&) = delete;
  Actions& operator=(const Actions&) = delete;
  ~Actions() { ::posix_spawn_file_actions_destroy(&actions_); }

  void open_null(int as) { check(::posix_spawn_file_actions_addopen(&actions_, as, "/dev/null", O_RDONLY, 0)); }
  void duplicate(int fd, int as) { check(::posix_spawn_file_actions_adddup2(&actions_, fd, as)); }
  void change_directory(const std::string& path) {
    check(::posix_spawn_file_actions_addchdir_np(&actions_, path.c_str()));
  }
  const posix_spawn_file_actions_t* get() const { return &actions_; }

 private:
  static void check(int code) {
    if (code != 0) {
      throw system_error(code, "prepare", "child process");
    }
  }
  posix_spawn_file_actions_t actions_{};
};

/// Signals as a fresh program expects them, whatever we ignore or block; a SIGHUP ignored by nohup stays ignored.
class Attributes {
 public:
  explicit Attributes(Group group) {
    ::posix_spawnattr_init(&attributes_);
    sigset_t signals;
    sigemptyset(&signals);
    ::posix_spawnattr_setsigmask(&attributes_, &signals);
    for (const int signal : {SIGINT, SIGQUIT, SIGTERM, SIGPIPE, SIGXFSZ, SIGCHLD, SIGTSTP, SIGTTIN, SIGTTOU}) {
      sigaddset(&signals, signal);
    }
    ::posix_spawnattr_setsigdefault(&attributes_, &signals);
    int flags = POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF;
    if (group == Group::own) {
      ::posix_spawnattr_setpgroup(&attributes_, 0);
      flags |= POSIX_SPAWN_SETPGROUP;
    }
    ::posix_spawnattr_setflags(&attributes_, static_cast<short>(flags));
  }
  Attributes(const Attributes&) = delete;
  Attributes& operator=(const Attributes&) = delete;
  ~Attributes() { ::posix_spawnattr_destroy(&attributes_); }
  const posix_spawnattr_t* get() const { return &attributes_; }

 private:
  posix_spawnattr_t attributes_{};
};

/// Holds a child's standard input in memory, so that nobody has to feed it.
class InputFile {
 public:
  explicit InputFile(const std::string& bytes) : fd_(::memfd_create("input", MFD_CLOEXEC)) {
    if (fd_ < 0) {
      throw system_error(errno, "create", "standard input of a child");
    }
    for (std::size_t done = 0; done < bytes.size();) {
      const ssize_t count = ::write(fd_, bytes.data() + done, bytes.size() - done);
      if (count < 0 && errno != EINTR) {
        const int code = errno;
        ::close(fd_);
        throw system_error(code, "write", "standard input of a child");
      }
      done += count > 0 ? static_cast<std::size_t>(count) : 0;
    }
    ::lseek(fd_, 0, SEEK_SET);
  }
  InputFile(const InputFile&) = delete;
  InputFile& operator=(const InputFile&) = delete;
  ~InputFile() { ::close(fd_); }
  int get() const { return fd_; }

 private:
  int fd_;
};

bool is_program(const std::string& path) {
  struct stat found {};
  return ::stat(path.c_str(), &found) == 0 && S_ISREG(found.st_mode) && ::access(path.c_str(), X_OK) == 0;
}

/// Returns what to execute for argv[0], as the child sees it from its own directory.
std::string find_program(const Command& command) {
  const std::string& name = command.argv.front();
  if (name.find('/') != std::string::npos) {
    return name;
  }
  const auto path = command.env.find("PATH");
  for (const std::string& entry : split(path == command.env.end() ? "/usr/bin:/bin" : path->second, ':')) {
    std::string candidate = entry.empty() ? "." : entry;
    candidate.append(1, '/').append(name);
    const bool relative = candidate[0] != '/' && !command.cwd.empty();
    if (is_program(relative ? fmt::format("{}/{}", command.cwd, candidate) : candidate)) {
      return candidate;
    }
  }
  throw Error("cannot start {}: command not found", quoted(name)).hint("install it, or add its directory to PATH");
}

std::vector<char*> c_strings(const std::vector<std::string>& strings) {
  std::vector<char*> pointers;
  pointers.reserve(strings.size() + 1);
  for (const std::string& text : strings) {
    pointers.push_back(const_cast<char*>(text.c_str()));  // the interface predates const; nothing is written
  }
  pointers.push_back(nullptr);
  return pointers;
}

std::vector<std::string> assignments(const Environment& environment) {
  std::vector<std::string> lines;
  lines.reserve(environment.size());
  for (const auto& [name, value] : environment) {
    lines.push_back(fmt::format("{}={}", name, value));
  }
  return lines;
}

[[noreturn]] void fail(int code, const Command& command) {
  struct stat found {};
  if (!command.cwd.empty() && (::stat(command.cwd.c_str(), &found) != 0 || !S_ISDIR(found.st_mode))) {
    throw Error("cannot start {}: its directory {} does not exist", quoted(command.argv.front()), quoted(command.cwd));
  }
  if (code == ENOEXEC) {
    throw system_error(code, "start", command.argv.front()).hint("a script needs a first line such as '#!/bin/sh'");
  }
  if (code == E2BIG) {
    throw system_error(code, "start", command.argv.front()).hint("its arguments and environment are too large");
  }
  throw system_error(code, "start", command.argv.front());
}

}  // namespace

pid_t spawn(const Command& command, const SpawnOutputs& outputs, Group group) {
  if (command.argv.empty() || command.argv.front().empty()) {
    throw Error("cannot start an empty command");
  }
  const std::string program = find_program(command);
  const std::optional<InputFile> input =
      command.input ? std::optional<InputFile>(std::in_place, *command.input) : std::nullopt;
  Actions actions;
  if (!command.cwd.empty()) {
    actions.change_directory(command.cwd);
  }
  if (input) {
    actions.duplicate(input->get(), STDIN_FILENO);
  } else {
    actions.open_null(STDIN_FILENO);
  }
  actions.duplicate(outputs.out, STDOUT_FILENO);
  actions.duplicate(outputs.err, STDERR_FILENO);
  const Attributes attributes(group);
  const std::vector<char*> argv = c_strings(command.argv);
  const std::vector<std::string> env_lines = assignments(command.env);
  const std::vector<char*> envp = c_strings(env_lines);

  StartedChildren& started = StartedChildren::instance();
  const auto lock = started.lock();
  pid_t pid = -1;
  const int code = ::posix_spawn(&pid, program.c_str(), actions.get(), attributes.get(), argv.data(), envp.data());
  if (code != 0) {
    fail(code, command);
  }
  started.add(pid);
  return pid;
}

}  // namespace mlops
