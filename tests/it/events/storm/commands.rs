//! Commands in a storm, which die with the server: what only the command line of the machine does.

use std::{
    process::Stdio,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    thread::{self, JoinHandle},
};

use claviger::model::event::EventKind;

use super::writer::Told;
use crate::{
    command_line::program,
    support::{MINUTE, patience::holds_within_blocking},
};

/// Revokes one token after the other, until it is over.
pub(super) fn revoke_until_cut(
    flags: Vec<String>,
    round: u32,
    over: Arc<AtomicBool>,
) -> JoinHandle<Told> {
    thread::spawn(move || {
        let mut told = Told::default();
        for number in 0.. {
            let token = format!("00000000-0000-4000-8000-{round:04x}{number:08x}");
            let mut command = program(&["revoke", "token", &token]);
            let output = command.args(&flags).stdout(Stdio::null()).stderr(Stdio::piped());
            let mut child = output.spawn().unwrap();
            let is_over = || over.load(Ordering::Relaxed);
            holds_within_blocking(MINUTE, || is_over() || child.try_wait().unwrap().is_some());
            if is_over() {
                child.kill().unwrap();
            }
            let ended = child.wait_with_output().unwrap();
            if ended.status.success() {
                told.acts.push((EventKind::TokenRevoked, token));
            } else {
                assert!(is_over(), "{}", String::from_utf8_lossy(&ended.stderr));
            }
            if is_over() {
                break;
            }
        }
        told
    })
}
