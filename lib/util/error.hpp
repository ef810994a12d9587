// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <fmt/core.h>

#include <exception>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace mlops {

/// How the process ends. Printed in every man page and relied on by scripts; a child ended by signal n gives 128+n.
enum class ExitCode : int { ok = 0, failed = 1, usage = 2, partial = 3, no = 4, bug = 70 };

/// The finer kind of a failure, stable for scripts: `error.kind` in `--json` output.
enum class ErrorKind { failed, usage, missing, corrupt, network, conflict, changed, stage, untrusted, format };

/// Returns the word that `--json` shows for `kind`.
std::string_view to_string(ErrorKind kind);

/// A failure that the user should see: what went wrong, where, and what to do about it.
///
/// The message is lowercase, has no full stop, names the failed thing first and quotes its subject in single quotes.
class Error : public std::runtime_error {
 public:
  template <class... Args>
  explicit Error(fmt::format_string<Args...> message, Args&&... args)
      : std::runtime_error(fmt::format(message, std::forward<Args>(args)...)) {}

  /// Returns an error about how the command was called; exit code 2.
  template <class... Args>
  static Error usage(fmt::format_string<Args...> message, Args&&... args) {
    Error error(message, std::forward<Args>(args)...);
    error.code_ = ExitCode::usage;
    error.kind_ = ErrorKind::usage;
    return error;
  }

  /// Returns an error of a finer kind; exit code 1.
  template <class... Args>
  static Error of(ErrorKind kind, fmt::format_string<Args...> message, Args&&... args) {
    Error error(message, std::forward<Args>(args)...);
    error.kind_ = kind;
    return error;
  }

  /// Adds advice that the user can act on, shown on a line of its own.
  template <class... Args>
  Error&& hint(fmt::format_string<Args...> text, Args&&... args) && {
    hints_.push_back(fmt::format(text, std::forward<Args>(args)...));
    return std::move(*this);
  }

  /// The same for an error that has a name.
  template <class... Args>
  void hint(fmt::format_string<Args...> text, Args&&... args) & {
    hints_.push_back(fmt::format(text, std::forward<Args>(args)...));
  }

  /// Adds what was being attempted, outermost last.
  template <class... Args>
  Error&& while_doing(fmt::format_string<Args...> text, Args&&... args) && {
    context_.push_back(fmt::format(text, std::forward<Args>(args)...));
    return std::move(*this);
  }

  /// Replaces the exit code, for the few failures whose code is part of a command's contract.
  Error&& exit_with(ExitCode code) && {
    code_ = code;
    return std::move(*this);
  }

  /// Remembers which errno made it fail, for callers that treat some (a stale share, a timeout) differently.
  Error&& from_system(int code) && {
    system_code_ = code;
    return std::move(*this);
  }

  const std::vector<std::string>& hints() const { return hints_; }
  const std::vector<std::string>& context() const { return context_; }
  ExitCode code() const { return code_; }
  ErrorKind kind() const { return kind_; }
  /// The errno of the system call that failed; 0 when the failure was none of a system call's.
  int system_code() const { return system_code_; }

 private:
  std::vector<std::string> context_;
  std::vector<std::string> hints_;
  ExitCode code_ = ExitCode::failed;
  ErrorKind kind_ = ErrorKind::failed;
  int system_code_ = 0;
};

/// Returns an Error for a failed system call: "cannot <what> '<subject>': <strerror(code)>", with a hint for the
/// codes that users meet (no space left, permission denied, read-only file system, too many open files).
Error system_error(int code, std::string_view what, std::string_view subject);

/// A signal asked us to stop. Not an Error, so that handling errors cannot swallow it.
class Interrupted : public std::exception {
 public:
  explicit Interrupted(int signal) : signal_(signal) {}
  const char* what() const noexcept override { return "interrupted"; }
  /// The signal's number; the process ends with 128 + signal.
  int signal() const { return signal_; }

 private:
  int signal_;
};

}  // namespace mlops
