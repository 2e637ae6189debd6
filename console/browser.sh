#!/bin/sh
# Installs what the browser tests need where it is missing and may be installed: Chromium and a Chinese font.
set -eu
if command -v chromium >/dev/null 2>&1; then exit 0; fi
if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then
	apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq chromium fonts-noto-cjk >/dev/null
else
	echo "browser.sh: chromium is missing and can't be installed without root: apt-get install chromium fonts-noto-cjk" >&2
	exit 1
fi
