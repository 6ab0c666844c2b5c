//! What a request may say about the delivery.

use claviger_proto::pb;

use super::{REMOVAL, change_password, login, logout, refresh, register, signed_in};
use crate::{
    assert_refused,
    support::{Answer, Dialect, OTHER_PASSWORD, PASSWORD, Page, TestApp, page::Call},
};

/// A value that no version of the contract has.
const UNKNOWN: i32 = 99;

async fn assert_unknown<C: Call>(page: &Page, call: C) {
    let answer = page.call(call).await;
    let refusal = assert_refused!(answer.result, InvalidArgument, FIELDS_INVALID);
    refusal.assert_fields(&[("refresh_token_delivery", "OUT_OF_RANGE")]);
    assert_eq!(answer.set_cookies, [""; 0]);
}

#[tokio::test]
async fn a_delivery_nobody_knows_is_refused_by_every_call_that_takes_one() {
    for dialect in Dialect::ALL {
        let app = TestApp::start().await;
        let page = signed_in(&app, dialect, "alice").await;
        let refresh_token_delivery = UNKNOWN;

        let call = pb::RegisterRequest { refresh_token_delivery, ..register("bob") };
        assert_unknown(&page, call).await;
        let call = pb::LoginRequest { refresh_token_delivery, ..login("alice", PASSWORD) };
        assert_unknown(&page, call).await;
        assert_unknown(&page, pb::RefreshTokensRequest { refresh_token_delivery, ..refresh() })
            .await;
        assert_unknown(&page, pb::LogoutRequest { refresh_token_delivery, ..logout() }).await;
        let call = pb::ChangePasswordRequest {
            refresh_token_delivery,
            ..change_password(PASSWORD, OTHER_PASSWORD)
        };
        assert_unknown(&page, call).await;
        let call = pb::FinishAuthenticationRequest { refresh_token_delivery, ..Default::default() };
        assert_unknown(&page, call).await;
        let call = pb::FinishSignUpRequest { refresh_token_delivery, ..Default::default() };
        assert_unknown(&page, call).await;

        page.call(pb::GetAccountRequest {}).await.result.unwrap();
    }
}

#[tokio::test]
async fn a_token_in_the_message_beside_the_cookie_is_refused() {
    for dialect in Dialect::ALL {
        let app = TestApp::start().await;
        let page = signed_in(&app, dialect, "alice").await;
        let refresh_token = "clv_rt_another".to_owned();

        let refreshed = page
            .call(pb::RefreshTokensRequest { refresh_token: refresh_token.clone(), ..refresh() });
        let refreshed = refreshed.await;
        let logged_out = page.call(pb::LogoutRequest { refresh_token, ..logout() }).await;

        assert_beside(&refreshed);
        assert_eq!(refreshed.set_cookies, [""; 0]);
        assert_beside(&logged_out);
        assert_eq!(logged_out.set_cookies, [REMOVAL]);
        page.call(pb::GetAccountRequest {}).await.result.unwrap();
        page.call(refresh()).await.result.unwrap();
    }
}

fn assert_beside<T>(answer: &Answer<T>) {
    let refusal = assert_refused!(
        answer.result.as_ref().map_err(Clone::clone),
        InvalidArgument,
        FIELDS_INVALID
    );
    refusal.assert_fields(&[("refresh_token", "MALFORMED")]);
}

#[tokio::test]
async fn every_bad_field_of_a_refresh_by_cookie_is_reported() {
    let app = TestApp::start().await;
    let page = signed_in(&app, Dialect::GrpcWeb, "alice").await;
    let request = pb::RefreshTokensRequest {
        refresh_token: "clv_rt_another".to_owned(),
        request_id: "no".to_owned(),
        ..refresh()
    };

    let answer = page.call(request).await;

    let refusal = assert_refused!(answer.result, InvalidArgument, FIELDS_INVALID);
    refusal.assert_fields(&[("refresh_token", "MALFORMED"), ("request_id", "MALFORMED")]);
}
