//! Endpoints that are not Secrets Manager, proxies that refuse, and certificates that do not fit.

use std::net::TcpListener;

use harness::postgres::signed;
use harness::stub::Stub;

use super::{Machine, assert_says};
use crate::support::endpoint::tls_server;
use crate::support::endpoint::{answering, closed, routing};

fn at(url: &str) -> Machine {
    Machine::new().with_keys().with("AWS_ENDPOINT_URL", url)
}

#[test]
fn a_server_that_is_not_secrets_manager_is_told_by_status_and_host() {
    const NOT_IT: &str = "answered by a server that is not Secrets Manager";
    for (status, body, cause) in [
        (404, "<html>hunter2", NOT_IT),
        (400, "<Error><Code>hunter2</Code></Error>", NOT_IT),
        (405, "<Error><Code>MethodNotAllowed</Code><Message>hunter2</Message></Error>", NOT_IT),
        (
            403,
            "<Error><Code>AccessDenied</Code><Message>hunter2</Message></Error>",
            "refused without an error code of AWS",
        ),
        (302, "hunter2", "redirected by a server that is not Secrets Manager"),
        (407, "hunter2", "the proxy requires a user name and a password"),
    ] {
        let url = answering(status, body);
        let place =
            format!("{cause} (status {status}, endpoint {} (AWS_ENDPOINT_URL))", url.replace("://", " "));
        let report = at(&url).read();
        assert_says(&report, &[&place]);
        assert_says(&at(&url).check(), &[&place]);
    }
    let page = routing(|_| (200, "content-type: text/html; charset=utf-8\r\n", "<html>hunter2"));
    let host = page.replace("://", " ");
    assert_says(
        &at(&page).read(),
        &[
            "Unavailable\n",
            &format!(
                "answered with a web page, not by Secrets Manager (status 200, endpoint {host} (AWS_ENDPOINT_URL))"
            ),
            "no proxy or login page is on the way",
        ],
    );
}

#[test]
fn a_proxy_that_refuses_is_told_with_its_variable() {
    // A tunnel for https.
    for (status, cause) in
        [(403, "the proxy refused to connect"), (407, "the proxy requires a user name and a password")]
    {
        let proxy = answering(status, "hunter2");
        let report = at("https://secrets.example").with("HTTPS_PROXY", &proxy).read();
        assert_says(
            &report,
            &[
                &format!(
                    "{cause} (endpoint secrets.example (AWS_ENDPOINT_URL), through the proxy of HTTPS_PROXY)"
                ),
                "NO_PROXY",
            ],
        );
    }
    // Plain http goes through the proxy as it is.
    let proxy = answering(403, "hunter2");
    let report = at("http://secrets.example").with("HTTP_PROXY", &proxy).read();
    assert_says(
        &report,
        &[
            "refused without an error code of AWS (status 403, endpoint http secrets.example (AWS_ENDPOINT_URL), through the proxy of HTTP_PROXY)",
        ],
    );
    // The user of a proxy is not shown, and AWS itself is asked through it.
    let proxy = closed().replace("http://", "http://hunter2:hunter2@");
    let report = Machine::new().with_keys().with("https_proxy", &proxy).read();
    assert_says(&report, &["the connection was refused (through the proxy of https_proxy)"]);
    let excepted = at("http://127.0.0.1:1").with("HTTP_PROXY", &proxy).with("NO_PROXY", "127.0.0.0/8").read();
    assert_says(&excepted, &["the connection was refused (endpoint http 127.0.0.1:1 (AWS_ENDPOINT_URL))"]);
}

/// What is said of a server with such a certificate, whose authority is known or not.
fn with_certificate(name: &str, has_expired: bool, is_known: bool) -> String {
    let (authority, certificate, key) = signed(name, has_expired);
    let machine = at(&tls_server(&certificate, &key));
    let file = machine.folder.write("known.pem", authority);
    let file = file.to_str().unwrap().to_owned();
    if is_known { machine.with("SSL_CERT_FILE", &file).read() } else { machine.read() }
}

#[test]
fn a_certificate_that_does_not_fit_is_told_by_its_cause() {
    for (report, cause, help) in [
        (
            with_certificate("other.example", false, true),
            "the certificate is for another host name",
            "help: write the host name",
        ),
        (
            with_certificate("localhost", false, false),
            "the certificate's issuer is unknown",
            "the file of SSL_CERT_FILE",
        ),
        (with_certificate("localhost", true, true), "the certificate has expired", "this machine's clock"),
    ] {
        let cause = format!("no secure connection could be made: {cause} (endpoint localhost:");
        assert_says(&report, &["Unavailable\n", &cause, help]);
    }
}

#[test]
fn https_to_a_plain_port_and_http_to_a_port_with_tls_are_told() {
    let stub = Stub::start_on_thread();
    let report = at(&stub.url().replace("http:", "https:")).read();
    assert_says(
        &report,
        &[
            "Configuration\n",
            "https was spoken to a port without TLS (endpoint 127.0.0.1:",
            "help: write the endpoint with http instead",
        ],
    );
    let (_, certificate, key) = signed("localhost", false);
    let report = at(&tls_server(&certificate, &key).replace("https:", "http:")).read();
    assert_says(
        &report,
        &["http was spoken to a port that does not speak it", "help: write the endpoint with https instead"],
    );
}

#[test]
fn a_host_that_is_not_there_is_told() {
    assert_says(
        &at("http://no-such-host.invalid").read(),
        &["its host name could not be resolved (endpoint http no-such-host.invalid (AWS_ENDPOINT_URL))"],
    );
    // A port that takes no connection.
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    drop(listener);
    assert_says(&at(&url).read(), &["the connection was refused (endpoint http 127.0.0.1:"]);
}
