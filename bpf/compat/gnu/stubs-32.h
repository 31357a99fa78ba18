/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * glibc's features.h asks for this file where neither __x86_64__ nor another of its machines is
 * defined, as with clang -target bpf; Debian ships it only with the 32-bit libc. Some of the
 * kernel's headers (linux/icmp.h by way of linux/if.h) lead there. It would name calls that have no
 * implementation, and a BPF program calls none.
 */
