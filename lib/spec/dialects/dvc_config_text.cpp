// SPDX-License-Identifier: Apache-2.0
//
// The lines of DVC's configuration files. configobj, which DVC reads them with, describes each kind of line by a regular
// expression, and odd lines mean what these happen to match: `a, "b, c` is a list of three. So the functions below do
// what a matcher does, alternatives in the same order and backwards where it would go back, but in bounded time:
// positions from which the rest of a value cannot match are remembered.

#include "spec/dialects/dvc_config_text.hpp"

#include <algorithm>
#include <optional>

#include "spec/utf8.hpp"

namespace mlops::spec::dvc {

namespace {

bool is_quote(char c) { return c == '"' || c == '\''; }

bool is_space(std::uint32_t c) {
  return (c >= 0x09 && c <= 0x0d) || (c >= 0x1c && c <= 0x20) || c == 0x85 || c == 0xa0 || c == 0x1680 ||
         (c >= 0x2000 && c <= 0x200a) || c == 0x2028 || c == 0x2029 || c == 0x202f || c == 0x205f || c == 0x3000;
}

bool is_line_break(std::uint32_t c) {
  return (c >= 0x0a && c <= 0x0d) || (c >= 0x1c && c <= 0x1e) || c == 0x85 || c == 0x2028 || c == 0x2029;
}

/// Whether nothing but a comment follows.
bool ends_at(std::string_view text, std::size_t pos) {
  const std::size_t next = skip_spaces(text, pos);
  return next == text.size() || text[next] == '#';
}

/// Matches a value: items that end in commas, then perhaps a last one, then perhaps a comment.
class ValueMatcher {
 public:
  explicit ValueMatcher(std::string_view text) : text_(text), failed_(text.size() + 1) {}

  bool matches() { return items_from(0); }
  /// The part that is items with their commas.
  std::string_view list() const { return text_.substr(0, list_end_); }
  const std::optional<std::string_view>& last() const { return last_; }

 private:
  bool items_from(std::size_t pos) {
    // Each item is a level deeper: a line of more than anybody writes is refused before the stack ends.
    if (failed_[pos] || depth_ == most_items) {
      return false;
    }
    ++depth_;
    const bool matched = item_from(pos) || last_from(pos);
    --depth_;
    failed_[pos] = !matched;
    return matched;
  }

  bool item_from(std::size_t pos) {
    if (pos == text_.size() || text_[pos] == ',' || text_[pos] == '#') {
      return false;
    }
    if (!is_quote(text_[pos])) {
      const std::size_t stop = text_.find_first_of(",#", pos + char_length(text_, pos));
      return stop != std::string_view::npos && text_[stop] == ',' && items_behind(stop + 1);
    }
    for (std::size_t q = text_.find(text_[pos], pos + 1); q != std::string_view::npos;
         q = text_.find(text_[pos], q + 1)) {
      const std::size_t next = skip_spaces(text_, q + 1);
      if (next < text_.size() && text_[next] == ',' && items_behind(next + 1)) {
        return true;
      }
    }
    return false;
  }

  /// Behind a comma spaces belong to it, as many as possible; but an item may also begin with some of them.
  bool items_behind(std::size_t comma_end) {
    std::vector<std::size_t> starts{comma_end};
    while (const std::size_t length = space_length(text_, starts.back())) {
      starts.push_back(starts.back() + length);
    }
    for (auto start = starts.rbegin(); start != starts.rend(); ++start) {
      if (items_from(*start)) {
        return true;
      }
    }
    return false;
  }

  bool last_from(std::size_t pos) {
    list_end_ = pos;
    if (pos < text_.size() && is_quote(text_[pos])) {
      return quoted_last_from(pos);
    }
    if (pos < text_.size() && text_[pos] != ',' && text_[pos] != '#' && space_length(text_, pos) == 0) {
      const std::size_t first_end = pos + char_length(text_, pos);
      const std::size_t stop = std::min(text_.find('#', first_end), text_.size());
      const std::size_t end = trim_end(text_, first_end, stop);
      if (text_.substr(first_end, end - first_end).find(',') != std::string_view::npos) {
        return false;
      }
      last_ = text_.substr(pos, end - pos);
      return true;
    }
    if (!ends_at(text_, pos)) {
      return false;
    }
    last_ = pos == 0 || text_[pos - 1] != ',' ? std::optional(std::string_view()) : std::nullopt;
    return true;
  }

  bool quoted_last_from(std::size_t pos) {
    for (std::size_t q = text_.find(text_[pos], pos + 1); q != std::string_view::npos;
         q = text_.find(text_[pos], q + 1)) {
      if (ends_at(text_, q + 1)) {
        last_ = text_.substr(pos, q + 1 - pos);
        return true;
      }
    }
    return false;
  }

  static constexpr int most_items = 500;

  std::string_view text_;
  std::vector<bool> failed_;
  int depth_ = 0;
  std::size_t list_end_ = 0;
  std::optional<std::string_view> last_;
};

/// The end of the item at `pos` in a text of items that each end in a comma, and where its comma is.
struct ItemEnd {
  std::size_t end = 0;
  std::size_t comma = 0;
};
std::optional<ItemEnd> find_item_end(std::string_view list, std::size_t pos) {
  if (is_quote(list[pos])) {
    for (std::size_t q = list.find(list[pos], pos + 1); q != std::string_view::npos; q = list.find(list[pos], q + 1)) {
      const std::size_t next = skip_spaces(list, q + 1);
      if (next < list.size() && list[next] == ',') {
        return ItemEnd{q + 1, next};
      }
    }
  }
  const bool any_first = !is_quote(list[pos]) && list[pos] != ',' && list[pos] != '#';
  const std::size_t first_end = any_first ? pos + char_length(list, pos) : pos;
  const std::size_t comma = list.find(',', first_end);
  return comma == std::string_view::npos ? std::nullopt
                                         : std::optional(ItemEnd{trim_end(list, first_end, comma), comma});
}

/// Nothing when an item is empty, which only a quote that is not closed can bring about.
std::optional<std::vector<std::string>> split_items(std::string_view list) {
  std::vector<std::string> items;
  for (std::size_t pos = 0; pos < list.size();) {
    const auto item = find_item_end(list, pos);
    if (!item) {
      pos += char_length(list, pos);
      continue;
    }
    if (item->end == pos) {
      return std::nullopt;
    }
    items.emplace_back(unquoted(list.substr(pos, item->end - pos)));
    pos = skip_spaces(list, item->comma + 1);
  }
  return items;
}

/// Matches the brackets that close a head, with a comment perhaps; returns how many, 0 if they are not there.
std::size_t closing_brackets(std::string_view line, std::size_t pos) {
  std::size_t count = 0;
  for (std::size_t next = skip_spaces(line, pos); next < line.size() && line[next] == ']';
       next = skip_spaces(line, pos)) {
    ++count;
    pos = next + 1;
  }
  return ends_at(line, pos) ? count : 0;
}

std::optional<ConfigHead> match_head_name(std::string_view line, std::size_t begin, std::size_t opened) {
  if (begin == line.size()) {
    return std::nullopt;
  }
  const bool in_quotes = is_quote(line[begin]);
  // In quotes, the name ends at a quote and has something in it; else it ends where brackets close it.
  const std::size_t inner = in_quotes ? skip_spaces(line, begin + 1) : begin;
  if (inner == line.size()) {
    return std::nullopt;
  }
  for (std::size_t end = inner + char_length(line, inner); end < line.size(); end += char_length(line, end)) {
    const std::size_t name_end = in_quotes ? end + 1 : end;
    if (in_quotes && line[end] != line[begin]) {
      continue;
    }
    if (const std::size_t closed = closing_brackets(line, name_end); closed > 0) {
      return ConfigHead{.name = line.substr(begin, name_end - begin), .opened = opened, .closed = closed};
    }
  }
  return std::nullopt;
}

std::optional<ConfigPair> match_pair_at(std::string_view line, std::size_t begin) {
  const auto pair = [&](std::size_t name_end, std::size_t equals) {
    return ConfigPair{.name = line.substr(begin, name_end - begin),
                      .value = line.substr(skip_spaces(line, equals + 1))};
  };
  if (begin == line.size() || line[begin] == '=') {
    return std::nullopt;
  }
  if (!is_quote(line[begin])) {
    const std::size_t first_end = begin + char_length(line, begin);
    const std::size_t equals = line.find('=', first_end);
    return equals == std::string_view::npos ? std::nullopt
                                            : std::optional(pair(trim_end(line, first_end, equals), equals));
  }
  for (std::size_t q = line.find(line[begin], begin + 1); q != std::string_view::npos;
       q = line.find(line[begin], q + 1)) {
    const std::size_t next = skip_spaces(line, q + 1);
    if (next < line.size() && line[next] == '=') {
      return pair(q + 1, next);
    }
  }
  return std::nullopt;
}

}  // namespace

std::size_t char_length(std::string_view text, std::size_t pos) {
  return std::max<std::size_t>(decode_utf8(text.substr(pos)).length, 1);
}

std::size_t space_length(std::string_view text, std::size_t pos) {
  if (pos >= text.size()) {
    return 0;
  }
  const CodePoint point = decode_utf8(text.substr(pos));
  return is_space(point.value) ? point.length : 0;
}

std::size_t skip_spaces(std::string_view text, std::size_t pos) {
  while (const std::size_t length = space_length(text, pos)) {
    pos += length;
  }
  return pos;
}

std::size_t trim_end(std::string_view text, std::size_t begin, std::size_t end) {
  constexpr std::size_t longest_space = 3;
  while (end > begin) {
    std::size_t length = 1;
    while (length <= longest_space && length <= end - begin && space_length(text, end - length) != length) {
      ++length;
    }
    if (length > longest_space || length > end - begin) {
      break;
    }
    end -= length;
  }
  return end;
}

std::vector<std::string_view> python_lines(std::string_view text) {
  std::vector<std::string_view> lines;
  std::size_t begin = 0;
  for (std::size_t pos = 0; pos < text.size();) {
    const CodePoint point = decode_utf8(text.substr(pos));
    const std::size_t end = pos + std::max<std::size_t>(point.length, 1);
    if (!is_line_break(point.value)) {
      pos = end;
      continue;
    }
    // Only the usual line breaks are taken off; the others stay at the end of their line.
    const bool usual = point.value == '\n' || point.value == '\r';
    lines.push_back(text.substr(begin, (usual ? pos : end) - begin));
    pos = text.substr(pos).starts_with("\r\n") ? pos + 2 : end;
    begin = pos;
  }
  if (begin < text.size()) {
    lines.push_back(text.substr(begin));
  }
  return lines;
}

std::string python_lower(std::string_view text) {
  std::string out;
  for (std::size_t pos = 0; pos < text.size();) {
    const CodePoint point = decode_utf8(text.substr(pos));
    const std::uint32_t c = point.value;
    pos += std::max<std::size_t>(point.length, 1);
    const bool far = (c >= 'A' && c <= 'Z') || (c >= 0xc0 && c <= 0xde && c != 0xd7) ||
                     (c >= 0x391 && c <= 0x3a9 && c != 0x3a2) || (c >= 0x410 && c <= 0x42f);
    if (far) {
      append_utf8(out, c + 0x20);
    } else if (c >= 0x400 && c <= 0x40f) {
      append_utf8(out, c + 0x50);
    } else if ((c >= 0x100 && c <= 0x12f) || (c >= 0x132 && c <= 0x137) || (c >= 0x14a && c <= 0x177)) {
      append_utf8(out, c | 1U);
    } else {
      append_utf8(out, c);
    }
  }
  return out;
}

std::string_view unquoted(std::string_view text) {
  if (text.empty() || text.front() != text.back() || !is_quote(text.front())) {
    return text;
  }
  return text.size() == 1 ? std::string_view() : text.substr(1, text.size() - 2);
}

std::optional<ConfigHead> match_config_head(std::string_view line) {
  std::vector<std::size_t> behind;  // where the name would begin after so many brackets
  std::size_t pos = skip_spaces(line, 0);
  while (pos < line.size() && line[pos] == '[') {
    pos = skip_spaces(line, pos + 1);
    behind.push_back(pos);
  }
  for (std::size_t opened = behind.size(); opened > 0; --opened) {
    if (const auto head = match_head_name(line, behind[opened - 1], opened)) {
      return head;
    }
  }
  return std::nullopt;
}

std::optional<ConfigPair> match_config_pair(std::string_view line) {
  std::vector<std::size_t> starts{0};
  while (const std::size_t length = space_length(line, starts.back())) {
    starts.push_back(starts.back() + length);
  }
  for (auto start = starts.rbegin(); start != starts.rend(); ++start) {
    if (auto pair = match_pair_at(line, *start)) {
      return pair;
    }
  }
  return std::nullopt;
}

std::optional<ConfigContent> match_config_value(std::string_view text) {
  ValueMatcher matcher(text);
  if (!matcher.matches()) {
    const bool lone_comma = text.starts_with(',') && ends_at(text, 1);
    return lone_comma ? std::optional(ConfigContent{.is_list = true, .values = {}}) : std::nullopt;
  }
  if (matcher.list().empty()) {
    return matcher.last() ? std::optional(ConfigContent{.values = {std::string(unquoted(*matcher.last()))}})
                          : std::nullopt;
  }
  auto items = split_items(matcher.list());
  if (!items) {
    return std::nullopt;
  }
  if (matcher.last() && !matcher.last()->empty()) {
    items->emplace_back(unquoted(*matcher.last()));
  }
  return ConfigContent{.is_list = true, .values = std::move(*items)};
}

std::optional<std::string_view> match_closing_quote(std::string_view text, std::string_view quote) {
  for (std::size_t at = text.find(quote); at != std::string_view::npos; at = text.find(quote, at + 1)) {
    if (ends_at(text, at + quote.size())) {
      return text.substr(0, at);
    }
  }
  return std::nullopt;
}

}  // namespace mlops::spec::dvc
