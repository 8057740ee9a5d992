#!/usr/bin/env bash
# A SLURM cluster of this one machine, from Debian's packages, and a sweep of four points on it; README.md says more.
# As root, in a machine or container that can be thrown away: bash experiments/slurm/one_node.sh [FOLDER]
set -euo pipefail
folder=$(realpath -m "${1:-slurm_sweep}")
project=$(cd "$(dirname "$0")/../.." && pwd)
simulate=${ALC_SIMULATE:-$project/.venv/bin/alc-simulate}

if ! command -v slurmctld >/dev/null || ! command -v munged >/dev/null; then
  apt-get update -q
  DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends slurm-wlm munge
fi

# One key, one configuration: this machine controls, computes and submits.  No cgroups, which a container may not have.
mkdir -p /etc/munge /run/munge /var/log/munge /var/lib/munge /etc/slurm /var/spool/slurmctld /var/spool/slurmd
[ -s /etc/munge/munge.key ] || (umask 077 && head -c 1024 /dev/urandom >/etc/munge/munge.key)
chown -R munge: /etc/munge /run/munge /var/log/munge /var/lib/munge
chmod 0755 /run/munge
memory=$(awk '/MemTotal/ {print int($2 / 1024 * 0.9)}' /proc/meminfo)
cat >/etc/slurm/slurm.conf <<CONF
ClusterName=one
SlurmctldHost=$(hostname -s)(127.0.0.1)
SlurmUser=root
SlurmdUser=root
AuthType=auth/munge
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
JobAcctGatherType=jobacct_gather/none
SelectType=select/cons_tres
SelectTypeParameters=CR_Core
SchedulerParameters=sched_interval=1
MinJobAge=2
ReturnToService=2
SlurmctldPidFile=/run/slurmctld.pid
SlurmdPidFile=/run/slurmd.pid
StateSaveLocation=/var/spool/slurmctld
SlurmdSpoolDir=/var/spool/slurmd
SlurmctldLogFile=/var/log/slurmctld.log
SlurmdLogFile=/var/log/slurmd.log
NodeName=$(hostname -s) NodeAddr=127.0.0.1 CPUs=$(nproc --all) RealMemory=$memory State=UNKNOWN
PartitionName=all Nodes=ALL Default=YES MaxTime=INFINITE State=UP
CONF
cat >/etc/slurm/cgroup.conf <<CONF
CgroupAutomount=no
CONF

pid_of() { [ -s "$1" ] && kill -0 "$(cat "$1")" 2>/dev/null; }
pid_of /run/munge/munged.pid || runuser -u munge -- /usr/sbin/munged
pid_of /run/slurmctld.pid || slurmctld
pid_of /run/slurmd.pid || slurmd
for _ in $(seq 30); do
  state=$(sinfo -h -o %T 2>/dev/null || true)
  [ "$state" = idle ] && break
  sleep 1
done
sinfo
[ "$state" = idle ] || { tail -n 20 /var/log/slurmctld.log /var/log/slurmd.log; exit 1; }

# Two noise rates and two selectors: four jobs, two trainings; those that share one wait for each other.
mkdir -p "$folder"
cd "$folder"
sweep=(-m launcher=slurm hydra.launcher.cpus_per_task=1 hydra.launcher.array_parallelism=2 hydra.launcher.timeout_min=30
  data=synthetic trainer.max_epochs=2 noise.rate=0.2,0.4 selector=joint,entropy)
"$simulate" "${sweep[@]}" | tee first.txt
grep -q "sweep    4 points, 4 computed now; 2 trainings, 2 of them ran now" first.txt
"$simulate" "${sweep[@]}" | tee again.txt
grep -q "sweep    4 points, 0 computed now; 2 trainings, 0 of them ran now" again.txt
echo "SLURM $(sinfo -V): four points in $folder/runs, and the same command again computed nothing"
