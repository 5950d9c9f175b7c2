//! Lists that do not end.

use std::thread;
use std::time::Duration;

use serde_json::{Value, json};

use super::super::*;
use super::endpoint::Endpoint;

/// A page without entries, and the token of the next one.
fn page(token: impl Into<Value>) -> (u16, Value) {
    (200, json!({"Versions": [], "SecretList": [], "NextToken": token.into()}))
}

async fn versions(admin: &Admin) -> String {
    admin.versions("jwt").await.unwrap_err().to_string()
}

async fn list(admin: &Admin) -> String {
    admin.list().at_most(1).await.unwrap_err().to_string()
}

#[tokio::test]
async fn a_token_that_repeats_ends_a_list_with_an_error() {
    let repeated = "the list does not end: a NextToken repeats";
    let endpoint = Endpoint::answering([page("a")]);
    let shown = versions(&endpoint.admin()).await;
    assert!(shown.starts_with("jwt could not be listed") && shown.contains(repeated), "{shown}");
    assert_eq!(endpoint.asked().len(), 2);
    let endpoint = Endpoint::answering([page("a")]);
    let shown = list(&endpoint.admin()).await;
    assert!(shown.starts_with("secrets could not be listed") && shown.contains(repeated), "{shown}");
    assert_eq!(endpoint.asked().len(), 2);
}

#[tokio::test]
async fn tokens_that_take_turns_end_a_list_with_an_error() {
    for period in [2, 3, 5] {
        let mut pages = 0;
        let endpoint = Endpoint::asking(move || {
            pages += 1;
            page((pages % period).to_string())
        });
        let shown = versions(&endpoint.admin()).await;
        assert!(shown.contains("a NextToken repeats"), "{period}: {shown}");
    }
}

#[tokio::test]
async fn a_list_that_is_read_page_by_page_ends_too() {
    let endpoint = Endpoint::answering([page("a")]);
    let admin = endpoint.admin();
    let mut list = admin.list();
    assert_eq!(list.next_page().await.unwrap().map(|page| page.len()), Some(0));
    for _ in 0..2 {
        let error = list.next_page().await.unwrap_err();
        assert!(error.to_string().contains("a NextToken repeats"), "{error}");
    }
}

#[tokio::test]
async fn empty_pages_with_new_tokens_end_after_a_number_of_pages() {
    let mut pages = 0;
    let endpoint = Endpoint::asking(move || {
        pages += 1;
        page(pages.to_string())
    });
    let shown = versions(&endpoint.admin()).await;
    assert!(shown.contains("it has more pages than any list of AWS"), "{shown}");
    assert_eq!(endpoint.asked().len(), 100);
}

#[tokio::test]
async fn one_time_limit_holds_for_all_pages_together() {
    let endpoint = || {
        let mut pages = 0;
        Endpoint::asking(move || {
            thread::sleep(Duration::from_millis(100));
            pages += 1;
            page(pages.to_string())
        })
    };
    let hasty = |endpoint: &Endpoint| Admin { timeout: Duration::from_millis(500), ..endpoint.admin() };
    let (of_versions, of_secrets) = (endpoint(), endpoint());
    let shown = [versions(&hasty(&of_versions)).await, list(&hasty(&of_secrets)).await];
    for (endpoint, shown) in [of_versions, of_secrets].iter().zip(shown) {
        assert!(shown.contains("no answer in time"), "{shown}");
        assert!((1..=6).contains(&endpoint.asked().len()), "{} pages", endpoint.asked().len());
    }
}
