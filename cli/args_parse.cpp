// SPDX-License-Identifier: Apache-2.0
// The only file that includes CLI11: its headers cost seconds to compile, and nothing else needs them.
//
// CLI11's own words for mistakes are hard to act on, so words are looked over against our table first: an unknown option
// is answered with the nearest one, and a `rest` positional is cut off before the parser sees it.

#include <CLI/CLI.hpp>
#include <algorithm>
#include <iterator>

#include "cli/args.hpp"
#include "util/error.hpp"
#include "util/text.hpp"

namespace mlops::cli {
namespace {

CLI::Option* bind(CLI::App& app, const Arg& arg) {
  const std::string names(arg.names);
  return std::visit(
      [&](auto target) -> CLI::Option* {
        using T = decltype(target);
        if constexpr (std::is_same_v<T, std::monostate>) {
          throw std::logic_error("argument '" + names + "' has no target");
        } else if constexpr (std::is_same_v<T, bool*>) {
          return app.add_flag(names, *target);
        } else {
          CLI::Option* option = app.add_option(names, *target);
          if (arg.repeats() && !arg.positional()) option->allow_extra_args(false);
          return option;
        }
      },
      arg.into);
}

Error help_hint(Error error, std::string_view command) {
  return std::move(error).hint("see `mlops {} --help`", command);
}

Error unknown_option(const Args& args, const std::string& word, std::string_view command) {
  std::vector<std::string> known;
  for (const Arg& arg : args) {
    if (arg.positional()) continue;
    // One letter is as near to any other: only long names tell what was meant.
    for (auto& name : arg.spellings()) {
      if (name.starts_with("--")) known.push_back(name);
    }
  }
  Error error = Error::usage("unknown option {}", mlops::quoted(word));
  const auto near = nearest(word, known);
  return help_hint(near ? std::move(error).hint("did you mean `{}`?", *near) : std::move(error), command);
}

/// Judges one word of options; returns whether the next word is its value.
bool check_option(const Args& args, const std::string& word, std::string_view command) {
  if (word.starts_with("--")) {
    const auto equals = word.find('=');
    const Arg* arg = find_arg(args, word.substr(0, equals));
    if (arg == nullptr) throw unknown_option(args, word.substr(0, equals), command);
    if (!arg->takes_value() && equals != std::string::npos)
      throw help_hint(Error::usage("option '{}' takes no value", arg->names), command);
    if (arg->takes_value() && equals + 1 == word.size())
      throw help_hint(Error::usage("option '{}' needs a value", word.substr(0, equals)), command);
    return arg->takes_value() && equals == std::string::npos;
  }
  for (std::size_t i = 1; i < word.size(); ++i) {
    const Arg* arg = find_arg(args, std::string("-") + word[i]);
    if (arg == nullptr) throw unknown_option(args, i == 1 ? word : std::string("-") + word[i], command);
    if (arg->takes_value()) return i + 1 == word.size();
  }
  return false;
}

/// Gives options that may stand alone their value: `--untracked-files` becomes `--untracked-files=all`.
void complete_alone(const Args& args, std::vector<std::string>& words) {
  for (std::size_t i = 0; i < words.size() && words[i] != "--"; ++i) {
    const Arg* arg = find_arg(args, words[i]);
    if (arg == nullptr || arg->alone.empty()) continue;
    const auto& choices = arg->choices;
    const bool given = i + 1 < words.size() && std::find(choices.begin(), choices.end(), words[i + 1]) != choices.end();
    words[i] += "=" + (given ? words[i + 1] : std::string(arg->alone));
    if (given) words.erase(words.begin() + static_cast<std::ptrdiff_t>(i) + 1);
  }
}

/// CLI11 takes a word such as "[a]" apart as a list. A mark before every positional word keeps file names whole.
constexpr char mark = '=';

void mark_positionals(const Args& args, std::vector<std::string>& words, std::string_view command) {
  bool all = false;
  for (std::size_t i = 0; i < words.size(); ++i) {
    if (all || words[i].size() < 2 || words[i][0] != '-') {
      words[i].insert(words[i].begin(), mark);
    } else if (words[i] == "--") {
      all = true;
    } else if (check_option(args, words[i], command)) {
      ++i;
    }
  }
}

void unmark(std::string& word) {
  if (word.starts_with(mark)) word.erase(0, 1);
}

void unmark_positionals(const Args& args) {
  for (const Arg& arg : args) {
    if (!arg.positional() || arg.rest) continue;
    if (const auto* word = std::get_if<std::string*>(&arg.into)) unmark(**word);
    if (const auto* word = std::get_if<std::optional<std::string>*>(&arg.into); word != nullptr && **word)
      unmark(***word);
    if (const auto* words = std::get_if<std::vector<std::string>*>(&arg.into)) {
      for (std::string& word : **words) unmark(word);
    }
  }
}

/// Checks every option and returns where the first positional word stands (words.size() if nowhere).
std::size_t survey(const Args& args, const std::vector<std::string>& words, std::string_view command, bool stop) {
  for (std::size_t i = 0; i < words.size(); ++i) {
    if (words[i] == "--") return stop ? i : words.size();
    if (words[i].size() < 2 || words[i][0] != '-') {
      if (stop) return i;
      continue;
    }
    if (check_option(args, words[i], command)) {
      if (i + 1 == words.size())
        throw help_hint(Error::usage("option {} needs a value", mlops::quoted(words[i])), command);
      ++i;
    }
  }
  return words.size();
}

Error translate(const CLI::ParseError& error, const Args& args, std::string_view command) {
  for (const Arg& arg : args) {
    if (arg.positional() && arg.required && error.get_name() == "RequiredError" &&
        std::string(error.what()).find(std::string(arg.names)) != std::string::npos)
      return help_hint(Error::usage("<{}> is missing", arg.metavar), command);
  }
  // "Could not convert: --jobs = x": the only type that can fail is a number.
  const std::string text = error.what();
  const std::size_t colon = text.find(": ");
  const std::size_t equals = text.find(" = ");
  if (error.get_name() == "ConversionError" && colon < equals && equals != std::string::npos)
    return help_hint(Error::usage("'{}' wants a number, not {}", text.substr(colon + 2, equals - colon - 2),
                                  mlops::quoted(text.substr(equals + 3))),
                     command);
  return help_hint(Error::usage("{}", text), command);
}

void check_choices(const Arg& arg, std::string_view command) {
  if (arg.choices.empty()) return;
  std::string value;
  if (const auto* text = std::get_if<std::string*>(&arg.into)) value = **text;
  if (const auto* text = std::get_if<std::optional<std::string>*>(&arg.into)) value = (*text)->value_or("");
  if (value.empty() || std::find(arg.choices.begin(), arg.choices.end(), value) != arg.choices.end()) return;
  throw help_hint(Error::usage("{} is not one of {}", mlops::quoted(value), join(arg.choices, ", ")), command);
}

/// Repeats an option that takes several words before each of them: `--targets a b` becomes `--targets a --targets b`.
std::vector<std::string> spell_out(const Args& args, std::vector<std::string> words) {
  if (std::none_of(args.begin(), args.end(), [](const Arg& arg) { return arg.several; })) return words;
  std::vector<std::string> out;
  const Arg* open = nullptr;
  bool fresh = false;  // the option has no value yet
  for (auto word = words.begin(); word != words.end(); ++word) {
    if (*word == "--") {
      out.insert(out.end(), word, words.end());
      break;
    }
    if (word->size() > 1 && word->front() == '-') {
      const auto equals = word->find('=');
      open = find_arg(args, word->substr(0, equals));
      open = open != nullptr && open->several ? open : nullptr;
      fresh = equals == std::string::npos;
    } else if (open != nullptr) {
      if (!fresh) out.push_back(open->spellings().back());
      fresh = false;
    }
    out.push_back(*word);
  }
  return out;
}

}  // namespace

void parse(const Args& args, std::vector<std::string> words, std::string_view command) {
  words = spell_out(args, std::move(words));
  const auto rest = std::find_if(args.begin(), args.end(), [](const Arg& arg) { return arg.rest; });
  complete_alone(args, words);
  const std::size_t cut = survey(args, words, command, rest != args.end());
  if (rest != args.end()) {
    auto& into = *std::get<std::vector<std::string>*>(rest->into);
    auto first = words.begin() + static_cast<std::ptrdiff_t>(cut);
    if (first != words.end() && *first == "--") first = words.erase(first);
    into.assign(std::make_move_iterator(first), std::make_move_iterator(words.end()));
    words.erase(first, words.end());
    if (rest->required && into.empty()) throw help_hint(Error::usage("<{}> is missing", rest->metavar), command);
  }
  CLI::App app;
  app.set_help_flag();
  for (const Arg& arg : args) {
    if (arg.rest) continue;
    bind(app, arg)->required(arg.required);
  }
  mark_positionals(args, words, command);
  std::reverse(words.begin(), words.end());  // CLI11 takes words from the back
  try {
    app.parse(words);
  } catch (const CLI::ExtrasError&) {
    auto extra = app.remaining();
    unmark(extra.front());
    throw help_hint(Error::usage("{} is one argument too many", mlops::quoted(extra.front())), command);
  } catch (const CLI::ParseError& error) {
    throw translate(error, args, command);
  }
  unmark_positionals(args);
  for (const Arg& arg : args) check_choices(arg, command);
}

}  // namespace mlops::cli
