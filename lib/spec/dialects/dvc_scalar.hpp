// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace mlops::spec::dvc {

/// How a text is written in YAML.
enum class ScalarStyle : std::uint8_t { plain, single_quoted, double_quoted };

/// What DVC's YAML writer takes for a text.
ScalarStyle scalar_style(std::u32string_view text);
/// Whether a plain scalar would be read as something else than a text.
bool resolves(std::string_view plain);

bool is_line_break(char32_t c);
/// Whether `c` stands for itself inside double quotes.
bool is_printable(char32_t c);
/// What double quotes hold instead of a character that is not printable.
std::string escaped(char32_t c);

/// A float as Python's repr has it ("0.1", "1e-05", "1e+16"); those that are not finite as "nan", "inf" and "-inf".
std::string float_repr(double value);

}  // namespace mlops::spec::dvc
