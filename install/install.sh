#!/bin/sh
# Installs irbot from the unpacked bundle that this file lies in, without any network:
#
#     ./install.sh [--python /path/to/python3.11] [--check] [folder]
#
# The folder is /opt/irbot for root, ~/irbot for others. Each bundle gets a Python environment of its
# own in versions/, and `current` names the one in use: that changes last, once the new one was seen
# to answer, so an older installation stays as it is whenever something fails. The same bundle again
# changes nothing. --check only looks whether the bundle is whole and fits this machine.
# shellcheck disable=SC2015 # `refuse` ends all, so A && B || refuse is what it says
set -eu
umask 022
unset PYTHONPATH PYTHONHOME PYTHONSTARTUP
export PYTHONNOUSERSITE=1

say() { # Chinese, English
    case ${IR_LANG:-zh} in en*) printf '%s\n' "$2" ;; *) printf '%s\n' "$1" ;; esac >&2
}

usage() { # on standard output
    say "用法：./install.sh [--python /路径/python3.11] [--check] [文件夹]
不连网络，从这个解开的安装包安装；默认装到 /opt/irbot（root）或 ~/irbot（其他用户）。
--check 只看安装包是否完整、是否适合本机，不安装。" \
        "Usage: ./install.sh [--python /path/to/python3.11] [--check] [folder]
Installs from this unpacked bundle without any network, by default to /opt/irbot (root) or ~/irbot.
--check only looks whether the bundle is whole and fits this machine." 2>&1
}

refuse() {
    say "$1；没有安装，原有的安装未作改动" "$2; nothing was installed, what was there is unchanged"
    exit 1
}

python='' only_check='' folder=''
while [ $# -gt 0 ]; do
    case $1 in
    --python) [ $# -gt 1 ] || refuse "--python 后面要写路径" "--python needs a path"; python=$2; shift ;;
    --python=*) python=${1#*=} ;;
    --check) only_check=yes ;;
    -h | --help) usage; exit 0 ;;
    -*) usage >&2; refuse "没有 $1 这个选项" "no option $1" ;;
    *) folder=$1 ;;
    esac
    shift
done
[ -n "$folder" ] || if [ "$(id -u)" = 0 ]; then folder=/opt/irbot; else folder=$HOME/irbot; fi
case $folder in /*) ;; *) folder=$PWD/$folder ;; esac
case $python in /*) ;; */*) python=$PWD/$python ;; esac

cd "$(dirname "$0")"
bundle=$(pwd -P)

# --- Is the bundle whole? ------------------------------------------------------------------------
[ -f SHA256SUMS ] || refuse \
    "$bundle 不是解开的安装包（缺 SHA256SUMS）；请先 tar -xzf irbot-….tar.gz，再运行其中的 install.sh" \
    "$bundle is no unpacked bundle (no SHA256SUMS); run tar -xzf irbot-….tar.gz, then its install.sh"
command -v sha256sum >/dev/null || refuse "没有 sha256sum 命令（coreutils）" "no command sha256sum (coreutils)"
bad=$(LC_ALL=C sha256sum -c SHA256SUMS 2>/dev/null | sed -n 's/: FAILED.*//p')
listed=$(cut -c67- SHA256SUMS)
bad=$bad$(find . -type f ! -path ./SHA256SUMS | cut -c3- | while IFS= read -r file; do
    printf '%s\n' "$listed" | grep -qxF -e "$file" || printf '\n%s' "$file"
done)
bad=$(printf '%s' "$bad" | sed '/^$/d' | tr '\n' ' ')
[ -z "$bad" ] || refuse \
    "安装包已损坏，与 SHA256SUMS 不符：${bad% }；请重新拷贝并核对 .tar.gz.sha256" \
    "the bundle is damaged, SHA256SUMS says otherwise of: ${bad% }; copy it again and check .tar.gz.sha256"
LC_ALL=C sha256sum -c --status SHA256SUMS 2>/dev/null || refuse \
    "安装包的 SHA256SUMS 已损坏；请重新拷贝" "SHA256SUMS of the bundle is damaged; copy it again"

# --- Does it fit this machine? -------------------------------------------------------------------
read -r machine version glibc <platform
if [ -z "$python" ]; then
    for python in "python$version" python3; do
        "$python" -c "import sys; sys.exit('%d.%d' % sys.version_info[:2] != '$version')" 2>/dev/null && break
    done
fi
found=$("$python" -c 'if True:
    import os, platform, sys
    libc = os.confstr("CS_GNU_LIBC_VERSION") if "CS_GNU_LIBC_VERSION" in os.confstr_names else ""
    kind = platform.python_implementation() if sys.platform.startswith("linux") else sys.platform
    print("%d.%d" % sys.version_info[:2], kind, platform.machine(), (libc or "?").split(".")[-1])
' 2>/dev/null) || refuse \
    "找不到可用的 Python $version（试过 $python）；请先装好，或用 --python /路径/python$version 指定" \
    "no usable Python $version (tried $python); install it, or name it: --python /path/to/python$version"
# shellcheck disable=SC2086 # four words
set -- $found
[ "$1 $2" = "$version CPython" ] || refuse \
    "这个安装包给 CPython $version，而 $python 是 $2 $1；请用 --python 指定，或用 make bundle PYTHON=$1 另做一个" \
    "this bundle is for CPython $version, and $python is $2 $1; name another with --python, or make one with make bundle PYTHON=$1"
[ "$3" = "$machine" ] || refuse \
    "这个安装包给 linux-$machine，而这台机器是 $3；请用 make bundle PLATFORM=linux-$3 另做一个" \
    "this bundle is for linux-$machine, and this machine is $3; make one with make bundle PLATFORM=linux-$3"
[ "$4" != "?" ] && [ "$4" -ge "$glibc" ] || refuse \
    "需要 glibc 2.$glibc 或更高（这台机器：2.$4；Alpine 等用 musl 的系统不行）" \
    "glibc 2.$glibc or newer is needed (here: 2.$4; systems with musl, as Alpine, will not do)"
[ -z "$only_check" ] || exit 0

# --- Install beside what is there ----------------------------------------------------------------
id=$(sha256sum SHA256SUMS | cut -c1-12)
new=$folder/versions/$id
mkdir -p "$folder/versions" "$folder/bin" 2>/dev/null && [ -w "$folder/versions" ] || refuse \
    "无法写入 $folder；请检查权限，或写另一个文件夹：./install.sh 文件夹" \
    "$folder cannot be written; check its permissions, or name another: ./install.sh folder"
trial=$(mktemp -d)
trap 'rm -rf "$trial"' EXIT
trap 'exit 130' HUP INT TERM

pip() {
    PIP_CONFIG_FILE=/dev/null "$new/bin/python" "$(echo wheels/pip-*.whl)/pip" --isolated --quiet \
        --disable-pip-version-check install --no-index --find-links wheels "$@"
}

answers() { # imports the records of the bundle into a store of its own, and asks
    (cd "$trial" && rm -rf data &&
        env -i PATH="$PATH" HOME="$trial" LC_ALL=C "$new/bin/irbot" import --quiet "$bundle/records" &&
        env -i PATH="$PATH" HOME="$trial" LC_ALL=C "$new/bin/irbot" ask 可转债 --json) \
        >"$trial/said" 2>&1 </dev/null
}

if [ ! -f "$new/installed" ]; then # also one that was interrupted
    rm -rf "$new"
    say "正在安装到 $new …" "Installing into $new …"
    if ! { "$python" -m venv --without-pip "$new" &&
        pip --require-hashes -r requirements.txt && pip --no-deps wheels/irbot-*.whl; }; then
        rm -rf "$new"
        refuse "安装失败，原因见上（磁盘满？$(df -Pk "$folder" | awk 'NR == 2 {print int($4 / 1024)}') MB 可用，需要约 500）" \
            "installing failed, see above (disk full? $(df -Pk "$folder" | awk 'NR == 2 {print int($4 / 1024)}') MB are free, about 500 needed)"
    fi
    mkdir -p "$new/share/irbot"
    cp -R records env.example irbot.service irbot@.service LICENSE install.md systemd.md postgresql.md \
        "$new/share/irbot"
    if ! answers; then
        cat "$trial/said" >&2
        rm -rf "$new"
        refuse "装好的程序没能答出样例，原因见上" "what was installed did not answer the sample, see above"
    fi
    : >"$new/installed"
fi

ln -sfn ../current/bin/irbot "$folder/bin/irbot"
ln -sfn "versions/$id" "$folder/current.$$"
mv -Tf "$folder/current.$$" "$folder/current" # at once
say "已安装：$("$folder/bin/irbot" --version)，$folder/bin/irbot。下一步见 $folder/current/share/irbot/install.md" \
    "Installed: $("$folder/bin/irbot" --version), $folder/bin/irbot. Next: $folder/current/share/irbot/install.md"
