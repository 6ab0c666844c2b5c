//! The power goes while people of another product sign in for the first time: each has the hash that came along
//! or a new one, and never another.

use std::{
    collections::BTreeMap,
    fs,
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
};

use base64::{Engine as _, engine::general_purpose::STANDARD_NO_PAD};
use serde_json::Value;
use tokio::task::JoinSet;

use super::{export, import_all, with_password};
use crate::support::{Home, MINUTE, ORIGIN, Person, Process, patience::wait_until};

const ROUNDS: u32 = 20;
const WRITERS: u32 = 6;
const PEOPLE: u32 = 10;

/// PBKDF2 that costs next to nothing.
fn pbkdf2_of(password: &str) -> String {
    use aws_lc_rs::pbkdf2::{PBKDF2_HMAC_SHA256, derive};
    let (salt, mut output) = ([9; 16], [0; 32]);
    derive(PBKDF2_HMAC_SHA256, 1.try_into().unwrap(), &salt, password.as_bytes(), &mut output);
    let [salt, output] = [&salt[..], &output[..]].map(|it| STANDARD_NO_PAD.encode(it));
    format!("$pbkdf2-sha256$i=1,l=32${salt}${output}")
}

fn password(name: &str) -> String {
    format!("the password of {name}")
}

/// Signs people in, one after the other, until the server is killed. Returns those who were.
async fn sign_in_until_cut(
    person: Person,
    names: Vec<String>,
    done: Arc<AtomicU32>,
) -> Vec<String> {
    let mut signed_in = Vec::new();
    for name in names {
        if person.login(&name, &password(&name)).await.is_err() {
            break;
        }
        done.fetch_add(1, Ordering::Relaxed);
        signed_in.push(name);
    }
    signed_in
}

/// The hashes of all accounts.
fn hashes(home: &Home, round: u32) -> BTreeMap<String, String> {
    let text = fs::read_to_string(export(home, &format!("round-{round}"))).unwrap();
    let rows = text.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
    let text = |row: &Value, field: &str| row[field].as_str().unwrap().to_owned();
    rows.map(|row| (text(&row, "username"), text(&row, "password_hash"))).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_power_cut_in_a_storm_of_first_sign_ins_leaves_no_hash_half_replaced() {
    let home = Home::new().await;
    let mut total = (0, 0);

    for round in 0..ROUNDS {
        let name = |writer: u32, number: u32| format!("r{round}w{writer}n{number}");
        let names: Vec<Vec<String>> =
            (0..WRITERS).map(|it| (0..PEOPLE).map(|number| name(it, number)).collect()).collect();
        let all: Vec<String> = names.concat();
        let process = Process::start(&home, &["--public-url", ORIGIN]);
        let rows: Vec<Value> =
            all.iter().map(|it| with_password(it, &pbkdf2_of(&password(it)))).collect();
        import_all(&home, &rows);
        let (mut writers, done) = (JoinSet::new(), Arc::new(AtomicU32::new(0)));
        for names in names {
            writers.spawn(sign_in_until_cut(process.stranger(), names, done.clone()));
        }
        let enough = 15 + round * 7 % 20;
        wait_until("enough have signed in", 2 * MINUTE, async || {
            done.load(Ordering::Relaxed) >= enough
        })
        .await;
        process.kill();
        let signed_in = writers.join_all().await.concat();

        let process = Process::start(&home, &["--public-url", ORIGIN]);
        let stored = hashes(&home, round);
        for name in &all {
            let (hash, old) = (&stored[name], pbkdf2_of(&password(name)));
            let is_new = hash.starts_with("$argon2id$v=19$m=8,t=1,p=1$");
            assert!(is_new || *hash == old, "{name} has {hash}");
            assert!(is_new || !signed_in.contains(name), "{name} has signed in and has {hash}");
            total.0 += u32::from(is_new);
            total.1 += u32::from(!is_new);
        }
        for name in &all {
            process.stranger().login(name, &password(name)).await.unwrap();
        }
        process.kill();
    }

    assert!(total.0 > 200 && total.1 > 200, "hardly a storm: {total:?}");
    eprintln!("{} hashes were replaced, {} were not", total.0, total.1);
}
