//! The table of settings: its defaults, its bounds, and the documents that state them.

use super::*;

#[test]
fn every_default_of_the_table_is_accepted_by_its_own_kind() {
    for setting in table::rows() {
        if let setting::Preset::Value(text) = setting.default {
            assert!(with(&[(setting.key, text)]).is_ok(), "{}", setting.key);
        }
    }
}

/// `CLAVIGER_BLESS=1` writes the file instead.
#[test]
fn the_committed_documentation_is_what_the_table_says() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/configuration.md");
    if std::env::var_os("CLAVIGER_BLESS").is_some() {
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, document::markdown()).unwrap();
    }

    let committed = fs::read_to_string(path).unwrap();

    assert!(committed == document::markdown(), "run this test with CLAVIGER_BLESS=1 and commit");
}

#[test]
fn a_session_may_not_be_unused_for_longer_than_it_lasts() {
    let maximum = ("tokens.session_max_lifetime", "10d");
    let text = refusal(&[maximum, ("tokens.refresh_idle_lifetime", "11d")]);
    assert!(text.contains("`tokens.session_max_lifetime`"), "{text}");

    // The default follows the maximum.
    let sessions = with(&[maximum]).unwrap().sessions;
    assert_eq!(sessions.idle_lifetime, sessions.max_lifetime);
}

#[test]
fn what_the_table_allows_hashes_passwords() {
    let most = [
        ("passwords.argon2_memory_kib", "1048576"),
        ("passwords.argon2_iterations", "64"),
        ("passwords.argon2_parallelism", "64"),
    ];

    let settings = with(&most).unwrap().passwords;

    assert!(
        crate::domain::passwords::Passwords::start(settings, crate::domain::world::World::system())
            .is_ok()
    );
    for (key, value) in most {
        let more = (value.parse::<u32>().unwrap() + 1).to_string();
        assert!(with(&[(key, &more)]).is_err(), "{key}");
    }
}

#[test]
fn every_number_and_duration_is_refused_beyond_its_bounds() {
    let millisecond = std::time::Duration::from_millis(1);
    let mut checked = 0;
    for row in table::rows() {
        let Some((least, most)) = row.bounds.as_deref().and_then(|it| it.split_once(" to ")) else {
            continue;
        };
        let beyond = match (least.parse::<u32>(), most.parse::<u32>()) {
            (Ok(least), Ok(most)) => {
                [least.checked_sub(1), Some(most + 1)].map(|it| it.map(|number| number.to_string()))
            }
            _ => {
                let [least, most] = [least, most].map(|it| values::duration(it).unwrap());
                [least.checked_sub(millisecond), Some(most + millisecond)]
                    .map(|it| it.map(|span| humantime::format_duration(span).to_string()))
            }
        };
        // Those of the engine that is not used are checked as well.
        for url in ["sqlite:a.db", "postgres://me@localhost/auth"] {
            for value in beyond.iter().flatten() {
                let text = refusal(&[("database.url", url), (row.key, value)]);
                assert!(text.contains(row.key), "{} = {value} with {url}: {text}", row.key);
            }
        }
        checked += 1;
    }
    assert!(checked > 25, "the table was not read: {checked}");
}

#[test]
fn keys_rotate_at_most_every_hour_or_only_on_command() {
    let interval = |value| [("tokens.key_rotation_interval", value)];

    assert!(refusal(&interval("59m")).contains("`0` or at least 1h"));
    assert!(with(&interval("1h")).unwrap().keys.rotation_interval.is_some());
    for never in ["0", "0s"] {
        assert!(with(&interval(never)).unwrap().keys.rotation_interval.is_none(), "{never}");
    }
}

#[test]
fn the_documents_state_how_many_connections_the_server_itself_has() {
    let number = crate::storage::RESERVED_CONNECTIONS;
    let more = format!("the server has {number} more");
    let top = Path::new(env!("CARGO_MANIFEST_DIR"));
    let operations = fs::read_to_string(top.join("docs/operations.md")).unwrap();

    for help in [table::DATABASE_CONNECTIONS.help, table::DATABASE_READERS.help] {
        assert!(help.contains(&more), "{help}");
    }
    for sentence in [
        format!("Each replica has {number} more, with which"),
        format!("the sum of `database.connections` and {number} over all replicas"),
    ] {
        assert!(operations.contains(&sentence), "docs/operations.md: {sentence}");
    }
}

#[test]
fn each_limit_is_that_of_its_setting() {
    let given = [
        ("limits.connections", "11"),
        ("limits.request_timeout", "12s"),
        ("limits.handshake_timeout", "13s"),
        ("limits.idle_timeout", "14s"),
        ("limits.answer_timeout", "15s"),
        ("limits.drain_timeout", "16s"),
        ("limits.slow_watcher_timeout", "17s"),
        ("limits.concurrent_streams", "18"),
        ("limits.sessions_per_account", "19"),
        ("tokens.refresh_idle_lifetime", "20d"),
        ("tokens.session_max_lifetime", "21d"),
    ];

    let Config { limits, sessions, .. } = with(&given).unwrap();

    let times = [
        limits.request_timeout,
        limits.handshake_timeout,
        limits.idle_timeout,
        limits.answer_timeout,
        limits.drain_timeout,
        limits.slow_watcher_timeout,
    ];
    assert_eq!(times.map(|it| it.as_secs()), [12, 13, 14, 15, 16, 17]);
    assert_eq!((limits.connections, limits.concurrent_streams), (11, 18));
    let days = [sessions.idle_lifetime, sessions.max_lifetime].map(|it| it.as_secs() / 86_400);
    assert_eq!((days, sessions.max_per_account), ([20, 21], 19));
}

/// A name that no setting has is one that a reader looks for in vain.
#[test]
fn documents_name_settings_that_exist() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let pages = fs::read_dir(root.join("docs")).unwrap().map(|it| it.unwrap().path());
    let others = ["README.md", "SECURITY.md", "ARCHITECTURE.md", "CHANGELOG.md"];
    let keys: Vec<_> = table::rows().iter().map(|it| it.key).collect();
    let is_of_section = |name: &str| {
        let section = name.split_once('.').map(|(section, _)| section);
        section.is_some_and(|it| keys.iter().any(|key| key.split_once('.').unwrap().0 == it))
    };
    let is_name =
        |it: &&str| it.bytes().all(|it| it.is_ascii_lowercase() || b"_.0123456789".contains(&it));

    let mut unknown = Vec::new();
    for path in others.map(|it| root.join(it)).into_iter().chain(pages) {
        if path.extension().is_none_or(|it| it != "md") {
            continue;
        }
        let text = fs::read_to_string(&path).unwrap();
        let quoted = text.split('`').skip(1).step_by(2);
        let names = quoted.filter(is_name).filter(|it| is_of_section(it));
        // A secret may also be given by a file.
        let strange =
            names.filter(|it| !keys.contains(&it.trim_end_matches("_file")) && !keys.contains(it));
        unknown.extend(strange.map(|it| format!("{}: {it}", path.display())));
    }

    assert!(unknown.is_empty(), "{unknown:#?}");
}
