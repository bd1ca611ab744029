#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# The steps of docs/how-to/install.md for a lab room without network. Run each on a minimal system of its own, as an ordinary user with sudo:
#   lab_room.sh collect FOLDER    with network: collects the packages of FOLDER, and all that they need, in ~/out
#   lab_room.sh install FOLDER    without network: installs what was collected there, and runs the demo
set -euo pipefail
what=${1:?collect or install?} folder=$(readlink -f "${2:?which folder has the .deb files?}")
case $what in
  collect)
    mkdir ~/out
    cp "$folder"/overcommit_*.deb "$folder"/overcommit-gui_*.deb ~/out/
    sudo apt-get -qq update
    sudo apt-get clean
    cd ~/out
    sudo apt-get -qq install --download-only -y ./*.deb
    cp /var/cache/apt/archives/*.deb .
    printf '%d files are collected\n' "$(find . -name '*.deb' | wc -l)"
    ;;
  install)
    cd "$folder"
    ! sudo unshare --net -- apt-get -qq update -o APT::Update::Error-Mode=any 2>/dev/null || { echo "there is a network" >&2 && exit 1; }
    sudo unshare --net -- env DEBIAN_FRONTEND=noninteractive apt-get -qq install -y ./*.deb
    cd
    overcommit run /usr/share/overcommit/labs/scenarios/demo.toml
    overcommit lab list
    QT_QPA_PLATFORM=offscreen overcommit-gui --version
    ;;
  *)
    echo "lab_room.sh: collect or install, not '$what'" >&2
    exit 2
    ;;
esac
