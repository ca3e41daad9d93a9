# sh namespace.sh FOLDER CGROUP: mount and process namespaces that live until stdin is closed, also by the death of its owner.
# With the first process of the namespace everything in it ends and every mount is gone; what is left is removed here.
trap '' INT TERM HUP
folder=$1
hierarchies=$(awk '$3 == "cgroup" || $3 == "cgroup2" { print $2 "/'"$2"'" }' /proc/mounts)
mkdir -p $hierarchies "$folder/lib" "$folder/lib-work" "$folder/log" "$folder/log-work"
unshare --mount --pid --fork --kill-child --mount-proc sh -ec '
  mount -t tmpfs -o mode=755 tmpfs /run
  mkdir /run/netns /run/lock
  # The kubelet, the network plugins and the log of containers have fixed folders there.
  mount -t overlay -o "lowerdir=/var/lib,upperdir=$1/lib,workdir=$1/lib-work" overlay /var/lib
  mount -t overlay -o "lowerdir=/var/log,upperdir=$1/log,workdir=$1/log-work" overlay /var/log
  echo ready
  # Not exec: a shell that waits collects the orphans of the namespace.
  cat >/dev/null
' namespace "$folder"
for hierarchy in $hierarchies; do
  [ -d "$hierarchy" ] && find "$hierarchy" -depth -type d -exec rmdir {} +
done
rm -rf --one-file-system "$folder"
