// SPDX-License-Identifier: Apache-2.0
#include "spec/params_python.hpp"

#include <algorithm>
#include <random>

#include "support/catch.hpp"
#include "util/error.hpp"

using namespace mlops;
using namespace mlops::spec;

namespace {

Value read(const std::string& text) { return read_python(text, "conf.py"); }

std::string assign(const std::string& text, const std::string& assignment) {
  return apply_assignment(text, "conf.py", parse_assignment(assignment));
}

std::string failure(const std::string& text) {
  try {
    read(text);
  } catch (const Error& error) {
    CHECK_FALSE(error.hints().empty());
    return error.what();
  }
  return "";
}

std::string refusal(const std::string& text, const std::string& assignment) {
  try {
    assign(text, assignment);
  } catch (const Error& error) {
    return error.what();
  }
  return "";
}

std::string repeated(const std::string& text, int count) {
  std::string all;
  for (int i = 0; i < count; ++i) {
    all += text;
  }
  return all;
}

/// An expression and the JSON of what Python's `ast.literal_eval` makes of it; no JSON where that is nothing, or nothing
/// that a parameter can be.
struct Literal {
  const char* text;
  const char* json;
};

const Literal literals[] = {
    {"1", "1"},
    {"-1", "-1"},
    {"+1", "1"},
    {"-(1)", "-1"},
    {"- 1", "-1"},
    {"--1", nullptr},
    {"-True", nullptr},
    {"~1", nullptr},
    {"0x1F", "31"},
    {"0XfF", "255"},
    {"0o17", "15"},
    {"0O7", "7"},
    {"0b101", "5"},
    {"0B1_1", "3"},
    {"1_000", "1000"},
    {"0_0", "0"},
    {"00", "0"},
    {"017", nullptr},
    {"1__0", nullptr},
    {"1_", nullptr},
    {"0x_f", "15"},
    {"9223372036854775807", "9223372036854775807"},
    {"-9223372036854775808", "-9223372036854775808"},
    {"9223372036854775808", R"("9223372036854775808")"},
    {"1.", "1.0"},
    {".5", "0.5"},
    {"5.25", "5.25"},
    {"1e3", "1000.0"},
    {"1E-5", "1e-05"},
    {"1_0.0_1e1_0", "100100000000.0"},
    {"1e400", "Infinity"},
    {"-0.0", "-0.0"},
    {"1j", nullptr},
    {"1+2j", nullptr},
    {"1+2", nullptr},
    {"True", "true"},
    {"False", "false"},
    {"None", "null"},
    {"...", nullptr},
    {"true", nullptr},
    {"__debug__", nullptr},
    {"'a'", R"("a")"},
    {R"("a")", R"("a")"},
    {R"('it\'s')", R"("it's")"},
    {R"("\a\b\f\n\r\t\v\\\"")", R"("\u0007\b\f\n\r\t\u000b\\\"")"},
    {R"('\x41\u20ac\U0001F600\101\0')", R"("A€😀A\u0000")"},
    {R"('\d\8')", R"("\\d\\8")"},
    {R"('\ud83d')", nullptr},
    {R"('\N{BULLET}')", nullptr},
    {R"(r'\n\'')", R"("\\n\\'")"},
    {R"(R"\x")", R"("\\x")"},
    {"u'a'", R"("a")"},
    {R"(b'ab\x63')", R"("abc")"},
    {R"(rb'\n')", R"("\\n")"},
    {R"(Br'\d')", R"("\\d")"},
    {R"(b'\xff')", nullptr},
    {R"(b'\xc3\xa9')", R"("é")"},
    {R"('a' "b" r'\c')", R"("ab\\c")"},
    {"'a' b'b'", nullptr},
    {"'a' f'b'", nullptr},
    {"f'a'", nullptr},
    {R"(f"{x['a']!r:>{w}}")", nullptr},
    {"'a' + 'b'", nullptr},
    {"'a' % 1", nullptr},
    {"'a'.upper()", nullptr},
    {"''''''", R"("")"},
    {R"('''a"b''c''')", R"("a\"b''c")"},
    {R"("""a\"""b""")", R"("a\"\"\"b")"},
    {"()", "[]"},
    {"(1)", "1"},
    {"(1,)", "[1]"},
    {"(1, 2)", "[1,2]"},
    {"((1), (2))", "[1,2]"},
    {"1,", "[1]"},
    {"1, 2", "[1,2]"},
    {"[]", "[]"},
    {"[1,]", "[1]"},
    {"[1, [2, (3,)]]", "[1,[2,[3]]]"},
    {"[*a]", nullptr},
    {"[1, x]", nullptr},
    {"[i for i in y]", nullptr},
    {"{}", "{}"},
    {"{'a': 1, 'b': {'c': [None]}}", R"({"a":1,"b":{"c":[null]}})"},
    {"{2: 2, 1.5: 3, True: 4, None: 5}", R"({"2":2,"1.5":3,"True":4,"None":5})"},
    {"{(1, 'a'): 2}", R"py({"(1, 'a')":2})py"},
    {"{b'k': 1}", R"({"k":1})"},
    {"{'a': 1, 'a': 2}", R"({"a":2})"},
    {"{**a}", nullptr},
    {"{'a': x}", nullptr},
    {"{[1]: 2}", nullptr},
    {"{1, 2, 1}", "[1,2]"},
    {"{'x', (1, 2)}", R"(["x",[1,2]])"},
    {"{[1]}", nullptr},
    {"set()", "[]"},
    {"set([1])", nullptr},
    {"[set(), {1}]", "[[],[1]]"},
    {"dict(a=1)", nullptr},
    {"x", nullptr},
    {"x.y", nullptr},
    {"x[0]", nullptr},
    {"1 if x else 2", nullptr},
    {"1 < 2", nullptr},
    {"not True", nullptr},
    {"lambda: 1", nullptr},
    {"(yield)", nullptr},
    {"1 2", nullptr},
    {"yes and 1", nullptr},
    {"1 # comment", "1"},
    {"(x := 1)", nullptr},
    {"{'a' 'b': 1}", R"({"ab":1})"},
    {R"((('a'), "b"))", R"(["a","b"])"},
    {"'é€😀'", R"("é€😀")"},
    {"'\\\n'", R"("")"},
    {"'a\\\nb'", R"("ab")"},
    {"0xg", nullptr},
    {"1if x else 2", nullptr},
    {"0777.5", "777.5"},
    {"1e", nullptr},
    {"0b2", nullptr},
};

/// All that the reader knows, in one valid program.
const std::string sample = R"py(# -*- coding: utf-8 -*-
"""Doc: it's "quoted" """
import os; seed = 42
lr: float = 1e-3
big = 123456789012345678901; neg = -0x_fF
name = 'it\'s' "two" r'\d' \
    """three
lines"""
data = b"ab\x63"; nothing = None
layers = [1, 2.5, (3, 4,), {"k": {5, 6}},  # comment ]
          True]
f = f"{name!r:>{10}} {'x' if seed else "y"}" 'z'
a = c = 1
x, y = 1, 2
lr += 1

@decorator(1)
class Train(Base, metaclass=M):
    epochs = 10
    opts = {'lr': .1, 1: 'one', **{}}
    more: dict = {'lr': .1, 1: 'one', (1, 'a'): 2}

    class Inner: depth = 3; label = "in"

    def __init__(self, n: int = 3, *, k={"a": 1}) -> None:
        self.size = (-5)
        local = 1
        if n:
            self.hidden = 1
        self.tail = """a\tb"""; self.e = set()

  # an odd comment
    def run(self):
        self.lost = 1
if os.name:
    inside = 1
else: other = 2
last = "\u20ac\x41\101\
end"
)py";

}  // namespace

TEST_CASE("a literal in Python means what ast.literal_eval says", "[spec][python]") {
  for (const Literal& literal : literals) {
    INFO(literal.text);
    const Value value = read(std::string("x = ") + literal.text + "\n");
    const Value* found = value.find("x");
    CHECK((found != nullptr) == (literal.json != nullptr));
    if (found != nullptr && literal.json != nullptr) {
      INFO(canonical_json(*found));
      CHECK(*found == parse_json(literal.json, "expected"));
    }
  }
}

TEST_CASE("a Python program's parameters are its names, classes and what __init__ sets", "[spec][python]") {
  CHECK(read(sample) == parse_json(R"json({
    "seed": 42, "lr": 0.001, "big": "123456789012345678901", "neg": -255, "name": "it'stwo\\dthree\nlines",
    "data": "abc", "nothing": null, "layers": [1, 2.5, [3, 4], {"k": [5, 6]}, true],
    "Train": {"epochs": 10, "more": {"lr": 0.1, "1": "one", "(1, 'a')": 2}, "Inner": {"depth": 3, "label": "in"},
              "size": -5, "tail": "a\tb", "e": []},
    "last": "\u20acAAend"})json",
                                   "expected"));
}

TEST_CASE("what sets no literal in a Python program is left out", "[spec][python]") {
  for (const std::string text : {"a = b = 1\n",
                                 "a, b = 1, 2\n",
                                 "[a] = [1]\n",
                                 "a += 1\n",
                                 "a == 1\n",
                                 "a: int\n",
                                 "a[0] = 1\n",
                                 "a.b = 1\n",
                                 "self.a.b = 1\n",
                                 "(a := 1)\n",
                                 "if a: x = 1; y = 2\n",
                                 "if a:\n  x = 1\n",
                                 "else: x = 1\n",
                                 "try: x = 1\n",
                                 "with a as b: x = 1\n",
                                 "for i in a: x = 1\n",
                                 "def f(): x = 1; y = 2\n",
                                 "def f(self):\n  self.x = 1\n",
                                 "def __init__(self):\n  x = 1\n",
                                 "async def __init__(self):\n  self.x = 1\n",
                                 "match a:\n  case 1: x = 1\n",
                                 "if a:\n  class B:\n    x = 1\n",
                                 "return x; del y\n",
                                 "@d\ndef f(a: int = 3) -> x: pass\n",
                                 "True = 1\n",
                                 "type X = int\n",
                                 "lambda: 1\n",
                                 "",
                                 "\n",
                                 "# x = 1",
                                 "  # x = 1\n",
                                 "'x = 1'",
                                 "'''\nx = 1\n'''\n"}) {
    INFO(text);
    CHECK(read(text) == Value(Value::Map{}));
  }
}

TEST_CASE("the layout of a Python program is Python's", "[spec][python]") {
  const Value one = Value::Map{{"x", std::int64_t{1}}};
  for (const std::string text : {"x=1",
                                 "\xef\xbb\xbfx = 1\r\n",
                                 "x \\\n = \\\r\n 1",
                                 "x = 1;",
                                 "(x) = 1",
                                 "((x)): int = (1)\n",
                                 "self.x = 1",
                                 "x = 0\rx = 1\r",
                                 "\fx = 1\n",
                                 "x: 'a = 2' = 1",
                                 "x: dict[str, int] = 1",
                                 "x = 1; x = f()",
                                 "x = (\n# c\n1)",
                                 "def __init__(self): self.x = 1",
                                 "def __init__(self):\n\tself.x = 1\n",
                                 "if a:\n  b\n # c\n  d\nx = 1",
                                 "if a:\n\tif b:\n\t\tc\n\td\nx = 1",
                                 "f(x=2, **{'a':\n1})\nx = 1",
                                 "f'{a['''b'''] if \"}\" else {1: {}}:{w}>}}'\nx = 1",
                                 "f'''{\n'a' # }'''\n}'''\nx = 1",
                                 "f'\\{a}{{' rf'\\{b}' f'\\N{DASH}{c!r}'\nx = 1"}) {
    INFO(text);
    CHECK(read(text) == one);
  }
  CHECK(read("class A: pass\nclass A: x = 1\nclass A(B[1:2]):\n  '''doc'''\n") ==
        Value(Value::Map{{"A", Value::Map{}}}));
  CHECK(*read("s = '''a\r\nb\rc'''\n").find("s") == Value("a\nb\nc"));
}

TEST_CASE("what cannot be Python is one error with file and line", "[spec][python]") {
  CHECK(failure("x = 1\ny = (1\nz = 2\n") == "conf.py:2: '(' is not closed");
  CHECK(failure("x = [1)\n") == "conf.py:1: ')' cannot close the '[' of line 1");
  CHECK(failure("x = 1)\n") == "conf.py:1: ')' closes nothing");
  CHECK(failure("\nx = 'a\n'\n") == "conf.py:2: the string is not closed");
  CHECK(failure("\r\nx = '''a\n") == "conf.py:2: the string is not closed");
  CHECK(failure("x = f'{a'\n") == "conf.py:1: the string is not closed");
  CHECK(failure("x = 1\n  y = 2\n") == "conf.py:2: unexpected indentation");
  CHECK(failure("if a:\nx = 1\n") == "conf.py:2: an indented block is expected here");
  CHECK(failure("class A:\n").find("conf.py:2: an indented block is missing") == 0);
  CHECK(failure("if a:\n    x\n  y\n") == "conf.py:3: the indentation is that of no block around");
  CHECK(failure("if a:\n        x\n\ty\n") == "conf.py:3: tabs and spaces are mixed in the indentation");
  CHECK(failure("class A\n") == "conf.py:1: 'class' without ':'");
  CHECK(failure("x = $1\n") == "conf.py:1: unexpected '$'");
  CHECK(failure("x = 1 \\ \n") == "conf.py:1: a backslash outside of strings must end its line");
  CHECK(failure("x = '\\x1'\n") == "conf.py:1: an escape in a string lacks digits");
  CHECK(failure(std::string("x = '\0'\n", 8)) == "conf.py:1: control character 0x00");
  CHECK(failure("x = 1\ny = '\xff'\n") == "conf.py:2: the text is not UTF-8");
  CHECK(failure("<<<<<<< HEAD\nx = 1\n=======\nx = 2\n>>>>>>> b\n") == "conf.py:1: unresolved merge conflict");
}

TEST_CASE("a Python program cannot make the reader work without end", "[spec][python]") {
  CHECK(failure(repeated("(", 100'000)) == "conf.py:1: too many nested brackets");
  CHECK(failure("x = " + repeated("[", 65) + repeated("]", 65)) == "conf.py:1: nested more than 64 levels deep");
  CHECK(failure("x = f'" + repeated("{a:", 100'000)) == "conf.py:1: formatted strings are nested too deeply");
  CHECK(failure("x = '" + std::string((1U << 20U) + 1, 'a') + "'").find("conf.py:1: a string is larger than") == 0);
  std::string stairs;
  for (std::size_t i = 0; i < 200; ++i) {
    stairs += std::string(i, ' ') + "class A:\n";
  }
  CHECK(failure(stairs) == "conf.py:102: too many nested blocks");
  CHECK(read(repeated("a = 1\n", 100'000)) == Value(Value::Map{{"a", std::int64_t{1}}}));
  CHECK(read("x = " + repeated("-", 100'000) + "1") == Value(Value::Map{}));
  CHECK(read(repeated("f'{a}'", 100'000)) == Value(Value::Map{}));
}

TEST_CASE("a damaged Python program is read or refused, and nothing else", "[spec][python]") {
  std::mt19937 engine(7);
  const auto below = [&](std::size_t count) {
    return std::uniform_int_distribution<std::size_t>(0, count - 1)(engine);
  };
  const std::vector<std::string> pieces = {
      "\"", "'",  "'''", "(", ")",  "[", "]",        "{",          "}", "\\", "\n", "\t", "  ",   ":",   "=",    ";",
      ",",  "f'", "{x",  "-", "0x", "_", "class A:", "self.x = 1", "#", "\r", "b'", "@",  "\xff", "\\u", "\\N{", ".."};
  int refused = 0;
  for (int i = 0; i < 2'000; ++i) {
    std::string text = sample.substr(0, below(3) == 0 ? below(sample.size()) : sample.size());
    for (std::size_t edits = below(3); edits > 0; --edits) {
      const std::size_t at = below(text.size() + 1);
      text = text.substr(0, at) + pieces[below(pieces.size())] + text.substr(std::min(at + below(3), text.size()));
    }
    INFO(text);
    try {
      const Value value = read(text);  // outside of CHECK, which would catch what it throws
      CHECK(value.get<Value::Map>() != nullptr);
    } catch (const Error& error) {
      CHECK(std::string(error.what()).find("conf.py:") == 0);
      ++refused;
    }
  }
  CHECK(refused > 200);
  CHECK(refused < 1'800);
}

TEST_CASE("an assignment exchanges one literal of a Python program", "[spec][python]") {
  CHECK(assign("a = 1  # one\r\nb=2;c = 3", "b=0.5") == "a = 1  # one\r\nb=0.5;c = 3");
  CHECK(assign("class T:\n  lr: float = -(1)\n", "T.lr=true") == "class T:\n  lr: float = True\n");
  CHECK(assign("class T:\n  def __init__(self):\n    self.n = None\n", "T.n=-3") ==
        "class T:\n  def __init__(self):\n    self.n = -3\n");
  CHECK(assign("a = 1\na = 2\na = f()\n", "a=3") == "a = 1\na = 3\na = f()\n");
  CHECK(assign("a = [1, {'k': (2, 3)}]", "a[1].k[0]=null") == "a = [1, {'k': (None, 3)}]");
  CHECK(assign("a = ('x'  # c\n 'y')", "a=z") == "a = ('z')");
  CHECK(assign("a = 1", "a=.inf") == "a = 1e999");
  CHECK(assign("a = 1", "a={k: [1, x]}") == "a = {\"k\": [1, \"x\"]}");
  CHECK(assign("a = 0x10\n", "a=16") == "a = 0x10\n");
}

TEST_CASE("an assignment keeps the manner of the Python literal that it replaces", "[spec][python]") {
  CHECK(assign("a = 'x'", "a=it's \"y\"\\") == R"(a = 'it\'s "y"\\')");
  CHECK(assign("a = \"x\"", "a=it's") == "a = \"it's\"");
  CHECK(assign("a = r'x'", "a=\\d") == R"(a = '\\d')");
  CHECK(assign("a = '''x'''", "a=\"y\\nz\"") == "a = '''y\nz'''");
  CHECK(assign("a = b'x'", "a=\xc3\xa9") == R"(a = b'\xc3\xa9')");
  CHECK(assign("a = 1, 2", "a=[3]") == "a = (3,)");
  CHECK(assign("a = {1, 2}", "a=[3, 4]") == "a = {3, 4}");
  CHECK(assign("a = {1, 2}", "a=[]") == "a = set()");
  CHECK(assign("a = {1: 'x', 'k': (1,)}", "a={k: [2], 1: y, z: 0}") == "a = {'k': (2,), 1: 'y', \"z\": 0}");
}

TEST_CASE("an assignment gives a Python program no new names", "[spec][python]") {
  CHECK(refusal("lr = 1\n", "Lr=2") == "conf.py: there is no literal 'Lr' to replace");
  CHECK(refusal("", "lr=2") == "conf.py: there is no literal 'lr' to replace");
  CHECK(refusal("a = f()\n", "a=2") == "conf.py: there is no literal 'a' to replace");
  CHECK(refusal("a = {'b': 1}\n", "a.c=2") == "conf.py: there is no literal 'a.c' to replace");
  CHECK(refusal("a = [1]\n", "a[1]=2") == "conf.py: there is no literal 'a.1' to replace");
  CHECK(refusal("class A:\n  x = 1\n", "A={x: 2}") == "conf.py: 'A' is a class");
  CHECK(refusal("a = {1, 2}\n", "a[0]=2") == "conf.py: 'a.0' cannot be changed in place");
  CHECK(refusal("a = 1\n", "a=.nan") == "Python has no literal for nan");
  CHECK(refusal("a = (\n", "a=1") == "conf.py:1: '(' is not closed");
}
