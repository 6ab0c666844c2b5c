//! Completions and manual pages.

use std::{fs, process::Command};

use super::{program, run};

#[test]
fn bash_completes_commands_flags_and_values() {
    let script = run(&mut program(&["completions", "bash"])).succeeded();
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("claviger.bash");
    fs::write(&file, &script).unwrap();
    let complete = |words: &[&str]| {
        let completion = r#"
            source "$1"; shift
            COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); COMPREPLY=()
            _claviger claviger "${COMP_WORDS[COMP_CWORD]}" "${COMP_WORDS[COMP_CWORD - 1]}"
            printf '%s\n' "${COMPREPLY[@]}""#;
        let mut bash = Command::new("bash");
        bash.args(["--norc", "-c", completion, "bash"]).arg(&file).args(words);
        let output = bash.output().unwrap();
        assert!(output.status.success(), "{output:?}");
        let printed = String::from_utf8(output.stdout).unwrap();
        let words = printed.lines().filter(|it| !it.is_empty());
        words.map(str::to_owned).collect::<Vec<_>>()
    };

    assert_eq!(complete(&["claviger", "serv"]), ["serve", "service-account"]);
    assert_eq!(complete(&["claviger", "accounts", "dis"]), ["disable"]);
    assert_eq!(complete(&["claviger", "accounts", "list", "--cred"]), ["--credential"]);
    assert_eq!(complete(&["claviger", "keys", "list", "--out"]), ["--output"]);
    let values = complete(&["claviger", "accounts", "list", "--state", ""]);
    assert_eq!(values, ["active", "disabled"]);
    assert!(complete(&["claviger", "accounts", "list", "--log-"]).is_empty());
}

#[test]
fn every_shell_has_completions_that_name_every_command() {
    for shell in ["bash", "zsh", "fish"] {
        let script = run(&mut program(&["completions", shell])).succeeded();
        for word in ["suspend-passkey", "service-account", "signed-in-after"] {
            assert!(script.contains(word), "{shell}: {word}");
        }
    }
    assert_eq!(run(&mut program(&["completions", "csh"])).code, Some(2));
}

#[test]
fn each_command_has_a_manual_page_that_formats_without_a_complaint() {
    let folder = tempfile::tempdir().unwrap();
    let pages = folder.path().join("man1");
    run(program(&["manual"]).arg(&pages)).succeeded();

    let mut names: Vec<String> = fs::read_dir(&pages)
        .unwrap()
        .map(|it| it.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    for page in ["claviger.1", "claviger-accounts-suspend-passkey.1", "claviger-keys-rotate.1"] {
        assert!(names.iter().any(|it| it == page), "{page}: {names:?}");
    }
    assert!(!names.iter().any(|it| it.contains("help")), "{names:?}");
    for name in names {
        let text = fs::read_to_string(pages.join(&name)).unwrap();
        for section in [".TH ", ".SH NAME", ".SH SYNOPSIS"] {
            assert!(text.contains(section), "{name}: {section}");
        }
        let Ok(output) = Command::new("groff")
            .args(["-man", "-Tutf8", "-ww", "-z"])
            .arg(pages.join(&name))
            .output()
        else {
            continue;
        };
        let complaints = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(output.status.success() && complaints.is_empty(), "{name}: {complaints}");
    }
}
