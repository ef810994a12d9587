// SPDX-License-Identifier: Apache-2.0
#include "report/literal.hpp"

#include <cmath>
#include <limits>

#include "support/catch.hpp"

using namespace mlops::report;
using mlops::spec::Value;

namespace {

Value integer(std::int64_t number) { return number; }

}  // namespace

TEST_CASE("floats have Python's shortest form") {
  // What `python3 -c 'print(repr(x))'` says.
  CHECK(literal_float(0.1) == "0.1");
  CHECK(literal_float(1) == "1.0");
  CHECK(literal_float(-0.0) == "-0.0");
  CHECK(literal_float(123456.789) == "123456.789");
  CHECK(literal_float(1e15) == "1000000000000000.0");
  CHECK(literal_float(1e16) == "1e+16");
  CHECK(literal_float(1.5e300) == "1.5e+300");
  CHECK(literal_float(0.0001) == "0.0001");
  CHECK(literal_float(0.00001) == "1e-05");
  CHECK(literal_float(5e-324) == "5e-324");
  CHECK(literal_float(0.1 + 0.2) == "0.30000000000000004");
  CHECK(literal_float(std::numeric_limits<double>::infinity()) == "inf");
  CHECK(literal_float(-std::numeric_limits<double>::infinity()) == "-inf");
  CHECK(literal_float(std::nan("")) == "nan");
}

TEST_CASE("values have Python's literals") {
  const Value value = Value::List{integer(1), 2.0, "x'y", Value::Map{{"a", integer(1)}, {"b", Value()}, {"c", true}}};
  CHECK(literal_text(value) == R"([1, 2.0, "x'y", {'a': 1, 'b': None, 'c': True}])");
  CHECK(literal("both ' and \"") == R"('both \' and "')");
  CHECK(literal("line\nend\t\\\x01") == R"('line\nend\t\\\x01')");
  CHECK(literal_text("bare 'text'") == "bare 'text'");
  CHECK(literal(Value::List()) == "[]");
}

TEST_CASE("rounding follows the exact value, on both sides of the point") {
  CHECK(rounded(0.123456789, 5) == 0.12346);
  CHECK(rounded(2.675, 2) == 2.67);  // the float is a little less than it looks
  CHECK(rounded(0.5, 0) == 0.0);
  CHECK(rounded(1.5, 0) == 2.0);
  CHECK(rounded(1e-10, 5) == 0.0);
  CHECK(rounded(1234.5, -2) == 1200.0);
  CHECK(rounded(1e300, 400) == 1e300);
  CHECK(std::isnan(rounded(std::nan(""), 5)));
}

TEST_CASE("numbers and booleans are equal across types, text is not, and nothing equals NaN") {
  CHECK(equal(integer(1), 1.0));
  CHECK(equal(true, integer(1)));
  CHECK(equal(1.0, true));
  CHECK_FALSE(equal("1", integer(1)));
  CHECK_FALSE(equal(std::nan(""), std::nan("")));
  CHECK_FALSE(equal(Value(), false));
  CHECK(equal(Value(), Value()));
  CHECK(equal(Value::List{integer(1), true}, Value::List{1.0, 1.0}));
  CHECK(equal(Value::Map{{"a", integer(1)}, {"b", "x"}}, Value::Map{{"b", "x"}, {"a", true}}));
  CHECK_FALSE(equal(integer(9007199254740993), 9007199254740992.0));
  CHECK_FALSE(equal(integer(std::numeric_limits<std::int64_t>::max()), 9223372036854775808.0));
}

TEST_CASE("a difference stays an integer while it can") {
  CHECK(difference(integer(1), integer(3)) == integer(2));
  CHECK(difference(true, integer(3)) == integer(2));
  CHECK(difference(integer(1), 1.5) == Value(0.5));
  CHECK(difference("a", integer(1)).is_null());
  CHECK(difference(integer(std::numeric_limits<std::int64_t>::min()), integer(1)).get<double>() != nullptr);
}
