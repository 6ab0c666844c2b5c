//! The question before what cannot be undone.

use std::{
    fmt::Display,
    io::{self, BufRead as _, IsTerminal as _, Write as _},
};

use super::{Outcome, problem::Problem};

/// Asks on the terminal, unless the command line has consented.
pub(in crate::cli) fn confirm(consented: bool, question: impl Display) -> Outcome {
    if consented {
        return Ok(());
    }
    if !io::stdin().is_terminal() || !io::stderr().is_terminal() {
        return Err(Problem::sentence(
            "This cannot be undone, and there is no terminal to ask on: give --yes.",
        ));
    }
    let mut terminal = io::stderr().lock();
    let _ = write!(terminal, "{question} This cannot be undone. Continue? [y/N] ");
    let _ = terminal.flush();
    let mut reply = String::new();
    let _ = io::stdin().lock().read_line(&mut reply);
    if is_yes(&reply) { Ok(()) } else { Err(Problem::sentence("Nothing was changed.")) }
}

fn is_yes(reply: &str) -> bool {
    matches!(reply.trim().to_lowercase().as_str(), "y" | "yes")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_plain_yes_is_consent() {
        for reply in ["y\n", "Y\n", "yes", " YES \n"] {
            assert!(is_yes(reply), "{reply:?}");
        }
        for reply in ["", "\n", "n\n", "yep\n", "y y\n"] {
            assert!(!is_yes(reply), "{reply:?}");
        }
    }
}
