// SPDX-License-Identifier: Apache-2.0
// The texts in "dvc wrote" are what `dvc config`, `dvc remote` and `dvc cache dir` of DVC 3.67.1 left in .dvc/config.

#include "spec/dialects/dvc_config.hpp"

#include "support/catch.hpp"
#include "util/error.hpp"

using namespace mlops;
using namespace mlops::spec;

namespace {

const std::string file = "/project/.dvc/config";

std::vector<std::string> items_of(const std::string& text) {
  std::vector<std::string> out;
  for (const ConfigItem& item : dvc::parse_config(text, file)) {
    out.push_back(item.key + "=" + item.shown.value_or(item.value));
  }
  return out;
}

using Items = std::vector<std::string>;

std::string refusal(const std::string& text) {
  try {
    std::vector<ConfigSetting> settings;
    const auto items = dvc::parse_config(text, file);
    for (const ConfigItem& item : items) {
      settings.push_back({.key = item.key, .value = item.value, .file = "config", .line = item.line});
    }
    dvc::config_format().check(settings);
  } catch (const Error& error) {
    return std::string(error.what()) + (error.hints().empty() ? "" : "; " + error.hints().front());
  }
  return "accepted";
}

std::string set(const std::string& text, const std::string& key, const std::string& value) {
  return dvc::set_config(text, file, key, value);
}

}  // namespace

TEST_CASE("names count in lowercase, sections with a name come first", "[spec]") {
  CHECK(items_of("# c\n[Core]\n   Remote = MyR   # c\n\tanalytics=FALSE\n[remote \"MyR\"]\n  url = ~/x/\n"
                 "['remote \"b c\"']\nurl=s3://bkt/p#c\n[cache]\ntype = reflink, copy\n") ==
        Items{"remote.myr.url=~/x/", "remote.b c.url=s3://bkt/p", "core.remote=MyR", "core.analytics=FALSE",
              "cache.type=['reflink', 'copy']"});
  const auto items = dvc::parse_config("[core]\nremote = MyR\n[cache]\ntype = reflink, copy\n", file);
  CHECK(items[0].value == "myr");
  CHECK(items[1].value == "reflink,copy");
  CHECK(items[1].line == 4);
}

TEST_CASE("values are read as DVC's reader matches them", "[spec]") {
  const auto value = [](const std::string& text) { return items_of("[feature]\nx = " + text + "\n").front(); };
  CHECK(value("") == "feature.x=");
  CHECK(value("a b  # c") == "feature.x=a b");
  CHECK(value("a#b") == "feature.x=a");
  CHECK(value("\"http://h/a,b\" # c") == "feature.x=http://h/a,b");
  CHECK(value("'\"q\"'") == "feature.x=\"q\"");
  CHECK(value("\"a\" b\"") == "feature.x=a\" b");
  CHECK(value("it's \"x\"") == "feature.x=it's \"x\"");
  CHECK(value("'''has 'quote' and \"dq\"'''") == "feature.x=has 'quote' and \"dq\"");
  CHECK(value("\"\"\"one\ntwo\"\"\" # c") == "feature.x=one\ntwo");
  CHECK(value(",") == "feature.x=[]");
  CHECK(value("a,") == "feature.x=['a']");
  CHECK(value("a, \"b, c") == "feature.x=['a', '\"b', 'c']");
  CHECK(value("'a,b' , c") == "feature.x=['a,b', 'c']");
  CHECK(value("50%") == "feature.x=50%");
  CHECK(items_of("[feature]\nx = 1\ny = %(x)s-%(x)s\n")[1] == "feature.y=1-1");
}

TEST_CASE("what DVC's reader refuses is refused with file and line", "[spec]") {
  CHECK(refusal("[core]\njunk\n") == file + ":2: neither a section nor 'name = value'");
  CHECK(refusal("[core]\n[core]\n") == file + ":2: there are two sections 'core'");
  CHECK(refusal("[core]\nremote = a\nremote = b\n") == file + ":3: 'remote' comes twice");
  CHECK(refusal("[core]\nremote = \"a\n") == file + ":2: the value is malformed; is a quote not closed?");
  CHECK(refusal("[core]\nremote = '''a\n\n") == file + ":2: the value in triple quotes does not end");
  CHECK(refusal("[core]\n[[sub]]\n") == file + ":2: a section within [core]");
  CHECK(refusal("[[core]\n") == file + ":1: as many ']' are expected as there are '['");
  CHECK(refusal("remote = a\n") == file + ":1: a value outside of any section");
  CHECK(refusal("[remote]\nurl = x\n") == file + ":2: 'remote' wants a name in quotes");
  CHECK(refusal("\n[cores]\n") == file + ":2: unknown section 'cores'; did you mean 'core'?");
  CHECK(refusal("[core]\nremote = %(x)s\n") == file + ":2: no value 'x' to put in place of '%(x)s'");
  CHECK(refusal("[core]\na = %(b)s\nb = %(a)s\n") == file + ":2: the value refers to itself");
  CHECK(refusal("<<<<<<< HEAD\n[core]\n").find("config:1:") != std::string::npos);
}

TEST_CASE("options and values that DVC's schema refuses are refused with the nearest option", "[spec]") {
  CHECK(refusal("[core]\nremot = a\n") ==
        "config:2: unknown configuration key 'core.remot'; did you mean 'core.remote'?");
  CHECK(refusal("[core]\nautostage = yes\n") ==
        "config:2: 'yes' is no value for 'core.autostage': it takes true or false");
  CHECK(refusal("[core]\nchecksum_jobs = 0\n").find("a whole number from 1") != std::string::npos);
  CHECK(refusal("[cache]\ntype = reflink,hardcopy\n").find("a list of reflink") != std::string::npos);
  CHECK(refusal("['remote \"x\"']\nurl = /x\nregion = y\n") ==
        "config:3: a remote of kind 'folder' has no option 'region'");
  CHECK(refusal("['remote \"x\"']\nurl = s3://b\nprofil = y\n") ==
        "config:3: unknown configuration key 'remote.x.profil'; did you mean 'remote.x.profile'?");
  CHECK(refusal("['remote \"x\"']\njobs = 3\n").find("remote 'x' has no url") != std::string::npos);
  CHECK(refusal("['remote \"x\"']\nurl = gopher://h/x\n").find("kind 'gopher'") != std::string::npos);
  CHECK(refusal("[hydra]\nconfig_dir = a\nconfig_module = b\n").find("exclude each other") != std::string::npos);
}

TEST_CASE("everything that DVC's schema takes is accepted", "[spec]") {
  CHECK(refusal("[core]\ninteractive = TRUE\nno_scm = false\ncheck_update = true\nhardlink_lock = true\n"
                "checksum_jobs = +1_0\nsite_cache_dir = /x\nmachine = M\nexperiments = true\n"
                "[cache]\nprotected = true\nslow_link_warning = false\nshared = Group\ns3 = x\nverify = true\n"
                "[plots]\nhtml_template = t\nauto_open = true\nout_dir = o\n[exp]\nauto_push = true\ngit_remote = o\n"
                "code = src\n[parsing]\nbool = boolean_optional\nlist = append\n[hydra]\nenabled = true\n"
                "config_name = c\n[studio]\ntoken = t\noffline = true\n[state]\nrow_limit = 1\n[index]\ndir = x\n"
                "[feature]\nanything = goes\n['db \"d\"']\nurl = u\nusername = n\n") == "accepted");
  CHECK(refusal("['remote \"a\"']\nurl = ssh://h/p\nport = 22\nuser = u\nask_password = true\ntype = copy, symlink\n"
                "['remote \"b\"']\nurl = https://h/p\nauth = Basic\nread_timeout = 1.5\nssl_verify = /ca\n"
                "['remote \"c\"']\nurl = remote://a/x\nuser = v\n['remote \"d\"']\nurl = s3:///x\nshared = group\n"
                "['remote \"e\"']\nurl = azure://c/p\naccount_name = n\nversion_aware = true\n") == "accepted");
}

TEST_CASE("an edit leaves what dvc wrote", "[spec]") {
  std::string text = set("", "core.remote", "myr");
  text = set(text, "remote.myr.url", "../../x");
  text = set(text, "remote.s3r.url", "s3://bucket/path");
  text = set(text, "remote.s3r.endpointurl", "http://127.0.0.1:9/a,b");
  text = set(text, "remote.s3r.profile", "has 'quote' and \"dq\"");
  text = set(text, "core.autostage", "true");
  text = set(text, "cache.type", "reflink,copy");
  CHECK(text ==
        "[core]\n    remote = myr\n    autostage = true\n[cache]\n    type = \"reflink,copy\"\n"
        "['remote \"myr\"']\n    url = ../../x\n['remote \"s3r\"']\n    url = s3://bucket/path\n"
        "    endpointurl = \"http://127.0.0.1:9/a,b\"\n    profile = '''has 'quote' and \"dq\"'''\n");
  text = dvc::rename_config_section(text, file, "remote.myr", "remote.B");
  CHECK(text.ends_with("['remote \"B\"']\n    url = ../../x\n"));
  text = dvc::unset_config(text, file, "core.autostage", Absent::refuse);
  text = dvc::unset_config(text, file, "core.remote", Absent::refuse);
  CHECK(text ==
        "[cache]\n    type = \"reflink,copy\"\n['remote \"s3r\"']\n    url = s3://bucket/path\n"
        "    endpointurl = \"http://127.0.0.1:9/a,b\"\n    profile = '''has 'quote' and \"dq\"'''\n"
        "['remote \"b\"']\n    url = ../../x\n");
  text = dvc::remove_config_section(text, file, "remote.b");
  text = dvc::remove_config_section(text, file, "remote.s3r");
  CHECK(text == "[cache]\n    type = \"reflink,copy\"\n");
  CHECK(dvc::unset_config(text, file, "cache.type", Absent::refuse) == "\n");
  CHECK_THROWS_AS(dvc::unset_config(text, file, "cache.dir", Absent::refuse), Error);
  CHECK(dvc::unset_config(text, file, "cache.dir", Absent::accept) == text);
  CHECK(dvc::unset_config("", file, "remote.x.password", Absent::accept) == "['remote \"x\"']\n");
}

TEST_CASE("an edit drops comments, keeps the order and shortens relative paths, as DVC does", "[spec]") {
  CHECK(set("# top\n[Cache]\ndir = ../../shared/./x/ # c\ntype = reflink, copy\n[remote \"MyR\"]\n  URL = ~/x/\n"
            "[core]\n  analytics = FALSE\n",
            "core.autostage", "true") ==
        "[cache]\n    dir = ../../shared/x\n    type = reflink, copy\n[core]\n    analytics = FALSE\n"
        "    autostage = true\n['remote \"myr\"']\n    url = ~/x/\n");
}

TEST_CASE("values are quoted as DVC quotes them", "[spec]") {
  const auto written = [](const std::string& value) {
    const std::string text = set("", "studio.url", value);
    return text.substr(std::string("[studio]\n    url = ").size());
  };
  CHECK(written("") == "\"\"\n");
  CHECK(written("a b = c") == "a b = c\n");
  CHECK(written(" lead") == "\" lead\"\n");
  CHECK(written("#hash val") == "\"#hash val\"\n");
  CHECK(written("it's") == "it's\n");
  CHECK(written("'q'") == "\"'q'\"\n");
  CHECK(written("say \"x\"") == "'say \"x\"'\n");
  CHECK(written("one\ntwo") == "'''one\ntwo'''\n");
  // DVC writes it between ''' and reads something else again.
  CHECK(written("a''' #\"") == "\"\"\"a''' #\"\"\"\"\n");
  CHECK_THROWS_AS(written("'''\"\"\""), Error);
  CHECK_THROWS_AS(written("a\rb"), Error);
  CHECK_THROWS_AS(written("%(x)s"), Error);
  CHECK_THROWS_AS(set("", "remote.it's.url", "x"), Error);
  CHECK_THROWS_AS(set("", "core", "x"), Error);
  CHECK(set("", "remote.\xc3\xa9.url", "/x") == "['remote \"\xc3\xa9\"']\n    url = /x\n");
}

TEST_CASE("hostile lines are read in bounded time or refused", "[spec]") {
  std::string quotes = "[feature]\nx = ";
  for (int i = 0; i < 4000; ++i) {
    quotes += "\"\",";
  }
  CHECK_NOTHROW(refusal(quotes + "\"\n"));
  CHECK(refusal("[feature]\nx = " + std::string(20000, 'a') + "\n") == file + ":2: the line is too long");
  std::string doubling = "[feature]\na0 = xxxxxxxx\n";
  for (int i = 1; i < 15; ++i) {
    const std::string one = "%(a" + std::to_string(i - 1) + ")s";
    doubling += "a" + std::to_string(i) + " = " + one + one + "\n";
  }
  CHECK(refusal(doubling) != "accepted");
}

TEST_CASE("the files are found where DVC looks for them", "[spec]") {
  const ConfigFormat& format = dvc::config_format();
  CHECK(format.file(ConfigPlace::system, {}) == "/etc/xdg/dvc/config");
  CHECK(format.file(ConfigPlace::system, {{"XDG_CONFIG_DIRS", "/a:/b"}}) == "/a/dvc/config");
  CHECK(format.file(ConfigPlace::system, {{"DVC_SYSTEM_CONFIG_DIR", "/s"}}) == "/s/config");
  CHECK(format.file(ConfigPlace::user, {}).empty());
  CHECK(format.file(ConfigPlace::user, {{"HOME", "/h"}}) == "/h/.config/dvc/config");
  CHECK(format.file(ConfigPlace::user, {{"HOME", "/h"}, {"XDG_CONFIG_HOME", "/c"}}) == "/c/dvc/config");
  CHECK(format.file(ConfigPlace::user, {{"HOME", "/h"}, {"DVC_GLOBAL_CONFIG_DIR", "/g"}}) == "/g/config");
}

TEST_CASE("data of a committed file counts, credentials and what redirects do not", "[spec]") {
  const ConfigFormat& format = dvc::config_format();
  for (const char* key : {"core.remote", "cache.type", "remote.x.url", "remote.x.endpointurl", "remote.x.region",
                          "core.autostage", "exp.git_remote", "parsing.list", "feature.x"}) {
    CAPTURE(key);
    CHECK(format.knows(key));
    CHECK(format.committed(key));
  }
  for (const char* key : {"cache.dir", "cache.shared", "remote.x.keyfile", "remote.x.ssl_verify",
                          "remote.x.bearer_token_command", "remote.x.password", "hydra.plugins_path"}) {
    CAPTURE(key);
    CHECK(format.knows(key));
    CHECK_FALSE(format.committed(key));
  }
  CHECK(format.secret("remote.x.password"));
  CHECK_FALSE(format.secret("remote.x.ask_password"));
  CHECK_FALSE(format.knows("gc.grace"));
  CHECK_FALSE(format.knows("remote.url"));
  CHECK_FALSE(format.knows("core.x.remote"));
}
