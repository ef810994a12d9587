# SPDX-License-Identifier: Apache-2.0
"""The data that is tracked in the measurements: pseudo-random bytes, the same in every run."""

import os
import random

BLOCK = 1 << 20


def write_file(path, size, seed):
    source = random.Random(seed)
    with open(path, "wb") as file:
        while size > 0:
            file.write(source.randbytes(min(BLOCK, size)))
            size -= BLOCK


def write_small_files(top, directories, each, size, seed=1):
    """`directories` directories with `each` files of `size` bytes."""
    source = random.Random(seed)
    for number in range(directories):
        directory = os.path.join(top, f"d{number:03}")
        os.makedirs(directory)
        for name in range(each):
            with open(os.path.join(directory, f"f{name:05}.bin"), "wb") as file:
                file.write(source.randbytes(size))


def some_files(top, share):
    """Every 1/share-th file below `top`, in order."""
    paths = sorted(os.path.join(place, name) for place, _, names in os.walk(top) for name in names)
    return paths[:: round(1 / share)]


def replace_file(path, seed):
    """New content of the same size as editors write it: a new file under the old name (the old one may be read-only)."""
    size = os.stat(path).st_size
    temporary = path + ".new"
    write_file(temporary, size, seed)
    os.replace(temporary, path)


def read_through(path):
    """Brings a file, or all files of a directory, into the page cache."""
    files = [path] if os.path.isfile(path) else some_files(path, 1)
    for name in files:
        with open(name, "rb", buffering=0) as file:
            while file.read(BLOCK):
                pass


def drop_from_memory(path):
    """Takes a file out of the page cache; needs no privilege, but the bytes must be on disk."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
        os.posix_fadvise(descriptor, 0, 0, os.POSIX_FADV_DONTNEED)
    finally:
        os.close(descriptor)
