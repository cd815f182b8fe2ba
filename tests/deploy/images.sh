#!/bin/sh
# images.sh - the cache of images, with a builder that only pretends
set -eu
# shellcheck source=tests/deploy/lib.sh
. "$(dirname "$0")/lib.sh"

fresh
inventory <<-XML
	<nodes name="n1" id="1"/>
XML
export XOS_DATA_DIR="$dir/data" XOS_APT_LISTS="$dir/lists" KERNELRELEASE=6.1.0-0-amd64
mkdir -p "$dir/data/deploy/image-build.d" "$dir/data/deploy/overlay/node/rootfs" \
	"$dir/data/deploy/overlay/head/rootfs" "$dir/data/initramfs/90xos-root" "$dir/lists"
cat > "$dir/data/deploy/image-build" <<'BUILD'
#!/bin/sh
echo "step 1/2 pretending"
echo built >> "$XOS_CACHE_DIR/builds"
[ ! -e "$XOS_CACHE_DIR/fail" ] || { echo "image-build: no space" >&2; exit "$(cat "$XOS_CACHE_DIR/fail")"; }
sleep "${BUILD_SECONDS:-0}"
mkdir "$2.tmp"
cp "$1" "$2.tmp/spec"
id=$(sed -n 's/^id=//p' "$1") name=$(sed -n 's/^name=//p' "$1")
echo "{\"id\":\"$id\",\"name\":\"$name\",\"kernel\":\"k\",\"created\":\"now\",\"files\":{\"vmlinuz\":{\"size\":1048576}}}" > "$2.tmp/manifest.json"
mv -T "$2.tmp" "$2"
BUILD
chmod 755 "$dir/data/deploy/image-build"
sum=$(echo a | sha256sum | cut -d' ' -f1)
index() {
	printf 'Date: Sat, 11 Jul 2026 10:16:37 UTC\nValid-Until: %s\nSHA256:\n %s 4 main/binary-amd64/Packages\n' \
		"$2" "$1" > "$dir/lists/${3:-mirror}_debian_dists_bookworm_InRelease"
}
builds() { wc -l < "$dir/cache/builds"; }
id_of() { "$tool" image build "$1" --json | jq -r .id; }
index "$sum" today

exits 0 "image build" image build
check "tells its progress" says "image node: step 1/2"
check "builds both" same "$(builds)" 2
exits 0 "again: nothing to do" image build
check "is not built again" same "$(builds)" 2
node=$(id_of node)
check "the id has 16 digits" same ${#node} 16
check "the builder gets a spec" grep -q '^kernel=6.1.0-0-amd64' "$dir/cache/images/$node/spec"
exits 0 "image list" image list
check "has the current ones marked" same "$(grep -c ' \* ' "$dir/out")" 2
exits 0 "image show by name" image show node
check "is the manifest" same "$(jq -r .id "$dir/out")" "$node"
exits 2 "image build of an unknown one" image build moon
exits 2 "image show of one that is not built" image show 0123456789abcdef

index "$sum" tomorrow
check "an index signed again: the same image" same "$(id_of node)" "$node"
rm "$dir/lists/"*
index "$sum" today elsewhere
check "another mirror: the same image" same "$(id_of node)" "$node"
index "$(echo b | sha256sum | cut -d' ' -f1)" today elsewhere
check "other packages: another image" [ "$(id_of node)" != "$node" ]
index "$sum" today elsewhere
echo x > "$dir/data/deploy/overlay/node/rootfs/motd"
check "another overlay: another image" [ "$(id_of node)" != "$node" ]
check "but not the head's" same "$(builds)" 4
rm "$dir/data/deploy/overlay/node/rootfs/motd"
touch "$dir/data/deploy/overlay/node/rootfs"
check "undone: the old one" same "$(id_of node)" "$node"
KERNELRELEASE=6.1.0-1-amd64
check "another kernel: another image" [ "$(id_of node)" != "$node" ]
KERNELRELEASE=6.1.0-0-amd64
sed -i 's/name="node" suite/name="node" drivers="short" suite/' "$dir/inventory.xml"
check "another set of drivers: another image" [ "$(id_of node)" != "$node" ]
sed -i 's/drivers="short" //' "$dir/inventory.xml"

rm -rf "$dir/cache/images"
: > "$dir/cache/builds"
BUILD_SECONDS=0.5 "$tool" image build node > /dev/null & first=$!
BUILD_SECONDS=0.5 "$tool" image build node > /dev/null & second=$!
wait $first && wait $second
check "two at once: built once" same "$(builds)" 1
rm -rf "$dir/cache/images"
for pair in 1:1 2:2 5:5 126:1; do
	echo "${pair%:*}" > "$dir/cache/fail"
	exits "${pair#*:}" "a build that ends with ${pair%:*}" image build node
done
check "says the builder's words" complains "no space"
check "leaves no image" [ ! -e "$dir/cache/images/$node" ]
rm "$dir/cache/fail"
node=$(id_of node)
echo "{\"t\":1,\"step\":\"image\",\"detail\":\"node $node built\"}" > "$dir/journal"
mkdir -p "$dir/state/other"
cp "$dir/journal" "$dir/state/other/journal.jsonl"
exits 1 "rm of one in use" image rm "$node"
check "names the user" complains "cluster other"
rm -r "$dir/state/other"
exits 0 "rm" image rm "$node"
check "it is gone" [ ! -e "$dir/cache/images/$node" ]
exits 2 "rm of what is no id" image rm ../../etc
rm "$dir/lists/"*
exits 5 "no package index" image build node
check "says what to do" complains "apt-get update"
finish
