// SPDX-License-Identifier: Apache-2.0
//
// Patterns in gitignore's syntax.
//
// Problem: the usual recursive matcher takes exponential time for patterns such as 'a*a*a*a*b'. Idea: a '*' never
// crosses a '/', so pattern and path are taken apart into parts. Within a part only the last '*' ever has to be moved
// on, and between parts only the last '**': if the rest does not match behind the first place that an earlier one
// allows, it does not match behind a later one either. Each part of the pattern meets each part of the path at most
// once per '**', which makes the cost at most the product of the two lengths, and in practice their sum.
// Example: 'src/**/t?st*' against 'src/a/b/test.py': 'src' = 'src'; '**' takes none, 'a', then 'a/b'; 't?st*' = 'test.py'.
// Tested in tests/unit/fs/ignore_test.cpp, among others against git itself.

#include "fs/ignore.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <cstddef>
#include <iterator>
#include <optional>
#include <utility>

#include "util/text.hpp"

namespace mlops::fs {
namespace {

constexpr std::size_t none = std::string_view::npos;

/// The result of asking a bracket expression: where it ends, and whether the character is in it.
struct Bracket {
  std::size_t end = none;  ///< behind the ']'; none when there is no ']'
  bool matches = false;
};

std::optional<bool> in_named_class(std::string_view name, unsigned char c) {
  struct Named {
    std::string_view name;
    int (*contains)(int);
  };
  constexpr std::array classes{
      Named{"alnum", std::isalnum}, Named{"alpha", std::isalpha}, Named{"blank", std::isblank},
      Named{"cntrl", std::iscntrl}, Named{"digit", std::isdigit}, Named{"graph", std::isgraph},
      Named{"lower", std::islower}, Named{"print", std::isprint}, Named{"punct", std::ispunct},
      Named{"space", std::isspace}, Named{"upper", std::isupper}, Named{"xdigit", std::isxdigit}};
  const auto found =
      std::find_if(classes.begin(), classes.end(), [&](const Named& named) { return named.name == name; });
  return found == classes.end() ? std::nullopt : std::optional(c < 0x80 && found->contains(c) != 0);
}

/// Reads one bracket expression while asking it about one character.
class BracketReader {
 public:
  BracketReader(std::string_view pattern, std::size_t open, char c)
      : pattern_(pattern), at_(open + 1), c_(static_cast<unsigned char>(c)) {}

  Bracket read() {
    const bool negated = at_ < pattern_.size() && (pattern_[at_] == '!' || pattern_[at_] == '^');
    at_ += negated ? 1 : 0;
    bool matches = false;
    // A ']' that comes first stands for itself.
    for (bool first = true; first || !at(0, ']'); first = false) {
      const auto item = read_item();
      if (!item) {
        return {};
      }
      matches = matches || *item;
    }
    return {.end = at_ + 1, .matches = matches != negated && c_ != '/'};
  }

 private:
  bool at(std::size_t ahead, char c) const { return at_ + ahead < pattern_.size() && pattern_[at_ + ahead] == c; }

  std::optional<unsigned char> read_character() {
    at_ += at(0, '\\') ? 1 : 0;
    if (at_ >= pattern_.size()) {
      return std::nullopt;
    }
    return static_cast<unsigned char>(pattern_[at_++]);
  }

  /// Returns whether one character, range or class holds our character; nothing when the expression is broken.
  std::optional<bool> read_item() {
    if (at(0, '[') && at(1, ':')) {
      const std::size_t close = pattern_.find(']', at_ + 2);
      if (close == none) {
        return std::nullopt;
      }
      if (close >= at_ + 3 && pattern_[close - 1] == ':') {
        const std::string_view name = pattern_.substr(at_ + 2, close - at_ - 3);
        at_ = close + 1;
        return in_named_class(name, c_);
      }
    }
    const auto low = read_character();
    if (!low) {
      return std::nullopt;
    }
    if (!at(0, '-') || at(1, ']') || at_ + 1 >= pattern_.size()) {
      return c_ == *low;
    }
    ++at_;
    const auto high = read_character();
    // Git takes the first end of a range for a member even when the range runs backwards.
    return high ? std::optional(c_ == *low || (*low <= c_ && c_ <= *high)) : std::nullopt;
  }

  std::string_view pattern_;
  std::size_t at_;
  unsigned char c_;
};

/// Returns where the pattern goes on if its element at `at` (not a '*') matches `c`, else none.
std::size_t match_one(std::string_view pattern, std::size_t at, char c) {
  switch (pattern[at]) {
    case '?':
      return at + 1;
    case '[': {
      const Bracket bracket = BracketReader(pattern, at, c).read();
      return bracket.matches ? bracket.end : none;
    }
    case '\\':
      return at + 1 < pattern.size() && pattern[at + 1] == c ? at + 2 : none;
    default:
      return pattern[at] == c ? at + 1 : none;
  }
}

/// Matches one part against one part; neither holds a separator.
bool match_part(std::string_view pattern, std::string_view text) {
  std::size_t at = 0;
  std::size_t after_star = none;
  std::size_t star_text = 0;
  for (std::size_t i = 0; i < text.size();) {
    if (at < pattern.size() && pattern[at] == '*') {
      after_star = ++at;
      star_text = i;
      continue;
    }
    const std::size_t next = at < pattern.size() ? match_one(pattern, at, text[i]) : none;
    if (next != none) {
      at = next;
      ++i;
    } else if (after_star != none) {
      at = after_star;
      i = ++star_text;
    } else {
      return false;
    }
  }
  return std::all_of(pattern.begin() + static_cast<std::ptrdiff_t>(at), pattern.end(), [](char c) { return c == '*'; });
}

/// Takes a pattern apart at each '/' that does not stand in brackets; `\/` is a '/' too.
std::vector<std::string_view> pattern_parts(std::string_view pattern) {
  std::vector<std::string_view> parts;
  std::size_t start = 0;
  for (std::size_t at = 0; at < pattern.size();) {
    const bool escaped = pattern[at] == '\\' && at + 1 < pattern.size();
    const std::size_t length = escaped ? 2 : 1;
    if (pattern[at + length - 1] == '/') {
      parts.push_back(pattern.substr(start, at - start));
      start = at + length;
      at = start;
    } else if (pattern[at] == '[') {
      const std::size_t end = BracketReader(pattern, at, ' ').read().end;
      at = end == none ? at + 1 : end;
    } else {
      at += length;
    }
  }
  parts.push_back(pattern.substr(start));
  return parts;
}

std::vector<std::string_view> text_parts(std::string_view text) {
  std::vector<std::string_view> parts;
  for (std::size_t start = 0; start <= text.size();) {
    const std::size_t end = std::min(text.find('/', start), text.size());
    parts.push_back(text.substr(start, end - start));
    start = end + 1;
  }
  return parts;
}

bool is_any_depth(std::string_view part) { return part.size() >= 2 && part.find_first_not_of('*') == none; }

bool match_parts(const std::vector<std::string_view>& pattern, const std::vector<std::string_view>& text) {
  std::size_t at = 0;
  std::size_t after_any = none;
  std::size_t any_text = 0;
  for (std::size_t i = 0; i < text.size();) {
    if (at < pattern.size() && is_any_depth(pattern[at])) {
      if (at + 1 == pattern.size()) {
        return true;  // at the end it takes at least one part, and one is there
      }
      after_any = ++at;
      any_text = i;
    } else if (at < pattern.size() && match_part(pattern[at], text[i])) {
      ++at;
      ++i;
    } else if (after_any != none) {
      at = after_any;
      i = ++any_text;
    } else {
      return false;
    }
  }
  return at == pattern.size();
}

/// Cuts trailing spaces off, except one that a backslash keeps.
std::string_view without_trailing_spaces(std::string_view line) {
  std::size_t end = 0;
  for (std::size_t at = 0; at < line.size(); ++at) {
    if (line[at] == '\\') {
      ++at;
      end = std::min(at + 1, line.size());
    } else if (line[at] != ' ') {
      end = at + 1;
    }
  }
  return line.substr(0, end);
}

}  // namespace

bool glob_match(std::string_view pattern, std::string_view text) {
  return match_parts(pattern_parts(pattern), text_parts(text));
}

IgnoreFile::IgnoreFile(RepoPath base, std::string_view text) : base_(std::move(base)) {
  if (text.starts_with("\xef\xbb\xbf")) {
    text.remove_prefix(3);
  }
  std::size_t number = 0;
  for (const std::string& part : split(text, '\n')) {
    std::string_view line = part;
    ++number;
    if (line.ends_with('\r')) {
      line.remove_suffix(1);
    }
    if (!line.starts_with('#')) {
      add_rule(without_trailing_spaces(line), number);
    }
  }
}

void IgnoreFile::add_rule(std::string_view line, std::size_t number) {
  Rule rule{.pattern = {}, .line = number, .text = std::string(line)};
  if (line.starts_with('!')) {
    rule.negated = true;
    line.remove_prefix(1);
  }
  if (line.ends_with('/')) {
    rule.directories_only = true;
    line.remove_suffix(1);
  }
  rule.anchored = line.find('/') != none;
  if (line.starts_with('/')) {
    line.remove_prefix(1);
  }
  if (line.empty()) {
    return;
  }
  rule.literal = line.find_first_of("*?[\\") == none;
  rule.pattern = line;
  rules_.push_back(std::move(rule));
}

bool IgnoreFile::matches(const Rule& rule, std::string_view below, std::string_view name) {
  const std::string_view text = rule.anchored ? below : name;
  if (rule.literal) {
    return rule.pattern == text;
  }
  return rule.anchored ? glob_match(rule.pattern, text) : match_part(rule.pattern, text);
}

std::optional<std::string_view> IgnoreFile::name_below(const RepoPath& path) const {
  if (rules_.empty() || path == base_ || !path.within(base_)) {
    return std::nullopt;
  }
  return std::string_view(path.str()).substr(base_.is_root() ? 0 : base_.str().size() + 1);
}

IgnoreFile::Verdict IgnoreFile::match(const RepoPath& path, bool directory) const {
  const auto below = name_below(path);
  for (std::size_t i = below ? rules_.size() : 0; i-- > 0;) {
    const Rule& rule = rules_[i];
    if ((directory || !rule.directories_only) && matches(rule, *below, path.name())) {
      return rule.negated ? Verdict::included : Verdict::ignored;
    }
  }
  return Verdict::none;
}

std::vector<IgnoreMatch> IgnoreFile::all_matches(const RepoPath& path, bool directory) const {
  std::vector<IgnoreMatch> found;
  const auto below = name_below(path);
  for (std::size_t i = 0; below && i < rules_.size(); ++i) {
    const Rule& rule = rules_[i];
    if ((directory || !rule.directories_only) && matches(rule, *below, path.name())) {
      found.push_back({.base = base_, .line = rule.line, .pattern = rule.text, .ignored = !rule.negated});
    }
  }
  return found;
}

IgnoreStack IgnoreStack::with(IgnoreFile file) const {
  IgnoreStack taller = *this;
  taller.files_.push_back(std::make_shared<const IgnoreFile>(std::move(file)));
  return taller;
}

bool IgnoreStack::ignored(const RepoPath& path, bool directory) const {
  for (std::size_t i = files_.size(); i-- > 0;) {
    const IgnoreFile::Verdict verdict = files_[i]->match(path, directory);
    if (verdict != IgnoreFile::Verdict::none) {
      return verdict == IgnoreFile::Verdict::ignored;
    }
  }
  return false;
}

std::vector<IgnoreMatch> IgnoreStack::all_matches(const RepoPath& path, bool directory) const {
  std::vector<IgnoreMatch> found;
  for (const auto& file : files_) {
    auto of_file = file->all_matches(path, directory);
    found.insert(found.end(), std::make_move_iterator(of_file.begin()), std::make_move_iterator(of_file.end()));
  }
  return found;
}

}  // namespace mlops::fs
