#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 The Haunch authors
#
# network.t - Debian's nft, wg and ip on the generic kernel: a firewall, address translation, a tunnel,
# policy routing.

# What is in single quotes is for the shell in the machine.
# shellcheck disable=SC2016
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"

[ -e "$BUILD/haunch-generic.elf" ] || skip_all 'the generic kernel is not built'
build "$BUILD/tests/linux/generic"
cp "$BUILD/tests/linux/generic" "$TMP/shared/"
cat >"$TMP/shared/rules" <<'END'
table inet t {
	set s {
		type ipv4_addr; flags interval; elements = { 10.0.0.0/8, 192.0.2.1-192.0.2.9 }
	}
	chain i {
		type filter hook input priority 0; policy accept;
		ct state established,related accept
		tcp dport vmap { 90 : drop, 91 : accept }
		iif lo tcp dport 81 counter reject with tcp reset
		tcp dport 82 limit rate 1/second counter log prefix "seen: " drop
		ip saddr @s accept
		fib daddr . iif type local accept
	}
	chain o {
		type nat hook output priority -100;
		ip daddr 127.0.0.1 tcp dport 83 redirect to :80
	}
	chain p {
		type nat hook postrouting priority 100;
		oifname "eth0" masquerade
	}
}
END
cat >"$TMP/shared/tunnel" <<'END'
cd /tmp || exit
for i in 0 1; do
	wg genkey >key$i && wg pubkey <key$i >public$i && ip link add wg$i type wireguard || exit
done
wg set wg0 listen-port 5000 private-key key0 peer "$(cat public1)" endpoint 127.0.0.1:5001 allowed-ips 10.6.0.0/24 &&
wg set wg1 listen-port 5001 private-key key1 peer "$(cat public0)" endpoint 127.0.0.1:5000 allowed-ips 10.5.0.0/24 &&
ip addr add 10.5.0.1/24 dev wg0 && ip addr add 10.6.0.1/24 dev wg1 && ip link set wg0 up && ip link set wg1 up
END
# shellcheck disable=SC2034 # boot() uses it
kernel=generic
boot network -m 128
ok 'a machine boots' || exit

# ------------------------------------------------------------------ nftables

seen 'a rule set' 'redirect to :80' 'nft -f /t/rules && nft list ruleset'
guest '(while :; do echo hello | nc -N -l -p 80; done) >/dev/null 2>&1 </dev/null &'
seen 'a server is there' '^hello' 'sleep 1; nc -w 5 127.0.0.1 80 </dev/null'
seen 'another port is redirected to it' '^hello' 'sleep 1; nc -w 5 127.0.0.1 83 </dev/null'
seen 'one is rejected' 'refused' 'nc -v -w 5 127.0.0.1 81 </dev/null 2>&1; true'
seen 'and counted' 'counter packets [1-9].* reject' 'nft list ruleset'
seen 'one is dropped' 'timed out' 'nc -v -w 2 127.0.0.1 82 </dev/null 2>&1; true'
seen 'and logged' 'seen: .*DPT=82' 'dmesg'
seen 'masquerading: a packet from a tunnel comes back from the gateway' '^ok nat' /t/generic nat

# ------------------------------------------------------------------ WireGuard: a tunnel to oneself

seen 'two interfaces with keys' '' 'sh /t/tunnel'
# The address is somebody else's, so nobody answers; that the other end has it is what counts.
seen 'a packet through the tunnel' '' 'ip route add 10.6.0.2/32 dev wg0; ping -c 3 -i 0.3 -W 2 10.6.0.2; true'
seen 'after a handshake' '[[:space:]][1-9][0-9]*$' 'wg show wg0 latest-handshakes'
seen 'bytes have come' '[[:space:]][1-9][0-9]*[[:space:]]' 'wg show wg1 transfer'

# ------------------------------------------------------------------ routes

seen 'policy routing' '198.51.100.7 dev lo table 77' \
	'ip rule add fwmark 7 table 77; ip route add 198.51.100.0/24 dev lo table 77; ip route get 198.51.100.7 mark 7'
ends
