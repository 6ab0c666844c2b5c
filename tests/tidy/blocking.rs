//! A test that waits for the program without `await` does not stop a server of its own process.
//!
//! On a runtime of one thread such a server halts meanwhile, perhaps within a transaction, for whose locks the
//! program then waits in vain.

use crate::{report, source};

#[test]
fn tests_that_run_the_program_beside_their_own_server_have_several_threads() {
    let of_one_thread = |text: &str| text.lines().any(|line| line == "#[tokio::test]");
    let mut complaints = Vec::new();
    for file in source::rust() {
        let runs_both =
            ["CARGO_BIN_EXE_claviger", "TestApp::"].iter().all(|it| file.text.contains(it));
        if file.path.starts_with("tests/it/") && runs_both && of_one_thread(&file.text) {
            complaints.push(file.path.clone());
        }
    }
    report(
        complaints,
        "write #[tokio::test(flavor = \"multi_thread\")] for every test of the file",
    );
}
