// SPDX-License-Identifier: Apache-2.0
#include "spec/config_text.hpp"

#include "support/catch.hpp"
#include "unit/spec/random_value.hpp"
#include "util/error.hpp"

using namespace mlops;
using namespace mlops::spec;

namespace {

std::string value_of(const std::string& text, const std::string& key) {
  std::string value = "(none)";
  for (const ConfigItem& item : parse_config(text, "config")) {
    value = item.key == key ? item.value : value;
  }
  return value;
}

std::string failure(const std::string& text) {
  try {
    parse_config(text, "config");
  } catch (const Error& error) {
    return error.what();
  }
  return "";
}

const std::string sample =
    "# ours\n[core]\n\tremote = store ; default\n\tFlag\n[remote \"My Store\"]\n\turl = \"/a b#\" # c\n\tlong = one "
    "\\\n  two\n"
    "\tesc = a\\\"b\\\\c\\n\n";

}  // namespace

TEST_CASE("git's configuration syntax is read", "[spec][config]") {
  CHECK(value_of(sample, "core.remote") == "store");
  CHECK(value_of(sample, "core.flag") == "true");
  CHECK(value_of(sample, "remote.My Store.url") == "/a b#");
  CHECK(value_of(sample, "remote.My Store.long") == "one   two");
  CHECK(value_of(sample, "remote.My Store.esc") == "a\"b\\c\n");
  CHECK(parse_config(sample, "config").back().line == 9);
  CHECK(value_of("[CORE] x = 1\r\n", "core.x") == "1");
  CHECK(value_of("[a]\nx =\n", "a.x") == "");
  CHECK(parse_config("", "config").empty());
}

TEST_CASE("configuration errors name line and reason", "[spec][config]") {
  CHECK(failure("x = 1\n") == "config:1: a value outside of any section");
  CHECK(failure("[core\n") == "config:1: ']' is expected after the section name");
  CHECK(failure("[core]\nx 1\n") == "config:2: '=' is expected after 'x'");
  CHECK(failure("[core]\nx = \"1\n") == "config:2: the value has no closing '\"'");
  CHECK(failure("[core]\nx = \\q\n") == "config:2: an unknown escape in the value");
  CHECK(failure("[include]\n\tpath = /x\n") == "config:1: 'include' is not allowed in this file");
  CHECK(failure("[includeIf \"gitdir:x\"]\n") == "config:1: 'include' is not allowed in this file");
  CHECK(failure("[core]\n<<<<<<< HEAD\n") == "config:2: unresolved merge conflict");
  CHECK(failure("[core]\n\x80 = 1\n") != "");
}

TEST_CASE("setting a key changes one line", "[spec][config]") {
  CHECK(set_config("", "config", "core.remote", "s") == "[core]\n\tremote = s\n");
  CHECK(set_config("[core]\n\tremote = a ; c\n\tx = 1\n", "config", "core.remote", "b") ==
        "[core]\n\tremote = b\n\tx = 1\n");
  CHECK(set_config("[core]\n\tx = 1\n# about s\n[s]\n", "config", "core.y", "2") ==
        "[core]\n\tx = 1\n\ty = 2\n# about s\n[s]\n");
  CHECK(set_config("[core] x = 1\n", "config", "core.x", "2") == "[core] x = 2\n");
  CHECK(set_config("[core]\n\tx = 1", "config", "remote.a \"b\".url", " v#") ==
        "[core]\n\tx = 1\n[remote \"a \\\"b\\\"\"]\n\turl = \" v#\"\n");
  CHECK_THROWS_AS(set_config("", "config", "core", "1"), Error);
  CHECK_THROWS_AS(set_config("", "config", "core.a_b", "1"), Error);
  CHECK_THROWS_AS(set_config("", "config", "core.x", "a\rb"), Error);
}

TEST_CASE("unsetting a key takes an emptied section with it", "[spec][config]") {
  CHECK(unset_config("[a]\n\tx = 1\n\ty = 2\n[b]\n\tz = 1\n", "config", "a.x") == "[a]\n\ty = 2\n[b]\n\tz = 1\n");
  CHECK(unset_config("[a]\n\tx = 1\n# b's\n[b]\n\tz = 1\n", "config", "a.x") == "# b's\n[b]\n\tz = 1\n");
  CHECK(unset_config("[a]\n# kept\n\tx = 1\n", "config", "a.x") == "[a]\n# kept\n");
  CHECK(unset_config("[a] x = 1\n\ty = 2\n", "config", "a.x") == "[a] \n\ty = 2\n");
  CHECK_THROWS_AS(unset_config("[a]\n", "config", "a.x"), Error);
}

TEST_CASE("sections are removed and renamed", "[spec][config]") {
  const std::string text = "[a]\n\tx = 1\n[remote \"s\"] # c\n\turl = u\n[b]\n\ty = 1\n";
  CHECK(remove_config_section(text, "config", "remote.s") == "[a]\n\tx = 1\n[b]\n\ty = 1\n");
  CHECK(rename_config_section(text, "config", "remote.s", "remote.T") ==
        "[a]\n\tx = 1\n[remote \"T\"] # c\n\turl = u\n[b]\n\ty = 1\n");
  CHECK_THROWS_AS(remove_config_section(text, "config", "remote.t"), Error);
  CHECK_THROWS_AS(rename_config_section(text, "config", "remote.s", "a"), Error);
}

TEST_CASE("any text can be a value", "[spec][config]") {
  test::RandomValues random(21);
  std::string text = sample;
  for (int i = 0; i < 2000; ++i) {
    const std::string value = random.text();
    const std::string key =
        "remote." + std::string(random.chance(50) ? "My Store" : "a.b\"\\") + ".key" + std::to_string(random.below(5));
    if (value.find('\r') != std::string::npos) {
      continue;
    }
    INFO(value);
    text = set_config(text, "config", key, value);
    REQUIRE(value_of(text, key) == value);
    REQUIRE(value_of(text, "core.remote") == "store");
  }
}

TEST_CASE("broken configurations are refused or read, never more", "[spec][config]") {
  for (std::size_t length = 0; length <= sample.size(); ++length) {
    failure(sample.substr(0, length));
  }
  test::RandomValues random(22);
  for (int i = 0; i < 20000; ++i) {
    std::string text = sample;
    for (int changes = 0; changes < 3; ++changes) {
      text[random.below(text.size())] = static_cast<char>(random.below(256));
    }
    failure(text);
  }
  SUCCEED();
}
