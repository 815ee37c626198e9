#!/usr/bin/env bash
# Prints the rustup toolchain that has a std for wasm32-unknown-unknown, and makes one where there is none.
# Normally `rustup target add` does it. Where its server cannot be reached, Debian's rustc-web and rust-web-src can:
# std is built from them once, offline, in about a minute, into a private sysroot that is linked as a toolchain.
# (Debian's sources fit Debian's compiler only, hence the separate toolchain.) WASM_FORCE_DEBIAN=1 takes that way at once.
set -euo pipefail
T=wasm32-unknown-unknown NAME=debian-web
log() { echo "[wasm-toolchain] $*" >&2; }
has_std() { compgen -G "$(rustc "+$1" --print target-libdir --target $T 2>/dev/null)/libstd-*.rlib" >/dev/null; }
# Made earlier, and Debian's compiler has not changed since.
has_debian() { has_std $NAME && [[ $(rustc +$NAME --print sysroot) = *-$(/usr/bin/rustc --version | cut -d' ' -f2) ]]; }

CURRENT=$(rustup show active-toolchain 2>/dev/null | cut -d' ' -f1)
if [ -z "${WASM_FORCE_DEBIAN:-}" ] && has_std "$CURRENT"; then echo "$CURRENT"; exit; fi
if has_debian; then echo $NAME; exit; fi
if [ -z "${WASM_FORCE_DEBIAN:-}" ] && timeout 120 rustup target add $T >&2; then echo "$CURRENT"; exit; fi

log "rustup cannot fetch $T: building its std from Debian's rust-web-src"
# rustup's own linker where it ships one, else Debian's: /usr/bin/rust-lld dangles unless lld-22 is there too.
LLD=$(rustc --print sysroot)/lib/rustlib/$(rustc -vV | sed -n 's/^host: //p')/bin/rust-lld
LLD_PACKAGE=
[ -x "$LLD" ] || LLD=/usr/bin/lld-22 LLD_PACKAGE=lld-22
MISSING=
for p in rustc-web cargo-web rust-web-src $LLD_PACKAGE; do dpkg -s $p >/dev/null 2>&1 || MISSING+=" $p"; done
if [ -n "$MISSING" ]; then
  [ "$(id -u)" = 0 ] || { log "as root: apt-get install$MISSING"; exit 1; }
  apt-get update -qq >&2
  DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends $MISSING >&2
fi
VERSION=$(/usr/bin/rustc --version | cut -d' ' -f2) HOST=$(/usr/bin/rustc -vV | sed -n 's/^host: //p')
SYSROOT=${HUCE_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/huce}/wasm-sysroot-$VERSION

# An empty crate, built with -Zbuild-std, is how cargo is asked for std alone.
SEED=$(mktemp -d)
trap 'rm -rf "$SEED"' EXIT
mkdir "$SEED/src" && echo '#![no_std]' >"$SEED/src/lib.rs"
printf '[package]\nname="seed"\nversion="0.0.0"\nedition="2021"\n[profile.release]\npanic="abort"\n' >"$SEED/Cargo.toml"
(cd "$SEED" && env -u RUSTUP_TOOLCHAIN -u CARGO_TARGET_DIR RUSTFLAGS=-Cembed-bitcode=yes PATH=/usr/bin:/bin RUSTC=/usr/bin/rustc RUSTC_BOOTSTRAP=1 \
  /usr/bin/cargo build --release --offline --target $T -Zbuild-std=std,panic_abort,proc_macro,test \
  --config "source.crates-io.replace-with='v'" --config "source.v.directory='/usr/lib/rustlib/src/rust/library/vendor'" >&2)

# The sysroot: links to Debian's host parts, and the new std. Its rustc and rustdoc say where they live.
rm -rf "$SYSROOT"
L=$SYSROOT/lib/rustlib
mkdir -p "$SYSROOT/bin" "$L/$T/lib" "$L/$HOST/bin"
ln -s /usr/lib/rustlib/{src,etc} "$L/"
ln -s /usr/lib/rustlib/"$HOST"/lib "$L/$HOST/"
ln -s /usr/lib/rustlib/"$HOST"/bin/* "$L/$HOST/bin/" 2>/dev/null || true
ln -sf "$LLD" "$L/$HOST/bin/rust-lld"
cp "$SEED"/target/$T/release/deps/*.rlib "$L/$T/lib/"
rm -f "$L/$T/lib"/libseed-*
for b in rustc rustdoc; do
  printf '#!/bin/sh\nexec /usr/bin/%s --sysroot "%s" "$@"\n' $b "$SYSROOT" >"$SYSROOT/bin/$b"
  chmod +x "$SYSROOT/bin/$b"
done
ln -s /usr/bin/cargo "$SYSROOT/bin/cargo"
rustup toolchain link $NAME "$SYSROOT" >&2
has_std $NAME || { log "failed: no std for $T in $SYSROOT"; exit 1; }
# What was compiled against an earlier std would not link with this one, and cargo does not see that it changed.
if [ -n "${CARGO_TARGET_DIR:-}" ]; then rm -rf "$CARGO_TARGET_DIR/$T"; fi
log "$NAME ($VERSION) is ready in $SYSROOT"
echo $NAME
