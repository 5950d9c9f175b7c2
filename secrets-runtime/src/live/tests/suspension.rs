//! A machine that is suspended: the cache's clock goes on, and Tokio's timers stand still.

use std::time::Duration;

use super::{Remote, seconds, text};
use crate::client::suspension;
use crate::source::Answer;

const A_NIGHT: Duration = Duration::from_hours(8);

#[tokio::test(start_paused = true)]
async fn a_watched_value_is_refreshed_within_seconds_after_the_machine_was_suspended() {
    let remote = Remote::default();
    remote.put("token", Answer::found("old"));
    let secrets = remote.secrets();
    let token = secrets.watch("token").await.unwrap();
    seconds(1).await;
    remote.put("token", Answer::found("new"));
    suspension::add(A_NIGHT);
    seconds(11).await;
    assert_eq!((text(&token).as_str(), remote.calls()), ("new", 2));
}

#[tokio::test(start_paused = true)]
async fn a_value_that_was_read_before_the_machine_was_suspended_is_not_served_after_it() {
    let remote = Remote::default();
    remote.put("token", Answer::found("old"));
    let secrets = remote.secrets();
    // The third read is on the fast path.
    for _ in 0..3 {
        assert_eq!(secrets.get("token").await.unwrap().expose_secret(), "old");
    }
    remote.put("token", Answer::found("new"));
    suspension::add(A_NIGHT);
    assert_eq!(secrets.get("token").await.unwrap().expose_secret(), "new");
}

#[tokio::test(start_paused = true)]
async fn a_read_in_flight_while_the_machine_is_suspended_ends() {
    let remote = Remote::default();
    remote.put("token", Answer::found("value"));
    let secrets = remote.secrets();
    let reading = tokio::spawn({
        let secrets = secrets.clone();
        async move { secrets.get("token").await }
    });
    tokio::time::sleep(Duration::from_millis(5)).await;
    suspension::add(A_NIGHT);
    assert_eq!(secrets.get("token").await.unwrap().expose_secret(), "value");
    assert_eq!(reading.await.unwrap().unwrap().expose_secret(), "value");
}

#[tokio::test(start_paused = true)]
async fn a_clock_that_jumps_to_its_end_stops_neither_reads_nor_the_watch() {
    let remote = Remote::default();
    remote.put("token", Answer::found("old"));
    let secrets = remote.secrets();
    let token = secrets.watch("token").await.unwrap();
    suspension::add(Duration::MAX);
    remote.put("token", Answer::found("new"));
    assert_eq!(secrets.get("token").await.unwrap().expose_secret(), "new");
    seconds(120).await;
    assert_eq!(text(&token), "new");
}
