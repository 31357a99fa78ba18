#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#
# The units and the udev rule: verified by systemd; their commands, run with the rights that the unit leaves; and a boot,
# by a systemd and an udevd of this test's own, in namespaces: chains before the network, a reload, devices that come,
# go, and are renamed.
. "$(dirname "$0")/lib.sh"

cgroups=
end_world() {
	[ -z "${world:-}" ] || kill -KILL "$world" 2>/dev/null
	[ -z "$cgroups" ] || wait_for 10 eval 'find "$cgroups" -depth -type d -exec rmdir {} + && [ ! -e "$cgroups" ]'
}
trap end_world EXIT

if ! type systemd-analyze udevadm >/dev/null || [ ! -x /lib/systemd/systemd ]; then
	skip "the units" "needs systemd and udev"
	finish
fi

root=$work/root
make -s --no-print-directory -C "$top" install DESTDIR="$root" >"$work/make.log" 2>&1 || {
	fail "make install" "$(<"$work/make.log")"
	finish
}
mount --bind "$root/usr/local" /usr/local
units=/usr/local/lib/systemd/system
# A copy of /etc, without this machine's units and rules.
cp -a /etc "$work/etc" && rm -rf "$work"/etc/systemd/system/* "$work"/etc/udev/rules.d && mkdir -p "$work/etc/edge-load"
mount --bind "$work/etc" /etc
manifest() { cat >/etc/edge-load/edge.yaml; }

# ---------------------------------------------------------------- what systemd says
ok "systemd finds nothing wrong with the units" systemd-analyze verify --man=no "$units/edge-load.service" "$units/edge-load@eth0.service"
is "nothing at all" "$(systemd-analyze verify --man=no "$units/edge-load.service" "$units/edge-load@eth0.service" 2>&1)" ""
between "how exposed it is, in tenths, by systemd's own measure" "$(systemd-analyze security --offline=yes --no-pager \
	"$units/edge-load.service" | sed -nE 's/.*Overall exposure level.*: ([0-9])\.([0-9]).*/\1\2/p')" 1 25
sandbox() { sed -n '/^CapabilityBoundingSet/,/^UMask/ { /^#/!p }' "$1"; }
is "both units leave the same rights" "$(sandbox "$units/edge-load@.service")" "$(sandbox "$units/edge-load.service")"
# Of packets that come while the chains are not there yet there are none: network managers wait for network-pre.target.
like "it is done before the network is" "$(sed -n 's/^Before=//p' "$units/edge-load.service")" '\bnetwork-pre\.target\b'

# ---------------------------------------------------------------- its commands, where no systemd runs
# as_unit COMMAND...: with the capabilities that the unit leaves to root, and in its folder
as_unit() {
	local three

	three=$(sed -n 's/^CapabilityBoundingSet=//p' "$units/edge-load.service" | tr 'A-Z ' 'a-z,' | sed 's/cap_/+/g')
	on edge setpriv --no-new-privs --inh-caps=-all --bounding-set="-all,$three" sh -c "umask 0077; cd /; exec $*"
}
start_command=$(sed -n 's/^ExecStart=//p' "$units/edge-load.service")
reload_command=$(sed -n 's/^ExecReload=//p' "$units/edge-load.service")
device_command=$(sed -n 's/^ExecStart=//p' "$units/edge-load@.service")
manifest <<-END
	version: 1
	chains:
	  - {device: edge0, instances: [count]}
	  - {device: "hot*", instances: [count]}
END
ok "ExecStart" as_unit "$start_command"
is "attaches what is there" "$(edge-load status -j | jq -r 'map(.device) | join(" ")')" edge0
cat >/etc/edge-load/own.bpf.c <<-END
	#include <edge/edge.h>
	EDGE_FUNCTION(own) { return EDGE_NEXT; }
END
manifest <<-END
	version: 1
	chains:
	  - {device: edge0, instances: [count, ./own.bpf.c]}
	  - {device: "hot*", instances: [count]}
END
ok "ExecReload, with a source to compile" as_unit "$reload_command"
is "swaps" "$(status edge0 xdp .generation)" 2
ip -n edge link add hot0 type veth peer name cold0
ok "ExecStart of a device's" as_unit "${device_command//%i/hot0}"
is "attaches its chain" "$(status hot0 xdp .state)" runs
ip -n edge link del hot0
ok "all off" edge-load detach --all

# ---------------------------------------------------------------- a boot
# The world of the booted system: the edge's network, a /dev of its own, and a systemd that wants udevd, the journal and
# edge-load, nothing of this machine's.
cat >/etc/systemd/system/world.target <<-END
	[Unit]
	DefaultDependencies=no
	Wants=systemd-journald.service systemd-journald.socket systemd-udevd.service systemd-udevd-control.socket
	Wants=systemd-udevd-kernel.socket edge-load.service first.service
	# As a network manager's unit has it.
	Wants=network-pre.target
END
# Who comes after network-pre.target sees the chains.
cat >/etc/systemd/system/first.service <<-END
	[Unit]
	DefaultDependencies=no
	After=network-pre.target
	[Service]
	Type=oneshot
	RemainAfterExit=yes
	ExecStart=/bin/sh -c '/usr/local/bin/edge-load status >$work/first'
END
cat >"$work/boot" <<-'END'
	umount -R -l /sys && mount -t sysfs sysfs /sys && mount --bind "$work/bpf" /sys/fs/bpf || exit 1
	[ -d /sys/fs/cgroup ] && mount -t cgroup2 cgroup2 /sys/fs/cgroup || exit 1
	mkdir -p "$work"/dev/{shm,pts,mqueue,hugepages} && ln -s pts/ptmx "$work/dev/ptmx"
	for node in null zero full random urandom tty; do
		touch "$work/dev/$node" && mount --bind "/dev/$node" "$work/dev/$node" || exit 1
	done
	mount --rbind "$work/dev" /dev && mount -t tmpfs tmpfs /tmp || exit 1
	# systemd listens to udevd where it sees that there is one.
	mkdir -p /run/udev && touch /run/udev/control
	exec env -i container=test PATH="$PATH" /lib/systemd/systemd --system --unit=world.target --log-target=journal --show-status=no
END
mkdir "$work/bpf" "$work/cgroup" && mount --bind /sys/fs/bpf "$work/bpf"

export work
boot() {
	mount -t cgroup2 cgroup2 "$work/cgroup" || return 1
	# What a run left that was killed: those that nobody is in can be removed.
	find "$work/cgroup" -depth -path '*/edge-load-boot.*' -type d -mmin +60 -exec rmdir {} + 2>/dev/null
	cgroups=$work/cgroup/edge-load-boot.$RANDOM$RANDOM
	mkdir "$cgroups" || return 1
	start edge sh -c 'echo $$ >"$0/cgroup.procs" && exec unshare --mount --pid --cgroup --ipc --uts --fork \
		--kill-child --mount-proc -- bash "$1"' "$cgroups" "$work/boot" >"$work/boot.log" 2>&1
	world=$started
	wait_for 10 pgrep -P "$world" && init=$(pgrep -P "$world") && wait_for 60 systemctl is-active first.service
}
# systemd talks to who is in its own namespaces.
inside() { nsenter -t "$init" --root --wd --mount --pid --net --ipc --uts -- "$@"; }
systemctl() { inside systemctl "$@"; }
# settled: udevd and systemd have done what there was to do.
settled() {
	inside udevadm settle -t 10
	wait_for 20 eval '[ -z "$(systemctl list-jobs --no-legend)" ]'
}
chains() { edge-load status -j | jq -r 'map("\(.device):\(.instances | length)") | join(" ")'; }

manifest <<-END
	version: 1
	chains:
	  - {device: edge0, instances: [count, ./own.bpf.c]}
	  - {device: "hot*", instances: [count]}
	  - {device: wan0, instances: [count, blocklist]}
END
if ! grep -qw cgroup2 /proc/filesystems; then
	skip "a boot" "needs cgroup2"
	finish
elif ! boot; then
	fail "a boot" "$(tail -n 5 "$work/boot.log")"
	finish
fi
is "at boot, the manifest is applied" "$(systemctl is-active edge-load)" active
like "before the network" "$(<"$work/first")" '^edge0 +xdp +native +1 .* count own$'
is "packets pass it" "$(pings client 5 198.51.100.1)/$(of edge0 xdp count packets)" 5/5
ok "systemctl enable" systemctl -q enable edge-load
ok "makes it a part of every boot" test -L /etc/systemd/system/sysinit.target.wants/edge-load.service

# ---------------------------------------------------------------- hot-plug
ip -n edge link add hot-1.7 type veth peer name cold1
ip -n edge link add other0 type veth peer name other1
settled
is "a device that comes gets its chain, another one none" "$(chains)" "edge0:2 hot-1.7:1"
program=$(status hot-1.7 xdp .program.id)
ip -n edge link del hot-1.7
settled
ok "one that goes takes its pins along, without a command of ours" wait_for 10 test ! -e /sys/fs/bpf/edge/hot-1:7
ok "and its program" gone "prog $program"
ip -n edge link add hot-1.7 type veth peer name cold1
settled
is "it comes again" "$(chains)" "edge0:2 hot-1.7:1"
ip -n edge link set other0 name wan0
settled
is "a device gets the name that the manifest has" "$(chains)" "edge0:2 hot-1.7:1 wan0:2"
for i in {0..9}; do
	ip -n edge link add "hot$i" type veth peer name "cold-$i"
done
settled
is "ten at a time" "$(edge-load status -j | jq '[.[] | select(.device | test("^hot[0-9]$"))] | length')" 10
for i in {0..9}; do
	ip -n edge link del "hot$i"
done
settled
ok "and off" wait_for 10 eval '! ls -d /sys/fs/bpf/edge/hot[0-9]'
is "nothing failed" "$(systemctl --failed --no-legend)" ""

# ---------------------------------------------------------------- reload, stop
manifest <<-END
	version: 1
	chains:
	  - {device: edge0, instances: [blocklist, count, ./own.bpf.c]}
END
ok "systemctl reload" systemctl reload edge-load
is "makes it so, and takes the others off" "$(chains)" edge0:3
is "with its counts" "$(of edge0 xdp count packets)" 5
echo "version: 2" | manifest
is "a wrong manifest: reload fails" "$(systemctl reload edge-load 2>/dev/null; echo $?)" 1
is "the unit stays active" "$(systemctl is-active edge-load)" active
is "the chains run" "$(chains)" edge0:3
ok "the journal says why" wait_for 10 eval 'inside journalctl --no-pager -u edge-load | grep -q "edge.yaml:1:10: "'
ok "systemctl stop" systemctl stop edge-load
is "takes no chain off" "$(chains)/$(pings client 5 198.51.100.1)" edge0:3/5
manifest <<-END
	version: 1
	chains:
	  - {device: edge0, instances: [blocklist, count, ./own.bpf.c]}
	  - {device: "hot*", instances: [count]}
END
ip -n edge link add hot0 type veth peer name cold0
settled
is "stopped, it gives no device a chain" "$(chains)" edge0:3
ok "started" systemctl start edge-load
is "it does, and leaves what is as it should be" "$(chains)/$(status edge0 xdp .generation)" "edge0:3 hot-1.7:1 hot0:1/2"
finish
