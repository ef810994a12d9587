// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <random>
#include <string>
#include <vector>

#include "spec/value.hpp"

namespace mlops::test {

/// Makes values and texts that are awkward to write; the same seed makes the same ones.
class RandomValues {
 public:
  explicit RandomValues(unsigned seed) : engine_(seed) {}

  std::size_t below(std::size_t count) { return std::uniform_int_distribution<std::size_t>(0, count - 1)(engine_); }
  bool chance(unsigned percent) { return below(100) < percent; }

  /// A text that is likely to be taken for something else, or a mix of pieces.
  std::string text() {
    if (chance(40)) {
      return pick(words());
    }
    std::string out;
    for (std::size_t i = below(8); i > 0; --i) {
      out += pick(pieces());
    }
    return out;
  }

  std::string key() {
    const std::string out = text();
    return out.size() > 200 ? out.substr(0, 5) : out;
  }

  double real() {
    static const std::vector<double> reals = {0.0,  -0.0,   0.1,  1.0,     1e-5,         1e16,
                                              1e22, 1e-310, -2.5, 1.0 / 3, 123456789.123};
    return reals[below(reals.size())];
  }

  spec::Value scalar() {
    switch (below(8)) {
      case 0:
        return {};
      case 1:
        return chance(50);
      case 2:
        return static_cast<std::int64_t>(engine_()) * (chance(50) ? 1 : -1);
      case 3:
        return real();
      case 4:
        return static_cast<std::int64_t>(below(10));
      default:
        return text();
    }
  }

  spec::Value value(int depth = 4) {
    if (depth == 0 || chance(50)) {
      return scalar();
    }
    if (chance(40)) {
      spec::Value::List list;
      for (std::size_t i = below(4); i > 0; --i) {
        list.push_back(value(depth - 1));
      }
      return list;
    }
    return map(depth);
  }

  spec::Value map(int depth = 4) {
    spec::Value::Map map;
    for (std::size_t i = below(5); i > 0; --i) {
      std::string name = key();
      if (spec::Value(map).find(name) == nullptr) {
        map.emplace_back(std::move(name), value(depth - 1));
      }
    }
    return map;
  }

  const std::string& pick(const std::vector<std::string>& from) { return from[below(from.size())]; }

 private:
  static const std::vector<std::string>& words() {
    static const std::vector<std::string> list = {"",
                                                  " ",
                                                  "yes",
                                                  "No",
                                                  "on",
                                                  "OFF",
                                                  "y",
                                                  "~",
                                                  "null",
                                                  "NULL",
                                                  "true",
                                                  "False",
                                                  "1",
                                                  "-1",
                                                  "+1",
                                                  "017",
                                                  "0o17",
                                                  "0x1F",
                                                  "0b1",
                                                  "1_000",
                                                  "1.0",
                                                  "1e5",
                                                  "1e-5",
                                                  ".5",
                                                  "1.",
                                                  ".inf",
                                                  "-.INF",
                                                  ".nan",
                                                  "1:30",
                                                  "12:30:45",
                                                  "=",
                                                  "<<",
                                                  "-",
                                                  "- a",
                                                  "--x",
                                                  "---",
                                                  "...",
                                                  "--- a",
                                                  "?a",
                                                  "? a",
                                                  ":a",
                                                  "a:",
                                                  "a: b",
                                                  "a:b",
                                                  "a #b",
                                                  "a#b",
                                                  "#a",
                                                  "'a'",
                                                  "\"a\"",
                                                  "it's",
                                                  "it's: x",
                                                  "[a]",
                                                  "{a}",
                                                  "a,b",
                                                  "*a",
                                                  "&a",
                                                  "!a",
                                                  "|",
                                                  ">",
                                                  "%a",
                                                  "@a",
                                                  "`a",
                                                  "2020-01-01",
                                                  "2020-01-01T00:00:00Z",
                                                  "lead",
                                                  " lead",
                                                  "trail ",
                                                  "a\nb",
                                                  "a\nb\n",
                                                  "\n",
                                                  "a\n\nb",
                                                  "a\n b\n",
                                                  " a\nb",
                                                  "a\n",
                                                  "a\n\n",
                                                  "\ta",
                                                  "a\tb",
                                                  "a\n\tb",
                                                  "a\r\nb",
                                                  "\x01",
                                                  "\x7f",
                                                  "é",
                                                  "日本",
                                                  "😀",
                                                  "\xc2\x85x",
                                                  "\xe2\x80\xa8",
                                                  "\xef\xbb\xbfx",
                                                  "\xc2\xa0x",
                                                  "$x{}",
                                                  "\\$x",
                                                  "a\\b",
                                                  "9999999999999999999999",
                                                  "123e456",
                                                  "1.2.3.4",
                                                  "path/to file",
                                                  "a  b",
                                                  "a\n \nb",
                                                  "x: |\n  y",
                                                  "# c\nx",
                                                  "\"",
                                                  "'",
                                                  "''"};
    return list;
  }
  static const std::vector<std::string>& pieces() {
    static const std::vector<std::string> list = {"a", "b1", " ", ": ",  " #", "'", "\"",   "\n", "-",  "- ",
                                                  ",", "]",  "[", "{",   "}",  "é", "\\",   "\t", "  ", "0",
                                                  ".", "?",  "!", "x=y", "$",  "|", "\n  ", "&",  "*",  "%"};
    return list;
  }

  std::mt19937 engine_;
};

}  // namespace mlops::test
