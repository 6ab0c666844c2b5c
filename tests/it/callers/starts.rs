//! What the server says to an operator whose settings would leave the internal port open.

use std::process::Command;

use super::Files;
use crate::support::{Home, authority::Authority};

/// Starts the program, which must refuse with this code. Answers with its words.
fn refused(home: &Home, settings: &[(&str, String)], code: i32) -> String {
    let flags = settings
        .iter()
        .flat_map(|(key, value)| [format!("--{}", key.replace(['.', '_'], "-")), value.clone()]);
    let output = Command::new(env!("CARGO_BIN_EXE_claviger"))
        .arg("serve")
        .args(home.flags())
        .args(["--public-listen", "127.0.0.1:0"])
        .args(flags)
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(code), "{output:?}");
    String::from_utf8(output.stderr).unwrap()
}

#[tokio::test]
async fn without_tls_the_server_does_not_listen_beyond_this_machine() {
    let home = Home::new().await;

    let said = refused(&home, &[("internal.listen", "0.0.0.0:0".to_owned())], 2);

    assert!(said.contains("`internal.listen`") && said.contains("0.0.0.0:0"), "{said}");
    assert!(
        said.contains("set `internal.tls_certificate_file` and `internal.tls_key_file`"),
        "{said}"
    );
}

#[tokio::test]
async fn a_file_that_cannot_be_used_is_named_with_its_setting() {
    let home = Home::new().await;
    let authority = Authority::new("both");
    for (name, setting) in [
        ("cert.pem", "internal.tls_certificate_file"),
        ("key.pem", "internal.tls_key_file"),
        ("ca.pem", "internal.client_ca_file"),
    ] {
        for text in ["nonsense", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"] {
            let files = Files::new(&authority.server(), &authority);
            files.write(name, text);

            let said = refused(&home, &files.settings("0.0.0.0:0"), 1);

            assert!(said.contains(setting) && !said.contains("public.tls"), "{name}: {said}");
        }
    }
}

#[tokio::test]
async fn a_certificate_and_a_key_that_do_not_fit_are_both_named() {
    let home = Home::new().await;
    let authority = Authority::new("both");
    let files = Files::new(&authority.server(), &authority);
    files.write("key.pem", &authority.server().key);

    let said = refused(&home, &files.settings("0.0.0.0:0"), 1);

    assert!(said.contains("internal.tls_certificate_file"), "{said}");
    assert!(said.contains("internal.tls_key_file"), "{said}");
}
