// SPDX-License-Identifier: Apache-2.0
#pragma once

// Options as data. The parser, --help, the man pages and shell completion all read the same table, so they cannot
// disagree, and no command pays for the parser's headers.

#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace mlops::cli {

/// What a shell offers for a value; answered by complete.cpp.
enum class Complete {
  nothing,
  path,
  target,
  stage,
  remote,
  remote_option,
  revision,
  run,
  config_key,
  config_value  ///< of the key that stands before it
};

using Target = std::variant<std::monostate, bool*, int*, double*, std::string*, std::optional<std::string>*,
                            std::optional<int>*, std::optional<double>*, std::vector<std::string>*>;

/// One option, flag or positional.
struct Arg {
  std::string_view names;      ///< "-r,--remote"; "targets" for a positional
  std::string_view metavar{};  ///< shown as <metavar>; empty for a flag
  std::string_view help{};     ///< one phrase, capitalised, no full stop
  std::string_view alone{};    ///< the value of an option that stands alone: its own then follows '=', or is a choice
  Target into{};               ///< where the parsed value goes
  std::vector<std::string> choices{};
  Complete complete = Complete::nothing;
  bool required = false;
  bool several = false;  ///< an option that takes all words up to the next option
  bool rest = false;     ///< a positional that takes this word and all that follow, options of others included

  bool positional() const { return !names.starts_with('-'); }
  bool takes_value() const { return !std::holds_alternative<bool*>(into); }
  bool repeats() const { return std::holds_alternative<std::vector<std::string>*>(into); }
  /// "-r" and "--remote" apart.
  std::vector<std::string> spellings() const;
};
using Args = std::vector<Arg>;

/// Returns the row that `word` ("--remote", "-r") spells, or nullptr.
const Arg* find_arg(const Args& args, std::string_view word);

/// Fills the targets in `args` from `words`. Throws Error::usage naming the nearest known option, with a hint at
/// `mlops COMMAND --help`.
void parse(const Args& args, std::vector<std::string> words, std::string_view command);

/// Options that several commands share: one name, one help text, one completer each.
namespace args {
Arg json(bool* into);
Arg jobs(int* into);
Arg remote(std::optional<std::string>* into);
Arg targets(std::vector<std::string>* into, std::string_view help);
Arg dry_run(bool* into);
Arg force(bool* into, std::string_view help);
Arg all_branches(bool* into);
Arg all_tags(bool* into);
Arg all_commits(bool* into);
Arg recursive(bool* into);
}  // namespace args

}  // namespace mlops::cli
