// SPDX-License-Identifier: Apache-2.0
#include "cli/output.hpp"

#include <fmt/core.h>

#include <algorithm>

#include "util/text.hpp"

namespace mlops::cli {

std::string Paint::wrap(std::string_view code, std::string_view text) const {
  if (!on_) return std::string(text);
  return "\033[" + std::string(code) + "m" + std::string(text) + "\033[0m";
}

namespace {

/// A '|' would end the cell of a Markdown table.
std::string escaped(const std::string& cell) { return join(split(cell, '|'), "\\|"); }

std::string pad(const std::string& cell, std::size_t width, bool right) {
  const std::size_t have = display_width(cell);
  const std::string space(width > have ? width - have : 0, ' ');
  return right ? space + cell : cell + space;
}

}  // namespace

std::string table(const std::vector<std::string>& head, const std::vector<std::vector<std::string>>& rows,
                  const std::vector<bool>& right) {
  std::vector<std::vector<std::string>> cells{head};
  for (const auto& row : rows) {
    cells.emplace_back();
    for (const auto& cell : row) cells.back().push_back(printable(cell));
  }
  std::vector<std::size_t> widths(head.size(), 0);
  for (const auto& row : cells) {
    for (std::size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], display_width(row[i]));
  }
  std::string text;
  for (const auto& row : cells) {
    std::string line;
    for (std::size_t i = 0; i < row.size(); ++i) {
      if (i > 0) line += "  ";
      line += pad(row[i], widths[i], i < right.size() && right[i]);
    }
    line.erase(line.find_last_not_of(' ') + 1);
    text += line + "\n";
  }
  return text;
}

std::string markdown_table(const std::vector<std::string>& head, const std::vector<std::vector<std::string>>& rows) {
  std::vector<std::vector<std::string>> cells{head};
  for (const auto& row : rows) {
    cells.emplace_back();
    for (const auto& cell : row) cells.back().push_back(escaped(printable(cell)));
  }
  std::vector<std::size_t> widths(head.size(), 0);
  for (const auto& row : cells) {
    for (std::size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], display_width(row[i]));
  }
  std::string text;
  for (std::size_t line = 0; line < cells.size(); ++line) {
    for (std::size_t i = 0; i < head.size(); ++i) text += "| " + pad(cells[line][i], widths[i], false) + " ";
    text += "|\n";
    for (std::size_t i = 0; line == 0 && i < head.size(); ++i) text += "|" + std::string(widths[i] + 2, '-');
    text += line == 0 ? "|\n" : "";
  }
  return text;
}

std::string plain_table(const std::vector<std::vector<std::string>>& rows, bool right) {
  if (rows.empty()) return "";
  const std::vector<std::string> head(rows.front().size());
  const std::string text = table(head, rows, {right});
  return text.substr(text.find('\n') + 1);
}

std::string short_size(std::uint64_t bytes) {
  constexpr double base = 1024;
  constexpr std::string_view units = " kMGTPE";
  if (bytes < static_cast<std::uint64_t>(base)) return std::to_string(bytes);
  auto value = static_cast<double>(bytes);
  std::size_t unit = 0;
  for (; value >= 999.5 && unit + 1 < units.size(); ++unit) value /= base;
  const int digits = value < 9.995 ? 2 : value < 99.95 ? 1 : 0;
  return fmt::format("{:.{}f}{}", value, digits, units[unit]);
}

}  // namespace mlops::cli
