// SPDX-License-Identifier: Apache-2.0
#pragma once

// Values as Python prints and compares them, which is how people know these tables and what scripts read from them.

#include <string>

#include "spec/value.hpp"

namespace mlops::report {

/// The shortest text that reads back as the same float: "0.1", "1e-05", "1e+16", "nan".
std::string literal_float(double value);

/// A value as Python's str() shows it: strings bare, True, None, lists and maps as literals.
std::string literal_text(const spec::Value& value);
/// The same with quotes around strings, as in repr().
std::string literal(const spec::Value& value);

/// Rounded to `digits` behind the point, or before it when negative; halves by the exact value, ties to even.
double rounded(double value, int digits);

/// Whether Python's == holds: 1, 1.0 and True are equal, and NaN is not even equal to itself.
bool equal(const spec::Value& a, const spec::Value& b);

/// Whether a value counts as false in a condition: null, False, zero, and what is empty.
bool is_falsy(const spec::Value& value);

/// b - a where both are numbers or booleans, an integer where both are and it fits; null otherwise.
spec::Value difference(const spec::Value& a, const spec::Value& b);

}  // namespace mlops::report
