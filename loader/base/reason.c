// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * Describes error numbers of the kernel and of libbpf (reason.h). The table of an operation has
 * only the numbers that mean something special for that operation; every other number has one
 * description for all operations.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <bpf/libbpf.h>

#include "base/reason.h"

/* include/linux/errno.h: numbers that are internal to the kernel, but reach user space all the
 * same. */
enum {
	KERNEL_EPROBE_DEFER = 517,
	KERNEL_ENOTSUPP = 524,
	KERNEL_EBADTYPE = 527,
};

struct words {
	int error;
	const char *text;
};

static const struct words of_all[] = {
	{KERNEL_EPROBE_DEFER, "the kernel is not ready for it yet (a driver or module is missing)"},
	{KERNEL_ENOTSUPP, "the kernel does not support it here (ENOTSUPP)"},
	{KERNEL_EBADTYPE, "the kernel does not support this type here (EBADTYPE)"},
	{E2BIG, "too large, or too many"},
	{EMFILE, "too many open files in this process; raise the limit (ulimit -n, or LimitNOFILE= "
		 "of systemd.exec(5))"},
	{ENFILE, "too many open files in this machine; raise the limit (sysctl fs.file-max)"},
	/* el_file_read_fd(), and write(2) */
	{EFBIG, "it is larger than 256 MiB, or than a file of this process may be (ulimit -f)"},
	/* el_bpffs_open() and el_bpffs_get() */
	{EXDEV, "a symbolic link on the way leads out of its folder"},
	{EMEDIUMTYPE, "a symbolic link is in its place, or it is not in a bpffs"},
	/* LIBBPF_ERRNO__VERIFY and the like: libbpf.h. */
	{LIBBPF_ERRNO__LIBELF, "libelf can't read the object"},
	{LIBBPF_ERRNO__FORMAT,
	 "the object is malformed, or uses a feature that this libbpf does not support"},
	{LIBBPF_ERRNO__KVERSION, "the object's version section is wrong"},
	{LIBBPF_ERRNO__ENDIAN, "the object is for a machine of the other byte order"},
	{LIBBPF_ERRNO__INTERNAL, "an internal error of libbpf"},
	{LIBBPF_ERRNO__RELOC, "the object refers to a symbol or type that libbpf can't resolve"},
	{LIBBPF_ERRNO__LOAD, "the kernel refuses the program, and gives no reason"},
	{LIBBPF_ERRNO__VERIFY, "the verifier refuses the program"},
	{LIBBPF_ERRNO__PROG2BIG, "the program has too many instructions"},
	{LIBBPF_ERRNO__KVER, "the object is for another kernel version"},
	{LIBBPF_ERRNO__PROGTYPE, "this kernel does not have programs of this type"},
	{LIBBPF_ERRNO__WRNGPID, "an answer of netlink went to another process"},
	{LIBBPF_ERRNO__INVSEQ, "an answer of netlink is out of sequence"},
	{LIBBPF_ERRNO__NLPARSE, "an answer of netlink can't be parsed"},
	{0, NULL},
};

static const struct words of_open[] = {
	{EOPNOTSUPP, "it uses a feature that this version of libbpf does not support"},
	{EINVAL, "libbpf finds its contents invalid"},
	{ENOENT, "a section or type information is missing in it"},
	{ESRCH, "it refers to a symbol or type that this kernel does not have"},
	{0, NULL},
};

static const struct words of_load[] = {
	{E2BIG, "the program has too many instructions"},
	{EINVAL, "this kernel does not accept a program of this type with these flags"},
	{ENOSPC, "the verifier's log does not fit in its buffer"},
	{ENOMEM, "there is not enough memory, in the machine or in the control group (memory.max)"},
	{EBADF, "a map or program that it refers to is missing"},
	{ENOENT, "it refers to a function, variable or type that this kernel does not have"},
	{ESRCH, "it refers to a function, variable or type that this kernel does not have"},
	{EFAULT, "an internal error of the verifier"},
	{EAGAIN, "the verifier was interrupted by a signal"},
	{KERNEL_ENOTSUPP,
	 "the kernel, or its compiler for this processor (JIT), does not support an "
	 "instruction or a call of the program (ENOTSUPP)"},
	{0, NULL},
};

static const struct words of_map_create[] = {
	{E2BIG,
	 "it is too large for a map of this kind: too many entries, or a key or a value that "
	 "is too long"},
	{ENOMEM, "there is not enough memory for it, in the machine or in the control group "
		 "(memory.max)"},
	{EPERM, "not enough privilege, or, before Linux 5.11, too little memory that may be locked "
		"(ulimit -l)"},
	{EINVAL, "this kernel does not accept a map of this kind with these sizes and flags"},
	{ENOSPC, "the kernel has no free number for another map"},
	{EBADF, "it refers to a map or to type information that does not exist"},
	{EOPNOTSUPP, "this kernel does not have maps of this kind"},
	{KERNEL_ENOTSUPP, "this kernel does not support a type in its values (ENOTSUPP)"},
	{0, NULL},
};

static const struct words of_map_use[] = {
	{EINVAL, "its kind or its sizes differ from the definition's"},
	{EBUSY, "the object is loaded already"},
	{0, NULL},
};

static const struct words of_map_read[] = {
	{ENOENT, "no such entry"},
	{KERNEL_ENOTSUPP, "the kernel lets user space read no entries of a map of this kind"},
	{EOPNOTSUPP, "the kernel lets user space read no entries of a map of this kind"},
	{EINVAL, "a map of this kind has no entries that can be read by key"},
	{EPERM, "the map may not be read by user space (BPF_F_WRONLY), or not by this user"},
	{ENOSPC, "an entry does not fit in the buffer"},
	{EAGAIN, "the map changes too fast to be read"},
	{0, NULL},
};

static const struct words of_map_update[] = {
	{E2BIG, "the map is full, or the index is beyond its end"},
	{ENOSPC, "the map is full"},
	{EEXIST, "the entry exists already"},
	{ENOENT, "no such entry"},
	{ENOMEM, "there is not enough memory for another entry, in the machine or in the control "
		 "group (memory.max)"},
	{EPERM, "the map is frozen, or may not be written by user space (BPF_F_RDONLY), or not by "
		"this user"},
	{EBADF, "the value is not the descriptor of a program, map, event or group of the kind "
		"that the map accepts"},
	{EINVAL, "the map does not accept this key, value or flag"},
	{ENOTSOCK, "the value is not the descriptor of a socket, which the map needs"},
	{EBUSY, "the map or the entry is in use at the moment"},
	{EDEADLK, "the entry is locked by the processor that changes it"},
	{EOPNOTSUPP, "entries of a map of this kind can't be changed by user space"},
	{KERNEL_ENOTSUPP, "entries of a map of this kind can't be changed by user space"},
	{0, NULL},
};

static const struct words of_map_delete[] = {
	{ENOENT, "no such entry"},
	{EINVAL, "entries of a map of this kind can't be deleted"},
	{E2BIG, "the index is beyond the map's end"},
	{EPERM, "the map is frozen, or may not be written by user space (BPF_F_RDONLY), or not by "
		"this user"},
	{EBUSY, "the map or the entry is in use at the moment"},
	{EOPNOTSUPP, "entries of a map of this kind can't be deleted"},
	{KERNEL_ENOTSUPP, "entries of a map of this kind can't be deleted"},
	{0, NULL},
};

static const struct words of_attach[] = {
	{EBUSY, "another program is attached at the hook"},
	{EEXIST, "another program is attached at the hook"},
	{ERANGE, "the limit of programs at one hook is reached"},
	{ENODEV, "the device does not exist any more"},
	{ENOLINK, "the device does not exist any more"},
	{EINVAL,
	 "the kernel does not accept this program, this flag or this position at this hook"},
	{ESTALE, "the programs at the hook have changed in the meantime"},
	{ENOENT, "the program named by --before or --after is not attached"},
	{EOPNOTSUPP, "the device's driver or this kernel does not support it"},
	{KERNEL_ENOTSUPP, "the device's driver or this kernel does not support it"},
	{EPERM, "not enough privilege, or the attached program is not the expected program"},
	{ENOSPC, "the device has no room for another queue"},
	{0, NULL},
};

static const struct words of_detach[] = {
	{EOPNOTSUPP, "a link of this kind can't be detached"},
	{ENODEV, "the device does not exist any more"},
	{ENOLINK, "the device does not exist any more"},
	{0, NULL},
};

static const struct words of_pin[] = {
	{EEXIST, "the file exists already"},
	{ENOENT, "the folder does not exist"},
	{EPERM, "the folder is not in a bpffs, the name has a dot in it, or this user may not "
		"write in the folder"},
	{EACCES, "this user may not write in the folder"},
	{0, NULL},
};

static const struct words of_get[] = {
	{ENOENT, "no such file"},
	{EACCES, "it is not a pinned map, program or link, or this user may not read it"},
	{EPERM, "not enough privilege to open a pin"},
	{0, NULL},
};

static const struct words of_info[] = {
	{EINVAL, "this kernel does not answer the question"},
	{EBADF, "it is not a map, program or link"},
	{ENODEV, "the device does not exist any more"},
	{0, NULL},
};

static const struct words none[] = {{0, NULL}};

static const struct words *const of[] = {
	[EL_OP_SYSTEM] = none,
	[EL_OP_OPEN] = of_open,
	[EL_OP_LOAD] = of_load,
	[EL_OP_MAP_CREATE] = of_map_create,
	[EL_OP_MAP_USE] = of_map_use,
	[EL_OP_MAP_READ] = of_map_read,
	[EL_OP_MAP_UPDATE] = of_map_update,
	[EL_OP_MAP_DELETE] = of_map_delete,
	[EL_OP_ATTACH] = of_attach,
	[EL_OP_DETACH] = of_detach,
	[EL_OP_PIN] = of_pin,
	[EL_OP_GET] = of_get,
	[EL_OP_INFO] = of_info,
};

static const char *find(const struct words *words, int error)
{
	while (words->text && words->error != error)
		words++;
	return words->text;
}

const char *el_reason(enum el_operation operation, int error)
{
	static _Thread_local char unknown[64];
	int number = abs(error);
	const char *text = find(of[operation], number);

	if (!text && (operation != EL_OP_SYSTEM || number != E2BIG)) /* E2BIG: from execve() */
		text = find(of_all, number);
	if (!text)
		text = strerrordesc_np(number);
	if (text)
		return text;
	snprintf(unknown, sizeof(unknown), "error number %d, which has no name", number);
	return unknown;
}
