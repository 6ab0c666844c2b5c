//! Callers that show a certificate.

use claviger::{
    domain::operators::service_accounts::{Wanted, parse_name},
    grpc::contracts::admin::{
        DeleteServiceAccountRequest, service_account_service_client::ServiceAccountServiceClient,
    },
};

use super::{Beyond, ask, assert_no_connection};
use crate::{
    assert_refused,
    support::{
        DAY, SECOND,
        authority::{Authority, LAST_YEAR, Name},
        backends::wanted,
        command_line,
    },
};

const SHOP: Name = Name::Uri("spiffe://prod.example/ns/shop");
const MAIL: Name = Name::Dns("mail.example");

#[tokio::test]
async fn a_spiffe_uri_shows_a_service_account() {
    let server = Beyond::start().await;
    server.app.account_of("shop", &["spiffe://prod.example/ns/shop"]).await;
    let other = Name::Uri("spiffe://prod.example/ns/shop/web");

    ask(server.backend("", Some(&server.clients.client(&[SHOP])))).await.unwrap();
    let below = ask(server.backend("", Some(&server.clients.client(&[other])))).await;

    assert_refused!(below, Unauthenticated, CALLER_UNKNOWN);
}

#[tokio::test]
async fn a_dns_name_shows_a_service_account_in_any_letter_case() {
    let server = Beyond::start().await;
    server.app.account_of("mail", &["Mail.example"]).await;

    for name in [MAIL, Name::Dns("MAIL.example")] {
        ask(server.backend("", Some(&server.clients.client(&[name])))).await.unwrap();
    }
}

#[tokio::test]
async fn what_only_resembles_a_name_shows_nobody() {
    let server = Beyond::start().await;
    // Every certificate of the test has this as its subject.
    server.app.account_of("shop", &["shop.example", "a.shop.example"]).await;

    for names in [
        &[][..],
        &[MAIL],
        &[Name::Dns("*.shop.example")],
        &[Name::Uri("https://shop.example")],
        &[Name::Uri("shop.example")],
        &[Name::Dns("shop.example.evil")],
    ] {
        let refused = ask(server.backend("", Some(&server.clients.client(names)))).await;
        assert_refused!(refused, Unauthenticated, CALLER_UNKNOWN);
    }
}

#[tokio::test]
async fn a_spiffe_uri_beside_another_uri_shows_nobody() {
    let server = Beyond::start().await;
    server.app.account_of("shop", &["spiffe://prod.example/ns/shop", "shop.example"]).await;
    let dns = Name::Dns("shop.example");

    for other in ["https://shop.example", "spiffe://prod.example/ns/mail", "urn:shop"] {
        let names = [SHOP, Name::Uri(other), dns];
        let refused = ask(server.backend("", Some(&server.clients.client(&names)))).await;
        assert_refused!(refused, Unauthenticated, CALLER_UNKNOWN);
    }
    // Without SPIFFE there is no such rule.
    let plain = [Name::Uri("https://shop.example"), Name::Uri("urn:shop"), dns];
    ask(server.backend("", Some(&server.clients.client(&plain)))).await.unwrap();
}

#[tokio::test]
async fn several_names_show_one_service_account_or_none() {
    let server = Beyond::start().await;
    server.app.account_of("shop", &["spiffe://prod.example/ns/shop", "shop.example"]).await;
    server.app.account_of("mail", &["mail.example"]).await;
    let stranger = Name::Dns("stranger.example");
    let both = server.clients.client(&[SHOP, Name::Dns("shop.example"), stranger]);
    let mixed = server.clients.client(&[SHOP, MAIL]);

    ask(server.backend("", Some(&both))).await.unwrap();
    let mixed = ask(server.backend("", Some(&mixed))).await;

    assert_refused!(mixed, Unauthenticated, CALLER_UNKNOWN);
}

#[tokio::test]
async fn a_certificate_of_another_authority_gets_no_connection() {
    let server = Beyond::start().await;
    server.app.account_of("shop", &["spiffe://prod.example/ns/shop"]).await;
    let key = server.app.account_for("mail", &[]).await;
    let stranger = Authority::new("clients").client(&[SHOP]);

    for key in ["", &key] {
        assert_no_connection(ask(server.backend(key, Some(&stranger))).await);
    }
}

#[tokio::test]
async fn a_certificate_that_is_out_of_date_or_a_servers_gets_no_connection() {
    let server = Beyond::start().await;
    server.app.account_of("shop", &["spiffe://prod.example/ns/shop", "localhost"]).await;

    for identity in [server.clients.client_until(&[SHOP], 2022), server.clients.server()] {
        assert_no_connection(ask(server.backend("", Some(&identity))).await);
    }
}

#[tokio::test]
async fn a_certificate_is_no_good_beyond_its_time_on_an_open_connection() {
    let server = Beyond::start().await;
    server.app.account_of("shop", &["spiffe://prod.example/ns/shop"]).await;
    let shop = server.backend("", Some(&server.clients.client(&[SHOP])));
    // 2026 to LAST_YEAR, both at midnight; the years 2028, 2032, … have a day more.
    let years = u32::try_from(LAST_YEAR - 2026).unwrap();
    let span = DAY * (years * 365 + years / 4);

    server.app.clock().advance(span);
    ask(shop.clone()).await.unwrap();
    server.app.clock().advance(SECOND);

    assert_refused!(ask(shop).await, Unauthenticated, CALLER_UNKNOWN);
}

#[tokio::test]
async fn a_deleted_service_account_is_refused_at_once_on_an_open_connection() {
    let server = Beyond::start().await;
    server.app.account_of("shop", &["spiffe://prod.example/ns/shop"]).await;
    let shop = server.backend("", Some(&server.clients.client(&[SHOP])));
    ask(shop.clone()).await.unwrap();

    let name = parse_name("shop").unwrap();
    server.app.service_accounts().delete(name, &command_line()).await.unwrap();

    assert_refused!(ask(shop).await, Unauthenticated, CALLER_UNKNOWN);
}

#[tokio::test]
async fn an_operator_may_show_a_certificate() {
    let server = Beyond::start().await;
    let certificate_names = vec!["mail.example".to_owned()];
    let root =
        Wanted { role: "admin".to_owned(), without_key: true, certificate_names, ..wanted("root") };
    server.app.service_account(root).await;
    server.app.account_for("shop", &[]).await;
    let connection = server.connect(Some(&server.clients.client(&[MAIL])));
    let mut root = ServiceAccountServiceClient::new(connection);

    let delete = DeleteServiceAccountRequest { name: "shop".to_owned(), ..Default::default() };

    root.delete_service_account(delete).await.unwrap();
}

#[tokio::test]
async fn a_key_and_a_certificate_must_be_of_the_same_service_account() {
    let server = Beyond::start().await;
    let certificate_names = vec!["mail.example".to_owned()];
    let own = server.app.service_account(Wanted { certificate_names, ..wanted("mail") }).await;
    let other = server.app.account_for("shop", &[]).await;
    let mail = server.clients.client(&[MAIL]);
    let stranger = server.clients.client(&[Name::Dns("stranger.example")]);

    ask(server.backend(&own, Some(&mail))).await.unwrap();
    for (key, identity) in [(&*other, &mail), ("clv_sa_unknown", &mail), (&*own, &stranger)] {
        let refused = ask(server.backend(key, Some(identity))).await;
        assert_refused!(refused, Unauthenticated, CALLER_UNKNOWN);
    }
}

#[tokio::test]
async fn on_this_machine_a_certificate_that_is_shown_must_be_known() {
    let server = Beyond::listening_on("127.0.0.1:0").await;
    server.app.account_of("mail", &["mail.example"]).await;

    ask(server.backend("", None)).await.unwrap();
    ask(server.backend("", Some(&server.clients.client(&[MAIL])))).await.unwrap();
    let stranger = ask(server.backend("", Some(&server.clients.client(&[SHOP])))).await;

    assert_refused!(stranger, Unauthenticated, CALLER_UNKNOWN);
}
