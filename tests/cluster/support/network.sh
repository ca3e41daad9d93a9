# unshare --net sh network.sh COMMAND...: a network that reaches nothing outside, with the addresses of a cluster.
set -e
PATH=$PATH:/usr/sbin:/sbin
ip link set lo up
# The address of the Service `kubernetes`, which the API server itself answers: no proxy has to translate it.
ip address add 10.96.0.1/32 dev lo
# The node: an empty bridge is a network card that every kernel has.
ip link add node0 type bridge
ip address add 10.99.0.1/24 dev node0
ip link set node0 up
ip route add default via 10.99.0.254 dev node0
echo 1 >/proc/sys/net/ipv4/ip_forward
exec "$@"
