#!/usr/bin/env bash
# The golden test on another Debian release: another C library, another Python, packages installed
# anew from requirements.lock. Then, as rows of tools.processors, the reduced pipeline there with
# Debian's own NumPy on other BLAS libraries. Needs root, debootstrap and a way to the package
# registries.
#
#   RELEASE=trixie   which release
#   FOLDER=          where to build it; a temporary folder by default, removed afterwards
#   BIND="/a /b"     files or folders of this system that its pip needs, at the same paths there,
#                    read-only: pip's configuration, a local index, certificates
#
# pip's environment variables are handed on.
set -euo pipefail
cd "$(dirname "$0")/.."

if [ "$(id -u)" != 0 ] || ! command -v debootstrap >/dev/null; then
    echo "other-system: needs root and debootstrap, got $(id -un)"
    exit 1
fi
release=${RELEASE:-trixie}
if [ "${FOLDER:-}" ]; then
    system=$FOLDER
else
    work=$(mktemp -d)
    trap 'rm -rf "$work"' EXIT
    system=$work/$release
fi
if [ ! -x "$system/usr/bin/git" ]; then
    packages=ca-certificates,git,make,python3,python3-venv
    blas=python3-numpy,libblas3,libblis4-openmp,libopenblas0-pthread
    debootstrap --variant=minbase --include="$packages,$blas" \
        "$release" "$system" >"$system.log" || { tail "$system.log"; exit 1; }
fi

# In a namespace of its own, so that nothing is mounted there any more when it is removed.
export system
unshare --mount bash -euo pipefail <<'INSIDE'
mount --bind /dev "$system/dev"
mount -t proc proc "$system/proc"
cp /etc/resolv.conf "$system/etc/resolv.conf"
for path in ${BIND:-}; do
    if [ -d "$path" ]; then
        mkdir -p "$system$path"
    else
        mkdir -p "$system$(dirname "$path")" && touch "$system$path"
    fi
    mount --bind -o ro "$path" "$system$path"
done

rm -rf "$system/src/nncore"
git clone --quiet --no-hardlinks . "$system/src/nncore"
mapfile -t pip < <(env | grep '^PIP_' || true)
env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root "${pip[@]}" chroot "$system" sh -c '
    . /etc/os-release
    echo "$PRETTY_NAME, $(ldd --version | head -n 1), $(python3 --version)"
    cd /src/nncore
    make --silent verify
    tools/other_blas.sh "$PRETTY_NAME"' </dev/null
INSIDE
