// SPDX-License-Identifier: Apache-2.0
#pragma once

// The logical lines of a Python file: what stands between two line ends that mean something, cut into tokens.

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace mlops::spec {

/// A Python file that is being read.
struct PythonSource {
  std::string_view text;
  const std::string& file;

  /// The 1-based line of an offset.
  std::size_t line_of(std::size_t offset) const;
  /// Throws Error "FILE:LINE: reason".
  [[noreturn]] void fail(std::size_t offset, std::string_view reason) const;
};

/// A word, number, string or operator.
struct PythonToken {
  enum class Kind : std::uint8_t { name, number, string, formatted, symbol };
  Kind kind = Kind::symbol;  ///< `formatted` is a string with fields in it
  std::uint8_t depth = 0;    ///< how many brackets are open around it
  std::size_t begin = 0;
  std::size_t end = 0;
};

/// How far a line is indented. Python counts twice, with tabs up to the next eighth column and with tabs of one, and
/// refuses what the two counts would order differently.
struct PythonIndent {
  std::size_t column = 0;
  std::size_t with_short_tabs = 0;
};

/// A logical line; never without tokens.
struct PythonLine {
  PythonIndent indent;
  std::vector<PythonToken> tokens;
};

/// Cuts a file into its logical lines.
class PythonLines {
 public:
  /// Throws Error if the text is too large, is not UTF-8 or has a null byte.
  explicit PythonLines(const PythonSource& source);
  /// Reads the next line that is not blank; returns whether there was one. Throws Error at a bracket or string that is
  /// not closed, at a character that Python does not know, and at what a merge left behind.
  bool next(PythonLine& line);

 private:
  bool at(std::string_view word) const { return source_.text.substr(pos_).starts_with(word); }
  bool at_end() const { return pos_ == source_.text.size(); }
  /// The length of the line break here; 0 if there is none.
  std::size_t line_break() const;
  void skip_comment();
  void skip_continuation();
  void check_conflict() const;
  PythonIndent indent();
  void token(PythonLine& line);
  void add(PythonLine& line, PythonToken::Kind kind, std::size_t begin) const;
  void word(PythonLine& line);
  void number(PythonLine& line);
  void symbol(PythonLine& line);
  void close_bracket(char closer);

  const PythonSource& source_;
  std::size_t pos_ = 0;
  std::vector<std::size_t> brackets_;  ///< where those that are open stand
};

/// Whether a byte can begin a name; every character beyond ASCII can.
bool begins_python_name(char c);
/// Whether a byte can stand inside a name.
bool continues_python_name(char c);

/// Returns the offset behind the string whose opening quote is at `quote`, of any kind but formatted.
std::size_t python_string_end(const PythonSource& source, std::size_t quote);
/// The same for a formatted string, whose fields hold expressions, strings included.
std::size_t python_formatted_end(const PythonSource& source, std::size_t quote, bool raw);

/// What the letters before a quote say.
struct PythonPrefix {
  bool valid = false;
  bool raw = false;
  bool bytes = false;
  bool formatted = false;
};
PythonPrefix python_prefix(std::string_view letters);

}  // namespace mlops::spec
