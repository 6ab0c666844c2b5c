//! The README's quickstart, run as printed: its commands work and its outputs are what they print.

use std::{env, fs, process::Command};

use super::{run, server::Server, top};

/// Printed between the outputs of two commands.
const MARK: &str = "=== next ===";

/// One command of the quickstart, and what the README says it prints.
struct Step {
    command: String,
    printed: Vec<String>,
}

#[tokio::test]
async fn the_quickstart_prints_what_it_says() {
    let server = Server::start().await;
    let steps = quickstart();
    let script: String =
        steps.iter().map(|step| format!("{}\necho '{MARK}'\n", step.command)).collect();
    let script = script
        .replace("localhost:8080", &server.public())
        .replace("localhost:8081", &server.internal());

    let printed = run(Command::new("bash").args(["-c", &format!("exec 2>&1\n{script}")]).env(
        "PATH",
        format!("{}:{}", top().join(".tools/bin").display(), env::var("PATH").unwrap()),
    ));

    assert!(steps.len() > 8, "the README has only {} commands", steps.len());
    let outputs: Vec<&str> = printed.out.split(&format!("{MARK}\n")).collect();
    assert_eq!(outputs.len(), steps.len() + 1, "{}", printed.out);
    for (step, output) in steps.iter().zip(outputs) {
        let got: Vec<String> = output.lines().map(shape).collect();
        let said: Vec<String> = step.printed.iter().map(|line| shape(line)).collect();
        assert_eq!(got, said, "{}\nprinted\n{output}", step.command);
    }
}

/// The commands in the README's console blocks, in order.
fn quickstart() -> Vec<Step> {
    let text = fs::read_to_string(top().join("README.md")).unwrap();
    let mut steps: Vec<Step> = Vec::new();
    for block in text.split("```console\n").skip(1) {
        let (block, _) = block.split_once("```").unwrap();
        for line in block.lines() {
            match (line.strip_prefix("$ "), steps.last_mut()) {
                (Some(command), _) => {
                    steps.push(Step { command: command.to_owned(), printed: Vec::new() });
                }
                (None, Some(step)) if step.command.ends_with('\\') => {
                    step.command.push('\n');
                    step.command.push_str(line);
                }
                (None, Some(step)) => step.printed.push(line.to_owned()),
                (None, None) => panic!("a console block must begin with a command"),
            }
        }
    }
    steps
}

/// A line without what differs from run to run: values with digits in them, such as ids, times,
/// tokens and ports.
fn shape(line: &str) -> String {
    match line.split_once("\": \"") {
        Some((key, value)) if value.contains(|it: char| it.is_ascii_digit()) => key.to_owned(),
        _ => line.to_owned(),
    }
}
