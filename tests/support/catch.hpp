// SPDX-License-Identifier: Apache-2.0
#pragma once

// One include for both generations of Catch2, whose headers changed names between 2 and 3.
#if __has_include(<catch2/catch_all.hpp>)
#include <catch2/catch_all.hpp>

using Catch::Approx;
#else
#include <catch2/catch.hpp>
#endif
