// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <iosfwd>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "cli/args.hpp"
#include "util/error.hpp"
#include "util/process.hpp"
#include "util/progress.hpp"

namespace mlops::repo {
class Workspace;
struct Session;
}  // namespace mlops::repo

namespace mlops::cli {

/// How much is said besides the answer.
enum class Verbosity { quiet, normal, verbose, debug };

/// Everything that a command touches outside the library, so that tests can run it in their own process.
struct Context {
  std::ostream& out;  ///< the answer
  std::ostream& err;  ///< everything else
  Environment env;
  std::string cwd;      ///< absolute
  std::string program;  ///< absolute path of the binary
  bool out_is_terminal = false;
  bool err_is_terminal = false;
  unsigned width = 80;         ///< columns of the terminal
  std::istream* in = nullptr;  ///< read by commands that are told to; null: nothing to read

  // Set by the dispatcher from the options that every command has.
  Verbosity verbosity = Verbosity::normal;
  bool json = false;  ///< the command was asked for JSON
  ProgressSink* progress = nullptr;
  std::vector<std::string> words{};  ///< the command line as typed, without the program's name

  /// Opens the project around cwd; throws when there is none.
  repo::Workspace workspace() const;
  /// What the library is handed.
  repo::Session session() const;
  /// Whether to colour `out` or `err` (terminal, NO_COLOR unset, TERM not dumb).
  bool color_out() const;
  bool color_err() const;
  /// Writes a sentence to `err` unless quiet.
  void say(std::string_view text) const;
};

/// One command: its options and what it does. Made fresh for each call.
class Command {
 public:
  virtual ~Command() = default;
  virtual Args args() { return {}; }
  virtual ExitCode run(Context& context) = 0;
};

/// A command's row in the table.
struct CommandSpec {
  std::string_view name;     ///< "push", "remote add"
  std::string_view group;    ///< heading in `mlops --help`; empty hides it
  std::string_view summary;  ///< one line, imperative, no full stop
  std::string_view manual;   ///< description, then EXAMPLES; for --help and man
  std::unique_ptr<Command> (*make)();
};

/// A command and its argument table, which points into it; they live and die together.
struct Loaded {
  explicit Loaded(const CommandSpec& spec);
  std::unique_ptr<Command> command;
  Args args;  ///< the command's own, then those that every command has
  bool help = false;
  bool quiet = false;
  int verbose = 0;
  bool verbose_once = false, verbose_twice = false;
  std::optional<std::string> directory{};
};

template <class T>
std::unique_ptr<Command> make_command() {
  return std::make_unique<T>();
}

/// All commands, in the order in which help shows them.
std::span<const CommandSpec* const> commands();

}  // namespace mlops::cli
