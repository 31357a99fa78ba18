#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#
# Stands for edge-load-fuse and does what the file `mode` beside it says: what a compiler could do
# that was taken over by the bitcode it has read. Descriptors are those of loader/fuse/fuse.h.

import os
import signal
import subprocess
import sys
import time

ANSWER, OBJECT = 4, 5
signal.signal(signal.SIGXFSZ, signal.SIG_DFL)  # Python ignores it
folder = os.path.dirname(os.path.abspath(sys.argv[0]))
with open(folder + "/mode", encoding="ascii") as file:
    mode, *rest = file.read().split()


def answer(text):
    os.pwrite(ANSWER, text.encode(), 0)


def real(**more):
    """The compiler itself, on the same descriptors."""
    subprocess.run([folder + "/edge-load-fuse.real"], close_fds=False, check=False, **more)


if mode == "sleep":
    time.sleep(600)
elif mode == "large-object":
    os.ftruncate(OBJECT, 20 << 30)
    answer('{"done": true}')
elif mode == "large-answer":
    answer("[" * (1 << 20))
elif mode == "no-object":
    answer('{"done": true}')
elif mode == "no-answer":
    pass
elif mode == "instance":
    answer('{"kind": "newer", "instance": 99999999999, "message": "x"}')
elif mode == "replace":  # WORD BY, of the same length, everywhere in the object
    real()
    data = os.pread(OBJECT, os.fstat(OBJECT).st_size, 0)
    old, new = rest[0].encode(), rest[1].encode()
    assert old in data and len(old) == len(new)
    os.pwrite(OBJECT, data.replace(old, new), 0)
elif mode in ("type", "name"):  # SECTION VALUE: another type; the name of another section
    real()
    data = bytearray(os.pread(OBJECT, os.fstat(OBJECT).st_size, 0))
    table = int.from_bytes(data[40:48], "little")
    names = table + 64 * int.from_bytes(data[62:64], "little")
    strings = int.from_bytes(data[names + 24 : names + 32], "little")
    sections = {}
    for at in range(table, len(data) - 63, 64):
        name = strings + int.from_bytes(data[at : at + 4], "little")
        sections[data[name : data.index(0, name)].decode()] = at
    at = sections[rest[0]]
    if mode == "type":
        data[at + 4] = int(rest[1])
    else:
        data[at : at + 4] = data[sections[rest[1]] : sections[rest[1]] + 4]
    os.pwrite(OBJECT, bytes(data), 0)
elif mode == "probe":  # the compiler with probe.c in it
    real(env={"LD_PRELOAD": folder + "/probe.so"})
