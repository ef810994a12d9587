// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

#include "spec/params.hpp"

namespace mlops::spec {

/// Reads what a Python file sets to literals: `NAME = 1` and `NAME: int = 1` of the module, a map for each class, with
/// what its `__init__` sets on `self`. Nothing is run; what is no literal is left out. Tuples and sets become lists,
/// bytes text. Throws Error "FILE:LINE: reason" for what cannot be Python.
Value read_python(std::string_view text, const std::string& file);

/// `apply_assignment` for Python: exchanges the literal's text and no other byte. Throws Error where the file sets no
/// such name: unlike the other kinds of files, a program is not given new ones.
std::string apply_to_python(const std::string& text, const std::string& file, const Assignment& assignment);

}  // namespace mlops::spec
