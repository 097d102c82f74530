#!/bin/sh
# Run a command with NNCORE_LAUNCH set to two ranks on two hosts: network namespaces, each with an
# address and a network interface of its own, joined by a cable. Needs root, ip and MPICH.
#
#     tools/two_hosts.sh [--rate 1gbit] [--ranks N] COMMAND...
#
# Their only way to each other is TCP over that cable; --rate has `tc` limit both its ends.
set -eu
rate='' ranks=2
while :; do
    case "${1:-}" in
        --rate) rate=$2; shift 2 ;;
        --ranks) ranks=$2; shift 2 ;;
        *) break ;;
    esac
done
one=nncore-$$-1 two=nncore-$$-2 folder=$(mktemp -d)
end() {
    ip netns delete "$one" 2>/dev/null || :
    ip netns delete "$two" 2>/dev/null || :
    rm -r "$folder"
}
trap end EXIT
trap 'exit 130' INT TERM

ip netns add "$one"
ip netns add "$two"
ip -n "$one" link add cable type veth peer name cable netns "$two"
number=0
for name in "$one" "$two"; do
    number=$((number + 1))
    ip -n "$name" link set lo up
    ip -n "$name" address add "192.0.2.$number/24" dev cable
    ip -n "$name" link set cable up
    [ -z "$rate" ] || ip netns exec "$name" tc qdisc add dev cable root tbf \
        rate "$rate" burst 256kb latency 50ms
done

# The kernel looks at new cables once a second, and UCX uses none that it has not seen.
sleep 2

# What MPICH's launcher takes for ssh: options, a host, and a command for its shell.
cat > "$folder/ssh" <<END
#!/bin/sh
while [ "\${1#-}" != "\$1" ]; do shift; done
shift
exec ip netns exec $two sh -c "\$*"
END
chmod +x "$folder/ssh"

# In both namespaces UCX would find shared memory.
UCX_TLS=tcp,self UCX_NET_DEVICES=cable \
NNCORE_LAUNCH="mpiexec -n $ranks -hosts 192.0.2.1,192.0.2.2 -launcher-exec $folder/ssh" \
    ip netns exec "$one" "$@"
