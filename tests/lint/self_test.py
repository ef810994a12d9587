# SPDX-License-Identifier: Apache-2.0
"""Shows that each lint finds what it is for, and leaves alone what is not. Usage: self_test.py"""

import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

HERE = Path(__file__).resolve().parent
RULES = "util:\nfs: util\nstore: util fs\n"


def run(lint, files):
    """Returns the violations that the lint reports for a tree of these files."""
    with tempfile.TemporaryDirectory() as top:
        root = Path(top)
        for name, text in files.items():
            path = root / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
        (root / "rules").write_text(RULES, encoding="utf-8")
        done = subprocess.run([sys.executable, "-B", HERE / f"{lint}.py", root, root / "rules"],
                              stdout=subprocess.PIPE, text=True, check=False)
        lines = done.stdout.splitlines()
        assert (done.returncode != 0) == bool(lines), done
        return lines[:-1]


def body(lines):
    return "  step();\n" * lines


class Layers(unittest.TestCase):
    def test_upward_include_is_found(self):
        found = run("layers", {"lib/fs/a.hpp": '#pragma once\n#include "store/tree.hpp"\n'})
        self.assertEqual(found, ["lib/fs/a.hpp:2: 'fs' may not include 'store'"])

    def test_all_violations_are_reported_at_once(self):
        found = run("layers", {"lib/util/a.cpp": '#include "fs/a.hpp"\n#include "store/b.hpp"\n#include "cli/c.hpp"\n'})
        self.assertEqual(len(found), 3)

    def test_foreign_header_outside_its_owner_is_found(self):
        found = run("layers", {"lib/fs/a.cpp": "#include <git2.h>\n", "lib/store/b.hpp": "#include <nlohmann/json.hpp>\n",
                               "cli/app.cpp": "#include <CLI/CLI.hpp>\n", "lib/fs/c.cpp": "#include <boost/any.hpp>\n"})
        self.assertEqual(len(found), 4)

    def test_what_is_allowed_passes(self):
        found = run("layers", {"lib/store/a.cpp": '#include "store/a.hpp"\n#include "fs/b.hpp"\n#include <nlohmann/json.hpp>\n'
                                                  "#include <fmt/core.h>\n#include <sys/stat.h>\n#include <vector>\n",
                               "cli/args_parse.cpp": '#include "version.hpp"\n#include <CLI/CLI.hpp>\n'})
        self.assertEqual(found, [])

    def test_undeclared_folder_is_found(self):
        self.assertEqual(len(run("layers", {"lib/extra/a.cpp": ""})), 1)


class Size(unittest.TestCase):
    def test_long_functions_are_found(self):
        for heading in ("int run(int a) {\n", "Thing::Thing(int a) : a_(a), b_(1) {\n", "static auto f() -> int {\n",
                        "template <class T>\nbool operator==(const T& a, const T& b) noexcept {\n",
                        "Thing f(int a = 3) {\n", "class A {\n void f() const override {\n"):
            with self.subTest(heading=heading):
                self.assertTrue(run("size", {"lib/a/a.cpp": "namespace x {\n" + heading + body(60) + "}\n}\n"}))

    def test_function_of_sixty_lines_passes(self):
        self.assertEqual(run("size", {"lib/a/a.cpp": "void f() {\n" + body(58) + "}\n"}), [])

    def test_table_class_and_namespace_may_be_long(self):
        for heading in ("const std::vector<int> table = {\n", "struct Big : Base {\n", "namespace a::b {\n",
                        "enum class Kind {\n", "template <class T>\nclass Long {\n"):
            with self.subTest(heading=heading):
                self.assertEqual(run("size", {"lib/a/a.cpp": heading + "  a;\n" * 80 + "};\n"}), [])

    def test_braces_in_strings_and_comments_do_not_count(self):
        text = "void f() {\n  use(\"{\", '{', R\"x({{)x\");  // {\n  /* { */\n}\nvoid g() {\n" + body(50) + "}\n"
        self.assertEqual(run("size", {"lib/a/a.cpp": text}), [])

    def test_text_in_a_raw_string_does_not_count_but_code_after_it_does(self):
        text = 'void f() {\n  page(R"(' + "text {\n" * 100 + ')");\n'
        self.assertEqual(run("size", {"cli/a.cpp": text + "}\n"}), [])
        self.assertEqual(run("size", {"cli/a.cpp": text + body(58) + "}\n"}),
                         ["cli/a.cpp:1: function of 61 lines, at most 60"])

    def test_long_file_is_found(self):
        self.assertEqual(run("size", {"cli/a.cpp": "\n" * 501}), ["cli/a.cpp: 501 lines, at most 500"])


class Print(unittest.TestCase):
    def test_talking_is_found(self):
        for code in ("std::cout << 1;", 'printf("x");', 'std::getenv("HOME");', 'chdir("/");', 'fmt::print("x");',
                     'std::filesystem::remove_all(path);', 'std::filesystem::current_path();', "std::ofstream out(path);",
                     '::rename("a", "b");', "::open(path, O_WRONLY | O_CREAT);"):
            with self.subTest(code=code):
                self.assertTrue(run("print", {"lib/store/a.cpp": code + "\n"}))

    def test_the_seam_may_change_files_but_not_talk(self):
        self.assertEqual(run("print", {"lib/fs/a.cpp": "::rename(a, b);\n"}), [])
        self.assertEqual(len(run("print", {"lib/fs/a.cpp": "std::cerr << 1;\n"})), 1)

    def test_own_seam_comments_and_cli_pass(self):
        self.assertEqual(run("print", {"lib/store/a.cpp": 'fs::rename(a, b);\nmlops::fs::remove(c);\n// std::cout\nf("getenv(");\n',
                                       "cli/a.cpp": "std::cout << 1;\n"}), [])


class Words(unittest.TestCase):
    def test_words_of_unfinished_work_are_found(self):
        found = run("words", {"lib/a/a.cpp": "// TODO\n// this will do for now\n", "cli/b.cpp": "// not implemented\n"})
        self.assertEqual(len(found), 3)

    def test_a_variable_named_todo_passes(self):
        self.assertEqual(run("words", {"lib/a/a.cpp": "auto todo = left();\n"}), [])

    def test_todo_with_an_issue_passes(self):
        self.assertEqual(run("words", {"lib/a/a.cpp": "// TODO(#12): more\n"}), [])


unittest.main()
