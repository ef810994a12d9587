// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "report/renderers/renderers.hpp"
#include "util/text.hpp"

namespace mlops::report {
namespace {

/// How many columns a header gets beyond its own width.
constexpr std::size_t header_room = 2;

std::string padded(const std::string& text, std::size_t width) {
  const std::size_t have = display_width(text);
  return text + std::string(width > have ? width - have : 0, ' ');
}

std::vector<std::size_t> header_widths(const Table& table) {
  std::vector<std::size_t> widths;
  for (const std::string& header : table.headers) {
    widths.push_back(display_width(printable(header)) + header_room);
  }
  return widths;
}

/// The lines of a cell, blanks around the whole cut off.
std::vector<std::string> lines_of(const std::string& cell) {
  std::vector<std::string> lines;
  for (const std::string& line : split(trim(cell), '\n')) {
    lines.push_back(printable(line));
  }
  return lines;
}

std::string markdown_cell(const std::string& cell) {
  std::string out;
  for (const std::string& line : lines_of(cell)) {
    out += out.empty() ? "" : "<br>";
    for (const char c : line) {
      out += c == '|' ? "\\|" : std::string(1, c);
    }
  }
  return out;
}

}  // namespace

std::string text_table(const Table& table) {
  if (table.rows.empty()) {
    return "";
  }
  std::vector<std::size_t> widths = header_widths(table);
  std::vector<std::vector<std::vector<std::string>>> rows(1);
  for (const std::string& header : table.headers) {
    rows[0].push_back({printable(header)});
  }
  for (const auto& row : table.rows) {
    auto& cells = rows.emplace_back();
    for (std::size_t i = 0; i < row.size(); ++i) {
      cells.push_back(lines_of(row[i]));
      for (const std::string& line : cells.back()) {
        widths[i] = std::max(widths[i], display_width(line));
      }
    }
  }
  std::string text;
  for (const auto& row : rows) {
    std::size_t height = 1;
    for (const auto& cell : row) {
      height = std::max(height, cell.size());
    }
    for (std::size_t line = 0; line < height; ++line) {
      std::string out;
      for (std::size_t i = 0; i < row.size(); ++i) {
        out += (i > 0 ? "  " : "") + padded(line < row[i].size() ? row[i][line] : "", widths[i]);
      }
      out.erase(out.find_last_not_of(' ') + 1);
      text += out + "\n";
    }
  }
  return text;
}

std::string markdown_table(const Table& table) {
  std::vector<std::size_t> widths = header_widths(table);
  std::vector<std::vector<std::string>> rows(1);
  for (const std::string& header : table.headers) {
    rows[0].push_back(markdown_cell(header));
  }
  for (const auto& row : table.rows) {
    auto& cells = rows.emplace_back();
    for (const std::string& cell : row) {
      cells.push_back(markdown_cell(cell));
    }
  }
  for (const auto& row : rows) {
    for (std::size_t i = 0; i < row.size(); ++i) {
      widths[i] = std::max(widths[i], display_width(row[i]));
    }
  }
  const auto line_of = [&](const std::vector<std::string>& row) {
    std::string line = "|";
    for (std::size_t i = 0; i < row.size(); ++i) {
      line += " " + padded(row[i], widths[i]) + " |";
    }
    return line + "\n";
  };
  std::string text = line_of(rows[0]) + "|";
  for (const std::size_t width : widths) {
    text += std::string(width + 2, '-') + "|";
  }
  text += "\n";
  for (std::size_t i = 1; i < rows.size(); ++i) {
    text += line_of(rows[i]);
  }
  return text + "\n";
}

}  // namespace mlops::report
