//! Names as people have them: each of a list registers and signs in, and no two that look alike do.

mod older;
mod pairs;
mod typing;

use crate::support::{PASSWORD, TestApp};

/// The names of the list, with their scripts.
fn listed() -> impl Iterator<Item = (&'static str, &'static str)> {
    let lines = include_str!("names.txt").lines().filter(|it| !it.starts_with('#'));
    let scripts = lines.filter_map(|it| it.split_once(": "));
    scripts.flat_map(|(script, names)| names.split(' ').map(move |name| (script, name)))
}

#[test]
fn the_list_has_500_names_in_40_scripts() {
    let mut scripts: Vec<_> = listed().map(|(script, _)| script).collect();
    assert!(scripts.len() >= 500, "{}", scripts.len());
    scripts.dedup();
    assert!(scripts.len() >= 40, "{}", scripts.len());
}

#[tokio::test]
async fn every_name_of_the_list_registers_and_signs_in() {
    let app = TestApp::start().await;
    let mut refused = Vec::new();

    for (script, name) in listed() {
        let stranger = app.stranger();
        if let Err(status) = stranger.register(name, PASSWORD).await {
            refused.push(format!("{script} {name}: register: {}", status.message()));
        } else if let Err(status) = stranger.login(&format!(" {name}\u{a0}"), PASSWORD).await {
            refused.push(format!("{script} {name}: login: {}", status.message()));
        }
    }

    assert_eq!(refused, Vec::<String>::new());
}
