// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace mlops::cli {

/// Colours, or nothing when they are not wanted.
class Paint {
 public:
  explicit Paint(bool on) : on_(on) {}
  std::string red(std::string_view text) const { return wrap("31", text); }
  std::string green(std::string_view text) const { return wrap("32", text); }
  std::string yellow(std::string_view text) const { return wrap("33", text); }
  std::string cyan(std::string_view text) const { return wrap("36", text); }
  std::string bold(std::string_view text) const { return wrap("1", text); }
  std::string dim(std::string_view text) const { return wrap("2", text); }

 private:
  std::string wrap(std::string_view code, std::string_view text) const;
  bool on_;
};

/// Left-aligned columns, two spaces apart; cells are made harmless (printable). `right` marks right-aligned columns.
std::string table(const std::vector<std::string>& head, const std::vector<std::vector<std::string>>& rows,
                  const std::vector<bool>& right = {});

/// The same rows as a table in Markdown.
std::string markdown_table(const std::vector<std::string>& head, const std::vector<std::vector<std::string>>& rows);

/// Rows without a head, two spaces apart; cells are made harmless. `right`: the first column is right-aligned.
std::string plain_table(const std::vector<std::vector<std::string>>& rows, bool right = false);

/// A number of bytes in at most five columns, as DVC's listings show it: "4", "4.00k", "12.5M".
std::string short_size(std::uint64_t bytes);

/// Columns that a terminal needs for a UTF-8 text (code points, wide ones as two).
std::size_t display_width(std::string_view text);

}  // namespace mlops::cli
