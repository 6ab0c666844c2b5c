//! Real proxies in front of a service: Envoy, nginx, Caddy and Traefik, configured as
//! docs/integrations.md says.

mod agent;
mod cases;
mod check;
mod envoy;
mod forward;
mod page;
mod scene;

/// Every case for one proxy.
macro_rules! behind {
    ($module:ident, $kind:ident: $($case:ident),+ $(,)?) => {
        mod $module {
            $(
                #[tokio::test]
                async fn $case() {
                    super::cases::$case(super::scene::Kind::$kind).await;
                }
            )+
        }
    };
    ($module:ident, $kind:ident) => {
        behind!(
            $module, $kind:
            passes_with_every_identity_header,
            a_request_without_a_token_is_challenged,
            an_expired_token_is_refused,
            a_token_of_an_ended_session_is_refused,
            only_tokens_for_the_audience_pass,
            an_audience_that_the_server_does_not_have_denies,
            without_an_audience_only_an_agent_decides,
            only_accounts_in_a_demanded_group_pass,
            a_demand_for_a_group_is_refused_where_no_token_is_needed,
            names_reach_the_service_in_any_language,
            a_sign_in_that_is_too_old_must_be_repeated,
            nobody_passes_while_the_server_is_down,
            identity_headers_of_a_client_never_reach_the_service,
            a_client_cannot_have_an_identity_header_taken_away,
            a_service_key_of_a_client_is_not_the_gateways,
            somebody_anonymous_has_no_identity,
            a_demand_that_is_misspelt_denies,
            a_preflight_passes_where_the_route_allows_it,
        );
    };
}

behind!(behind_envoy, Envoy);
behind!(behind_envoy_with_the_agent, EnvoyWithAgent);
behind!(behind_nginx, Nginx);
behind!(behind_caddy, Caddy);
behind!(behind_traefik, Traefik);
