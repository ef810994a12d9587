// SPDX-License-Identifier: Apache-2.0
// Debian's libgit2.a can log in to HTTP servers through Kerberos and so refers to GSSAPI, of which there is no archive.
// We never let libgit2 talk to a server: what needs the user's credentials is done by the `git` program. Hence these
// stand-ins: each call says that GSSAPI is unavailable, and linking needs no shared library of it.

#include <cstdint>

namespace {

// GSSAPI keeps routine errors in bits 16 to 23 of a status; 16 there means "operation or option not available".
constexpr std::uint32_t unavailable = 16U << 16U;

}  // namespace

extern "C" {

extern void* GSS_C_NT_HOSTBASED_SERVICE;
void* GSS_C_NT_HOSTBASED_SERVICE = nullptr;

// Called with arguments of many types that nobody here looks at: the C calling convention lets a callee ignore them.
std::uint32_t gss_delete_sec_context() { return unavailable; }
std::uint32_t gss_display_status() { return unavailable; }
std::uint32_t gss_import_name() { return unavailable; }
std::uint32_t gss_indicate_mechs() { return unavailable; }
std::uint32_t gss_init_sec_context() { return unavailable; }
std::uint32_t gss_release_buffer() { return unavailable; }
std::uint32_t gss_release_name() { return unavailable; }
std::uint32_t gss_release_oid_set() { return unavailable; }
}
