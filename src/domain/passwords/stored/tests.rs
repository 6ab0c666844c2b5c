//! Hashes from specifications and manuals, and texts that must not be accepted.

use proptest::prelude::*;

use super::*;

/// The example of the README of github.com/firebase/scrypt.
const FIREBASE: &str = "$fbscrypt$v=1,n=14,r=8,p=1,ss=Bw==,\
    sk=jxspr8Ki0RYycVU8zykbdLGjFQ3McFUH0uiiTvC8pVMXAn210wjLNmdZJzxUECKbm0QsEmYUSDzZvpjeJ9WmXA==\
    $42xEC+ixf3L2lw==\
    $lSrfV15cpx95/sZS2W9c9Kp6i/LVgQNDNC/qzrCnh1SAyZvqmZqAjTdn3aoItz+VHjoZilo78198JAdRuid5lQ==";

const SALT: &str = "c2FsdHNhbHQ";
const OUTPUT: &str = "MDEyMzQ1Njc4OWFiY2RlZg";

fn is_right(password: &str, text: &str) -> bool {
    let hash = StoredHash::parse(text).unwrap_or_else(|error| panic!("{text}: {error}"));
    hash.is_right(password.as_bytes(), &mut Memory::default()).unwrap()
}

/// The bound that a text is beyond, or `None` if it is accepted.
fn beyond(text: &str) -> Option<Bound> {
    match check_hash(text) {
        Ok(_) => None,
        Err(HashRefusal::OutOfBounds(bound)) => Some(bound),
        Err(other) => panic!("{text}: {other}"),
    }
}

fn bytes(count: usize) -> String {
    use base64::{Engine as _, engine::general_purpose::STANDARD_NO_PAD};
    STANDARD_NO_PAD.encode(vec![7; count])
}

#[test]
fn examples_of_specifications_and_manuals_are_checked() {
    let table = [
        ("user1password", FIREBASE),
        // RFC 7914 §12.
        (
            "pleaseletmein",
            "$scrypt$ln=14,r=8,p=1$U29kaXVtQ2hsb3JpZGU$cCO9yzr9c0hGHAbNgf046/2o+7qQT44+qbVD9lRdofLVQylVYT8Pz2LUlwUkKpr55h6F3A1lHkDfzwF7RVdYhw",
        ),
        // RFC 6070.
        ("password", "$pbkdf2-sha1$i=4096,l=20$c2FsdA$SwB5AbdlSJq+rUnZJvch0GWkKcE"),
        ("password", "$pbkdf2$4096$c2FsdA$SwB5AbdlSJq.rUnZJvch0GWkKcE"),
        ("password", "pbkdf2_sha1$4096$salt$SwB5AbdlSJq+rUnZJvch0GWkKcE="),
    ];

    for (password, text) in table {
        assert!(is_right(password, text), "{text}");
        assert!(!is_right(&format!("{password} "), text), "{text}");
        assert!(!is_right("", text), "{text}");
        assert_eq!(check_hash(text).unwrap().as_phc(), text);
    }
}

#[test]
fn ory_writes_n_and_the_parts_of_firebase_in_another_order() {
    let scrypt = "$scrypt$ln=16384,r=8,p=1$U29kaXVtQ2hsb3JpZGU=$cCO9yzr9c0hGHAbNgf046/2o+7qQT44+qbVD9lRdofLVQylVYT8Pz2LUlwUkKpr55h6F3A1lHkDfzwF7RVdYhw==";
    let firebase = "$firescrypt$ln=14,r=8,p=1$42xEC+ixf3L2lw==\
        $lSrfV15cpx95/sZS2W9c9Kp6i/LVgQNDNC/qzrCnh1SAyZvqmZqAjTdn3aoItz+VHjoZilo78198JAdRuid5lQ==\
        $Bw==\
        $jxspr8Ki0RYycVU8zykbdLGjFQ3McFUH0uiiTvC8pVMXAn210wjLNmdZJzxUECKbm0QsEmYUSDzZvpjeJ9WmXA==";

    assert!(is_right("pleaseletmein", scrypt));
    assert!(is_right("user1password", firebase));
    assert!(!is_right("user2password", firebase));
}

#[test]
fn bcrypt_reads_72_bytes_and_no_zero_byte() {
    let long = "x".repeat(72);
    let hash = |password: &str| bcrypt_of(password.as_bytes());

    let (of_long, of_short) = (hash(&long), hash("short"));

    assert!(is_right(&format!("{long}and more"), &of_long));
    assert!(!is_right(&long[1..], &of_long));
    assert!(is_right("short", &of_short));
    assert!(!is_right("short\0and more", &of_short));
    assert!(!is_right("short\0", &of_short));
    assert!(
        !is_right("with\0zero", &hash("with\0zero")),
        "what some implementations would not read"
    );
    for prefix in ["$2a$", "$2y$"] {
        assert!(is_right("short", &of_short.replace("$2b$", prefix)));
    }
}

fn bcrypt_of(password: &[u8]) -> String {
    ::bcrypt::hash_with_salt(password, 4, [3; 16]).unwrap().to_string()
}

#[test]
fn each_bound_is_accepted_and_one_more_is_not() {
    let argon2 =
        |m: u32, t: u32, p: u32| format!("$argon2id$v=19$m={m},t={t},p={p}${SALT}${OUTPUT}");
    let bcrypt = |cost: u32| bcrypt_of(b"x").replace("$04$", &format!("${cost:02}$"));
    let scrypt = |ln: u32, r: u32, p: u32| format!("$scrypt$ln={ln},r={r},p={p}${SALT}${OUTPUT}");
    let pbkdf2 = |i: u32, l: usize| format!("$pbkdf2-sha256$i={i},l={l}${SALT}${}", bytes(l));
    let sized = |salt: usize, output: usize| {
        format!("$pbkdf2-sha512$i=1${}${}", bytes(salt), bytes(output))
    };
    let firebase = |separator: usize, key: usize| {
        let (separator, key) = (bytes(separator), bytes(key));
        format!("$fbscrypt$v=1,n=14,r=8,p=1,ss={separator},sk={key}${SALT}${key}")
    };
    let table = [
        (argon2(1024 * 1024, 4, 1), argon2(1024 * 1024 + 1, 1, 1)),
        (argon2(65536, 64, 1), argon2(64, 65, 1)),
        (argon2(4096, 2, 64), argon2(4096, 2, 65)),
        (argon2(1024 * 1024, 4, 1), argon2(1024 * 1024, 5, 1)),
        (bcrypt(14), bcrypt(15)),
        (bcrypt(4), bcrypt(3)),
        (scrypt(20, 1, 1), scrypt(21, 1, 1)),
        (scrypt(17, 8, 1), scrypt(17, 9, 1)),
        (scrypt(15, 32, 1), scrypt(1, 33, 1)),
        (scrypt(10, 8, 16), scrypt(10, 8, 17)),
        (scrypt(17, 8, 4), scrypt(17, 8, 5)),
        (scrypt(1, 1, 1), scrypt(0, 1, 1)),
        (scrypt(1, 1, 1), scrypt(1, 0, 1)),
        (scrypt(1, 1, 1), scrypt(1, 1, 0)),
        (pbkdf2(4_000_000, 64), pbkdf2(4_000_001, 64)),
        (pbkdf2(1, 16), pbkdf2(0, 16)),
        (sized(64, 64), sized(65, 64)),
        (sized(1, 16), sized(0, 16)),
        (sized(1, 16), sized(1, 15)),
        (sized(64, 64), sized(64, 65)),
        (firebase(64, 64), firebase(65, 64)),
        (firebase(0, 16), firebase(0, 15)),
    ];

    for (accepted, refused) in table {
        assert_eq!(beyond(&accepted), None, "{accepted}");
        assert!(beyond(&refused).is_some(), "{refused}");
    }
    let sha1 = format!("$pbkdf2-sha1$i=2000001${SALT}${}", bytes(64));
    assert_eq!(beyond(&sha1), Some(bounds::PBKDF2_WORK));
    assert_eq!(beyond(&"$".repeat(1025)), Some(bounds::TEXT));
}

#[test]
fn what_is_no_hash_of_a_known_format_is_refused_with_a_reason() {
    let unknown = [
        "",
        "password",
        "$2x$10$N9qo8uLOickgx2ZMRZoMyeIjZAgcfl7p92ldGxad68LJZdL17lhWy",
        "$2$10$N9qo8uLOickgx2ZMRZoMyeIjZAgcfl7p92ldGxad68LJZdL17lhWy",
        "$1$salt$output",
        "$6$salt$output",
        "{SSHA}c2FsdA==",
        "$pbkdf2-md5$i=1000$c2FsdHNhbHQ$MDEyMzQ1Njc4OWFiY2RlZg",
        "$pbkdf2-sha384$i=1000$c2FsdHNhbHQ$MDEyMzQ1Njc4OWFiY2RlZg",
        "pbkdf2_md5$1000$salt$MDEyMzQ1Njc4OWFiY2RlZg",
        "$md5$c2FsdA==",
    ];
    let malformed = [
        "$argon2id$",
        "$argon2x$v=19$m=64,t=2,p=1$c2FsdHNhbHQ$MDEyMzQ1Njc4OWFiY2RlZg",
        "$argon2id$v=20$m=64,t=2,p=1$c2FsdHNhbHQ$MDEyMzQ1Njc4OWFiY2RlZg",
        "$argon2id$v=19$m=64,t=2,p=1$c2FsdHNhbHQ",
        "$argon2id$v=19$m=7,t=2,p=1$c2FsdHNhbHQ$MDEyMzQ1Njc4OWFiY2RlZg",
        "$argon2id$v=19$m=64,t=0,p=1$c2FsdHNhbHQ$MDEyMzQ1Njc4OWFiY2RlZg",
        "$argon2id$v=19$m=64,t=2,p=16$c2FsdHNhbHQ$MDEyMzQ1Njc4OWFiY2RlZg",
        "$argon2id$v=19$m=64,t=2,p=1,keyid=Zm9v$c2FsdHNhbHQ$MDEyMzQ1Njc4OWFiY2RlZg",
        "$2b$10$short",
        "$2b$+9$N9qo8uLOickgx2ZMRZoMyeIjZAgcfl7p92ldGxad68LJZdL17lhWy",
        "$scrypt$ln=14,r=8$c2FsdHNhbHQ$MDEyMzQ1Njc4OWFiY2RlZg",
        "$scrypt$ln=14,r=8,p=1,p=1$c2FsdHNhbHQ$MDEyMzQ1Njc4OWFiY2RlZg",
        "$scrypt$ln=14,r=8,p=1,x=1$c2FsdHNhbHQ$MDEyMzQ1Njc4OWFiY2RlZg",
        "$scrypt$ln=16385,r=8,p=1$c2FsdHNhbHQ$MDEyMzQ1Njc4OWFiY2RlZg",
        "$scrypt$ln=-1,r=8,p=1$c2FsdHNhbHQ$MDEyMzQ1Njc4OWFiY2RlZg",
        "$scrypt$ln=14,r=8,p=1$c2Fs!HNhbHQ$MDEyMzQ1Njc4OWFiY2RlZg",
        "$scrypt$ln=14,r=8,p=1$c2FsdHNhbHQ$MDEyMzQ1Njc4OWFiY2RlZg$more",
        "$fbscrypt$v=2,n=14,r=8,p=1,ss=Bw==,sk=MDEyMzQ1Njc4OWFiY2RlZg$c2FsdHNhbHQ$MDEyMzQ1Njc4OWFiY2RlZg",
        "$fbscrypt$v=1,n=14,r=8,p=1,sk=MDEyMzQ1Njc4OWFiY2RlZzA$c2FsdHNhbHQ$MDEyMzQ1Njc4OWFiY2RlZg",
        "$pbkdf2-sha256$i=1000,l=32$c2FsdHNhbHQ$MDEyMzQ1Njc4OWFiY2RlZg",
        "$pbkdf2-sha256$l=16$c2FsdHNhbHQ$MDEyMzQ1Njc4OWFiY2RlZg",
        "$pbkdf2-sha256$99999999999$c2FsdHNhbHQ$MDEyMzQ1Njc4OWFiY2RlZg",
        "pbkdf2_sha256$1000$MDEyMzQ1Njc4OWFiY2RlZg==",
    ];

    for text in unknown {
        assert_eq!(check_hash(text), Err(refusal_of_unknown(text)), "{text}");
    }
    for text in malformed {
        assert!(matches!(check_hash(text), Err(HashRefusal::Malformed(_))), "{text}");
    }
}

/// An empty text is too short for any format.
fn refusal_of_unknown(text: &str) -> HashRefusal {
    if text.is_empty() { bounds::TEXT.into() } else { HashRefusal::UnknownFormat }
}

#[test]
fn a_refusal_says_what_is_accepted_and_never_repeats_the_hash() {
    let refusal = check_hash(&bcrypt_of(b"x").replace("$04$", "$15$")).unwrap_err();

    assert_eq!(
        refusal.to_string(),
        "must be a hash within the bounds: its cost must be from 4 to 14"
    );
}

/// Of the class of a hash beside the default parameters of this server.
fn demand(text: &str) -> Demand {
    StoredHash::parse(text).unwrap().demand(&Params::new(19456, 2, 1, None).unwrap())
}

#[test]
fn what_products_write_by_default_is_of_the_usual_class_and_what_takes_seconds_is_costly() {
    let argon2 = |m: u32, t: u32| format!("$argon2id$v=19$m={m},t={t},p=1${SALT}${OUTPUT}");
    let bcrypt = |cost: u32| bcrypt_of(b"x").replace("$04$", &format!("${cost:02}$"));
    let scrypt = |ln: u32, p: u32| format!("$scrypt$ln={ln},r=8,p={p}${SALT}${OUTPUT}");
    let pbkdf2 = |digest: &str, iterations: u32, output: usize| {
        format!("$pbkdf2-{digest}$i={iterations}${SALT}${}", bytes(output))
    };
    let usual = [
        // Claviger, Keycloak, argon2-cffi and passlib, Ory Kratos.
        argon2(19456, 2),
        argon2(7168, 5),
        argon2(65536, 3),
        argon2(131_072, 1),
        argon2(65536, 4),
        // Supabase Auth and Auth0, Hanko and Ory Kratos.
        bcrypt(10),
        bcrypt(12),
        // Firebase, the standard library of Go, passlib, OWASP.
        FIREBASE.to_owned(),
        scrypt(15, 1),
        scrypt(16, 1),
        scrypt(17, 1),
        // Keycloak of several years, passlib, OWASP, Django.
        pbkdf2("sha1", 20_000, 64),
        pbkdf2("sha256", 27_500, 64),
        pbkdf2("sha512", 210_000, 64),
        pbkdf2("sha256", 29_000, 32),
        pbkdf2("sha256", 600_000, 32),
        pbkdf2("sha1", 1_300_000, 20),
        pbkdf2("sha256", 1_200_000, 32),
    ];
    let costly = [
        argon2(65536, 64),
        argon2(1024 * 1024, 4),
        argon2(262_144, 8),
        bcrypt(13),
        scrypt(17, 2),
        pbkdf2("sha256", 4_000_000, 64),
        pbkdf2("sha512", 4_000_000, 64),
        pbkdf2("sha1", 2_000_000, 64),
    ];

    for text in usual {
        assert_eq!(demand(&text).class, Class::Usual, "{text}");
    }
    for text in costly {
        assert_eq!(demand(&text).class, Class::Costly, "{text}");
    }
    assert_eq!(demand(FIREBASE).beyond_kib, 16 * 1024);
    assert_eq!(demand(&argon2(65536, 3)).beyond_kib, 65536 - 19456);
}

#[test]
fn the_documentation_lists_every_bound() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/moving-from.md");
    let text = std::fs::read_to_string(path).unwrap();
    let (_, table) =
        text.split_once("| format | its | least | most |\n| --- | --- | --- | --- |\n").unwrap();
    let documented = table.split_once("\n\n").unwrap().0;

    let rows = BOUNDS.map(|Bound { format, parameter, least, most }| {
        format!("| {format} | {parameter} | {least} | {most} |")
    });

    assert_eq!(documented, rows.join("\n"));
    let costly =
        format!("more than {} times as much as one with this server's", work::COSTLY_TIMES);
    assert!(text.contains(&costly), "{costly}");
}

proptest! {
    #[test]
    fn no_text_makes_the_parser_panic(
        prefix in prop::sample::select(vec![
            "", "$argon2id$v=19$", "$2b$", "$scrypt$", "$fbscrypt$v=1,", "$firescrypt$", "$pbkdf2-sha256$",
            "$pbkdf2$", "pbkdf2_sha256$", "$scrypt$ln=14,r=8,p=1$", "$2b$10$N9qo8uLOickgx2ZMRZoMye",
        ]),
        rest in "[$,=a-z0-9./+é\\PC]{0,80}",
    ) {
        let _ = check_hash(&format!("{prefix}{rest}"));
    }
}
