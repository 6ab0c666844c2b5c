//! Variables that Kubernetes sets for the services of a namespace.
//!
//! Beside a Service named `claviger-internal` every container gets `CLAVIGER_INTERNAL_SERVICE_HOST`,
//! `CLAVIGER_INTERNAL_PORT_8081_TCP` and more (Kubernetes, "Environment variables" of a Service; the
//! form is Docker's). They are not misspelt settings, so they must not keep the program from starting.

/// Whether an unknown variable is one of these. `…_PORT` alone could be a misspelt setting, so its
/// value must be an address as Kubernetes writes it, such as `tcp://10.0.0.1:8081`.
pub fn is_service_link(variable: &str, value: &str) -> bool {
    if variable.ends_with("_SERVICE_HOST") || variable.ends_with("_SERVICE_PORT") {
        return true;
    }
    if variable.contains("_SERVICE_PORT_") {
        return true;
    }
    if variable.ends_with("_PORT") && !variable.contains("_PORT_") {
        return value.contains("://");
    }
    // The name of the service may contain the same word.
    variable.match_indices("_PORT_").any(|(at, it)| is_of_a_port(&variable[at + it.len()..]))
}

/// Whether it is what follows in `…_PORT_8081_TCP` and `…_PORT_8081_TCP_ADDR`.
fn is_of_a_port(rest: &str) -> bool {
    let mut parts = rest.split('_');
    let number = parts.next().is_some_and(|it| it.parse::<u16>().is_ok());
    let protocol = parts.next().is_some_and(|it| matches!(it, "TCP" | "UDP" | "SCTP"));
    let what = parts.next().is_none_or(|it| matches!(it, "PROTO" | "PORT" | "ADDR"));
    number && protocol && what && parts.next().is_none()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_kubernetes_sets_is_known() {
        for (variable, value) in [
            ("CLAVIGER_SERVICE_HOST", "10.0.0.1"),
            ("CLAVIGER_INTERNAL_SERVICE_HOST", "10.0.0.1"),
            ("CLAVIGER_INTERNAL_SERVICE_PORT", "8081"),
            ("CLAVIGER_INTERNAL_SERVICE_PORT_GRPC", "8081"),
            ("CLAVIGER_INTERNAL_PORT", "tcp://10.0.0.1:8081"),
            ("CLAVIGER_INTERNAL_PORT_8081_TCP", "tcp://10.0.0.1:8081"),
            ("CLAVIGER_INTERNAL_PORT_8081_TCP_PROTO", "tcp"),
            ("CLAVIGER_INTERNAL_PORT_8081_TCP_PORT", "8081"),
            ("CLAVIGER_INTERNAL_PORT_8081_UDP_ADDR", "10.0.0.1"),
            ("CLAVIGER_PORT_FORWARD_PORT_8081_TCP", "tcp://10.0.0.1:8081"),
        ] {
            assert!(is_service_link(variable, value), "{variable}");
        }
    }

    #[test]
    fn a_misspelt_setting_is_not_taken_for_it() {
        for (variable, value) in [
            ("CLAVIGER_PUBLIC_LITSEN", "127.0.0.1:8080"),
            ("CLAVIGER_PUBLIC_PORT", "8080"),
            ("CLAVIGER_PUBLIC_PORT_8080", "tcp://10.0.0.1:8080"),
            ("CLAVIGER_PUBLIC_PORT_HTTP_TCP", "80"),
            ("CLAVIGER_PUBLIC_PORT_8080_TCP_HOST", "10.0.0.1"),
            ("CLAVIGER_PUBLIC_HOST", "localhost"),
        ] {
            assert!(!is_service_link(variable, value), "{variable}");
        }
    }
}
