# SPDX-License-Identifier: Apache-2.0
"""What the figures were measured on."""

import os
import platform
import subprocess


def _field(path, name):
    with open(path, encoding="utf-8") as file:
        for line in file:
            key, _, value = line.partition(":")
            if key.strip() == name:
                return value.strip()
    return "unknown"


def _processor_features():
    flags = _field("/proc/cpuinfo", "flags").split()
    return ", ".join(name for name, flag in (("SHA-NI", "sha_ni"), ("AVX2", "avx2"), ("AVX-512", "avx512f")) if flag in flags)


def file_system(path):
    """The type of the file system that holds `path`."""
    done = subprocess.run(["stat", "-f", "-c", "%T", path], stdout=subprocess.PIPE, text=True, check=True)
    return done.stdout.strip().replace("ext2/ext3", "ext4")


def _system():
    with open("/etc/os-release", encoding="utf-8") as file:
        for line in file:
            if line.startswith("PRETTY_NAME="):
                return line.split("=", 1)[1].strip().strip('"')
    return platform.system()


def facts(work):
    """Pairs of name and value; nothing that names a place or a person."""
    memory_kb = int(_field("/proc/meminfo", "MemTotal").split()[0])
    return {
        "processor": f"{_field('/proc/cpuinfo', 'model name')} ({_processor_features()})",
        "cores": str(len(os.sched_getaffinity(0))),
        "memory": f"{memory_kb / 2**20:.0f} GiB",
        "file system": file_system(work),
        "system": f"{_system()}, Linux {platform.release()}",
    }
