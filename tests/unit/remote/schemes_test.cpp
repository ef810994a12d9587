// SPDX-License-Identifier: Apache-2.0
#include <filesystem>

#include "remote/transport.hpp"
#include "support/catch.hpp"
#include "support/temp_dir.hpp"
#include "util/error.hpp"

using namespace mlops;

TEST_CASE("paths and file addresses name folders") {
  const test::TempDir dir;
  std::filesystem::create_directory(dir / "a b");
  const std::string root = dir.path().string();
  for (const std::string& url : {root + "/a b", root + "/a b/", "file://" + root + "/a%20b", "FILE://" + root + "/a b",
                                 "file://localhost" + root + "/a%20b/"}) {
    CAPTURE(url);
    const auto transport = remote::make_transport({{"url", url}});
    CHECK(transport->place() == remote::Transport::Place::empty);
    CHECK(transport->describe() == "folder '" + root + "/a b'");
  }
  // A colon or a percent sign in a path is just that.
  CHECK(remote::make_transport({{"url", "/srv/a:b%20c"}})->describe() == "folder '/srv/a:b%20c'");
}

TEST_CASE("an address that is none of ours is a usage error") {
  for (const char* url : {"", "relative/path", "s3://bucket/x", "ssh://host/x", "git@host.example:x", "https://x/y",
                          "file://host/share", "file://relative"}) {
    CAPTURE(url);
    try {
      remote::make_transport({{"url", url}});
      FAIL("was accepted");
    } catch (const Error& error) {
      CHECK(error.code() == ExitCode::usage);
      CHECK(error.hints().size() == 1);
    }
  }
  CHECK_THROWS_AS(remote::make_transport({}), Error);
}

TEST_CASE("an unknown kind is answered with the known ones") {
  try {
    remote::make_transport({{"url", "s3://bucket"}});
    FAIL("was accepted");
  } catch (const Error& error) {
    CHECK(std::string(error.what()) == "remotes of kind 's3' are not known");
    CHECK(error.hints()[0] ==
          "known kinds: a folder's path, file://; s3, gs, azure, ssh and http are not in this version");
  }
}
