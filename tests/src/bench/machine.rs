//! What the target's processes have used, as the system counts it.

use std::collections::BTreeSet;
use std::fs;

/// Clock ticks a second in `/proc`: a constant of Linux's interface to programs.
const TICKS: f64 = 100.0;

/// One process: itself, its parent, its processor ticks.
struct Process {
    pid: u32,
    parent: u32,
    ticks: u64,
}

/// Processor seconds of processes and all their children, in user and in system mode.
pub fn cpu_seconds(roots: &[u32]) -> f64 {
    let processes: Vec<Process> = stats().filter_map(|text| read(&text)).collect();
    let tree = tree(&processes, roots);
    let used = processes.iter().filter(|process| tree.contains(&process.pid));
    used.map(|process| process.ticks as f64).sum::<f64>() / TICKS
}

/// The `stat` of each process that there is.
fn stats() -> impl Iterator<Item = String> {
    let folders = fs::read_dir("/proc").into_iter().flatten().flatten();
    folders.filter_map(|folder| {
        let numbered = folder.file_name().to_str()?.bytes().all(|byte| byte.is_ascii_digit());
        numbered.then(|| fs::read_to_string(folder.path().join("stat")).ok())?
    })
}

fn tree(processes: &[Process], roots: &[u32]) -> BTreeSet<u32> {
    let mut found: BTreeSet<u32> = roots.iter().copied().collect();
    loop {
        let before = found.len();
        let children = processes.iter().filter(|it| found.contains(&it.parent));
        let children: Vec<u32> = children.map(|it| it.pid).collect();
        found.extend(children);
        if found.len() == before {
            return found;
        }
    }
}

/// Reads `pid (name) state parent … utime stime …`; a name may have spaces and brackets.
fn read(stat: &str) -> Option<Process> {
    let (pid, rest) = stat.split_once(" (")?;
    let (_, rest) = rest.rsplit_once(") ")?;
    let fields: Vec<&str> = rest.split(' ').collect();
    let number = |at: usize| fields.get(at)?.parse::<u64>().ok();
    let parent = u32::try_from(number(1)?).ok()?;
    Some(Process { pid: pid.parse().ok()?, parent, ticks: number(11)? + number(12)? })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stat(pid: u32, name: &str, parent: u32, user: u64, system: u64) -> String {
        format!("{pid} ({name}) S {parent} 1 1 0 -1 4194560 9 0 0 0 {user} {system} 0 0 20 0 1")
    }

    #[test]
    fn a_name_may_look_like_the_rest_of_the_line() {
        let process = read(&stat(7, "a) S 1 (b", 3, 40, 2)).expect("a line");
        assert_eq!((process.pid, process.parent, process.ticks), (7, 3, 42));
        assert!(read("7 (cut").is_none());
    }

    #[test]
    fn children_of_children_count_and_strangers_do_not() {
        let lines = [(1, 0), (2, 1), (3, 2), (4, 9), (9, 0)];
        let read = lines.iter().filter_map(|(pid, of)| read(&stat(*pid, "x", *of, 1, 1)));
        let processes: Vec<Process> = read.collect();
        assert_eq!(tree(&processes, &[1]), BTreeSet::from([1, 2, 3]));
    }

    #[test]
    fn this_process_has_used_some() {
        let mut sum = 0_u64;
        let own = [std::process::id()];
        let before = cpu_seconds(&own);
        while cpu_seconds(&own) - before < 0.02 {
            sum = std::hint::black_box(sum.wrapping_add(1));
        }
        assert!(cpu_seconds(&own) > before);
    }
}
