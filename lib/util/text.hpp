// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace mlops {

/// Returns how many edits turn `a` into `b`: a character more, less or another, or two neighbours the other way round.
std::size_t edit_distance(std::string_view a, std::string_view b);

/// Returns the candidate nearest to `word` (at most a third of its length, and 3, edits away), for "did you mean".
std::optional<std::string> nearest(std::string_view word, std::span<const std::string> candidates);

/// Splits at every `separator`; an empty text gives one empty part.
std::vector<std::string> split(std::string_view text, char separator);

std::string join(std::span<const std::string> parts, std::string_view separator);
std::string_view trim(std::string_view text);

/// Returns whether `text` is valid UTF-8 (no overlong forms, no surrogates).
bool is_utf8(std::string_view text);

/// Returns the code point that begins at `text[at]` and moves `at` behind it; nothing, one byte on, for a byte that is
/// not UTF-8. `at` must be inside the text.
std::optional<char32_t> next_code_point(std::string_view text, std::size_t& at);

/// Columns that a terminal needs for a UTF-8 text: one for each code point, two for wide ones; bytes of anything else.
std::size_t display_width(std::string_view text);

/// Returns whether `text` holds an ASCII control character (below 0x20, or 0x7f) or a C1 control.
bool has_control(std::string_view text);

/// Makes a text that came from a name, a repository or a remote harmless on a terminal and in a log: control
/// characters, C1 codes, bidirectional overrides and bytes that are not UTF-8 come out as `\xHH` or `\u{HHHH}`.
std::string printable(std::string_view text);

/// `printable` in single quotes, as paths stand in messages.
std::string quoted(std::string_view text);
/// The same; where <iomanip> is about, std::quoted would be the nearer one for a std::string, constant or not.
inline std::string quoted(const std::string& text) { return quoted(std::string_view(text)); }
inline std::string quoted(std::string& text) { return quoted(std::string_view(text)); }
inline std::string quoted(const char* text) { return quoted(std::string_view(text)); }

/// Quotes for pasting into a POSIX shell; unchanged when nothing needs it.
std::string shell_quoted(std::string_view text);

std::string to_hex(std::span<const unsigned char> bytes);
/// Returns nothing unless `hex` is lowercase hexadecimal of even length.
std::optional<std::vector<unsigned char>> from_hex(std::string_view hex);

/// "1.2 GB", "512 B": decimal units, one decimal below 10.
std::string human_size(std::uint64_t bytes);
/// "1,234,567".
std::string human_count(std::uint64_t count);
/// "0.4 s", "12 s", "3 min 05 s", "2 h 10 min".
std::string human_duration(double seconds);
/// "1 file", "3 files": `noun` takes an s unless count is one.
std::string counted(std::uint64_t count, std::string_view noun);

}  // namespace mlops
