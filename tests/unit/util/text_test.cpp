// SPDX-License-Identifier: Apache-2.0
#include "util/text.hpp"

#include "support/catch.hpp"

using namespace mlops;

TEST_CASE("the edit distance counts insertions, deletions and replacements") {
  CHECK(edit_distance("", "abc") == 3);
  CHECK(edit_distance("kitten", "sitting") == 3);
  CHECK(edit_distance("push", "push") == 0);
}

TEST_CASE("a misspelt word finds its nearest neighbour, a strange one nothing") {
  const std::vector<std::string> verbs{"add", "push", "pull", "status", "checkout"};
  CHECK(nearest("stauts", verbs) == "status");
  CHECK(nearest("ad", verbs) == "add");
  CHECK(nearest("dad", verbs) == "add");
  CHECK(nearest("rnu", std::vector<std::string>{"add", "run"}) == "run");
  CHECK(nearest("chekout", verbs) == "checkout");
  CHECK_FALSE(nearest("zebra", verbs));
  CHECK_FALSE(nearest("", verbs));
}

TEST_CASE("splitting keeps empty parts and joining reverses it") {
  CHECK(split("", ',') == std::vector<std::string>{""});
  CHECK(split(",a,", ',') == std::vector<std::string>{"", "a", ""});
  for (const char* text : {"", "a", ",", "a,,b", "a,b,"}) {
    CHECK(join(split(text, ','), ",") == text);
  }
}

TEST_CASE("trimming takes white space off both ends only") {
  CHECK(trim(" \t a b\r\n") == "a b");
  CHECK(trim(" \n ").empty());
}

TEST_CASE("only well-formed UTF-8 passes for UTF-8") {
  for (const char* good : {"", "plain", "\xc3\xa9", "\xe2\x82\xac", "\xf0\x9f\x98\x80", "\xf4\x8f\xbf\xbf"}) {
    CHECK(is_utf8(good));
  }
  // Overlong forms, surrogates, beyond the last code point, lone and missing continuation bytes.
  for (const char* bad : {"\xc0\x80", "\xc1\xbf", "\xe0\x80\xaf", "\xed\xa0\x80", "\xf4\x90\x80\x80", "\x80", "\xc3",
                          "\xe2\x82", "\xff", "a\xc3(b"}) {
    CHECK_FALSE(is_utf8(bad));
  }
}

TEST_CASE("control characters are found in ASCII, in C1 and in stray bytes") {
  CHECK(has_control("a\nb"));
  CHECK(has_control("\x7f"));
  CHECK(has_control("\xc2\x85"));
  CHECK(has_control("\x9b"));
  CHECK(has_control(std::string_view("\0", 1)));
  CHECK_FALSE(has_control("pl\xc3\xa4in \xe2\x82\xac"));
}

TEST_CASE("printable text cannot steer a terminal") {
  CHECK(printable("plain 'text' \\ ok") == "plain 'text' \\ ok");
  CHECK(printable("caf\xc3\xa9") == "caf\xc3\xa9");
  CHECK(printable("a\x1b[31mb\n") == "a\\x1b[31mb\\x0a");
  CHECK(printable("\x7f") == "\\x7f");
  CHECK(printable("\xc2\x9b") == "\\u{009b}");
  CHECK(printable("\xff\xfe") == "\\xff\\xfe");
  CHECK(printable("\x9b"
                  "31m") == "\\x9b31m");
  for (const char* hidden :
       {"\xe2\x80\xaa", "\xe2\x80\xae", "\xe2\x81\xa6", "\xe2\x81\xa9", "\xe2\x80\x8e", "\xe2\x80\x8f", "\xd8\x9c"}) {
    CHECK(printable(hidden).starts_with("\\u{"));
  }
  CHECK(printable("x\xe2\x80\xae"
                  "txt.exe") == "x\\u{202e}txt.exe");
}

TEST_CASE("whatever the bytes, printable text is UTF-8 without control characters") {
  std::uint32_t state = 1;
  for (int round = 0; round < 2000; ++round) {
    std::string bytes;
    for (int i = 0; i < 12; ++i) {
      state = state * 1664525U + 1013904223U;
      bytes += static_cast<char>(state >> 24U);
    }
    const std::string shown = printable(bytes);
    REQUIRE(is_utf8(shown));
    REQUIRE_FALSE(has_control(shown));
    REQUIRE(printable(shown) == shown);
  }
}

TEST_CASE("shell quoting leaves plain words alone and makes the rest one word") {
  CHECK(shell_quoted("data/train.csv") == "data/train.csv");
  CHECK(shell_quoted("") == "''");
  CHECK(shell_quoted("a b") == "'a b'");
  CHECK(shell_quoted("it's") == "'it'\\''s'");
  CHECK(shell_quoted("$(rm)") == "'$(rm)'");
  CHECK(shell_quoted("=ls") == "'=ls'");
  CHECK(quoted("a\tb") == "'a\\x09b'");
}

TEST_CASE("hexadecimal goes both ways, in lower case only") {
  const std::vector<unsigned char> bytes{0x00, 0x7f, 0xab, 0xff};
  CHECK(to_hex(bytes) == "007fabff");
  CHECK(from_hex("007fabff") == bytes);
  CHECK_FALSE(from_hex("0"));
  CHECK_FALSE(from_hex("AB"));
  CHECK_FALSE(from_hex("0g"));
  CHECK(from_hex("")->empty());
}

TEST_CASE("sizes are shown in decimal units with two or three digits") {
  CHECK(human_size(0) == "0 B");
  CHECK(human_size(999) == "999 B");
  CHECK(human_size(1000) == "1.0 kB");
  CHECK(human_size(1234) == "1.2 kB");
  CHECK(human_size(9960) == "10 kB");
  CHECK(human_size(999'499) == "999 kB");
  CHECK(human_size(999'950) == "1.0 MB");
  CHECK(human_size(1'200'000'000) == "1.2 GB");
  CHECK(human_size(UINT64_MAX) == "18 EB");
}

TEST_CASE("counts and durations read naturally") {
  CHECK(human_count(0) == "0");
  CHECK(human_count(999) == "999");
  CHECK(human_count(1000) == "1,000");
  CHECK(human_count(1234567) == "1,234,567");
  CHECK(counted(1, "file") == "1 file");
  CHECK(counted(0, "file") == "0 files");
  CHECK(counted(12000, "file") == "12,000 files");
  CHECK(human_duration(0.42) == "0.4 s");
  CHECK(human_duration(9.96) == "10 s");
  CHECK(human_duration(59.7) == "1 min 00 s");
  CHECK(human_duration(185) == "3 min 05 s");
  CHECK(human_duration(7800) == "2 h 10 min");
  CHECK(human_duration(-1) == "0.0 s");
}

TEST_CASE("a terminal needs two columns for a wide character and one for a byte that is none") {
  CHECK(display_width("abc") == 3);
  CHECK(display_width("caf\xc3\xa9") == 4);
  CHECK(display_width("\xe6\xbc\xa2\xe5\xad\x97") == 4);
  CHECK(display_width("\xff\xfe") == 2);
}

TEST_CASE("code points are read one after the other, bytes that are none by themselves") {
  const std::string_view text = "a\xc3\xa9\xff";
  std::size_t at = 0;
  CHECK(next_code_point(text, at) == U'a');
  CHECK(next_code_point(text, at) == U'\u00e9');
  CHECK(next_code_point(text, at) == std::nullopt);
  CHECK(at == text.size());
}
