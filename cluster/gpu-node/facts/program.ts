/**
 * The one program that the GPU node is asked by. POSIX sh, sent on standard input of `sh -s`; reads only, needs no root, and
 * bounds every tool by itself, so that one which hangs costs its own answer and no other.
 */
import { shellQuote } from "../../../system/shell-quote.ts";

/** How long one tool may take on the node, in seconds. */
export const toolSeconds = 5;

/** What is kept of a tool's output, in bytes: its end. */
const keptBytes = 65_536;

/** The parts of the answer, in the order in which the node gives them; what may hang in the kernel comes last. */
export const sectionNames = [
  "thunderbolt",
  "boltctl",
  "pci",
  "lspci",
  "module",
  "persistenced",
  "kernel-log",
  "toolkit",
  "toolkit-config",
  "containerd",
  "disk",
  "folder",
  "smi-gpus",
  "smi-capability",
  "smi-reserved",
  "smi-processes",
  "smi-table",
] as const;
export type SectionName = (typeof sectionNames)[number];

/** What the answer begins and ends with, each on a line of its own. */
export const marks = { begin: "vllm-platform-node 1", end: "vllm-platform-node end" } as const;

/**
 * The program. Each section is announced by `> name`, and told as `= name <base64>`: what the tool wrote, a line break, and its
 * exit status. Paths are read below `$VLLM_PLATFORM_NODE_ROOT`, which only a test's SSH server sets.
 * @param cacheFolder folder of the model files on the node, if there is one.
 */
export function nodeProgram(cacheFolder: string | undefined): string {
  return `
LC_ALL=C; export LC_ALL
PATH="$PATH:/usr/local/bin:/usr/local/sbin:/usr/sbin:/sbin"; export PATH
root="\${VLLM_PLATFORM_NODE_ROOT-}"; export root
folder=${shellQuote(cacheFolder ?? "")}; export folder

exec 4>&1
section() {
  printf '> %s\\n= %s ' "$1" "$1"; shift
  status=$( {
    {
      timeout -k 1 ${toolSeconds} "$@" </dev/null 2>&1 3>&- 4>&-
      code=$?; printf '\\n%d' "$code"; echo "$code" >&3
    } | tail -c ${keptBytes} | base64 | tr -d '\\n' >&4
  } 3>&1 )
  printf '\\n'
}

printf '%s\\n' '${marks.begin}'
section thunderbolt sh -c '
  for device in "$root"/sys/bus/thunderbolt/devices/*; do
    [ -e "$device/authorized" ] || continue
    printf "%s\\t" "\${device##*/}"
    for file in authorized unique_id vendor_name device_name; do
      printf "%s\\t" "$(cat "$device/$file" 2>/dev/null)"
    done
    echo
  done'
section boltctl boltctl list
section pci sh -c '
  for device in "$root"/sys/bus/pci/devices/*; do
    [ "$(cat "$device/vendor" 2>/dev/null)" = 0x10de ] || continue
    printf "%s\\t" "\${device##*/}"
    for file in class device current_link_width max_link_width current_link_speed max_link_speed; do
      printf "%s\\t" "$(cat "$device/$file" 2>/dev/null)"
    done
    echo
  done'
section lspci lspci -D -nn -d 10de:
section module cat "$root/proc/driver/nvidia/version"
section persistenced sh -c 'ls -d "$root"/run/nvidia-persistenced/socket "$root"/var/run/nvidia-persistenced/socket 2>/dev/null'
section kernel-log sh -c '
  if text=$(dmesg 2>/dev/null) && [ -n "$text" ]; then :
  else text=$(journalctl --dmesg --boot --no-pager --output=short 2>/dev/null)
  fi
  printf "%s\\n" "$text" | wc -l
  printf "%s\\n" "$text" | grep -a "NVRM: Xid" | tail -n 20
  printf "%s\\n" "$text" | grep -aE "NVRM: (BAR0 is 0M|.*RmInitAdapter failed)" | tail -n 1'
section toolkit nvidia-ctk --version
section toolkit-config cat "$root/etc/nvidia-container-runtime/config.toml"
section containerd sh -c '
  # K3s brings its own containerd, which does not read /etc.
  if [ -d "$root/var/lib/rancher/k3s" ]; then cat "$root"/var/lib/rancher/k3s/agent/etc/containerd/config.toml
  else cat "$root"/etc/containerd/config.toml && { cat "$root"/etc/containerd/conf.d/*.toml 2>/dev/null; true; }
  fi'
section disk sh -c '
  [ -n "$folder" ] || exit 3
  path=$folder
  while [ ! -e "$root$path" ] && [ "$path" != / ]; do path=$(dirname "$path"); done
  df -P -k "$root$path"'
section folder sh -c '
  [ -n "$folder" ] || exit 3
  stat -c "%u %g %a %F" "$root$folder"'
section smi-gpus nvidia-smi --query-gpu=name,driver_version,memory.total,memory.used,persistence_mode,pci.bus_id --format=csv,noheader,nounits
# What hung once hangs again.
case "$status" in 124 | 137) printf '%s\\n' '${marks.end}'; exit ;; esac
section smi-capability nvidia-smi --query-gpu=compute_cap --format=csv,noheader,nounits
section smi-reserved nvidia-smi --query-gpu=memory.reserved --format=csv,noheader,nounits
section smi-processes sh -c '
  nvidia-smi --query-compute-apps=pid,used_memory,process_name --format=csv,noheader,nounits | while IFS=, read -r id rest; do
    case "$(cat "$root/proc/$id/cgroup" 2>/dev/null)" in *kubepods*) place=pod ;; ?*) place=host ;; *) place=unknown ;; esac
    printf "%s,%s,%s\\n" "$id" "$place" "$rest"
  done'
section smi-table nvidia-smi
printf '%s\\n' '${marks.end}'
`;
}
